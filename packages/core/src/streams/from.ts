import { misfit } from '../checks.ts'
import { Effect } from '../effect.ts'
import { operation } from '../operations/operation.ts'
import { toPerform } from '../operations/to-perform.ts'
import type { Operation } from '../operation.ts'
import type { Stream, Subscription } from '../stream.ts'
import { type ReadableStreamLike, openAsyncIterable, openReadable } from './from-asynchronous.ts'
import { openIterable } from './from-iterable.ts'
import { NamedStream, isSubscription } from './subscription.ts'

/** What `from` makes a stream of. */
export type StreamSource<T> = Stream<T> | Iterable<T> | AsyncIterable<T> | ReadableStreamLike<T>

/**
 * What a function gives from which an inner stream is made: anything that `from` takes, an operation or a promise. These two make a stream of
 * one item.
 */
export type ItemOf<S> = S extends string
  ? string
  : S extends readonly (infer T)[]
    ? T
    : S extends Stream<infer T>
      ? T
      : S extends Operation<infer T>
        ? T
        : ItemOfIterable<S>

type ItemOfIterable<S> =
  S extends AsyncIterable<infer T>
    ? T
    : S extends Iterable<infer T>
      ? T
      : S extends ReadableStreamLike<infer T>
        ? T
        : S extends PromiseLike<infer T>
          ? T
          : never

/**
 * A stream of the items of something else: a channel, a broadcast or another stream (these are streams already), an iterable, an
 * async iterable, or a `ReadableStream`. A declared operation or a task makes a stream of its one value. The source is opened
 * with each opening of the stream.
 *
 * **Cancelled:** the iterator is told to return, a `ReadableStream` to cancel, and that is waited for.
 * **Throws:** what the source throws, behind the items before it; `MisuseError` for what has no items.
 *
 * @example
 * ```ts
 * const letters = await run(collect(from(new Set(['a', 'b', 'a']))))
 * console.assert(letters.join() === 'a,b')
 * ```
 */
export function from<S extends StreamSource<any> | Operation<any>>(source: S): Stream<ItemOf<S>>
export function from<T>(source: StreamSource<T>): Stream<T>
export function from(source: any): Stream<unknown> {
  if (source instanceof NamedStream) return source
  if (typeof source?.getReader === 'function') return new NamedStream('from', () => openReadable(source))
  if (typeof source?.[Symbol.asyncIterator] === 'function')
    return new NamedStream('from', () => openAsyncIterable(source))
  if (typeof source?.[Symbol.iterator] === 'function')
    return new NamedStream('from', () => openSynchronous(source))
  throw misfit(`from takes a stream, an iterable, an async iterable or a ReadableStream`, source)
}

/** A stream of what a function of the user gave. There, a generator is an operation, as everywhere in the library. */
export function fromResult<S>(result: S): Stream<ItemOf<S>> {
  const performed = toPerform(result)
  if (performed === undefined) return from<ItemOf<S>>(result as Iterable<ItemOf<S>>)
  return new NamedStream('from', () => openOperation(performed)) as Stream<ItemOf<S>>
}

/** What can be iterated is an operation if its iterator is an effect: that is only seen when it is asked for one. */
function openSynchronous(source: Iterable<unknown>): Operation<Subscription<unknown>> {
  const iterator = source[Symbol.iterator]()
  return iterator instanceof Effect ? openOperation(iterator) : openIterable(iterator)
}

const openOperation = /* @__PURE__ */ operation('from', function* (source: Operation<unknown>) {
  const opened = yield* source
  return isSubscription(opened) ? opened : yield* openIterable([opened][Symbol.iterator]())
})
