import { printCall } from '../effect.ts'
import { checkDuration } from '../checks.ts'
import { type Again, type Ended, type Policy, PrintedPolicy, checkPolicy, decide } from './policy.ts'

/**
 * No run that would begin later than `ms` milliseconds after the first one began. A run that is under way is not cut short: for that
 * there is `timeout`.
 *
 * **Throws:** `MisuseError` for a negative number or `NaN`.
 *
 * @example
 * ```ts
 * console.assert(delays(within(1000, exponential(100))).join() === '100,200,400')
 * ```
 */
export function within<T = unknown>(ms: number, policy: Policy<T>): Policy<T> {
  return new Within(checkDuration(ms, 'within'), checkPolicy(policy, 'within'))
}

class Within<T> extends PrintedPolicy<T> {
  readonly ms: number
  readonly policy: Policy<T>

  constructor(ms: number, policy: Policy<T>) {
    super()
    this.ms = ms
    this.policy = policy
  }

  decide(ended: Ended<T>): Again<T> | undefined {
    const { ms, policy } = this
    const again = decide(policy, ended)
    if (again === undefined || ended.elapsed + again.delay > ms) return undefined
    const { delay, rest = policy } = again
    return { delay, rest: new Within(ms, rest) }
  }

  toString(): string {
    return printCall('within', [this.ms, this.policy])
  }
}
