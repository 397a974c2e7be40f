import { CoppiceError } from '../errors.ts'
import { Queue } from '../queue.ts'

/** Thrown by `supervise` when children end too often; `cause` is the error with which the last one did (none if it had no error). */
export class RestartIntensityError extends CoppiceError {
  override readonly name = 'RestartIntensityError'
  readonly code = 'COPPICE_RESTART_INTENSITY'
  /** The child that was not restarted any more. */
  readonly child: string

  constructor(child: string, why: string, outcome: { error?: unknown }) {
    super(
      `${child} is not restarted any more: ${why}`,
      'error' in outcome ? { cause: outcome.error } : undefined
    )
    this.child = child
  }
}

/** How many restarts there were in the period up to now: at most `most`, else it is exceeded. */
export class RestartIntensity {
  readonly #most: number
  readonly #period: number
  /** The instants of the latest restarts, oldest first. */
  readonly #restarts = new Queue<number>()

  constructor(most: number, period: number) {
    this.#most = most
    this.#period = period
  }

  /** Counts a restart at an instant. False if that is one too many. */
  admits(instant: number): boolean {
    if (this.#most === Infinity) return true
    const restarts = this.#restarts
    // One that lies a whole period back still counts, as in OTP.
    while (restarts.length > 0 && instant - restarts.at(0) > this.#period) restarts.shift()
    restarts.push(instant)
    return restarts.length <= this.#most
  }
}
