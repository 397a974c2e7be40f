/** A connection that speaks another protocol, from its request to its end. */
import type { IncomingMessage } from 'node:http'
import type net from 'node:net'
import { CancelledError, type Scope } from 'coppice'
import { type Task, traceError } from 'coppice/kernel'
import { CLIENT_HAS_GONE, isOfTheConnection } from './client-gone.ts'
import type { Reporting } from './http-options.ts'
import type { UnderWay } from './peers.ts'
import { refuseUpgrade } from './refuse.ts'

/** A connection that a client has asked to use for another protocol. */
export class Upgrade implements UnderWay {
  readonly request: IncomingMessage
  readonly socket: net.Socket
  readonly #report: Reporting
  /** What had been sent on the connection before. */
  readonly #written: number
  #scope: Scope | null = null
  #isOver = false

  constructor(request: IncomingMessage, socket: net.Socket, report: Reporting) {
    this.request = request
    this.socket = socket
    this.#report = report
    this.#written = this.socket.bytesWritten
    // Node has let go of it by now; an error comes to whoever reads or writes.
    socket.on('error', () => {})
  }

  begin(scope: Scope): void {
    this.#scope = scope
    if (this.#isOver) scope.cancel(CLIENT_HAS_GONE)
  }

  over(): void {
    this.#isOver = true
    this.#scope?.cancel(CLIENT_HAS_GONE)
  }

  closeBehind(): void {}

  failed(error: unknown, task: Task): void {
    if (error instanceof CancelledError && error.reason === CLIENT_HAS_GONE) return
    if (isOfTheConnection(error, this.socket)) return
    traceError(task, task, error)
    this.refuse(500)
    this.#report(error, this.request)
  }

  /** Says so, if nothing has been said. */
  refuse(status: number): void {
    if (this.socket.bytesWritten === this.#written && this.socket.writable) refuseUpgrade(this.socket, status)
  }

  /** Closes the connection, behind what was written. */
  end(): void {
    this.socket.destroySoon()
  }
}
