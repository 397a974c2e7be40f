import { misfit, checkOptions, isFrom } from '../checks.ts'
import { type Ended, type Policy, checkPolicy, decide } from './policy.ts'

/** What the policy is told while its delays are listed. */
export interface DelaysOptions {
  /** How many at most; a policy may go on for ever. Default 100. */
  limit?: number | undefined
  /** What each run has thrown, for policies that look at it. Default: nothing. */
  error?: unknown
  /** The same, of runs that ended with a value. Default: nothing. */
  value?: unknown
  /** The random number of each decision, from 0 to 1. Default 0.5. */
  random?: number | undefined
}

/**
 * The delays of a policy for runs that take no time, in milliseconds: to test a policy, or to look at it, without running anything.
 *
 * **Throws:** `MisuseError` for what is no policy.
 *
 * @example
 * ```ts
 * console.assert(delays(upTo(3, exponential(100))).join() === '100,200,400')
 * ```
 */
export function delays(policy: Policy<any>, options?: DelaysOptions): number[] {
  const { limit = 100, random = 0.5, ...endedWith } = checkOptions(options, 'delays')
  if (!(isFrom(0, limit) && limit < Infinity)) {
    throw misfit(`delays: limit is how many delays, from 0 on`, limit)
  }
  const found: number[] = []
  let elapsed = 0
  let current = checkPolicy(policy, 'delays')
  while (found.length < limit) {
    const ended: Ended = { ...endedWith, attempt: found.length + 1, elapsed, random }
    const again = decide(current, ended)
    if (again === undefined) break
    found.push(again.delay)
    elapsed += again.delay
    current = again.rest ?? current
  }
  return found
}
