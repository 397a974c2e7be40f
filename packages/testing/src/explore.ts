import { type Operation, type ValueOf, MisuseError } from 'coppice'
import { printed } from 'coppice/kernel'
import { NondeterminismError } from './errors.ts'
import { type Failed, explain } from './failure.ts'
import { Fault, type Place } from './faults.ts'
import { checkOptions, checkSeed, checkWhole } from './options.ts'
import { RandomSource } from './random-source.ts'
import { Report, type ReportDetails } from './report.ts'
import { CHECKS, type Checks, type Found, Runner } from './runner.ts'
import { random } from './strategies/random.ts'
import { type Plan, type Search, Strategy } from './strategies/strategy.ts'

/** How a program is explored. */
export interface ExploreOptions<T> extends Checks<T> {
  /** In which order schedules are tried: `random()`, `pct()`, `exhaustive()`. Default: `random()`. */
  strategy?: Strategy | undefined
  /** At most so many runs. Default: 10,000. */
  runs?: number | undefined
  /** Of the strategy's random numbers. An integer; default 0, so that a test gives the same report every time. */
  seed?: number | undefined
  /** What goes wrong in further runs of each schedule. Default: nothing. */
  faults?: readonly Fault[] | undefined
}

/**
 * Runs a program under many schedules, and stops at the first run that fails: the root fails, nothing can ever run again, something is
 * left behind, `check` or `invariant` does not hold. The schedule is then shortened, and the report has a token for `replay`.
 *
 * It is synchronous, prints nothing, and throws nothing that the program did. The program is called once a run, and has to make its state
 * inside.
 *
 * **Throws:** `MisuseError`, before any run, for bad options and for a program that is no function.
 *
 * @example
 * ```ts
 * let account: { balance: number }
 * const deposit = operation('deposit', function* () {
 *   const { balance } = account
 *   yield* pause() // Meanwhile somebody else may deposit.
 *   account.balance = balance + 1
 * })
 * const program = function* () {
 *   account = { balance: 0 }
 *   for (let i = 0; i < 3; i++) yield* spawn(deposit())
 * }
 * const report = explore(program, { check: () => account.balance === 3 })
 * console.assert(report.failure !== undefined && String(report).includes("replay(program, '1."))
 * ```
 */
export function explore<T>(program: () => Operation<T>, options?: ExploreOptions<T>): Report
export function explore<O extends Operation<unknown>>(
  program: () => O,
  options?: ExploreOptions<ValueOf<O>>
): Report
export function explore(program: () => Operation<unknown>, options: ExploreOptions<any> = {}): Report {
  checkProgram(program, 'explore')
  checkOptions(options, 'explore', ['strategy', 'runs', 'seed', 'faults', ...CHECKS])
  const { strategy = random(), runs = 10_000, seed = 0, faults = [], ...checks } = options
  if (!(strategy instanceof Strategy))
    throw new MisuseError(
      `explore: strategy takes random(), pct() or exhaustive(); it was given ${printed(strategy)}.`
    )
  if (!Array.isArray(faults) || !faults.every((fault) => fault instanceof Fault)) {
    throw new MisuseError(
      `explore: faults takes an array of cancelEverywhere(), throwEverywhere(), deadlines(); it was given ${printed(faults)}.`
    )
  }
  checkWhole(runs, 'explore: runs', 1)
  const search = strategy.search(new RandomSource(checkSeed(seed, 'explore')))
  if (search.isReduced && (faults.length > 0 || checks.invariant !== undefined)) {
    throw new MisuseError(
      'explore: exhaustive({ reduce: true }) leaves out schedules that end alike, so it can not be used with faults or an invariant, ' +
        'which look in between. Leave reduce out, or check at the end.'
    )
  }
  const exploration = new Exploration(new Runner(program, checks, 'explore'), search, faults, runs)
  return exploration.report(describeCall(program, checks))
}

export function checkProgram(program: unknown, by: string): void {
  if (typeof program === 'function') return
  throw new MisuseError(
    `${by} takes a function that makes the program anew for each run, ${by}(function* () {…}) or ${by}(() => worker(1)); it was given ${printed(program)}.`
  )
}

/** What the call is written like. */
export function describeCall(
  program: { name: string },
  checks: object
): Pick<ReportDetails, 'program' | 'options'> {
  return { program: program.name || 'program', options: Object.keys(checks) }
}

/** The search for one report. */
class Exploration<T> {
  readonly #runner: Runner<T>
  readonly #search: Search
  readonly #faults: readonly Fault[]
  readonly #limit: number
  readonly #schedules = new Set<number>()
  #runs = 0
  #complete = false
  #failed: Failed | null = null

  constructor(runner: Runner<T>, search: Search, faults: readonly Fault[], limit: number) {
    this.#runner = runner
    this.#search = search
    this.#faults = faults
    this.#limit = limit
    if (faults.some(({ each }) => each)) runner.interpreter.census = []
  }

  report(call: Pick<ReportDetails, 'program' | 'options'>): Report {
    const explore = () => this.#explore()
    const found = this.#search.around === undefined ? explore() : this.#search.around(explore)
    const explained = found === null ? null : explain(this.#runner, this.#failed!, found)
    const counts = { runs: this.#runs, schedules: this.#schedules.size, complete: this.#complete }
    const details = explained?.details ?? { fault: null, matters: null }
    return new Report(counts, explained?.failure ?? null, { ...call, ...details, misfit: null })
  }

  #explore(): Found | null {
    for (;;) {
      const plan = this.#search.next()
      if (plan === null) {
        this.#complete = true
        return null
      }
      if (this.#runs >= this.#limit) return null
      const found = this.#own(plan)
      if (found !== null) return found
      if (this.#faults.length === 0) continue
      const struck = this.#faulty(plan)
      if (struck !== 'none') return struck
    }
  }

  /** The own run of a schedule. */
  #own(plan: Plan): Found | null {
    const { interpreter } = this.#runner
    this.#runs++
    const found = this.#runner.run(plan, null, false)
    if (!interpreter.tape.isBrokenOff) this.#schedules.add(interpreter.tape.hash)
    if (found !== null) return this.#fail(plan, null, found)
    if (this.#search.ended(interpreter.tape, interpreter)) return null
    const what = 'A run that began like an earlier one went on otherwise.'
    return this.#fail(plan, null, { error: new NondeterminismError(what, undefined) })
  }

  /** The runs of a schedule with faults. Null if the limit was reached meanwhile. */
  #faulty(plan: Plan): Found | null | 'none' {
    const { steps, effects, jumps, tape, census } = this.#runner.interpreter
    const struck = { steps, effects, jumps, tasks: census ?? [] }
    const faulty: Plan = {
      given: tape.picks.slice(0, tape.length),
      chooser: this.#search.afterFault,
      seed: plan.seed,
    }
    for (const fault of this.#faults) {
      for (const place of fault.places(struck)) {
        const found = this.#struck(faulty, place)
        if (found !== 'none') return found
        for (const again of fault.placesAgain(place, this.#runner.interpreter.steps)) {
          const foundAgain = this.#struck(faulty, again)
          if (foundAgain !== 'none') return foundAgain
        }
      }
    }
    return 'none'
  }

  #struck(plan: Plan, place: Place): Found | null | 'none' {
    if (this.#runs >= this.#limit) return null
    this.#runs++
    const found = this.#runner.run(plan, place, true)
    return found === null ? 'none' : this.#fail(plan, place, found)
  }

  #fail({ seed }: Plan, place: Place | null, found: Found): Found {
    const { tape, steps } = this.#runner.interpreter
    this.#failed = { schedule: tape.schedule(), place, seed: tape.isRandom ? seed : 0, steps }
    return found
  }
}
