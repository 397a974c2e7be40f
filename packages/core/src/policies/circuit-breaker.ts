import { type Complete, checkDuration, checkNamed, checkStartable, isFrom, misfit } from '../checks.ts'
import { CancelledError } from '../errors.ts'
import { attempt } from '../operations/attempt.ts'
import { now } from '../operations/now.ts'
import { operation } from '../operations/operation.ts'
import type { Operation, Startable, ValueOf } from '../operation.ts'
import { CircuitOpenError } from './circuit-open-error.ts'

/** `closed`: calls go through. `open`: they fail at once. `half-open`: one of them finds out which it should be. */
export type CircuitState = 'closed' | 'open' | 'half-open'

/** Stands before something that may be down, and spares it calls while it is. Shared by all who call that. */
export interface CircuitBreaker {
  /** What it is called in trees and errors. */
  readonly name: string
  /** `closed`: all runs. `open`: nothing does. `half-open`: one probe runs. Open turns to half-open only with the call that probes. */
  readonly state: CircuitState
  /**
   * Runs an operation if the circuit lets it through. What the operation acquired belongs to the caller.
   *
   * **Cancelled:** the operation unwinds; that is neither a success nor a failure.
   * **Throws:** `CircuitOpenError` at once if the circuit is open or a probe is under way; else what the operation throws.
   */
  run<T>(startable: Startable<T>): Operation<T>
  run<O extends Startable<unknown>>(startable: O): Operation<ValueOf<O>>
}

/** What `createCircuitBreaker` takes: when it opens, and for how long. */
export interface CircuitBreakerOptions {
  /** What it is called in errors and traces. Default `circuit`. */
  name?: string | undefined
  /** After how many failures in a row it opens, from 1 on. Default 5. */
  failures?: number | undefined
  /** Milliseconds by the interpreter's clock after which a probe is let through. Default 30,000. */
  resetAfter?: number | undefined
  /** Which errors count. Others say, as a value does, that there was an answer. Default: all. */
  isFailure?: ((error: unknown) => boolean) | undefined
}

/**
 * Makes a circuit breaker: after so many failures in a row it opens, and calls fail at once. When the time has passed, one call
 * is let through as a probe: if it succeeds, the circuit closes; if it fails, it stays open for as long again. Source: M. Nygard,
 * "Release It!", 2007.
 *
 * **Throws:** `MisuseError` for options that can't be.
 *
 * @example
 * ```ts
 * const prices = createCircuitBreaker({ name: 'prices', failures: 1, resetAfter: 1000 })
 * await run(function* () {
 *   yield* attempt(prices.run(broken))
 *   const outcome = yield* attempt(prices.run(broken))
 *   console.assert(outcome.status === 'failed' && outcome.error instanceof CircuitOpenError)
 * })
 * function* broken() {
 *   throw new Error('no answer')
 * }
 * ```
 */
export function createCircuitBreaker(options?: CircuitBreakerOptions): CircuitBreaker {
  const {
    name = 'circuit',
    failures = 5,
    resetAfter = 30_000,
    isFailure = () => true,
  } = checkNamed(options, 'createCircuitBreaker')
  if (!isFrom(1, failures)) {
    throw misfit(
      `createCircuitBreaker: failures is after how many failures in a row it opens, from 1 on`,
      failures
    )
  }
  if (typeof isFailure !== 'function')
    throw misfit('createCircuitBreaker: isFailure is a function', isFailure)
  checkDuration(resetAfter, 'createCircuitBreaker: resetAfter')
  return new Breaker({ name, failures, resetAfter, isFailure })
}

class Breaker implements CircuitBreaker {
  readonly #options: Complete<CircuitBreakerOptions>
  readonly #run: (startable: Startable<unknown>) => Operation<unknown>
  #state: CircuitState = 'closed'
  /** In a row. */
  #failures = 0
  #lastError: unknown
  /** From when on a probe is let through. */
  #probeAt = 0
  /** Counts the changes of state: a call that began before the last one says nothing about now. */
  #epoch = 0

  constructor(options: Complete<CircuitBreakerOptions>) {
    this.#options = options
    const breaker = this
    this.#run = operation(`${options.name}.run`, function* (startable: Startable<unknown>) {
      const epoch = breaker.#admit(yield* now())
      let known = false
      try {
        const outcome = yield* attempt(startable)
        if (outcome.status === 'cancelled') throw new CancelledError('The operation', outcome.reason)
        const failure = outcome.status === 'failed' && options.isFailure(outcome.error) ? outcome : undefined
        breaker.#ended(epoch, failure, yield* now())
        known = true
        if (outcome.status === 'failed') throw outcome.error
        return outcome.value
      } finally {
        if (!known) breaker.#abandoned(epoch)
      }
    })
  }

  get name(): string {
    return this.#options.name
  }

  get state(): CircuitState {
    return this.#state
  }

  run(startable: Startable<unknown>): Operation<any> {
    return this.#run(checkStartable(startable, `${this.name}.run`))
  }

  #admit(instant: number): number {
    if (this.#state === 'open' && instant >= this.#probeAt) this.#become('half-open')
    else if (this.#state !== 'closed') throw new CircuitOpenError(this.name, this.#probeAt, this.#lastError)
    return this.#epoch
  }

  #ended(epoch: number, failure: { error: unknown } | undefined, instant: number): void {
    if (epoch !== this.#epoch) return
    if (failure === undefined) {
      this.#failures = 0
      if (this.#state === 'half-open') this.#become('closed')
      return
    }
    this.#lastError = failure.error
    // Before a probe there were enough of them, so its failure is one more.
    if (++this.#failures < this.#options.failures) return
    this.#probeAt = instant + this.#options.resetAfter
    this.#become('open')
  }

  /** A probe that was cancelled has found out nothing: the next call is one. */
  #abandoned(epoch: number): void {
    if (epoch === this.#epoch && this.#state === 'half-open') this.#become('open')
  }

  #become(state: CircuitState): void {
    this.#state = state
    this.#epoch++
  }
}
