import { MisuseError } from 'coppice'
import { printed } from 'coppice/kernel'
import { type ExploreOptions, explore } from '../explore.ts'
import { type Complete, checkOptions, checkSeed, checkWhole } from '../options.ts'
import { RandomSource } from '../random-source.ts'
import { replay } from '../replay.ts'
import type { Report } from '../report.ts'
import { isSameClass } from '../runner.ts'
import { type GenerateOptions, checkGenerate, generate, shrink } from './generate.ts'
import { LinearizableReport } from './linearizable-report.ts'
import { type SequentialModel, checkModel } from './model.ts'
import { type Make, type Scenario, ScenarioRun, checkScenario } from './scenario.ts'

/** As for `explore`, but for the check, which is given. */
export interface ExploreLinearizableOptions extends Omit<ExploreOptions<void>, 'check' | 'invariant'> {
  /** What each task calls, written down: `[[['push', 1], ['shift']], [['shift']]]`. */
  tasks?: Scenario | undefined
  /** From what scenarios are made up, instead of `tasks`. They are made smaller once one fails. */
  generate?: GenerateOptions | undefined
  /** With `tasks`: the token of a run, which alone is had again. */
  token?: string | undefined
  /** As for `linearizable`, of each history. */
  maxStates?: number | undefined
}

const OWN = ['tasks', 'generate', 'token', 'maxStates']
const EXPLORED = ['strategy', 'runs', 'seed', 'faults', 'answers', 'maxSteps', 'maxTime', 'cleanupTimeout']

/**
 * Has several tasks call one object, under many schedules, and stops at the first history that is not linearizable: `explore` with the program
 * and the check written for you. Calls that wait when nothing else can run are all right if the model lets them wait then; if not, a
 * wake-up was lost. The report has the history, drawn, and the schedule is shortened.
 *
 * **Cancelled:** with `faults: [cancelEverywhere()]`, at each step; what was cancelled may have taken effect, unless the model says otherwise.
 * **Throws:** `MisuseError` for bad options; `LimitError`, as the failure of the report, if a history takes more than `maxStates` to check.
 *
 * @param make makes what is called, anew in each run: an object whose methods give operations or plain values, or an operation that gives one
 *
 * @example
 * ```ts
 * const makeCounter = () => ({
 *   value: 0,
 *   *increment() {
 *     const seen = this.value
 *     yield* pause() // Somebody else may increment it meanwhile.
 *     return (this.value = seen + 1)
 *   },
 * })
 * const model = { initial: 0, operations: { increment: (n: number) => ({ state: n + 1, value: n + 1 }) } }
 * const report = exploreLinearizable(makeCounter, model, { tasks: [[['increment']], [['increment']]] })
 * console.assert(report.failure?.error instanceof LinearizabilityError)
 * ```
 */
export function exploreLinearizable<O extends object, S>(
  make: Make<O>,
  model: SequentialModel<S>,
  options: ExploreLinearizableOptions
): LinearizableReport {
  const by = 'exploreLinearizable'
  if (typeof make !== 'function')
    throw new MisuseError(
      `${by} takes a function that makes the object anew for each run, () => createSemaphore(1); it was given ${printed(make)}.`
    )
  checkModel(model, by)
  checkOptions(options, by, [...OWN, ...EXPLORED])
  const { tasks, generate: made, token, maxStates = 500_000, ...rest } = options
  checkWhole(maxStates, `${by}: maxStates`, 1)
  const { strategy, runs: _runs, seed: _seed, faults, ...checks } = rest
  const once = (scenario: Scenario, runs: number): LinearizableReport => {
    const run = new ScenarioRun(make, model, scenario, maxStates)
    const { program, check } = run
    const report =
      token === undefined
        ? explore(program, { ...rest, runs, check })
        : replay(program, token, { ...checks, check })
    return new LinearizableReport(report, scenario, run.history)
  }
  const runs = checkWhole(options.runs ?? 10_000, `${by}: runs`, 1)
  if (made === undefined) return once(checkScenario(tasks, by), runs)
  if (tasks !== undefined || token !== undefined)
    throw new MisuseError(
      `${by}: generate makes up the tasks; leave ${tasks === undefined ? 'token' : 'tasks'} out.`
    )
  return search(checkGenerate(made, by), runs, new RandomSource(checkSeed(options.seed ?? 0, by)), once)
}

function search(
  options: Complete<GenerateOptions>,
  runs: number,
  random: RandomSource,
  once: (scenario: Scenario, runs: number) => LinearizableReport
): LinearizableReport {
  const runsEach = Math.max(1, Math.floor(runs / options.scenarios))
  let before = { runs: 0, schedules: 0 }
  for (let index = 0; ; index++) {
    const scenario = generate(options, index, random)
    let report = once(scenario, runsEach)
    before = { runs: before.runs + report.runs, schedules: before.schedules + report.schedules }
    if (report.failure !== undefined) {
      const { error } = report.failure
      shrink(scenario, (candidate) => {
        const smaller = once(candidate, runsEach)
        if (!isSame(smaller, error)) return false
        report = smaller
        return true
      })
    } else if (index + 1 < options.scenarios && before.runs < runs) continue
    return report.counting(before)
  }
}

function isSame({ failure }: Report, error: unknown): boolean {
  return failure !== undefined && isSameClass(failure.error, error)
}
