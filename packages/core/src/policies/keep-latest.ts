import type { Operation } from '../operation.ts'
import { type Overlapping, overlapping } from './overlapping.ts'

const make = /* @__PURE__ */ overlapping({ name: 'keepLatest', isAdmitted: true, replaces: 'waiting' })

/**
 * A call waits for the one that runs, and replaces the one that waits. For what must end with the latest state and need not
 * show each on the way, such as saving a draft.
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
 *   const saved: string[] = []
 *   const save = yield* keepLatest(function* (draft: string) {
 *     yield* sleep(10)
 *     saved.push(draft)
 *   })
 *   for (const draft of ['a', 'ab', 'abc']) save(draft)
 *   yield* save.idle()
 *   console.assert(saved.join() === 'a,abc')
 * })
 * ```
 */
export function keepLatest<A extends unknown[], T>(
  operation: (...args: A) => Operation<T>
): Operation<Overlapping<A, T>> {
  return make(operation)
}
