import { chain } from './chain.ts'
import type { Operation } from '../operation.ts'
import type { Operator } from './operator.ts'
import { type Run, type Stage, type Step, skipped, waiting } from './stage.ts'
import { checkFunction } from './subscription.ts'

/** Says of an item whether something holds: at once, or by an operation or a promise, which is waited for. */
export type Test<T> = (item: T, index: number) => boolean | Operation<boolean> | PromiseLike<boolean>

/**
 * Lets those items through for which `test` gives true.
 *
 * **Cancelled:** a test under way unwinds; if the stream is asked again, it begins anew with the same item.
 * **Throws:** what `test` throws; that ends the stream.
 *
 * @param test gets the item, and how many there were before it
 *
 * @example
 * ```ts
 * const even = pipe(from([1, 2, 3, 4]), filter((n) => n % 2 === 0))
 * console.assert((await run(collect(even))).join() === '2,4')
 * ```
 */
export function filter<T, U extends T>(test: (item: T, index: number) => item is U): Operator<T, U>
export function filter<T>(test: Test<T>): Operator<T, T>
export function filter<T>(test: Test<T>): Operator<T, T> {
  checkFunction(test, 'filter', 'filter((item) => …)')
  const stage: Stage = { name: 'filter', start: (run) => new Tested(test, run, skipped) }
  return (stream) => chain(stream, stage)
}

/** Lets through what passes a test; what does not is `otherwise`: skipped, or the end. */
export class Tested<T> implements Step {
  readonly #test: Test<T>
  readonly #run: Run
  readonly #otherwise: unknown
  #index = 0

  constructor(test: Test<T>, run: Run, otherwise: unknown) {
    this.#test = test
    this.#run = run
    this.#otherwise = otherwise
  }

  pass(item: T): unknown {
    const result = this.#test(item, this.#index)
    return this.#run.hasToPerform(result) ? waiting : this.settle(result, item)
  }

  settle(result: unknown, item: T): unknown {
    this.#index++
    return result ? item : this.#otherwise
  }
}
