import { text } from 'coppice/kernel'

/** A run that failed, and how to have it again. */
export interface Failure {
  /** What was wrong: what the program threw, what `check` or `invariant` threw, or an error of the simulation, such as `DeadlockError`. */
  readonly error: unknown
  /** For `replay(program, token)`. */
  readonly token: string
  /** The index picked at each decision; zeros at the end are cut off. */
  readonly schedule: number[]
  /** The run, one line a step. */
  readonly timeline: string
}

/** What else a report tells people. */
export interface ReportDetails {
  /** What the call is written like, for the line to paste. */
  readonly program: string
  readonly options: readonly string[]
  /** What the fault did, if there was one. */
  readonly fault: string | null
  /** The last departure: without it, the run would have been all right. */
  readonly matters: string | null
  /** Where a token no longer fits the program. */
  readonly misfit: string | null
  /** The line to paste, for a token. Default: a call of `replay`. */
  readonly again?: (token: string) => string
}

/** What `explore` or `replay` found. */
export class Report {
  /** How many runs there were, up to and with the one that failed; shortening is not counted. */
  readonly runs: number
  /** How many different schedules were among them; runs with a fault are not counted. */
  readonly schedules: number
  /** Nothing was left to try. Only `exhaustive` can say so. */
  readonly complete: boolean
  /** The run that failed; undefined if none did. */
  readonly failure?: Failure | undefined
  readonly #details: ReportDetails

  /** @internal */
  constructor(
    counts: { runs: number; schedules: number; complete: boolean },
    failure: Failure | null,
    details: ReportDetails
  ) {
    this.runs = counts.runs
    this.schedules = counts.schedules
    this.complete = counts.complete
    this.failure = failure ?? undefined
    this.#details = details
  }

  /** @internal */
  get details(): ReportDetails {
    return this.#details
  }

  /** For people: the error, the timeline, the pick that matters, and the line to paste. */
  toString(): string {
    const { misfit } = this.#details
    const lines = this.failure === undefined ? [this.#nothingFound()] : this.#found(this.failure)
    if (misfit !== null) lines.push('', misfit)
    return lines.join('\n')
  }

  #nothingFound(): string {
    return `Nothing found in ${this.#counts()}${this.complete ? ': these are all that there are' : ''}.`
  }

  #found({ error, token, timeline }: Failure): string[] {
    const { program, options, fault, matters } = this.#details
    const list = options.length === 0 ? '' : `, { ${options.join(', ')} }`
    const { again = (word) => `replay(${program}, '${word}'${list})` } = this.#details
    return [
      `Found in ${this.#counts()}: ${text(error)}`,
      ...(fault === null ? [] : [`${fault}.`]),
      '',
      timeline,
      '',
      ...(matters === null ? [] : [`The pick that matters: ${matters}.`]),
      'To have this run again:',
      `  ${again(token)}`,
    ]
  }

  #counts(): string {
    const { runs, schedules } = this
    return `${counted(runs, 'run')} of ${counted(schedules, 'schedule')}`
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
