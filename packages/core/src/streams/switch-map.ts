import { cancel } from '../operations/cancel.ts'
import { spawn } from '../operations/spawn.ts'
import type { Stream } from '../stream.ts'
import type { Task } from '../task.ts'
import { relayInner } from './flat-map.ts'
import type { ItemOf } from './from.ts'
import type { Operator } from './operator.ts'
import { type Output, producing } from './produce.ts'
import { checkFunction, checkStream, checkSubscription } from './subscription.ts'

/**
 * Reads the stream that `fn` gives for the latest item: with the next item, the inner stream before is left, and has been released
 * before `fn` is called. An item of it that nobody has taken by then is dropped with it. `fn` gives a stream, anything
 * that `from` takes, or an operation or a promise of one item.
 *
 * **Cancelled:** the inner stream is released, then the source.
 * **Throws:** what `fn`, an inner stream or the source throws, behind the items before it.
 *
 * @param fn gets the item, and how many there were before it
 *
 * @example
 * ```ts
 * const results = pipe(
 *   from(['c', 'co', 'cop']),
 *   switchMap(function* (query) {
 *     yield* sleep(5)
 *     return `results for ${query}`
 *   })
 * )
 * console.assert((await run(collect(results))).join() === 'results for cop')
 * ```
 */
export function switchMap<T, S>(fn: (item: T, index: number) => S): Operator<T, ItemOf<S>> {
  checkFunction(fn, 'switchMap', 'switchMap((item) => stream)')
  return (stream) => producing('switchMap', readLatest<T, S>, checkStream(stream, 'switchMap'), fn)
}

function* readLatest<T, S>(out: Output<ItemOf<S>>, stream: Stream<T>, fn: (item: T, index: number) => S) {
  const subscription = checkSubscription(yield* stream)
  yield* out.ready()
  let current: Task<void> | undefined
  for (let index = 0; ; index++) {
    const result: IteratorResult<T, void> = yield* subscription.next()
    // What runs for the last item goes on: this scope waits for it.
    if (result.done === true) return
    if (current !== undefined) {
      yield* cancel(current)
      out.forget()
    }
    current = yield* spawn(relayInner(out, fn(result.value, index)))
  }
}
