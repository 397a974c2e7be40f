import { misfit, checkOptions, isFrom } from '../checks.ts'
import { printCall, printed } from '../effect.ts'
import { type Again, type Ended, type Policy, PrintedPolicy, checkPolicy, decide } from './policy.ts'

/** How random delays are. */
export interface JitteredOptions {
  /** How much of each delay is random, from 0 to 1. Default 1: anything from no delay to the whole of it. */
  spread?: number | undefined
}

/**
 * Delays at random, by the interpreter's source, and never longer than those of the policy: many who failed together do not come back
 * together. Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (a spread of 1 is its "full
 * jitter", 0.5 its "equal jitter").
 *
 * **Throws:** `MisuseError` for a spread that is not from 0 to 1.
 *
 * @example
 * ```ts
 * const policy = upTo(2, jittered(exponential(100), { spread: 0.5 }))
 * console.assert(delays(policy, { random: 0 }).join() === '50,100')
 * console.assert(delays(policy, { random: 0.5 }).join() === '75,150')
 * ```
 */
export function jittered<T = unknown>(policy: Policy<T>, options?: JitteredOptions): Policy<T> {
  const { spread = 1 } = checkOptions(options, 'jittered')
  if (!(isFrom(0, spread) && spread <= 1)) {
    throw misfit(`jittered: spread is a number from 0 to 1`, spread)
  }
  return new Jittered(checkPolicy(policy, 'jittered'), spread)
}

class Jittered<T> extends PrintedPolicy<T> {
  readonly policy: Policy<T>
  readonly spread: number

  constructor(policy: Policy<T>, spread: number) {
    super()
    this.policy = policy
    this.spread = spread
  }

  decide(ended: Ended<T>): Again<T> | undefined {
    const { policy, spread } = this
    const again = decide(policy, ended)
    if (again === undefined) return undefined
    const { delay, rest = policy } = again
    return { delay: shortened(delay, spread * (1 - ended.random)), rest: new Jittered(rest, spread) }
  }

  toString(): string {
    const { policy, spread } = this
    return spread === 1
      ? printCall('jittered', [policy])
      : `jittered(${printed(policy)}, { spread: ${spread} })`
  }
}

/** A delay for ever stays one: it has no part that could be taken away. */
function shortened(delay: number, part: number): number {
  return delay === Infinity ? delay : delay * (1 - part)
}
