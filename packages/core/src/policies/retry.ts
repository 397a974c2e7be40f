import { CancelledError, MisuseError } from '../errors.ts'
import { attempt } from '../operations/attempt.ts'
import { now } from '../operations/now.ts'
import { operation } from '../operations/operation.ts'
import { sleep } from '../operations/sleep.ts'
import type { Operation, Startable, ValueOf } from '../operation.ts'
import { Course } from './course.ts'
import { type Policy, checkPolicy } from './policy.ts'
import { checkRepeatable } from './repeatable.ts'

/**
 * Runs an operation again and again, after the delays of a policy, until it succeeds, and gives its value. What the successful
 * attempt acquired belongs to the caller; a failed attempt is torn down before the delay begins.
 *
 * An operation that was itself cancelled has not failed, and a `MisuseError` fails each time: neither is retried.
 *
 * **Cancelled:** the attempt unwinds, or the delay ends.
 * **Throws:** when the policy stops, the last error, unchanged; `MisuseError` for what can be run only once.
 *
 * @param startable a function or a declared operation: `fetchPage`, `() => fetchPage(1)`
 * @param policy decides on the `error` of each attempt: `upTo(5, jittered(exponential(100)))`
 *
 * @example
 * ```ts
 * let attempts = 0
 * const value = await run(retry(flaky, upTo(3, exponential(1))))
 * console.assert(value === 'the third time' && attempts === 3)
 * function* flaky() {
 *   if (++attempts < 3) throw new Error('not yet')
 *   return 'the third time'
 * }
 * ```
 */
export function retry<T>(startable: Startable<T>, policy: Policy<any>): Operation<T>
export function retry<O extends Startable<unknown>>(startable: O, policy: Policy<any>): Operation<ValueOf<O>>
export function retry(startable: Startable<unknown>, policy: Policy<any>): Operation<unknown> {
  return retrying(checkRepeatable(startable, 'retry'), checkPolicy(policy, 'retry'))
}

const retrying = /* @__PURE__ */ operation(
  'retry',
  function* (startable: Startable<unknown>, policy: Policy<any>) {
    const course = new Course(policy, yield* now())
    for (;;) {
      const outcome = yield* attempt(startable)
      if (outcome.status === 'done') return outcome.value
      if (outcome.status === 'cancelled') throw new CancelledError('The operation', outcome.reason)
      const { error } = outcome
      const delay = error instanceof MisuseError ? undefined : yield* course.ended({ error })
      if (delay === undefined) throw error
      yield* sleep(delay)
    }
  }
)
