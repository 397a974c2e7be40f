/** What an entry of the corpus says. */
import type { Operation } from 'coppice'
import { CheckError, DeadlockError, type ExploreOptions, type Simulation } from '@coppice/testing'

export interface KnownBug {
  /** What goes wrong, in a few words. */
  name: string
  /** Where the pattern was first reported. The program here is our own. */
  source: string
  kind: 'lost update' | 'channel' | 'lock' | 'cancellation' | 'event'
  /** What the exploration has to fail with. */
  error: new (...args: never[]) => Error
  /** Gives whether its law held; an end that is not reached is a deadlock. */
  broken: () => Operation<boolean>
  /** The same program with the bug removed. */
  mended: () => Operation<boolean>
  options: Pick<ExploreOptions<boolean>, 'check' | 'faults'>
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
