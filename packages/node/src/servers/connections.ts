/** The open connections of a server, and their end. */
import net from 'node:net'
import { setImmediate } from 'node:timers/promises'

/** The connections that a server has accepted and that are open. */
export class Connections {
  readonly #server: net.Server
  readonly #open = new Set<net.Socket>()
  readonly #hasClosed: Promise<void>
  #hasListened = false
  #lastHasClosed = (): void => {}

  constructor(server: net.Server) {
    this.#server = server
    this.#hasClosed = new Promise((resolve) => server.once('close', () => resolve()))
    server.once('listening', () => (this.#hasListened = true))
    server.on('connection', (socket: net.Socket) => {
      this.#open.add(socket)
      // An error comes to whoever reads or writes; one that comes to nobody must not end the process.
      socket.on('error', () => {}).on('close', () => this.#closed(socket))
    })
  }

  get size(): number {
    return this.#open.size
  }

  /** Accepts no more. What is open stays. */
  stop(): void {
    // Not that of Node's server of HTTP: it takes connections for idle whose response has ended and is still on its way, and
    // destroys them. Other hosts have a server of HTTP that is none of `net`.
    if (this.#server instanceof net.Server) net.Server.prototype.close.call(this.#server)
    else (this.#server as net.Server).close()
  }

  /** Accepts no more, and closes what is open, whatever is under way there. Resolves when the host has let go of all of it. */
  async destroy(): Promise<void> {
    this.#server.close()
    for (const socket of this.#open) socket.destroy()
    if (this.#hasListened) await this.#hasClosed
    if (this.size > 0) await new Promise<void>((resolve) => (this.#lastHasClosed = resolve))
    // Nobody tells when the host has let go of what listened: it does at the end of a turn of the event loop.
    await setImmediate()
    await setImmediate()
  }

  #closed(socket: net.Socket): void {
    this.#open.delete(socket)
    if (this.size === 0) this.#lastHasClosed()
  }
}
