import { checkDuration } from '../checks.ts'
import type { Stream } from '../stream.ts'
import type { PassingOperator } from './operator.ts'
import { type Output, producing } from './produce.ts'
import { ReadAhead, throwFailure } from './read-ahead.ts'
import { checkStream, checkSubscription } from './subscription.ts'

/**
 * Gives an item when `ms` milliseconds have passed without another one; the ones before it are left out. The last item is given as soon as
 * the source ends.
 *
 * **Cancelled:** the timer is taken back, and the source is released.
 * **Throws:** what the source throws, behind the item that it was waiting with; `MisuseError` for a negative number or `NaN`.
 *
 * @example
 * ```ts
 * const typed = pipe(from(['c', 'co', 'cop']), debounce(5))
 * console.assert((await run(collect(typed))).join() === 'cop')
 * ```
 */
export function debounce(ms: number): PassingOperator {
  checkDuration(ms, 'debounce')
  return <T>(stream: Stream<T>) =>
    producing('debounce', readDebounced<T>, checkStream(stream, 'debounce'), ms)
}

function* readDebounced<T>(out: Output<T>, stream: Stream<T>, ms: number) {
  const ahead = new ReadAhead(checkSubscription(yield* stream))
  yield* out.ready()
  for (;;) {
    let read = yield* ahead.next()
    while (read.end === undefined) {
      const latest = read.item
      const next = yield* ahead.within(ms)
      if (next?.end === undefined && next !== undefined) {
        read = next
        continue
      }
      yield* out.emit(latest)
      read = next ?? (yield* ahead.next())
    }
    return throwFailure(read.end)
  }
}
