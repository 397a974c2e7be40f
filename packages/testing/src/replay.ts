import type { Operation, ValueOf } from 'coppice'
import { checkProgram, describeCall } from './explore.ts'
import { planOf, tell } from './failure.ts'
import { checkOptions } from './options.ts'
import { Recorder } from './recorder.ts'
import { Report } from './report.ts'
import { CHECKS, type Checks, Runner } from './runner.ts'
import type { Tape } from './tape.ts'
import { decode } from './token.ts'

/**
 * Has one run again, to the letter: the one that a report's token stands for. Hand over the same program and checks. On a program that
 * has changed since, the token is followed as far as it fits, and the report says where it does not: a fixed bug leaves its token behind as a
 * test.
 *
 * **Throws:** `MisuseError` for what is no token, for bad options, and for a program that is no function.
 *
 * @example
 * ```ts
 * const report = replay(() => all([sleep(1), sleep(1)]), '1.0_1.')
 * console.assert(report.runs === 1 && report.failure === undefined)
 * ```
 */
export function replay<T>(program: () => Operation<T>, token: string, options?: Checks<T>): Report
export function replay<O extends Operation<unknown>>(
  program: () => O,
  token: string,
  options?: Checks<ValueOf<O>>
): Report
export function replay(program: () => Operation<unknown>, token: string, options: Checks<any> = {}): Report {
  checkProgram(program, 'replay')
  checkOptions(options, 'replay', CHECKS)
  const { schedule, place, seed } = decode(token)
  const runner = new Runner(program, options, 'replay')
  const recorder = new Recorder()
  const found = runner.record(planOf(schedule, seed), place, recorder)
  const { tape, steps } = runner.interpreter
  const run = { schedule: tape.schedule(), place, seed: tape.isRandom ? seed : 0, steps }
  const { failure, details } = tell(run, found?.error, recorder)
  const counts = { runs: 1, schedules: place === null ? 1 : 0, complete: false }
  const call = describeCall(program, options)
  return new Report(counts, found === null ? null : failure, { ...call, ...details, misfit: misfitOf(tape) })
}

function misfitOf(tape: Tape): string | null {
  const where =
    tape.clampedAt >= 0
      ? `decision ${tape.clampedAt} has fewer entries than it picks from`
      : tape.isTooLong
        ? `the run has only ${tape.length} decisions`
        : tape.place !== null && !tape.hasStruck
          ? 'the run does not come to the place of its fault'
          : null
  return where === null ? null : `The program has changed since, and the token no longer fits: ${where}.`
}
