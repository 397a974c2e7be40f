import { chain } from './chain.ts'
import type { Operator } from './operator.ts'
import { type Ending, type Stage, type Step, over, skipped } from './stage.ts'
import { checkCount, checkFunction } from './subscription.ts'
import type { Test } from './filter.ts'

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
export function take<T>(count: number): Operator<T, T> {
  checkCount(count, 0, 'take: count')
  const stage: Stage = { name: 'take', mayLeave: true, start: (ending) => new Take(count, ending) }
  return (stream) => chain(stream, stage)
}

class Take implements Step {
  #rest: number
  readonly #ending: Ending

  constructor(count: number, ending: Ending) {
    this.#rest = count
    this.#ending = ending
    if (count === 0) ending.isLast = true
  }

  settle(_result: unknown, item: unknown): unknown {
    if (--this.#rest === 0) this.#ending.isLast = true
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
  const stage: Stage = { name: 'takeWhile', mayLeave: true, start: () => new TakeWhile(test) }
  return (stream) => chain(stream, stage)
}

class TakeWhile<T> implements Step {
  readonly #test: Test<T>
  #index = 0

  constructor(test: Test<T>) {
    this.#test = test
  }

  apply(item: T): unknown {
    return this.#test(item, this.#index)
  }

  settle(result: unknown, item: T): unknown {
    this.#index++
    return result ? item : over
  }
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
export function drop<T>(count: number): Operator<T, T> {
  checkCount(count, 0, 'drop: count')
  const stage: Stage = { name: 'drop', start: () => new Drop(count) }
  return (stream) => chain(stream, stage)
}

class Drop implements Step {
  #rest: number

  constructor(count: number) {
    this.#rest = count
  }

  settle(_result: unknown, item: unknown): unknown {
    if (this.#rest === 0) return item
    this.#rest--
    return skipped
  }
}
