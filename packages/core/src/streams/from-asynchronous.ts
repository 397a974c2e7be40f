import { ensure } from '../operations/ensure.ts'
import { operation } from '../operations/operation.ts'
import { UntilItem } from '../operations/until-item.ts'
import type { Operation } from '../operation.ts'
import type { Subscription } from '../stream.ts'
import { twoReaders } from './mailbox.ts'

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
    const item = new UntilItem<T>(() => iterator.next(), twoReaders)
    yield* ensure(() => (item.hasEnded ? undefined : iterator.return?.()))
    return { next: () => item }
  })

export const openReadable: <T>(source: ReadableStreamLike<T>) => Operation<Subscription<T>> =
  /* @__PURE__ */ operation('from', function* <T>(source: ReadableStreamLike<T>) {
    const reader = source.getReader()
    const item = new UntilItem<T>(() => reader.read() as Promise<IteratorResult<T>>, twoReaders)
    yield* ensure(async () => {
      if (!item.hasEnded) await reader.cancel()
      reader.releaseLock()
    })
    return { next: () => item }
  })
