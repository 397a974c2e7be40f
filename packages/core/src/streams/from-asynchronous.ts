import { ensure } from '../operations/ensure.ts'
import { operation } from '../operations/operation.ts'
import { checkpoint } from '../operations/poll.ts'
import { until } from '../operations/until.ts'
import type { Operation } from '../operation.ts'
import type { Subscription } from '../stream.ts'
import { twoReaders } from './mailbox.ts'
import { ended } from './subscription.ts'

/** What the library needs of a `ReadableStream`, of whichever host. */
export interface ReadableStreamLike<T> {
  getReader(): {
    read(): Promise<{ done: boolean; value?: T | undefined }>
    cancel(reason?: unknown): Promise<void>
    releaseLock(): void
  }
}

export const openAsyncIterable: <T>(source: AsyncIterable<T>) => Operation<Subscription<T>> =
  /* @__PURE__ */ operation('from', function* <T>(source: AsyncIterable<T>) {
    const iterator = source[Symbol.asyncIterator]()
    const reading = new Reading<T>(() => iterator.next())
    yield* ensure(() => (reading.hasEnded ? undefined : iterator.return?.()))
    return reading
  })

export const openReadable: <T>(source: ReadableStreamLike<T>) => Operation<Subscription<T>> =
  /* @__PURE__ */ operation('from', function* <T>(source: ReadableStreamLike<T>) {
    const reader = source.getReader()
    const reading = new Reading<T>(() => reader.read() as Promise<IteratorResult<T>>)
    // It rejects a read that is under way, and closes what it reads from.
    yield* ensure(async () => {
      if (!reading.hasEnded) await reader.cancel()
      reader.releaseLock()
    })
    return reading
  })

/**
 * Promises of items, one after the other. One that was not waited for to its end is kept, so that a `next` that was cancelled loses no item.
 */
class Reading<T> implements Subscription<T> {
  hasEnded = false
  isRead = false
  promise: PromiseLike<IteratorResult<T>> | undefined = undefined
  failure: { readonly error: unknown } | undefined = undefined
  readonly read: () => PromiseLike<IteratorResult<T>>
  readonly #next: Operation<IteratorResult<T, void>>

  constructor(read: () => PromiseLike<IteratorResult<T>>) {
    this.read = read
    this.#next = readNext<T>(this)
  }

  next(): Operation<IteratorResult<T, void>> {
    return this.#next
  }
}

const readNext = /* @__PURE__ */ operation('next', function* <T>(reading: Reading<T>) {
  if (reading.isRead) throw twoReaders()
  if (reading.failure !== undefined) throw reading.failure.error
  reading.isRead = true
  try {
    const result = yield* until((reading.promise ??= reading.read()))
    // An end stays where it is, for the next call.
    if (result.done === true) {
      reading.hasEnded = true
      return ended
    }
    yield* checkpoint
    reading.promise = undefined
    return result as IteratorResult<T, void>
  } catch (error) {
    reading.hasEnded = true
    reading.failure = { error }
    throw error
  } finally {
    reading.isRead = false
  }
}) as <T>(reading: Reading<T>) => Operation<IteratorResult<T, void>>
