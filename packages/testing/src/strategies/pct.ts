import { RETURN, type Task } from 'coppice/kernel'
import type { VirtualInterpreter } from '../interpreter.ts'
import { checkOptions, checkWhole } from '../options.ts'
import type { RandomSource } from '../random-source.ts'
import type { Tape } from '../tape.ts'
import { type Plan, type Search, Strategy } from './strategy.ts'

/** How hard `pct` searches. */
export interface PctOptions {
  /** How many ordering constraints a bug may need to show. Default: 3. */
  depth?: number | undefined
}

/**
 * Probabilistic concurrency testing: each task has a random priority, the highest one that can run does, and at `depth` − 1 random steps the
 * running task falls to the end. A bug that needs `depth` constraints on the order is found with a probability of at least
 * 1 / (n · kᵈ⁻¹) in each run, for n tasks and k steps (Burckhardt et al., "A Randomized Scheduler with Probabilistic Guarantees of Finding
 * Bugs", ASPLOS 2010).
 *
 * **Throws:** `MisuseError` for a depth that is no whole number from 1 on.
 *
 * @example
 * ```ts
 * const report = explore(() => all([sleep(1), sleep(1)]), { strategy: pct({ depth: 2 }), runs: 100 })
 * console.assert(report.failure === undefined)
 * ```
 */
export function pct(options: PctOptions = {}): Strategy {
  checkOptions(options, 'pct', ['depth'])
  return new Pct(checkWhole(options.depth ?? 3, 'pct: depth', 1))
}

class Pct extends Strategy {
  readonly #depth: number

  constructor(depth: number) {
    super()
    this.#depth = depth
  }

  search(source: RandomSource): Search {
    return new PctSearch(source, this.#depth)
  }
}

class PctSearch implements Search {
  readonly #random: RandomSource
  readonly #depth: number
  readonly afterFault = this
  /** The most steps that a run has had so far: change points are spread over so many. */
  #steps = 0
  /**
   * By task, and apart from that by task while its cancellation is on its way: that counts as a task of its own. Else it would never
   * overtake the wake of the task that it is for.
   */
  readonly #priorities = new Map<Task, number>()
  readonly #cancellations = new Map<Task, number>()
  #changesAt: number[] = []
  /** What the next task that falls gets: below all others. */
  #lowest = 0

  constructor(source: RandomSource, depth: number) {
    this.#random = source
    this.#depth = depth
  }

  next(): Plan {
    if (this.#steps === 0) return { given: [], chooser: null, seed: 0 }
    return { given: [], chooser: this, seed: this.#random.next() }
  }

  begin(): void {
    this.#priorities.clear()
    this.#cancellations.clear()
    this.#lowest = 0
    this.#changesAt = Array.from({ length: this.#depth - 1 }, () => this.#random.below(this.#steps) + 1)
  }

  choose(width: number, interpreter: VirtualInterpreter): number {
    let best = 0
    for (;;) {
      let highest = -Infinity
      for (let i = 0; i < width; i++) {
        const priority = this.#priorityOf(interpreter.entry(i))
        if (priority > highest) {
          highest = priority
          best = i
        }
      }
      // The step that comes is the one after those taken.
      const change = this.#changesAt.findIndex((step) => step <= interpreter.steps)
      if (change < 0) return best
      this.#changesAt.splice(change, 1)
      this.#tableFor(interpreter.entry(best)).set(interpreter.entry(best), --this.#lowest)
    }
  }

  ended(_tape: Tape, interpreter: VirtualInterpreter): true {
    this.#steps = Math.max(this.#steps, interpreter.steps)
    return true
  }

  #priorityOf(task: Task): number {
    const table = this.#tableFor(task)
    let priority = table.get(task)
    if (priority === undefined) table.set(task, (priority = this.#random.next()))
    return priority
  }

  #tableFor(task: Task): Map<Task, number> {
    return task.signal === RETURN ? this.#cancellations : this.#priorities
  }
}
