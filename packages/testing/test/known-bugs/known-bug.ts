/** What an entry of the corpus says. */
import { type Operation, pause } from 'coppice'
import { CheckError, DeadlockError, type ExploreOptions, type Simulation } from '@coppice/testing'

export interface KnownBug {
  /** What goes wrong, in a few words. */
  name: string
  /** Where the pattern was reported: a benchmark and its name there, or owner/repository#number. The program here is our own. */
  source: string
  kind: 'lost update' | 'channel' | 'lock' | 'cancellation' | 'event'
  /** What the exploration has to fail with. */
  error: new (...args: never[]) => Error
  /** Gives whether its law held; an end that is not reached is a deadlock. */
  broken: () => Operation<boolean>
  /** The same program with the bug removed. */
  mended: () => Operation<boolean>
  options: Required<Pick<ExploreOptions<boolean>, 'check'>>
}

/** An operation so many steps later: production's order then hides the bug. */
export function* after<T>(steps: number, operation: Operation<T>) {
  for (let step = 0; step < steps; step++) yield* pause()
  return yield* operation
}

/** A program gives the truth of its law. */
const check = ({ outcome }: Simulation<boolean>): boolean => outcome?.status === 'done' && outcome.value

type Given = Omit<KnownBug, 'kind' | 'error' | 'options'>

/** Bugs of a kind that break a law in the end. */
export function breaksLaw(kind: KnownBug['kind'], given: Given): KnownBug {
  return { ...given, kind, error: CheckError, options: { check } }
}

/** Bugs of a kind that leave somebody waiting for ever. */
export function deadlocks(kind: KnownBug['kind'], given: Given): KnownBug {
  return { ...given, kind, error: DeadlockError, options: { check } }
}
