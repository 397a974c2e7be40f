import { select } from '../operations/select.ts'
import { spawn } from '../operations/spawn.ts'
import { operation } from '../operations/operation.ts'
import type { Operation } from '../operation.ts'
import type { Stream, Subscription } from '../stream.ts'
import { openAll } from './merge.ts'
import { type Output, producing } from './produce.ts'
import { checkStream } from './subscription.ts'

/**
 * The first items of several streams together, then the second ones, and so on, as tuples. All are asked at once; it ends as soon as
 * one of them has.
 *
 * **Cancelled:** all of them are released.
 * **Throws:** what one of the streams throws; the others are released.
 *
 * @example
 * ```ts
 * const pairs = pipe(from([1, 2]), zip(from(['a', 'b', 'c'])))
 * console.assert((await run(collect(pairs))).join() === '1,a,2,b')
 * ```
 */
export function zip<const U extends readonly unknown[]>(
  ...others: { [K in keyof U]: Stream<U[K]> }
): <T>(stream: Stream<T>) => Stream<[T, ...U]> {
  return <T>(stream: Stream<T>) =>
    producing<[T, ...U], [Stream<unknown>[]]>(
      'zip',
      readPairs as (out: Output<[T, ...U]>, streams: Stream<unknown>[]) => Operation<void>,
      [stream, ...(others as unknown as Stream<unknown>[])].map((each) => checkStream(each, 'zip'))
    )
}

function* readPairs(out: Output<unknown[]>, streams: Stream<unknown>[]): Generator<any, void, any> {
  const subscriptions = yield* openAll(streams)
  yield* out.ready()
  for (;;) {
    const items = yield* nextOfAll(subscriptions)
    if (items === undefined) return
    yield* out.emit(items)
  }
}

/** One item of each, or undefined when one of them has ended; whatever the others are at then is left with the scope. */
const nextOfAll = /* @__PURE__ */ operation(
  'nextOfAll',
  function* (subscriptions: readonly Subscription<unknown>[]) {
    const items: unknown[] = new Array(subscriptions.length)
    const waiting = new Map<string, Operation<IteratorResult<unknown, void>>>()
    for (const [index, subscription] of subscriptions.entries())
      waiting.set(String(index), yield* spawn(subscription.next(), { background: true }))
    while (waiting.size > 0) {
      const { key, value } = yield* select(Object.fromEntries(waiting))
      if (value.done === true) return undefined
      waiting.delete(key)
      items[Number(key)] = value.value
    }
    return items
  }
)
