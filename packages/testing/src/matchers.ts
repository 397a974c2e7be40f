/** Matchers on how programs end, for every framework whose `expect.extend` takes what Jest's does. */
import { MisuseError, type Outcome, type Startable } from 'coppice'
import { printed, text } from 'coppice/kernel'
import { describeWanted, isWanted } from './error-pattern.ts'
import { Report } from './report.ts'
import { simulate } from './simulate.ts'
import { Simulation, type SimulationResult } from './simulation.ts'

/** What a matcher finds under `this`. */
export interface MatcherContext {
  /** Whether two values are equal, as `toEqual` has it. */
  equals(a: unknown, b: unknown, testers?: any[]): boolean
  /** What was added to `equals` by `expect.addEqualityTesters`. */
  readonly customTesters?: any[] | undefined
  /** What prints values and their differences. */
  readonly utils: {
    stringify(value: unknown): string
    diff(expected: any, received: any): string | null | undefined
    readonly iterableEquality: any
  }
}

/** What a matcher says. */
export interface MatcherResult {
  /** Whether it holds. */
  readonly pass: boolean
  /** What is printed if that is not what was expected. */
  message(): string
}

/** What can be expected of a simulation, or of a program, which is then simulated: both are run to their end. */
export interface SimulationMatchers<R = void> {
  /** The program completes; with an argument, with an equal value. */
  toComplete(value?: unknown): R
  /** The program fails; with an argument, with an error of this class, message (a part of it), RegExp, or with these properties. */
  toFailWith(error?: ErrorPattern): R
  /** The program is cancelled; with an argument, for an equal reason. */
  toBeCancelled(reason?: unknown): R
  /** Nothing outlives the program. */
  toLeakNothing(): R
  /** The timeline reads like this. Indentation that all lines share, and blanks at the ends, do not count. */
  toMatchTimeline(timeline: string): R
  /** The report of `explore` or `replay` has no failure. */
  toFindNothing(): R
}

/** An error that is expected: its class, its message or a part of it, a RegExp on that, or properties that it has. */
export type ErrorPattern = (abstract new (...args: any[]) => unknown) | string | RegExp | object

/**
 * `toComplete`, `toFailWith`, `toBeCancelled`, `toLeakNothing`, `toMatchTimeline` and `toFindNothing`, for `expect.extend`. The entries
 * `@coppice/testing/jest` and `@coppice/testing/vitest` register them; other frameworks whose `expect.extend` is Jest's can as well.
 *
 * **Throws:** `DeadlockError` and `LimitError`, with or without `.not`, if the program has no end; `MisuseError` for what is neither
 * a simulation nor a program, or no report.
 *
 * @example
 * ```ts
 * expect.extend(matchers)
 * ```
 */
export const matchers = {
  toComplete(this: MatcherContext, received: unknown, ...expected: unknown[]): MatcherResult {
    const what = expected.length > 0 ? `complete with ${this.utils.stringify(expected[0])}` : 'complete'
    return ended(this, received, what, (result) => {
      if (result.status !== 'done') return false
      return expected.length === 0 || isEqual(this, result.value, expected[0])
    })
  },

  toFailWith(this: MatcherContext, received: unknown, ...expected: unknown[]): MatcherResult {
    const what = expected.length > 0 ? `fail with ${describeWanted(this, expected[0])}` : 'fail'
    return ended(this, received, what, (result) => {
      if (result.status !== 'failed') return false
      return expected.length === 0 || isWanted(this, result.error, expected[0])
    })
  },

  toBeCancelled(this: MatcherContext, received: unknown, ...expected: unknown[]): MatcherResult {
    const what =
      expected.length > 0 ? `be cancelled for ${this.utils.stringify(expected[0])}` : 'be cancelled'
    return ended(this, received, what, (result) => {
      if (result.status !== 'cancelled') return false
      return expected.length === 0 || isEqual(this, result.reason, expected[0])
    })
  },

  toLeakNothing(this: MatcherContext, received: unknown): MatcherResult {
    const { simulation } = runToEnd(received, 'toLeakNothing')
    const leaks = simulation.leaks()
    return verdict(leaks.length === 0, (not) => {
      if (not)
        return `The program was expected to leak something; it leaks nothing.\n\n${timelineOf(simulation)}`
      const lines = leaks.map(({ kind, task, on }) => `  ${kind} of ${task}: ${on}`)
      return `The program was expected to leak nothing; it leaks\n${lines.join('\n')}\n\n${timelineOf(simulation)}`
    })
  },

  toMatchTimeline(this: MatcherContext, received: unknown, expected: unknown): MatcherResult {
    if (typeof expected !== 'string')
      throw new MisuseError(
        `toMatchTimeline takes the text of a timeline, as sim.timeline() gives it; it was given ${printed(expected)}.`
      )
    const actual = trimmed(runToEnd(received, 'toMatchTimeline').simulation.timeline())
    return verdict(actual === trimmed(expected), (not) =>
      not
        ? `The timeline was expected to differ from\n\n${actual}`
        : `The timeline was expected to read\n\n${trimmed(expected)}\n\nbut it reads\n\n${actual}\n\n${this.utils.diff(trimmed(expected), actual) ?? ''}`
    )
  },

  toFindNothing(this: MatcherContext, received: unknown): MatcherResult {
    if (!(received instanceof Report))
      throw new MisuseError(
        `toFindNothing takes the report of explore or replay; it was given ${printed(received)}. For a simulation, toComplete().`
      )
    return verdict(received.failure === undefined, (not) =>
      not
        ? `The report was expected to have a failure.\n\n${String(received)}`
        : `The report was expected to have no failure.\n\n${String(received)}`
    )
  },
}

/** The verdict of a matcher that looks at how the program ended. */
function ended(
  context: MatcherContext,
  received: unknown,
  what: string,
  holds: (result: SimulationResult<unknown>) => boolean
): MatcherResult {
  const { simulation, result } = runToEnd(received, 'This matcher')
  return verdict(holds(result), (not) => {
    const end = `${describeEnd(context, result)} at ${result.at} ms`
    return `The program was expected ${not ? 'not to' : 'to'} ${what}; it ${end}.\n\n${timelineOf(simulation)}`
  })
}

/** Frameworks ask for the message of the other side when a matcher that stands after `.not` has passed. */
function verdict(pass: boolean, message: (not: boolean) => string): MatcherResult {
  return { pass, message: () => message(pass) }
}

function runToEnd(
  received: unknown,
  who: string
): { simulation: Simulation; result: SimulationResult<unknown> } {
  if (received instanceof Report || received === null || !['object', 'function'].includes(typeof received))
    throw new MisuseError(
      `${who} takes a simulation or a program; it was given ${received instanceof Report ? 'a report: expect(report).toFindNothing()' : printed(received)}.`
    )
  const simulation = received instanceof Simulation ? received : simulate(received as Startable<unknown>)
  return { simulation, result: simulation.runToEnd() }
}

function describeEnd({ utils }: MatcherContext, outcome: Outcome<unknown>): string {
  switch (outcome.status) {
    case 'done':
      return `completed with ${utils.stringify(outcome.value)}`
    case 'failed':
      return `failed with ${text(outcome.error)}`
    case 'cancelled':
      return `was cancelled for ${utils.stringify(outcome.reason)}`
  }
}

/** As `toEqual` compares. */
function isEqual({ equals, customTesters = [], utils }: MatcherContext, a: unknown, b: unknown): boolean {
  return equals(a, b, [...customTesters, utils.iterableEquality])
}

function timelineOf(simulation: Simulation): string {
  return simulation.timeline() || '(nothing of it has run)'
}

function trimmed(timeline: string): string {
  const lines = timeline.split(/\r?\n/).map((line) => line.trimEnd())
  while (lines[0] === '') lines.shift()
  while (lines.at(-1) === '') lines.pop()
  const indents = lines.filter(Boolean).map((line) => line.length - line.trimStart().length)
  const shared = Math.min(...indents)
  return lines.map((line) => line.slice(shared)).join('\n')
}
