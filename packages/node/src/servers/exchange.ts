/** One request and its response: from when its handler is started to when the response has been handed to the host, or cut. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { CancelledError, MisuseError, type Scope, TimeoutError } from 'coppice'
import { type Task, traceError } from 'coppice/kernel'
import { CLIENT_HAS_GONE, isOfTheConnection } from './client-gone.ts'
import type { Reporting } from './http-options.ts'
import type { UnderWay } from './peers.ts'
import { refuse } from './refuse.ts'

export class Exchange implements UnderWay {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly #report: Reporting
  /** The response has been handed to the host, or its connection is closed. */
  isOver = false
  /** Its handler takes one of those places of which there is a limited number. */
  holdsPermit = false
  /** Where the handler runs. */
  #scope: Scope | null = null

  constructor(request: IncomingMessage, response: ServerResponse, report: Reporting) {
    this.request = request
    this.response = response
    this.#report = report
    // What a handler writes too late has nobody else to hear of it.
    response.on('error', (error) => this.failed(error))
  }

  /** Nothing more can be sent: if the response is not complete by then, the client has gone, and the handler is cancelled. */
  over(): void {
    this.isOver = true
    if (!this.response.writableFinished) this.#scope?.cancel(CLIENT_HAS_GONE)
  }

  /** The handler begins, in a scope that can be cancelled by itself. */
  begin(scope: Scope): void {
    this.#scope = scope
    if (this.isOver) scope.cancel(CLIENT_HAS_GONE)
  }

  /** The handler has returned. */
  returned(): void {
    this.#scope = null
    const { response, request } = this
    // To cut the connection is an answer, too.
    if (this.isOver || response.writableEnded || response.destroyed || request.socket.destroyed) return
    throw new MisuseError(
      'The handler has returned, and has not ended its response. Write response.end(…); if something else ends it, wait for ' +
        'that: yield* until(pipeline(source, response)).'
    )
  }

  /** The handler has thrown, or has written too late: the client is told if that can be, and the error is reported. */
  failed(error: unknown, task?: Task): void {
    if (error instanceof CancelledError && error.reason === CLIENT_HAS_GONE) return
    if (isOfTheConnection(error, this.request.socket)) return
    if (task !== undefined) traceError(task, task, error)
    this.refuse(error instanceof TimeoutError ? 503 : 500)
    this.#report(error, this.request)
  }

  /** Answers in the place of the handler; cuts the connection if that has begun to answer. */
  refuse(status: number): void {
    const { response } = this
    if (response.writableEnded || response.destroyed) return
    if (response.headersSent) response.destroy()
    else refuse(response, status)
  }

  closeBehind(): void {
    if (!this.response.headersSent) this.response.setHeader('connection', 'close')
  }
}
