/** A server of connections: a stream of what was accepted and is still open. */
import net from 'node:net'
import {
  MisuseError,
  type Operation,
  type Provide,
  type Stream,
  type Subscription,
  cancelRequested,
  ensure,
  operation,
  resource,
  select,
  shield,
  spawn,
  until,
} from 'coppice'
import { closing } from '../connect/closing.ts'
import { type BindOptions, bound, broken, checkBinding, portOf } from './bind.ts'
import { ConnectionLine } from './connection-line.ts'
import { Connections } from './connections.ts'

/** What `listen` takes. */
export type ListenOptions = BindOptions

/**
 * A connection that waits to be taken. It is an operation that gives its socket, once, and is never a point of cancellation: whoever
 * has a connection can take it. The socket is destroyed with the scope that took it.
 */
export type Connection = Operation<net.Socket>

/** The connections to a port, as a stream. All who open it share them: each connection goes to one of them. */
export interface Listener extends Stream<Connection> {
  /** What it is bound to: address, port and family, or the path. */
  readonly address: net.AddressInfo | string
  /** The port; 0 for a path. */
  readonly port: number
  /** How many connections are open, those that wait to be taken included. */
  readonly size: number
  /** Accepts no more. The stream ends behind the connections that wait; what is open stays. Also outside of tasks. */
  stop(): void
}

/**
 * Listens for connections as long as the scope that asked for it is open, and gives them as a stream. A connection that nobody takes
 * waits; the host then reads no more of it than fits into its buffers, and one that is closed meanwhile is forgotten. To bound how many are served at once, write
 * `forEach(listener, serve, { concurrency })`; to bound how many are open at all, `maxConnections`.
 *
 * When a graceful cancellation is announced, it stops: the stream ends, and who is served is served to the end, as long as the grace lasts.
 * When the scope is torn down, whatever is still open is destroyed, also what was taken, and has closed before the scope does.
 *
 * **Cancelled:** the port is free and every socket closed when the scope is left.
 * **Throws:** the host's error if it can't listen, `EADDRINUSE` for instance; `MisuseError` for options that can't work.
 *
 * @param options where to listen; by default at any free port of all addresses
 *
 * @example
 * ```ts
 * import { pipeline } from 'node:stream/promises'
 *
 * await run(function* () {
 *   const listener = yield* listen({ port: 0, host: '127.0.0.1' })
 *   yield* spawn(forEach(listener, echo, { concurrency: 100 }), { background: true })
 *
 *   const socket = yield* connect({ host: '127.0.0.1', port: listener.port })
 *   socket.end('hello')
 *   const chunks = yield* collect(from(socket))
 *   console.assert(Buffer.concat(chunks).toString() === 'hello')
 * })
 *
 * function* echo(connection: Connection) {
 *   const socket = yield* connection
 *   yield* until(pipeline(socket, socket))
 * }
 * ```
 */
export function listen(options: ListenOptions = {}): Operation<Listener> {
  const binding = checkBinding(options, 'listen')
  return resource<Listener>(function listen(provide) {
    return listening(binding, provide)
  })
}

const listening = operation('listening', function* (binding: BindOptions, provide: Provide<Listener>) {
  const accepting = new Accepting()
  yield* spawn(stopping(accepting), { name: 'stopping', background: true })
  try {
    yield* bound(accepting.server, binding)
    yield* provide(accepting)
  } finally {
    accepting.stop()
    yield* shield(closed(accepting.connections))
  }
})

const stopping = operation('stopping', function* ({ server, stop }: Accepting) {
  yield* select({ above: cancelRequested(), broken: broken(server) })
  stop()
})

const closed = operation('closed', function* (connections: Connections) {
  yield* until(connections.destroy())
})

class Accepting implements Listener {
  readonly server: net.Server = net.createServer()
  readonly connections: Connections = new Connections(this.server)
  readonly #waiting = new ConnectionLine<Connection>()

  constructor() {
    this.server.once('listening', () => (this.address = this.server.address()!))
    this.server.on('connection', (socket) => this.#accepted(socket))
  }

  /** Kept, since a server that has stopped does not know it any more. */
  address: net.AddressInfo | string = ''

  get port(): number {
    return portOf(this.address)
  }

  get size(): number {
    return this.connections.size
  }

  readonly stop = (): void => {
    this.connections.stop()
    this.#waiting.end()
  };

  [Symbol.iterator]() {
    return opened(this.#waiting)[Symbol.iterator]()
  }

  #accepted(socket: net.Socket): void {
    const forget = () => this.#waiting.drop(connection)
    const connection = taken({ socket, forget, isTaken: false })
    socket.once('close', forget)
    this.#waiting.push(connection)
  }
}

const opened = operation('connections', function* (waiting: Subscription<Connection>) {
  return waiting
})

interface Accepted {
  readonly socket: net.Socket
  readonly forget: () => void
  isTaken: boolean
}

const taken = operation('connection', function* (accepted: Accepted) {
  if (accepted.isTaken) throw new MisuseError('A connection has one socket, and that was taken already.')
  accepted.isTaken = true
  // A socket that is piped to itself has eight listeners of the host: with two of ours, it does not warn of a leak.
  const socket = accepted.socket.off('close', accepted.forget)
  yield* ensure(closing(socket))
  return socket
})
