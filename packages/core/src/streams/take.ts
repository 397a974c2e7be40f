import { checkCount } from '../checks.ts'
import { chain } from './chain.ts'
import type { Operator, PassingOperator } from './operator.ts'
import { type Run, type Stage, type Step, over, skipped } from './stage.ts'
import { checkFunction } from './subscription.ts'
import { type Test, Tested } from './filter.ts'

/**
 * The first `count` items. The source is left when the next one would be asked for, and nothing is read beyond the last one.
 *
 * **Throws:** `MisuseError` if `count` is no whole number from 0 on.
 *
 * @example
 * ```ts
 * const first = pipe(interval(1), take(3))
 * console.assert((await run(collect(first))).join() === '0,1,2')
 * ```
 */
export function take(count: number): PassingOperator {
  checkCount(count, 0, 'take: count')
  const stage: Stage = { name: 'take', mayLeave: true, start: (run) => new Take(count, run) }
  return (stream) => chain(stream, stage)
}

class Take implements Step {
  #rest: number
  readonly #run: Run

  constructor(count: number, run: Run) {
    this.#rest = count
    this.#run = run
    if (count === 0) run.isLast = true
  }

  pass(item: unknown): unknown {
    if (--this.#rest === 0) this.#run.isLast = true
    return item
  }
}

/**
 * The items before the first one for which `test` gives false. The source is left there.
 *
 * **Cancelled:** a test under way unwinds; if the stream is asked again, it begins anew with the same item.
 * **Throws:** what `test` throws.
 *
 * @param test gets the item, and how many there were before it
 *
 * @example
 * ```ts
 * const small = pipe(from([1, 2, 9, 1]), takeWhile((n) => n < 5))
 * console.assert((await run(collect(small))).join() === '1,2')
 * ```
 */
export function takeWhile<T, U extends T>(test: (item: T, index: number) => item is U): Operator<T, U>
export function takeWhile<T>(test: Test<T>): Operator<T, T>
export function takeWhile<T>(test: Test<T>): Operator<T, T> {
  checkFunction(test, 'takeWhile', 'takeWhile((item) => …)')
  const stage: Stage = { name: 'takeWhile', mayLeave: true, start: (run) => new Tested(test, run, over) }
  return (stream) => chain(stream, stage)
}

/**
 * Leaves out the first `count` items.
 *
 * **Throws:** `MisuseError` if `count` is no whole number from 0 on.
 *
 * @example
 * ```ts
 * const rest = pipe(from([1, 2, 3]), drop(2))
 * console.assert((await run(collect(rest))).join() === '3')
 * ```
 */
export function drop(count: number): PassingOperator {
  checkCount(count, 0, 'drop: count')
  const stage: Stage = { name: 'drop', start: () => new Drop(count) }
  return (stream) => chain(stream, stage)
}

class Drop implements Step {
  #rest: number

  constructor(count: number) {
    this.#rest = count
  }

  pass(item: unknown): unknown {
    if (this.#rest === 0) return item
    this.#rest--
    return skipped
  }
}
