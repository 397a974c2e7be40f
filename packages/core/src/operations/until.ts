import { printed } from '../effect.ts'
import { MisuseError } from '../kernel/errors.ts'
import { isThenable } from '../kernel/misuse.ts'
import { OutsideEffect, type OutsideWait } from '../kernel/outside.ts'
import type { Operation } from '../operation.ts'
import { awaitInto } from './call.ts'

/**
 * Waits for a promise that somebody else owns.
 *
 * **Cancelled:** stops waiting; how the promise settles after that is ignored.
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
export function until<T>(promise: PromiseLike<T>): Operation<T> {
  if (!isThenable(promise)) {
    throw new MisuseError(
      `until takes a promise; it was given ${printed(promise)}. For a function, write call(fn, …args).`
    )
  }
  return new Until<T>(promise)
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
    awaitInto(wait, this.promise)
  }
}
