import { checkCount, checkDuration } from '../checks.ts'
import { now } from '../operations/now.ts'
import type { Stream } from '../stream.ts'
import type { Operator } from './operator.ts'
import { type Output, producing } from './produce.ts'
import { type Read, ReadAhead, throwFailure } from './read-ahead.ts'
import { checkStream, checkSubscription } from './subscription.ts'

/**
 * Gathers items in arrays: `count` of them, or fewer if `ms` milliseconds have passed since the first one of the array, or if the source has
 * ended. No array is empty.
 *
 * **Cancelled:** the timer is taken back, and the source is released.
 * **Throws:** what the source throws, behind the items before it; `MisuseError` for a count below 1 or a negative time.
 *
 * @param count how many items at most; `Infinity` if only the time counts
 * @param ms milliseconds. Default: `Infinity`
 *
 * @example
 * ```ts
 * const rows = await run(collect(pipe(from([1, 2, 3]), buffer(2))))
 * console.assert(JSON.stringify(rows) === '[[1,2],[3]]')
 * ```
 */
export function buffer<T>(count: number, ms = Infinity): Operator<T, T[]> {
  checkCount(count, 1, 'buffer: count')
  checkDuration(ms, 'buffer')
  return (stream) => producing('buffer', readBuffered<T>, checkStream(stream, 'buffer'), count, ms)
}

function* readBuffered<T>(out: Output<T[]>, stream: Stream<T>, count: number, ms: number) {
  const ahead = new ReadAhead(checkSubscription(yield* stream))
  yield* out.ready()
  let read: Read<T> | undefined = yield* ahead.next()
  while (read?.end === undefined) {
    const items: T[] = []
    const deadline = ms === Infinity ? Infinity : (yield* now()) + ms
    while (read !== undefined && read.end === undefined) {
      items.push(read.item)
      read = items.length < count ? yield* ahead.until(deadline) : undefined
    }
    yield* out.emit(items)
    read ??= yield* ahead.next()
  }
  return throwFailure(read.end)
}
