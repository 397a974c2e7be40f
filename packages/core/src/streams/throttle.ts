import { checkDuration } from '../checks.ts'
import { now } from '../operations/now.ts'
import { chain } from './chain.ts'
import type { PassingOperator } from './operator.ts'
import { type Run, type Stage, type Step, skipped, waiting } from './stage.ts'

/**
 * Lets an item through, then none for `ms` milliseconds: what comes in that time is left out. The time counts from when the item is read.
 *
 * **Throws:** `MisuseError` for a negative number or `NaN`.
 *
 * @example
 * ```ts
 * const sim = simulate(() => collect(pipe(interval(1), throttle(10), take(3))))
 * const result = sim.runToEnd()
 * console.assert(result.status === 'done' && result.value.join() === '0,10,20')
 * ```
 */
export function throttle(ms: number): PassingOperator {
  checkDuration(ms, 'throttle')
  const stage: Stage = { name: 'throttle', start: (run) => new Throttle(ms, run) }
  return (stream) => chain(stream, stage)
}

class Throttle implements Step {
  readonly #ms: number
  readonly #run: Run
  #closedUntil = -Infinity

  constructor(ms: number, run: Run) {
    this.#ms = ms
    this.#run = run
  }

  pass(): unknown {
    this.#run.hasToPerform(now())
    return waiting
  }

  settle(instant: number, item: unknown): unknown {
    if (instant < this.#closedUntil) return skipped
    this.#closedUntil = instant + this.#ms
    return item
  }
}
