/** What has become of the thread. */
export type WorkerErrorCode =
  | 'COPPICE_WORKER_NOT_LOADED'
  | 'COPPICE_WORKER_CRASHED'
  | 'COPPICE_WORKER_EXITED'
  | 'COPPICE_WORKER_OUT_OF_MEMORY'

/**
 * A thread has ended before its work has. With the code `COPPICE_WORKER_NOT_LOADED` its file could not be loaded, and with
 * `COPPICE_WORKER_CRASHED` something in it has thrown that nobody caught: `cause` is what was thrown. With `COPPICE_WORKER_EXITED` it has
 * called `process.exit`, and with `COPPICE_WORKER_OUT_OF_MEMORY` it has reached its limits. What the program itself throws is
 * not wrapped into this.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const outcome = yield* attempt(worker(new URL('data:text/javascript,process.exit(3)'), 'input'))
 *   if (outcome.status !== 'failed' || !(outcome.error instanceof WorkerError)) throw new Error('no error')
 *   console.assert(outcome.error.code === 'COPPICE_WORKER_EXITED')
 *   console.assert(outcome.error.exitCode === 3)
 * })
 * ```
 */
export class WorkerError extends Error {
  override readonly name = 'WorkerError'
  /** What has happened to the thread. */
  readonly code: WorkerErrorCode
  /** Of the thread. */
  readonly exitCode: number
  /** The declared operations and tasks that the error passed through, innermost first. Empty until it left one. */
  taskPath: readonly string[] = []

  constructor(
    code: WorkerErrorCode,
    message: string,
    exitCode: number,
    options?: { readonly cause: unknown }
  ) {
    super(message, options)
    this.code = code
    this.exitCode = exitCode
  }
}
