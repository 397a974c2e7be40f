/** Makes a stream of what opens it. */
import type { Operation, Stream, Subscription } from 'coppice'

/** A stream that is opened by an operation. It is no effect itself, so that a function may give it as a value. */
export function stream<T>(open: () => Operation<Subscription<T>>): Stream<T> {
  return { [Symbol.iterator]: () => open()[Symbol.iterator]() }
}
