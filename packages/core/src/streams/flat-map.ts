import { checkCount, checkOptions } from '../checks.ts'
import type { ConcurrencyOptions } from '../operations/all.ts'
import { operation } from '../operations/operation.ts'
import type { Stream } from '../stream.ts'
import { readEach } from './for-each.ts'
import { type ItemOf, fromResult } from './from.ts'
import type { Operator } from './operator.ts'
import { type Output, producing, relayAll } from './produce.ts'
import { checkFunction, checkStream, checkSubscription } from './subscription.ts'

/**
 * Reads the streams that `fn` gives for the items one after the other: the next begins when the one before has ended and been
 * released. `fn` gives a stream, anything that `from` takes, or an operation or a promise of one item.
 *
 * **Cancelled:** the inner stream is released, then the source.
 * **Throws:** what `fn`, an inner stream or the source throws, behind the items before it.
 *
 * @param fn gets the item, and how many there were before it
 *
 * @example
 * ```ts
 * const pages = pipe(from([1, 2]), concatMap((n) => from([n, 10 * n])))
 * console.assert((await run(collect(pages))).join() === '1,10,2,20')
 * ```
 */
export function concatMap<T, S>(fn: (item: T, index: number) => S): Operator<T, ItemOf<S>> {
  return flattening('concatMap', fn, 1)
}

/**
 * Reads the streams that `fn` gives for the items side by side, and gives their items as they come. Each inner stream is read one
 * item ahead at most. `fn` gives a stream, anything that `from` takes, or an operation or a promise of one item.
 *
 * **Cancelled:** the inner streams are released, then the source.
 * **Throws:** what `fn`, an inner stream or the source throws, behind the items before it; the other inner streams are released.
 *
 * @param fn gets the item, and how many there were before it
 * @param options `concurrency`: how many inner streams are read at once, from 1 on. Default: all
 *
 * @example
 * ```ts
 * const answers = pipe(
 *   from([30, 10]),
 *   flatMap(function* (ms) {
 *     yield* sleep(ms)
 *     return ms
 *   }, { concurrency: 2 })
 * )
 * console.assert((await run(collect(answers))).join() === '10,30')
 * ```
 */
export function flatMap<T, S>(
  fn: (item: T, index: number) => S,
  options?: ConcurrencyOptions
): Operator<T, ItemOf<S>> {
  return flattening(
    'flatMap',
    fn,
    checkCount(checkOptions(options, 'flatMap').concurrency ?? Infinity, 1, 'flatMap: concurrency')
  )
}

function flattening<T, S>(
  name: string,
  fn: (item: T, index: number) => S,
  concurrency: number
): Operator<T, ItemOf<S>> {
  checkFunction(fn, name, `${name}((item) => stream)`)
  return (stream) => producing(name, flatten<T, S>, checkStream(stream, name), fn, concurrency)
}

function* flatten<T, S>(
  out: Output<ItemOf<S>>,
  stream: Stream<T>,
  fn: (item: T, index: number) => S,
  concurrency: number
) {
  const subscription = checkSubscription(yield* stream)
  yield* out.ready()
  yield* readEach(subscription, (item, index) => relayInner(out, fn(item, index)), concurrency)
}

/** Emits the items of what a function gave. */
export const relayInner = /* @__PURE__ */ operation('inner', function* <
  S,
>(out: Output<ItemOf<S>>, result: S) {
  yield* relayAll(out, fromResult(result))
})
