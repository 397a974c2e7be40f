import { Report } from '../report.ts'
import { Describer } from './describe.ts'
import type { History } from './history.ts'
import type { Scenario } from './scenario.ts'

/** What `exploreLinearizable` found. */
export class LinearizableReport extends Report {
  /** What each task called, in the failing run; if there is none, in the last one. */
  readonly tasks: Scenario
  /** The calls of that run. */
  readonly history: History
  readonly #report: Report

  /** @internal */
  constructor(
    report: Report,
    tasks: Scenario,
    history: History,
    counts: { runs: number; schedules: number; complete: boolean } = report
  ) {
    const describer = new Describer()
    const list = tasks.map((calls) => calls.map((call) => describer.describe(call)).join(', '))
    const written = `tasks: [${list.map((calls) => `[${calls}]`).join(', ')}]`
    super(counts, report.failure ?? null, {
      ...report.details,
      again: (token) =>
        `exploreLinearizable(make, model, { ${written}, token: ${describer.describe(token)} })`,
    })
    this.tasks = tasks
    this.history = history
    this.#report = report
  }

  /** The same with the runs of other scenarios before it. @internal */
  counting(counts: { runs: number; schedules: number }): LinearizableReport {
    return new LinearizableReport(this.#report, this.tasks, this.history, { ...counts, complete: false })
  }
}
