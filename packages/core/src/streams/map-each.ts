import type { Performed } from '../operations/to-perform.ts'
import { chain } from './chain.ts'
import type { Operator } from './operator.ts'
import { type Run, type Stage, type Step, waiting } from './stage.ts'
import { checkFunction } from './subscription.ts'

/**
 * Turns each item into what `fn` gives for it: a plain value, or the value of an operation or a promise, which is waited for. A stream that
 * `fn` gives is a value like any other; `concatMap`, `flatMap` and `switchMap` read it.
 *
 * **Cancelled:** an operation under way unwinds; if the stream is asked again, it begins anew with the same item.
 * **Throws:** what `fn` throws; that ends the stream.
 *
 * @param fn gets the item, and how many there were before it
 *
 * @example
 * ```ts
 * const doubled = pipe(from([1, 2, 3]), mapEach((n) => 2 * n))
 * console.assert((await run(collect(doubled))).join() === '2,4,6')
 * ```
 */
export function mapEach<T, R>(fn: (item: T, index: number) => R): Operator<T, Performed<R>> {
  checkFunction(fn, 'mapEach', 'mapEach((item) => …)')
  const stage: Stage = { name: 'mapEach', start: (run) => new MapEach(fn, run) }
  return (stream) => chain(stream, stage)
}

class MapEach<T> implements Step {
  readonly #fn: (item: T, index: number) => unknown
  readonly #run: Run
  #index = 0

  constructor(fn: (item: T, index: number) => unknown, run: Run) {
    this.#fn = fn
    this.#run = run
  }

  pass(item: T): unknown {
    const result = this.#fn(item, this.#index)
    return this.#run.hasToPerform(result) ? waiting : this.settle(result)
  }

  settle(result: unknown): unknown {
    this.#index++
    return result
  }
}
