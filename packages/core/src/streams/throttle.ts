import { checkDuration } from '../checks.ts'
import { now } from '../operations/now.ts'
import { chain } from './chain.ts'
import type { Operator } from './operator.ts'
import { type Stage, type Step, skipped } from './stage.ts'

/**
 * Lets an item through, then none for `ms` milliseconds: what comes in that time is left out. The time counts from when the item is read.
 *
 * **Throws:** `MisuseError` for a negative number or `NaN`.
 *
 * @example
 * ```ts
 * const some = pipe(interval(1), throttle(10), take(2))
 * const [first, second] = await run(collect(some))
 * console.assert(first === 0 && second! >= 5)
 * ```
 */
export function throttle<T>(ms: number): Operator<T, T> {
  checkDuration(ms, 'throttle')
  const stage: Stage = { name: 'throttle', start: () => new Throttle(ms) }
  return (stream) => chain(stream, stage)
}

class Throttle implements Step {
  readonly #ms: number
  #closedUntil = -Infinity

  constructor(ms: number) {
    this.#ms = ms
  }

  apply(): unknown {
    return now()
  }

  settle(instant: number, item: unknown): unknown {
    if (instant < this.#closedUntil) return skipped
    this.#closedUntil = instant + this.#ms
    return item
  }
}
