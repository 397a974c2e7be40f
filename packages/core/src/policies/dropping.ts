import type { Operation } from '../operation.ts'
import { type Overlapping, overlapping } from './overlapping.ts'

const make = /* @__PURE__ */ overlapping({ name: 'dropping', isAdmitted: false, replaces: 'none' })

/**
 * A call is dropped while another one runs or cleans up. For what must not be started twice, such as a payment on a double
 * click.
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
 *   const pay = yield* dropping(function* (amount: number) {
 *     yield* sleep(10)
 *     return amount
 *   })
 *   const first = pay(5)
 *   const second = pay(5)
 *   console.assert((yield* first) === 5)
 *   console.assert(second.status === 'cancelled')
 * })
 * ```
 */
export function dropping<A extends unknown[], T>(
  operation: (...args: A) => Operation<T>
): Operation<Overlapping<A, T>> {
  return make(operation)
}
