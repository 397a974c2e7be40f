import type { Operation } from '../operation.ts'
import { type Overlapping, overlapping } from './overlapping.ts'

const make = /* @__PURE__ */ overlapping({ name: 'restartable', isAdmitted: true, replaces: 'all' })

/**
 * A call replaces all earlier ones: they are cancelled, and it runs when their cleanup has ended. For what only the latest answer
 * counts of, such as a search while somebody types.
 *
 * It belongs to the scope that calls it, as a resource does: the calls that have not ended by then are cancelled when that scope's body and
 * children have ended. Wait for a call, or for `idle()`, to see it end. A call is a task: one that fails fails the scope, as
 * any child does; `attempt` inside the operation keeps it from that.
 *
 * **Cancelled:** what has not ended is cancelled with the scope; each call can be cancelled by its task.
 * **Throws:** `MisuseError` if it is not given a function.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const search = yield* restartable(function* (text: string) {
 *     yield* sleep(10)
 *     return `results for ${text}`
 *   })
 *   const first = search('a')
 *   const second = search('ab')
 *   console.assert((yield* second) === 'results for ab')
 *   console.assert(first.status === 'cancelled')
 * })
 * ```
 */
export function restartable<A extends unknown[], T>(
  operation: (...args: A) => Operation<T>
): Operation<Overlapping<A, T>> {
  return make(operation)
}
