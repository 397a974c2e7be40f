import { spawn } from '../operations/spawn.ts'
import type { Stream, Subscription } from '../stream.ts'
import { type Output, producing } from './produce.ts'
import { checkStream, checkSubscription } from './subscription.ts'

/**
 * The items of several streams as they come, until all have ended. Each is read one item ahead at most.
 *
 * **Cancelled:** all of them are released.
 * **Throws:** what one of the streams throws, behind the items before it; the others are released.
 *
 * @example
 * ```ts
 * const both = pipe(from([1, 2]), merge(from(['a'])))
 * console.assert((await run(collect(both))).length === 3)
 * ```
 */
export function merge<const U extends readonly unknown[]>(
  ...others: { [K in keyof U]: Stream<U[K]> }
): <T>(stream: Stream<T>) => Stream<T | U[number]> {
  return <T>(stream: Stream<T>) =>
    producing<T | U[number], [Stream<T | U[number]>[]]>(
      'merge',
      readTogether,
      [stream, ...(others as readonly Stream<U[number]>[])].map((each) =>
        checkStream<T | U[number]>(each, 'merge')
      )
    )
}

function* readTogether<T>(out: Output<T>, streams: readonly Stream<T>[]) {
  const subscriptions = yield* openAll(streams)
  yield* out.ready()
  for (const subscription of subscriptions) yield* spawn(out.relay(subscription))
}

/** Opens streams in turn. */
export function* openAll<T>(streams: readonly Stream<T>[]) {
  const subscriptions: Subscription<T>[] = []
  for (const stream of streams) subscriptions.push(checkSubscription(yield* stream))
  return subscriptions
}
