import type { Performed } from '../operations/to-perform.ts'
import type { Operation } from '../operation.ts'
import { chain } from './chain.ts'
import type { Operator } from './operator.ts'
import { type Run, type Stage, type Step, waiting } from './stage.ts'
import { checkFunction } from './subscription.ts'

/**
 * Adds item after item to an accumulated value, and gives each new value: a sum, a state, a history.
 *
 * **Cancelled:** an operation under way unwinds; if the stream is asked again, it begins anew with the same item.
 * **Throws:** what `fn` throws; that ends the stream.
 *
 * @param fn gets the value so far, the item, and how many there were before it; it gives the new value, or an operation or a promise of it
 * @param initial the value before the first item; it is not given itself
 *
 * @example
 * ```ts
 * const sums = pipe(from([1, 2, 3]), scan((sum, n) => sum + n, 0))
 * console.assert((await run(collect(sums))).join() === '1,3,6')
 * ```
 */
export function scan<T, A>(
  fn: (accumulated: A, item: T, index: number) => A | Operation<A> | PromiseLike<A>,
  initial: A
): Operator<T, Performed<A>> {
  checkFunction(fn, 'scan', 'scan((accumulated, item) => …, initial)')
  const stage: Stage = { name: 'scan', start: (run) => new Scan(fn, initial, run) }
  return (stream) => chain(stream, stage)
}

class Scan<T, A> implements Step {
  readonly #fn: (accumulated: A, item: T, index: number) => unknown
  #accumulated: A
  readonly #run: Run
  #index = 0

  constructor(fn: (accumulated: A, item: T, index: number) => unknown, initial: A, run: Run) {
    this.#run = run
    this.#fn = fn
    this.#accumulated = initial
  }

  pass(item: T): unknown {
    const result = this.#fn(this.#accumulated, item, this.#index)
    return this.#run.hasToPerform(result) ? waiting : this.settle(result as A)
  }

  settle(result: A): A {
    this.#index++
    this.#accumulated = result
    return result
  }
}
