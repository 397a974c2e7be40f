import type { Operation } from './operation.ts'

/** One run of a stream. It lives as long as the scope that opened it. */
export interface Subscription<T> {
  /** Waits for the next item. After the last one it gives `{ done: true }`, every time; a stream that failed throws. */
  next(): Operation<IteratorResult<T, void>>
}

/**
 * Items that come one after the other, when they are asked for: a slow consumer is never overrun. A stream is a value; it
 * does nothing until it is opened with `yield*`, and each time it is opened it starts anew. What it holds while it is
 * open is released with the scope that opened it.
 */
export type Stream<T> = Operation<Subscription<T>>
