/** A server of HTTP between Node, which tells of requests, and the tree, where each of them is a task. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import type net from 'node:net'
import {
  type Operation,
  type Scope,
  type Semaphore,
  type TaskEvent,
  createEvent,
  createSemaphore,
} from 'coppice'
import { hostOf, portOf } from './bind.ts'
import { Connections } from './connections.ts'
import { Exchange } from './exchange.ts'
import type { HttpSettings } from './http-options.ts'
import { Peers } from './peers.ts'
import { refuse, refuseUpgrade } from './refuse.ts'
import { exchanging, upgrading } from './request-tasks.ts'
import { Upgrade } from './upgrade.ts'

/** A server of HTTP that runs. */
export interface HttpServer {
  /** What it is bound to: address, port and family, or the path. */
  readonly address: net.AddressInfo | string
  /** The port; 0 for a path. */
  readonly port: number
  /** Where it can be reached from this machine, `http://localhost:8080`. Empty for a path. */
  readonly url: string
  /** How many requests, and connections that were upgraded, are under way. */
  readonly requests: number
  /** Goes down gracefully: accepts no more, and lets what is under way come to its end, for `grace` milliseconds. Also outside of tasks. */
  stop(reason?: unknown): void
  /** Waits until it has gone down, whoever has told it to: nothing runs any more, and the last connection is closed. */
  closed(): Operation<void>
}

export class Service implements HttpServer {
  readonly settings: HttpSettings
  readonly server: http.Server
  readonly connections: Connections
  /** What handlers need to run, if their number is limited. */
  readonly permits: Semaphore | null
  readonly asked: TaskEvent = createEvent({ name: 'stop' })
  readonly hasClosed: TaskEvent = createEvent({ name: 'closed' })
  /** It is stopped, and nothing is left on its connections. */
  readonly isIdle: TaskEvent = createEvent({ name: 'idle' })
  /** Why it goes down. */
  reason: unknown = undefined
  address: net.AddressInfo | string = ''
  /** The scope that owns the requests. */
  scope: Scope | null = null
  /** It goes down because something above is to be cancelled, when a grace has passed. */
  isAnnounced = false
  /** It answers no more requests than those that it has. */
  isStopped = false
  /** How many handlers run or wait for their turn. */
  handlers = 0
  readonly #peers = new Peers((socket, isFree) => this.#ended(socket, isFree))

  constructor(settings: HttpSettings) {
    const { http: options, tls, concurrency, upgrade } = settings
    this.settings = settings
    this.permits = concurrency === Infinity ? null : createSemaphore(concurrency, { name: 'concurrency' })
    this.server = tls === undefined ? http.createServer(options) : https.createServer({ ...options, ...tls })
    this.connections = new Connections(this.server)
    this.server.once('listening', () => (this.address = this.server.address()!))
    this.server.on('request', (request, response) => this.#request(request, response))
    if (upgrade !== undefined)
      this.server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as net.Socket, head))
  }

  get port(): number {
    return portOf(this.address)
  }

  get url(): string {
    if (typeof this.address === 'string') return ''
    return `${this.settings.tls === undefined ? 'http' : 'https'}://${hostOf(this.address)}`
  }

  get requests(): number {
    return this.#peers.size
  }

  stop(reason?: unknown): void {
    this.reason ??= reason
    this.asked.set()
  }

  announced(reason: unknown): void {
    this.isAnnounced = true
    this.reason ??= reason
  }

  closed(): Operation<void> {
    return this.hasClosed.wait()
  }

  /** From now on it accepts nothing. Connections on which nothing is under way are closed; the others behind that. */
  stopAccepting(): void {
    if (this.isStopped) return
    this.isStopped = true
    this.connections.stop()
    this.#peers.closeBehind()
    if (this.requests === 0) this.isIdle.set()
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const { concurrency, waiting, onError } = this.settings
    if (this.isStopped) response.setHeader('connection', 'close')
    if (this.isStopped || this.handlers >= concurrency + waiting) return refuse(response, 503)
    const exchange = new Exchange(request, response, onError)
    const peer = this.#peers.add(request.socket, exchange)
    response.on('close', () => this.#peers.delete(peer, exchange))
    this.handlers++
    this.scope!.spawn(exchanging(this, exchange), { name: nameOf(request) })
  }

  #ended(socket: net.Socket, isFree: boolean): void {
    if (!this.isStopped) return
    // The response had promised to keep the connection, and did not know that it would be the last.
    if (isFree) socket.destroySoon()
    if (this.requests === 0) this.isIdle.set()
  }

  #upgrade(request: IncomingMessage, socket: net.Socket, head: Buffer): void {
    if (this.isStopped) return refuseUpgrade(socket, 503)
    const upgrade = new Upgrade(request, socket, this.settings.onError)
    this.#peers.add(socket, upgrade)
    this.scope!.spawn(upgrading(this, upgrade, head), { name: nameOf(request) })
  }
}

/** Without what stands behind the path: it may be long, or nobody's business. */
function nameOf({ method, url = '' }: IncomingMessage): string {
  const end = url.indexOf('?')
  return `${method} ${end === -1 ? url : url.slice(0, end)}`
}
