import { OutsideEffect, type OutsideWait } from '../kernel/outside.ts'

/**
 * Waits for the promises of an asynchronous iterator, one after the other: each is asked for when somebody waits for it. One that was not
 * waited for to its end is kept, and so is one that rejects, or says that it was the last. So no item is lost, and the end stands.
 */
export class UntilItem<T> extends OutsideEffect<IteratorResult<T, void>> {
  /** It gives or throws nothing else from here on. */
  hasEnded = false
  readonly #read: () => PromiseLike<IteratorResult<T, unknown>>
  readonly #twoReaders: () => Error
  #promise: PromiseLike<IteratorResult<T, unknown>> | undefined = undefined
  #isAwaited = false

  /** @param twoReaders what a second task gets that waits at the same time */
  constructor(read: () => PromiseLike<IteratorResult<T, unknown>>, twoReaders: () => Error) {
    super()
    this.#read = read
    this.#twoReaders = twoReaders
  }

  get name(): string {
    return 'next'
  }

  protected override get printed(): readonly unknown[] {
    return []
  }

  performLive(wait: OutsideWait): void {
    if (this.#isAwaited) throw this.#twoReaders()
    const promise = (this.#promise ??= this.#begin())
    this.#isAwaited = true
    wait.abort = () => (this.#isAwaited = false)
    promise.then(
      (result) => this.#settled(wait, result),
      (error) => this.#failed(wait, error)
    )
  }

  #begin(): PromiseLike<IteratorResult<T, unknown>> {
    try {
      return this.#read()
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #settled(wait: OutsideWait, result: IteratorResult<T, unknown>): void {
    if (!wait.pending) return
    this.#isAwaited = false
    if (result.done === true) {
      this.hasEnded = true
      wait.resume({ done: true, value: undefined })
    } else {
      this.#promise = undefined
      wait.resume(result)
    }
  }

  #failed(wait: OutsideWait, error: unknown): void {
    this.hasEnded = true
    if (!wait.pending) return
    this.#isAwaited = false
    wait.fail(error)
  }
}
