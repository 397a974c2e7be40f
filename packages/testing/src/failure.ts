/** Turns a run that failed into what a report shows. */
import { NondeterminismError } from './errors.ts'
import type { Place } from './faults.ts'
import { Recorder } from './recorder.ts'
import type { Failure, ReportDetails } from './report.ts'
import { type Found, type Runner, isSameClass, isSameError } from './runner.ts'
import { shorten } from './shorten.ts'
import type { Plan } from './strategies/strategy.ts'
import { format, timelineOf } from './timeline.ts'
import { encode } from './token.ts'

/** A run that failed, as it was decided from outside. */
export interface Failed {
  readonly schedule: number[]
  readonly place: Place | null
  readonly seed: number
  readonly steps: number
}

interface Explained {
  readonly failure: Failure
  readonly details: Pick<ReportDetails, 'fault' | 'matters'>
}

/** Runs it again and shortens it, as long as that gives the same failure; then tells what happened. */
export function explain<T>(runner: Runner<T>, failed: Failed, found: Found): Explained {
  const again = record(runner, failed)
  if (found.error instanceof NondeterminismError) return tell(failed, found.error, again.recorder)
  if (!isSame(runner, failed, found, again.found))
    return tell(failed, differs(found, again.found), again.recorder)
  const schedule = shorten(failed.schedule, (candidate) => {
    const result = runner.run(planOf(candidate, failed.seed), failed.place, false)
    if (result === null || !isSameClass(result.error, found.error)) return null
    return runner.interpreter.tape.schedule()
  })
  const shortest = { ...failed, schedule }
  const last = record(runner, shortest)
  return tell(shortest, last.found === null ? differs(found, null) : last.found.error, last.recorder)
}

/** What a report shows of a run that was written down. */
export function tell({ schedule, place, seed }: Failed, error: unknown, recorder: Recorder): Explained {
  const token = encode({ schedule, place, seed })
  return {
    failure: { error, token, schedule, timeline: format(timelineOf(recorder)) },
    details: { fault: place === null ? null : place.what, matters: mattersIn(recorder) },
  }
}

function record<T>(runner: Runner<T>, { schedule, place, seed }: Failed) {
  const recorder = new Recorder()
  return { found: runner.record(planOf(schedule, seed), place, recorder), recorder }
}

function isSame<T>({ interpreter }: Runner<T>, failed: Failed, found: Found, again: Found | null): boolean {
  if (again === null || !isSameError(again.error, found.error)) return false
  return interpreter.steps === failed.steps && String(interpreter.tape.schedule()) === String(failed.schedule)
}

function differs(found: Found, again: Found | null): NondeterminismError {
  const second = again === null ? 'did not fail' : 'failed in another way'
  return new NondeterminismError(
    `A run failed, and the same schedule ${second} when it was run again.`,
    found.error
  )
}

function mattersIn(recorder: Recorder): string | null {
  const departure = recorder.steps.filter(({ aheadOf }) => aheadOf !== null).at(-1)
  if (departure === undefined) return null
  return `at ${departure.at} ms, ${departure.task.label} ran ahead of ${departure.aheadOf!.label}`
}

export function planOf(schedule: readonly number[], seed: number): Plan {
  return { given: schedule, chooser: null, seed }
}
