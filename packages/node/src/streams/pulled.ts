/** The reading end of what the host holds until somebody asks. */
import { MisuseError, type Operation, type Subscription } from 'coppice'
import { NEXT, THROW, type Waiter, WaitingEffect, claim } from 'coppice/kernel'

/**
 * The reading end of what the host holds until somebody asks: a subscription whose `next` is a single wait. An item is taken for the reader
 * in the same moment in which his wait is claimed, so that one which is cancelled, or loses a `select`, has taken nothing (F3).
 */
export abstract class PulledSubscription<T> implements Subscription<T> {
  readonly #next = new Next<T>(this)

  /** What there is without a wait: an item, the end, or undefined if nothing has come yet. Throws what the source has failed with. */
  protected abstract take(): IteratorResult<T, void> | undefined

  next(): Operation<IteratorResult<T, void>> {
    return this.#next
  }

  /** As `next`, for operators that go on without a wait as long as there is something. */
  poll(): IteratorResult<T, void> | undefined {
    if (this.#next.isAwaited) throw twoReaders()
    return this.take()
  }

  /** Whoever fills the source says so. */
  tell(): void {
    this.#next.serve()
  }

  /** For the effect. */
  attempt(): IteratorResult<T, void> | undefined {
    return this.take()
  }
}

class Next<T> extends WaitingEffect<IteratorResult<T, void>> {
  readonly #source: PulledSubscription<T>
  #waiter: Waiter | null = null

  constructor(source: PulledSubscription<T>) {
    super()
    this.#source = source
  }

  get name(): string {
    return 'next'
  }

  get isAwaited(): boolean {
    return this.#waiter !== null
  }

  protected override get printed(): readonly unknown[] {
    return []
  }

  begin(waiter: Waiter): void {
    const result = this.#source.poll()
    waiter.wait = this
    if (result === undefined) this.#waiter = waiter
    else claim(waiter, this, NEXT, result)
  }

  withdraw(): void {
    this.#waiter = null
  }

  serve(): void {
    const waiter = this.#waiter
    if (waiter === null) return
    try {
      const result = this.#source.attempt()
      if (result !== undefined) this.#settle(waiter, NEXT, result)
    } catch (error) {
      this.#settle(waiter, THROW, error)
    }
  }

  #settle(waiter: Waiter, signal: typeof NEXT | typeof THROW, payload: unknown): void {
    this.#waiter = null
    claim(waiter, this, signal, payload)
  }
}

/** After the last item; the same each time. */
export const ended: IteratorResult<never, void> = Object.freeze({ done: true, value: undefined })

/** F6. */
export function twoReaders(): MisuseError {
  return new MisuseError(
    'Two tasks read one subscription at once. Read in one task, and write forEach(stream, fn, { concurrency }) to work in several.'
  )
}
