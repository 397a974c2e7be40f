import { now } from '../operations/now.ts'
import { random } from '../operations/random.ts'
import { type Policy, decide } from './policy.ts'

/** A policy in use: how often and for how long it has been run by now, and what decides next. */
export class Course<T = unknown> {
  readonly began: number
  #policy: Policy<T>
  #attempts = 0

  constructor(policy: Policy<T>, began: number) {
    this.#policy = policy
    this.began = began
  }

  /** A run has ended: the delay to the next one in milliseconds, or undefined to stop. */
  *ended(endedWith: { error: unknown } | { value: T }): Generator<any, number | undefined, any> {
    this.#attempts++
    const elapsed = (yield* now()) - this.began
    const again = decide(this.#policy, {
      ...endedWith,
      attempt: this.#attempts,
      elapsed,
      random: yield* random(),
    })
    this.#policy = again?.rest ?? this.#policy
    return again?.delay
  }
}
