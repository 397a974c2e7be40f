import type { Operation } from '../operation.ts'
import { type Overlapping, overlapping } from './overlapping.ts'

const make = /* @__PURE__ */ overlapping({ name: 'enqueued', isAdmitted: true, replaces: 'none' })

/**
 * Calls run one after the other, in the order in which they were made. For what must all happen, such as writing to one file.
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
 *   const order: string[] = []
 *   const save = yield* enqueued(function* (text: string) {
 *     yield* sleep(10)
 *     order.push(text)
 *   })
 *   save('a')
 *   save('b')
 *   yield* save.idle()
 *   console.assert(order.join() === 'a,b')
 * })
 * ```
 */
export function enqueued<A extends unknown[], T>(
  operation: (...args: A) => Operation<T>
): Operation<Overlapping<A, T>> {
  return make(operation)
}
