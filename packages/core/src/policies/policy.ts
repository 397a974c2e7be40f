import { misfit } from '../checks.ts'
import { printed, printsItself } from '../effect.ts'
import { MisuseError } from '../errors.ts'

/** What a policy decides on: a run that has ended. */
export interface Ended<T = unknown> {
  /** How many runs have ended by now, this one included. */
  readonly attempt: number
  /** Milliseconds since the first run began. */
  readonly elapsed: number
  /** What the run threw: under `retry` and `supervise`. */
  readonly error?: unknown
  /** What the run gave: under `repeat`. */
  readonly value?: T | undefined
  /** A number from 0 to 1, 1 excluded, drawn for this decision. */
  readonly random: number
}

/** The decision to run again. */
export interface Again<T = unknown> {
  /** Milliseconds from the end of this run to the start of the next one. */
  readonly delay: number
  /** The policy for the end of the next run. Default: the same one. */
  readonly rest?: Policy<T> | undefined
}

/**
 * Whether to run again, and after which delay: a pure, immutable value. It decides on the end of one run, and says what
 * decides on the next. So it can be used for many runs at once, and tested without running anything.
 *
 * `constant`, `exponential` and the like make policies; any object with such a `decide` is one.
 *
 * @example
 * ```ts
 * const linear: Policy = { decide: ({ attempt }) => (attempt > 3 ? undefined : { delay: 100 * attempt }) }
 * console.assert(delays(linear).join() === '100,200,300')
 * ```
 */
export interface Policy<T = unknown> {
  // A property, and not a method, so that a policy for values of one type is none for values of another.
  /** Undefined: do not run again. */
  readonly decide: (ended: Ended<T>) => Again<T> | undefined
}

/** A policy of the library: comparable, and printed as it was written. */
export abstract class PrintedPolicy<T = unknown> implements Policy<T> {
  get [printsItself](): true {
    return true
  }

  abstract decide(ended: Ended<T>): Again<T> | undefined

  abstract toString(): string
}

/** Checks at the call that something is a policy (E9). */
export function checkPolicy<T>(policy: Policy<T>, by: string): Policy<T> {
  if (typeof (policy as Partial<Policy<T>> | null | undefined)?.decide === 'function') return policy
  const example = typeof policy === 'number' ? `constant(${policy})` : 'constant(1000)'
  throw misfit(`${by} takes a policy, such as ${example} or upTo(5, exponential(100))`, policy)
}

/** What a policy decides, checked: policies of users are not. */
export function decide<T>(policy: Policy<T>, ended: Ended<T>): Again<T> | undefined {
  const again = policy.decide(ended)
  if (again === undefined || (typeof again === 'object' && again !== null && again.delay >= 0)) return again
  throw new MisuseError(
    `A policy decides on { delay } in milliseconds from 0 on, or on undefined to stop; ${printed(policy)} gave ${
      typeof again === 'object' && again !== null ? `a delay of ${printed(again.delay)}` : printed(again)
    }.`
  )
}
