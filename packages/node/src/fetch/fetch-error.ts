import { CoppiceError } from 'coppice/kernel'

/**
 * A request has come to nothing: no connection, or one that broke. `cause` is the host's error, whose `code` says more. A response with a status like
 * 404 or 500 is none of these.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const outcome = yield* attempt(fetch('http://127.0.0.1:9/'))
 *   if (outcome.status !== 'failed' || !(outcome.error instanceof FetchError)) throw new Error('no error')
 *   console.assert(outcome.error.url === 'http://127.0.0.1:9/')
 * })
 * ```
 */
export class FetchError extends CoppiceError {
  override readonly name = 'FetchError'
  readonly code = 'COPPICE_FETCH_FAILED'
  /** What was asked for. */
  readonly url: string

  constructor(what: string, url: string, cause: unknown) {
    super(`${what} ${url} failed: ${causeOf(cause)}`, { cause })
    this.url = url
  }
}

/** One that failed on several addresses has no message of its own. */
function causeOf(cause: unknown): string {
  const { message, errors, code } = (cause ?? {}) as Partial<AggregateError & { code: string }>
  return message || errors?.map(causeOf).join('; ') || code || String(cause)
}

/**
 * What the host throws says only that something has failed. Node has the error of the network as its cause, Bun throws that itself, with a code; anything else,
 * wrong options or an abort, is left as it is.
 */
export function clearError(what: string, url: string, error: unknown): unknown {
  const { cause, code } = (error ?? {}) as { cause?: unknown; code?: unknown }
  if (cause !== undefined) return new FetchError(what, url, cause)
  return typeof code === 'string' && !code.startsWith('ERR_INVALID')
    ? new FetchError(what, url, error)
    : error
}
