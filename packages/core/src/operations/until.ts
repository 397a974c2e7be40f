import { isThenable, misfit } from '../kernel/misuse.ts'
import { OutsideEffect, type OutsideWait } from '../kernel/outside.ts'
import type { Operation } from '../operation.ts'
import { awaitInto } from './call.ts'

/**
 * Waits for a promise that somebody else owns.
 *
 * **Cancelled:** stops waiting, and nothing is kept of it; how the promise settles after that is ignored.
 * **Throws:** what the promise rejects with.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const value = yield* until(Promise.resolve(1))
 *   console.assert(value === 1)
 * })
 * ```
 */
export function until<T>(promise: PromiseLike<T>): Operation<T>
export function until<P extends PromiseLike<unknown>>(promise: P): Operation<Awaited<P>>
export function until(promise: PromiseLike<unknown>): Operation<unknown> {
  if (!isThenable(promise)) {
    throw misfit('until takes a promise, and call(fn, …args) a function', promise)
  }
  return new Until(promise)
}

class Until<T> extends OutsideEffect<T> {
  readonly promise: PromiseLike<T>

  constructor(promise: PromiseLike<T>) {
    super()
    this.promise = promise
  }

  get name(): string {
    return 'until'
  }

  performLive(wait: OutsideWait): void {
    const { promise } = this
    if (promise instanceof Promise) Settling.of(promise).add(wait)
    else awaitInto(wait, promise)
  }
}

/**
 * What waits for one promise. A promise keeps its handlers until it settles, so a loop that waits for one that does not, beside something else,
 * would gather a handler in each round: it has one for all, and who stops waiting is forgotten.
 */
class Settling {
  readonly #waits = new Set<OutsideWait>()

  static of(promise: Promise<unknown>): Settling {
    let settling = settlings.get(promise)
    if (settling === undefined) {
      settling = new Settling(promise)
      settlings.set(promise, settling)
    }
    return settling
  }

  private constructor(promise: Promise<unknown>) {
    promise.then(
      (value) => this.#end(promise, (wait) => wait.resume(value)),
      (error) => this.#end(promise, (wait) => wait.fail(error))
    )
  }

  add(wait: OutsideWait): void {
    this.#waits.add(wait)
    wait.abort = () => this.#waits.delete(wait)
  }

  /** Whoever comes from now on waits anew. */
  #end(promise: Promise<unknown>, settle: (wait: OutsideWait) => void): void {
    settlings.delete(promise)
    for (const wait of this.#waits) settle(wait)
  }
}

const settlings = /* @__PURE__ */ new WeakMap<Promise<unknown>, Settling>()
