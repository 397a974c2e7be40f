import { printCall } from '../effect.ts'
import { checkPolicies } from './any-of.ts'
import { type Again, type Ended, type Policy, PrintedPolicy, decide } from './policy.ts'

/**
 * One policy after the other: when one stops, the next begins anew, with attempts and elapsed time counted from there.
 *
 * **Throws:** `MisuseError` for no policies at all.
 *
 * @example
 * ```ts
 * const policy = inTurn(upTo(2, constant(10)), upTo(2, exponential(1000)))
 * console.assert(delays(policy).join() === '10,10,1000,2000')
 * ```
 */
export function inTurn<T = unknown>(...policies: Policy<T>[]): Policy<T> {
  return new InTurn(checkPolicies(policies, 'inTurn'), 0, 0)
}

class InTurn<T> extends PrintedPolicy<T> {
  /** The first is the one whose turn it is. */
  readonly policies: readonly Policy<T>[]
  /** The attempts and the time of those before it. */
  readonly attempts: number
  readonly elapsed: number

  constructor(policies: readonly Policy<T>[], attempts: number, elapsed: number) {
    super()
    this.policies = policies
    this.attempts = attempts
    this.elapsed = elapsed
  }

  decide(ended: Ended<T>): Again<T> | undefined {
    let { attempts, elapsed } = this
    for (const [index, policy] of this.policies.entries()) {
      const since = { ...ended, attempt: ended.attempt - attempts, elapsed: ended.elapsed - elapsed }
      const again = decide(policy, since)
      if (again !== undefined) {
        const { delay, rest = policy } = again
        return { delay, rest: new InTurn([rest, ...this.policies.slice(index + 1)], attempts, elapsed) }
      }
      // To the next one, the run that has just ended is the first.
      attempts = ended.attempt - 1
      elapsed = ended.elapsed
    }
    return undefined
  }

  toString(): string {
    return printCall('inTurn', this.policies)
  }
}
