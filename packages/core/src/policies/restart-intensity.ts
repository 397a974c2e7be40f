import { CoppiceError } from '../errors.ts'

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
  /** The instants of the restarts, oldest first. */
  #restarts: readonly number[] = []

  constructor(most: number, period: number) {
    this.#most = most
    this.#period = period
  }

  /** Counts a restart at an instant. False if that is one too many. */
  admits(instant: number): boolean {
    // One that lies a whole period back still counts, as in OTP.
    const recent = this.#restarts.filter((restart) => instant - restart <= this.#period)
    this.#restarts = [...recent, instant]
    return recent.length < this.#most
  }
}
