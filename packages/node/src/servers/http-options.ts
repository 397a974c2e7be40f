/** The options of `serveHttp`, and their checks. */
import type http from 'node:http'
import type https from 'node:https'
import type net from 'node:net'
import process from 'node:process'
import { inspect } from 'node:util'
import { MisuseError, type Operation } from 'coppice'
import { reportOf } from '../main/report.ts'
import { checkDuration } from '../misuse.ts'
import { type BindOptions, checkBinding, checkLimit } from './bind.ts'

/** Answers a request: it has ended the response when it returns. */
export type HttpHandler = (request: http.IncomingMessage, response: http.ServerResponse) => Operation<unknown>

/** Speaks with a client that asked for another protocol, from its answer to the request on. The connection is closed when it returns. */
export type UpgradeHandler = (
  request: http.IncomingMessage,
  socket: net.Socket,
  head: Buffer
) => Operation<unknown>

/** Hears of an error of a handler. */
export type Reporting = (error: unknown, request: http.IncomingMessage) => void

/** What `serveHttp` takes. */
export interface ServeHttpOptions extends BindOptions {
  /** Milliseconds that a handler has for a request, from when that has arrived. Default `Infinity`. */
  timeout?: number | undefined
  /** How many handlers run at once. Default `Infinity`. */
  concurrency?: number | undefined
  /** How many more requests wait for their turn; above that they are answered 503. Default: as many as `concurrency`. */
  waiting?: number | undefined
  /** Milliseconds that requests under way have to be answered when the server goes down. Default 5000. */
  grace?: number | undefined
  /** Hears of what handlers throw. What it throws itself ends the server. Default: prints to stderr, as `main` does. */
  onError?: Reporting | undefined
  /** For requests that ask for another protocol, as WebSockets do. Without it they are requests like others. */
  upgrade?: UpgradeHandler | undefined
  /** As for `http.createServer`: `keepAliveTimeout`, `headersTimeout`, `maxHeaderSize`, … */
  http?: http.ServerOptions | undefined
  /** As for `https.createServer`: with a certificate, the server speaks HTTPS. */
  tls?: https.ServerOptions | undefined
}

export interface HttpSettings {
  readonly binding: BindOptions
  readonly handler: HttpHandler
  readonly timeout: number
  readonly concurrency: number
  readonly waiting: number
  readonly grace: number
  readonly onError: Reporting
  readonly upgrade: UpgradeHandler | undefined
  readonly http: http.ServerOptions
  readonly tls: https.ServerOptions | undefined
}

/** Checks the options where they are written. */
export function settingsFrom(handler: HttpHandler, options: ServeHttpOptions): HttpSettings {
  checkFunction(handler, 'serveHttp takes a handler', 'function* (request, response) {…}')
  const binding = checkBinding(options, 'serveHttp')
  const { timeout = Infinity, concurrency = Infinity, waiting = concurrency, grace = 5000 } = options
  const { onError = print, upgrade, http = {}, tls } = options
  checkFunction(onError, 'serveHttp: onError is a function', '(error, request) => log(error)')
  if (upgrade !== undefined)
    checkFunction(upgrade, 'serveHttp: upgrade is a function', 'function* (request, socket, head) {…}')
  if (options.waiting !== undefined && concurrency === Infinity)
    throw new MisuseError('serveHttp: without a limit nobody waits. Write concurrency beside waiting.')
  return {
    binding,
    handler,
    timeout: checkDuration(timeout, 'serveHttp: timeout'),
    concurrency: checkLimit(concurrency, 1, 'serveHttp: concurrency'),
    waiting: checkLimit(waiting, 0, 'serveHttp: waiting'),
    grace: checkDuration(grace, 'serveHttp: grace'),
    onError,
    upgrade,
    http,
    tls,
  }
}

function checkFunction(value: unknown, what: string, example: string): void {
  if (typeof value !== 'function') throw new MisuseError(`${what}, ${example}; it was ${inspect(value)}.`)
}

function print(error: unknown): void {
  process.stderr.write(`${reportOf(error)}\n`)
}
