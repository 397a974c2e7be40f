import { ensure } from '../operations/ensure.ts'
import { operation } from '../operations/operation.ts'
import { poll } from '../operations/poll.ts'
import { suspend } from '../operations/suspend.ts'
import type { Operation } from '../operation.ts'
import type { Subscription } from '../stream.ts'
import { type PolledSubscription, ended } from './subscription.ts'

/** Opens an iterator; it is told to return if it is left before its end. */
export const openIterable: <T>(iterator: Iterator<T>) => Operation<Subscription<T>> =
  /* @__PURE__ */ operation('from', function* <T>(iterator: Iterator<T>) {
    const reading = new Reading(iterator)
    if (typeof iterator.return === 'function') yield* ensure(() => reading.leave())
    return reading
  })

class Reading<T> implements PolledSubscription<T> {
  readonly #iterator: Iterator<T>
  readonly #next: Operation<IteratorResult<T, void>>
  #failure: { readonly error: unknown } | undefined = undefined
  #hasEnded = false

  constructor(iterator: Iterator<T>) {
    this.#iterator = iterator
    this.#next = poll(() => this.poll(), suspend())
  }

  next(): Operation<IteratorResult<T, void>> {
    return this.#next
  }

  poll(): IteratorResult<T, void> {
    if (this.#hasEnded) {
      if (this.#failure !== undefined) throw this.#failure.error
      return ended
    }
    try {
      const result = this.#iterator.next()
      if (result.done !== true) return result
    } catch (error) {
      this.#failure = { error }
    }
    this.#hasEnded = true
    return this.poll()
  }

  leave(): void {
    if (!this.#hasEnded) this.#iterator.return!()
    this.#hasEnded = true
  }
}
