/** What a stream of Node throws that was closed too early. */
import { CoppiceError } from 'coppice/kernel'

/**
 * A stream of Node was closed before its end, without an error of its own: somebody has destroyed it, or the other side has gone away in the middle.
 *
 * @example
 * ```ts
 * import { PassThrough } from 'node:stream'
 *
 * await run(function* () {
 *   const source = new PassThrough()
 *   const reading = yield* spawn(attempt(collect(fromReadable(source))))
 *   source.destroy()
 *   const outcome = yield* reading
 *   console.assert(outcome.status === 'failed' && outcome.error instanceof PrematureCloseError)
 * })
 * ```
 */
export class PrematureCloseError extends CoppiceError {
  override readonly name = 'PrematureCloseError'
  readonly code = 'COPPICE_PREMATURE_CLOSE'

  constructor(what: string, before: string) {
    super(`${what} was closed before ${before}`)
  }
}
