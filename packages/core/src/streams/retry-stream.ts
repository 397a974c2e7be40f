import { type Policy, checkPolicy } from '../policies/policy.ts'
import { retry } from '../policies/retry.ts'
import type { Stream } from '../stream.ts'
import type { Operator } from './operator.ts'
import { type Output, producing, relayAll } from './produce.ts'
import { checkStream } from './subscription.ts'

/**
 * Opens the stream anew when it fails, after the delay of a policy: what `retry` is to an operation. What has failed is released before the
 * delay begins. Items that were given before the failure are not taken back.
 *
 * **Cancelled:** the stream that is open is released, or the delay ends.
 * **Throws:** when the policy stops, the last error, unchanged, behind the items before it.
 *
 * @param policy decides on the `error` of each failure: `upTo(5, jittered(exponential(100)))`
 *
 * @example
 * ```ts
 * let opened = 0
 * const flaky = produce<number>(function* (emit) {
 *   yield* emit(++opened)
 *   if (opened < 3) throw new Error('connection lost')
 * })
 * const steady = pipe(flaky, retryStream(upTo(5, constant(1))))
 * console.assert((await run(collect(steady))).join() === '1,2,3')
 * ```
 */
export function retryStream<T>(policy: Policy<any>): Operator<T, T> {
  checkPolicy(policy, 'retryStream')
  return (stream) => producing('retryStream', readAgain<T>, checkStream(stream, 'retryStream'), policy)
}

function readAgain<T>(out: Output<T>, stream: Stream<T>, policy: Policy<any>) {
  return retry(() => relayAll(out, stream), policy)
}
