import { printCall } from '../effect.ts'
import { MisuseError } from '../errors.ts'
import { type Again, type Ended, type Policy, PrintedPolicy, checkPolicy, decide } from './policy.ts'

/**
 * Runs again as long as any of the policies does, after the shortest of their delays. One that has decided to stop is asked
 * again at the next end, where it stood: so each can have its own kind of error, and count only those.
 *
 * **Throws:** `MisuseError` for no policies at all.
 *
 * @example
 * ```ts
 * const policy = anyOf(upTo(2, constant(100)), upTo(3, constant(500)))
 * console.assert(delays(policy).join() === '100,100,500')
 * ```
 */
export function anyOf<T = unknown>(...policies: Policy<T>[]): Policy<T> {
  return new AnyOf(checkPolicies(policies, 'anyOf'))
}

class AnyOf<T> extends PrintedPolicy<T> {
  readonly policies: readonly Policy<T>[]

  constructor(policies: readonly Policy<T>[]) {
    super()
    this.policies = policies
  }

  decide(ended: Ended<T>): Again<T> | undefined {
    let shortest: number | undefined
    const rests = this.policies.map((policy) => {
      const again = decide(policy, ended)
      if (again === undefined) return policy
      shortest = Math.min(shortest ?? Infinity, again.delay)
      return again.rest ?? policy
    })
    return shortest === undefined ? undefined : { delay: shortest, rest: new AnyOf(rests) }
  }

  toString(): string {
    return printCall('anyOf', this.policies)
  }
}

export function checkPolicies<T>(policies: readonly Policy<T>[], by: string): readonly Policy<T>[] {
  if (policies.length === 0) throw new MisuseError(`${by} takes policies: ${by}(exponential(100), upTo(5)).`)
  for (const policy of policies) checkPolicy(policy, by)
  return policies
}
