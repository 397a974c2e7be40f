import { checkDuration } from '../checks.ts'
import { timeout } from '../operations/timeout.ts'
import type { Stream } from '../stream.ts'
import type { PassingOperator } from './operator.ts'
import { type Output, producing } from './produce.ts'
import { checkStream, checkSubscription } from './subscription.ts'

/**
 * Fails if the source takes longer than `ms` milliseconds for an item, or for its end, from when that was asked for. The time for which the
 * consumer is busy does not count.
 *
 * **Cancelled:** the source is released.
 * **Throws:** `TimeoutError`; what the source throws; `MisuseError` for a negative number or `NaN`.
 *
 * @example
 * ```ts
 * const slow = pipe(interval(1000), timeoutEach(1), catchError(() => from(['too slow'])))
 * console.assert((await run(collect(slow))).join() === 'too slow')
 * ```
 */
export function timeoutEach(ms: number): PassingOperator {
  checkDuration(ms, 'timeoutEach')
  return <T>(stream: Stream<T>) =>
    producing('timeoutEach', readInTime<T>, checkStream(stream, 'timeoutEach'), ms)
}

function* readInTime<T>(out: Output<T>, stream: Stream<T>, ms: number) {
  const subscription = checkSubscription(yield* stream)
  yield* out.ready()
  for (;;) {
    const result: IteratorResult<T, void> = yield* timeout(ms, subscription.next())
    if (result.done === true) return
    yield* out.emit(result.value)
  }
}
