import { MisuseError } from 'coppice'
import { checkOptions, checkWhole } from '../options.ts'
import type { Tape } from '../tape.ts'
import { ReducedSearch } from './reduced.ts'
import { type Plan, type Search, Strategy } from './strategy.ts'

/** Which schedules `exhaustive` may leave out. */
export interface ExhaustiveOptions {
  /** How many departures from production's order a schedule may have. Default: `Infinity`. */
  bound?: number | undefined
  /**
   * Leaves out schedules that differ from another one only in the order of neighbouring steps which have nothing to do with each other:
   * outside effects depend on each other, and whatever cancels, joins or selects on everything. Sound for programs whose tasks share nothing but effects: no
   * variables that one writes and another one uses, no calls of methods on scopes, tasks and channels. Schedules then come in no particular
   * order, without `bound`, faults and `invariant`; runs that turn out to repeat another one are broken off, and count as runs
   * only. Default: false.
   */
  reduce?: boolean | undefined
}

/**
 * Every schedule with at most `bound` departures, each once, those with the fewest departures first. Most bugs need one or two (Musuvathi
 * and Qadeer, "Iterative Context Bounding", PLDI 2007).
 *
 * **Throws:** `MisuseError` for a bound that is no whole number from 0 on, and for one together with `reduce`.
 *
 * @example
 * ```ts
 * const twice = function* () {
 *   yield* pause()
 * }
 * const report = explore(() => all([twice, twice]), { strategy: exhaustive() })
 * console.assert(report.schedules === 6 && report.complete)
 * ```
 */
export function exhaustive(options: ExhaustiveOptions = {}): Strategy {
  checkOptions(options, 'exhaustive', ['bound', 'reduce'])
  if (options.reduce === true) {
    if (options.bound === undefined) return new Reduced()
    throw new MisuseError(
      'exhaustive: reduce and bound can not be used together: of schedules that end alike, the one within the bound might be left out.'
    )
  }
  return new Exhaustive(checkWhole(options.bound ?? Infinity, 'exhaustive: bound', 0))
}

class Reduced extends Strategy {
  search(): Search {
    return new ReducedSearch()
  }
}

class Exhaustive extends Strategy {
  readonly #bound: number

  constructor(bound: number) {
    super()
    this.#bound = bound
  }

  search(): Search {
    return new ExhaustiveSearch(this.#bound)
  }
}

/**
 * A schedule that was run. Each of its children has one more departure, behind its last one; so each schedule has one parent, and a walk
 * level by level comes to each once, with the fewest departures first. Behind its last departure a run follows production's order: it
 * shows by itself where its children can depart.
 */
interface Parent {
  readonly schedule: readonly number[]
  /** The widths of its decisions from the end of `schedule` on. */
  readonly widths: readonly number[]
}

const ROOT: Parent = { schedule: [], widths: [] }

class ExhaustiveSearch implements Search {
  readonly afterFault = null
  readonly #bound: number
  /** How many departures the schedules under way have, their parents, and the parents of the next level. */
  #departures = 0
  #level: Parent[] = []
  #nextLevel: Parent[] = []
  /** The parent whose turn it is, the decision at which its children depart, and the entry that the latest one picked there. */
  #turn = -1
  #decision = 0
  #index = 0
  #parent: Parent = ROOT
  #given: readonly number[] | null = null

  constructor(bound: number) {
    this.#bound = bound
  }

  next(): Plan | null {
    if (this.#given === null) this.#given = []
    else if (!this.#findChild()) return null
    else this.#given = this.#child()
    return { given: this.#given, chooser: null, seed: 0 }
  }

  ended(tape: Tape): boolean {
    const given = this.#given!
    const { schedule, widths } = this.#parent
    if (tape.length < given.length) return false
    for (let i = schedule.length; i < given.length; i++)
      if (tape.widths[i] !== widths[i - schedule.length]) return false
    if (this.#departures < this.#bound && tape.length > given.length)
      this.#nextLevel.push({ schedule: given, widths: tape.widths.slice(given.length, tape.length) })
    return true
  }

  /** Goes on to the next child; false if there is none left. */
  #findChild(): boolean {
    for (;;) {
      const { widths } = this.#parent
      for (; this.#decision < widths.length; this.#decision++, this.#index = 0)
        if (++this.#index < widths[this.#decision]!) return true
      if (!this.#findParent()) return false
    }
  }

  #findParent(): boolean {
    if (++this.#turn >= this.#level.length) {
      this.#level = this.#nextLevel
      this.#nextLevel = []
      this.#turn = 0
      this.#departures++
    }
    const parent = this.#level[this.#turn]
    if (parent === undefined) return false
    this.#parent = parent
    this.#decision = this.#index = 0
    return true
  }

  #child(): number[] {
    const given = [...this.#parent.schedule]
    for (let i = 0; i < this.#decision; i++) given.push(0)
    given.push(this.#index)
    return given
  }
}
