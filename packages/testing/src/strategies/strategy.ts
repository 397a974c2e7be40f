import type { VirtualInterpreter } from '../interpreter.ts'
import type { RandomSource } from '../random-source.ts'
import type { Chooser, Tape } from '../tape.ts'

/** What the next run plays: a schedule to begin with, who picks after that (null: production's order), and the seed of the random source. */
export interface Plan {
  readonly given: readonly number[]
  readonly chooser: Chooser | null
  readonly seed: number
}

/** One exploration's search for schedules. */
export interface Search {
  /** Who picks in a run with a fault, once that has struck; null for production's order. */
  readonly afterFault: Chooser | null
  /** It leaves schedules out, which is sound only if nobody looks in between. */
  readonly isReduced?: boolean
  /** What has to be done around all runs. */
  around?<R>(act: () => R): R
  /** The next run, or null if nothing is left to try. */
  next(): Plan | null
  /** The run has ended: what was picked, and among how many, stands on the tape. False if it did not follow its plan. */
  ended(tape: Tape, interpreter: VirtualInterpreter): boolean
}

/** Made by `random`, `pct` and `exhaustive`: in which order schedules are tried. The first one is always production's order. */
export abstract class Strategy {
  /** @internal */
  abstract search(random: RandomSource): Search
}
