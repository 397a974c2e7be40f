import { operation } from '../operations/operation.ts'
import { scope } from '../operations/scope.ts'
import type { Operation } from '../operation.ts'
import type { Stream } from '../stream.ts'
import { checkStream, checkSubscription } from './subscription.ts'

/**
 * Opens a stream, and gives all its items when it has ended and been released.
 *
 * **Cancelled:** the stream is released.
 * **Throws:** what the stream throws.
 *
 * @example
 * ```ts
 * const items = await run(collect(pipe(interval(1), take(3))))
 * console.assert(items.join() === '0,1,2')
 * ```
 */
export function collect<T>(stream: Stream<T>): Operation<T[]> {
  return scope(openAndCollect(checkStream(stream, 'collect')), { name: 'collect' })
}

const openAndCollect = /* @__PURE__ */ operation('collect', function* <T>(stream: Stream<T>) {
  const subscription = checkSubscription(yield* stream)
  const items: T[] = []
  for (;;) {
    const result = yield* subscription.next()
    if (result.done === true) return items
    items.push(result.value)
  }
})
