import { misfit } from '../checks.ts'
import { printCall } from '../effect.ts'
import { constant } from './constant.ts'
import { type Again, type Ended, type Policy, PrintedPolicy, checkPolicy, decide } from './policy.ts'

/**
 * At most `n` more runs: `retry(fetchPage, upTo(3))` tries once and then up to three times again.
 *
 * **Throws:** `MisuseError` for what is no whole number from 0 on.
 *
 * @param policy the delays. Default: none
 *
 * @example
 * ```ts
 * console.assert(delays(upTo(3, exponential(100))).join() === '100,200,400')
 * ```
 */
export function upTo<T = unknown>(n: number, policy: Policy<T> = constant(0)): Policy<T> {
  if (!(n === Infinity || (Number.isInteger(n) && n >= 0))) {
    throw misfit(
      `upTo takes how often to run again, a whole number from 0 on, and a policy: upTo(3, constant(1000))`,
      n
    )
  }
  return new UpTo(n, checkPolicy(policy, 'upTo'))
}

class UpTo<T> extends PrintedPolicy<T> {
  readonly n: number
  readonly policy: Policy<T>

  constructor(n: number, policy: Policy<T>) {
    super()
    this.n = n
    this.policy = policy
  }

  decide(ended: Ended<T>): Again<T> | undefined {
    const { n, policy } = this
    const again = n === 0 ? undefined : decide(policy, ended)
    if (again === undefined) return undefined
    const { delay, rest = policy } = again
    return { delay, rest: new UpTo(n - 1, rest) }
  }

  toString(): string {
    return printCall('upTo', [this.n, this.policy])
  }
}
