/** What `connect` throws when no address has worked. */
import { printedAddress } from './target.ts'

/** Whether there were addresses at all. */
export type ConnectErrorCode = 'COPPICE_CONNECT_FAILED' | 'COPPICE_NO_ADDRESS'

/**
 * No connection could be opened. With the code `COPPICE_CONNECT_FAILED` every address has failed, and `errors` has what the
 * attempts threw, in the order of their failing. With `COPPICE_NO_ADDRESS` there was none to dial, and `errors` has what the
 * lookups threw.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const noAddress = function* (): Generator<never, string[]> {
 *     return []
 *   }
 *   const outcome = yield* attempt(connect({ host: 'example.com', port: 443, resolve: noAddress }))
 *   if (outcome.status !== 'failed' || !(outcome.error instanceof ConnectError)) throw new Error('no error')
 *   console.assert(outcome.error.code === 'COPPICE_NO_ADDRESS')
 *   console.assert(outcome.error.message === 'example.com:443 has no address')
 * })
 * ```
 */
export class ConnectError extends AggregateError {
  override readonly name = 'ConnectError'
  /** Whether all addresses have failed, or there was none. */
  readonly code: ConnectErrorCode
  /** The host that was asked for. */
  readonly host: string
  /** The port that was asked for. */
  readonly port: number
  /** The declared operations and tasks that the error passed through, innermost first. Empty until it left one. */
  taskPath: readonly string[] = []

  constructor(code: ConnectErrorCode, host: string, port: number, errors: readonly unknown[]) {
    const where = printedAddress(host, port)
    const what = code === 'COPPICE_NO_ADDRESS' ? `${where} has no address` : `Could not connect to ${where}`
    super(errors, [what, errors.map(messageOf).join('; ')].filter(Boolean).join(': '))
    this.code = code
    this.host = host
    this.port = port
  }
}

function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown }
  return typeof message === 'string' ? message : String(error)
}
