import net from 'node:net'

/** The connections that a server has accepted and that are open. */
export class Connections {
  /** Resolves when the server has stopped, and the host has let go of the last connection. */
  readonly closed: Promise<void>
  readonly #server: net.Server
  readonly #open = new Set<net.Socket>()

  constructor(server: net.Server) {
    this.#server = server
    this.closed = new Promise((resolve) => server.once('close', () => resolve()))
    server.on('connection', (socket: net.Socket) => {
      this.#open.add(socket)
      // An error comes to whoever reads or writes; one that comes to nobody must not end the process.
      socket.on('error', () => {}).on('close', () => this.#open.delete(socket))
    })
  }

  get size(): number {
    return this.#open.size
  }

  /** Accepts no more. What is open stays. */
  stop(): void {
    // Not that of a server of HTTP: it takes connections for idle whose response has ended and is still on its way, and destroys them.
    net.Server.prototype.close.call(this.#server)
  }

  /** Accepts no more, and closes what is open, whatever is under way there. */
  destroy(): void {
    this.#server.close()
    for (const socket of this.#open) socket.destroy()
  }
}
