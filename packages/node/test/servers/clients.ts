/** Clients that do exactly what they are told, and servers that see to it that nothing of a test is left. */
import http from 'node:http'
import net from 'node:net'
import process from 'node:process'
import { type HttpHandler, type HttpServer, type ServeHttpOptions, serveHttp } from '@coppice/node'
import { type Operation, operation, run, scope, until } from 'coppice'

/** A connection on which one can write what one likes. */
export class Client {
  readonly socket: net.Socket
  /** All that has come so far. */
  text = ''
  isClosed = false
  readonly closed: Promise<void>
  #watchers: (() => boolean)[] = []

  constructor(port: number, options: net.SocketConstructorOpts = {}) {
    this.socket = net.connect({ port, host: '127.0.0.1', ...options })
    this.closed = new Promise((resolve) =>
      this.socket.once('close', () => {
        this.isClosed = true
        resolve()
      })
    )
    this.socket.setEncoding('latin1').on('data', (text: string) => {
      this.text += text
      this.#watchers = this.#watchers.filter((isDone) => !isDone())
    })
    this.socket.on('error', () => {})
  }

  send(text: string): this {
    this.socket.write(text)
    return this
  }

  /** Sends a request whose connection is kept, unless headers say otherwise. */
  ask(path: string, headers: Record<string, string> = {}): this {
    const lines = Object.entries({ host: 'test', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
    return this.send(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
  }

  /** Waits until a text has come; throws if the connection closes before. */
  received(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const isDone = () => {
        const found = this.text.includes(text)
        if (found) resolve()
        return found
      }
      if (isDone()) return
      this.#watchers.push(isDone)
      void this.closed.then(() => reject(new Error(`It closed without '${text}':\n${this.text}`)))
    })
  }

  /** Gone without a word. */
  reset(): void {
    this.socket.resetAndDestroy()
  }
}

export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

/** Asks on a connection of its own. */
export function ask(port: number, path = '/', options: http.RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      let body = ''
      response
        .setEncoding('utf8')
        .on('data', (text: string) => (body += text))
        .on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }))
        .on('error', reject)
    })
    request.on('error', reject).end()
  })
}

/** What keeps the process, but for the pipes that are its own. */
export async function handles(): Promise<string[]> {
  // What was closed is gone in the next turns of the host's event loop.
  await new Promise((resolve) => setTimeout(resolve, 10))
  return process.getActiveResourcesInfo().filter((kind) => /^(TCP|TLS|Pipe(Server|Connect))/.test(kind))
}

/** Runs a program, and sees to it that no socket is left. */
export async function leavingNothing<T>(program: () => Operation<T>): Promise<T> {
  const before = await handles()
  const value = await run(program)
  expect(await handles()).toEqual(before)
  return value
}

export interface Reported {
  readonly error: any
  readonly url: string | undefined
}

/** Runs `body` with a server on the loopback interface, and gives what `body` gives. What is reported is collected. */
export function serving<T>(
  handler: HttpHandler,
  options: ServeHttpOptions,
  body: (server: HttpServer, reported: Reported[]) => Operation<T>
): Promise<T> {
  const reported: Reported[] = []
  const onError = (error: unknown, { url }: http.IncomingMessage) => void reported.push({ error, url })
  const program = operation('program', function* () {
    const server = yield* serveHttp(handler, { host: '127.0.0.1', onError, ...options })
    return yield* scope(() => body(server, reported))
  })
  return leavingNothing(program)
}

/** Waits for something of the host. */
export const wait = <T>(promise: Promise<T>) => until(promise)
