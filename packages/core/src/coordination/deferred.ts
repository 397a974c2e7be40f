import { checkNamed } from '../kernel/misuse.ts'
import { NEXT, THROW } from '../kernel/states.ts'
import type { Settled, Waiter } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'
import { Line, LineEffect } from './line.ts'

/** A result that somebody will give: `yield*` waits for it, any number of times. The first result stands. */
export interface Deferred<T> extends Operation<T> {
  /** Gives the value to all that wait, and to whoever will; also outside of tasks. Does nothing if there is a result. */
  resolve(value: T): void
  /** Throws the error to all that wait, and to whoever will; also outside of tasks. Does nothing if there is a result. */
  reject(error: unknown): void
}

/**
 * Makes a deferred: a result that is set once, from anywhere, and awaited from anywhere.
 *
 * **Cancelled:** waiting for it leaves no trace.
 * **Throws:** whoever waits gets what it is rejected with, unchanged. An error that nobody waits for is not reported.
 *
 * @param options `name` is what it is called in trees. Default `deferred`
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const answer = createDeferred<number>()
 *   yield* spawn(function* () {
 *     yield* sleep(10)
 *     answer.resolve(42)
 *   })
 *   console.assert((yield* answer) === 42)
 * })
 * ```
 */
export function createDeferred<T = void>(options?: { name?: string | undefined }): Deferred<T> {
  const { name = 'deferred' } = checkNamed(options, 'createDeferred')
  return new Result<T>(name)
}

/** It is the effect that waits for it. */
class Result<T> extends LineEffect<T> implements Deferred<T> {
  readonly name: string
  #line = new Line<Result<T>>()
  #signal: Settled | undefined = undefined
  #payload: unknown = undefined

  constructor(name: string) {
    super()
    this.name = name
  }

  get of(): this {
    return this
  }

  override toString(): string {
    return this.name === 'deferred' ? 'deferred()' : `deferred(${this.name})`
  }

  resolve(value?: unknown): void {
    this.#settle(NEXT, value)
  }

  reject(error: unknown): void {
    this.#settle(THROW, error)
  }

  begin(waiter: Waiter): void {
    if (this.#signal === undefined) this.#line.join(waiter, this)
    else waiter.settled(this.#signal, this.#payload)
  }

  #settle(signal: Settled, payload: unknown): void {
    if (this.#signal !== undefined) return
    this.#signal = signal
    this.#payload = payload
    this.#line.answerAll(signal, payload)
  }
}
