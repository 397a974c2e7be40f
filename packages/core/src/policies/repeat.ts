import { now } from '../operations/now.ts'
import { operation } from '../operations/operation.ts'
import { scope } from '../operations/scope.ts'
import { sleep } from '../operations/sleep.ts'
import type { Operation, Startable, ValueOf } from '../operation.ts'
import { Course } from './course.ts'
import { type Policy, checkPolicy } from './policy.ts'
import { checkRepeatable } from './repeatable.ts'

/**
 * Runs an operation again and again, after the delays of a policy, and gives the last value. Each run is a scope of its own: what it
 * spawned has ended and what it acquired is released before the delay begins.
 *
 * **Cancelled:** the run unwinds, or the delay ends.
 * **Throws:** what a run throws; nothing is run after that. `MisuseError` for what can be run only once.
 *
 * @param startable a function or a declared operation: `poll`, `() => poll(1)`
 * @param policy decides on the `value` of each run: `onlyIf(({ value }) => value === 'pending', constant(1000))`
 *
 * @example
 * ```ts
 * let runs = 0
 * const last = await run(repeat(count, upTo(2, constant(1))))
 * console.assert(last === 3)
 * function* count() {
 *   return ++runs
 * }
 * ```
 */
export function repeat<T>(startable: Startable<T>, policy: Policy<NoInfer<T>>): Operation<T>
export function repeat<O extends Startable<unknown>>(
  startable: O,
  policy: Policy<NoInfer<ValueOf<O>>>
): Operation<ValueOf<O>>
export function repeat(startable: Startable<unknown>, policy: Policy<any>): Operation<unknown> {
  return repeating(checkRepeatable(startable, 'repeat'), checkPolicy(policy, 'repeat'))
}

const repeating = /* @__PURE__ */ operation(
  'repeat',
  function* (startable: Startable<unknown>, policy: Policy<any>) {
    const course = new Course<unknown>(policy, yield* now())
    // A body of a scope is handed the scope; what is repeated takes nothing.
    const body = typeof startable === 'function' ? () => startable() : startable
    for (;;) {
      const value = yield* scope(body)
      const delay = yield* course.ended({ value })
      if (delay === undefined) return value
      yield* sleep(delay)
    }
  }
)
