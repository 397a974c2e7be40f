import { operation } from '../operations/operation.ts'
import { type Scope, scope } from '../operations/scope.ts'
import { spawn } from '../operations/spawn.ts'
import type { Operation } from '../operation.ts'
import type { Stream, Subscription } from '../stream.ts'
import { openAll } from './merge.ts'
import { type Output, producing } from './produce.ts'
import { checkStream } from './subscription.ts'

/**
 * The latest items of several streams, as a tuple, whenever one of them has a new one; the first time when each has one. It ends when all
 * have, or when one has ended without any.
 *
 * **Cancelled:** all of them are released.
 * **Throws:** what one of the streams throws, behind the items before it; the others are released.
 *
 * @example
 * ```ts
 * const sizes = pipe(from([1]), combineLatest(from([10, 20])))
 * const combined = await run(collect(sizes))
 * console.assert(combined.at(-1)?.join() === '1,20')
 * ```
 */
export function combineLatest<const U extends readonly unknown[]>(
  ...others: { [K in keyof U]: Stream<U[K]> }
): <T>(stream: Stream<T>) => Stream<[T, ...U]> {
  return <T>(stream: Stream<T>) =>
    producing<[T, ...U], [Stream<unknown>[]]>(
      'combineLatest',
      readLatest as (out: Output<[T, ...U]>, streams: Stream<unknown>[]) => Operation<void>,
      [stream, ...(others as unknown as Stream<unknown>[])].map((each) => checkStream(each, 'combineLatest'))
    )
}

function* readLatest(out: Output<unknown[]>, streams: Stream<unknown>[]): Generator<any, void, any> {
  const subscriptions = yield* openAll(streams)
  yield* out.ready()
  const latest = new Latest(subscriptions.length)
  yield* scope((readers) => readAll(out, latest, subscriptions, readers))
}

const readAll = /* @__PURE__ */ operation(
  'readAll',
  function* (
    out: Output<unknown[]>,
    latest: Latest,
    subscriptions: readonly Subscription<unknown>[],
    readers: Scope
  ) {
    for (const [index, subscription] of subscriptions.entries())
      yield* spawn(readInto(out, latest, index, subscription, readers))
  }
)

class Latest {
  readonly #items: unknown[]
  readonly #missing: Set<number>

  constructor(count: number) {
    this.#items = new Array(count)
    this.#missing = new Set(this.#items.keys())
  }

  /** The tuple as it is now; undefined if one has had no item yet. */
  set(index: number, item: unknown): unknown[] | undefined {
    this.#items[index] = item
    this.#missing.delete(index)
    return this.#missing.size === 0 ? [...this.#items] : undefined
  }

  lacks(index: number): boolean {
    return this.#missing.has(index)
  }
}

const readInto = /* @__PURE__ */ operation(
  'readInto',
  function* (
    out: Output<unknown[]>,
    latest: Latest,
    index: number,
    subscription: Subscription<unknown>,
    readers: Scope
  ) {
    for (;;) {
      const result = yield* subscription.next()
      if (result.done === true) break
      const items = latest.set(index, result.value)
      if (items !== undefined) yield* out.emit(items)
    }
    // There will never be a tuple: the others are left, and have been released before the end is seen (F2).
    if (latest.lacks(index)) readers.cancel()
  }
)
