import { printCall } from '../effect.ts'
import { type Again, type Ended, type Policy, PrintedPolicy, decide } from './policy.ts'
import { checkPolicies } from './any-of.ts'

/**
 * Runs again as long as all of the policies do, after the longest of their delays.
 *
 * **Throws:** `MisuseError` for no policies at all.
 *
 * @example
 * ```ts
 * const policy = allOf(exponential(100), constant(300), upTo(4))
 * console.assert(delays(policy).join() === '300,300,400,800')
 * ```
 */
export function allOf<T = unknown>(...policies: Policy<T>[]): Policy<T> {
  return new AllOf(checkPolicies(policies, 'allOf'))
}

class AllOf<T> extends PrintedPolicy<T> {
  readonly policies: readonly Policy<T>[]

  constructor(policies: readonly Policy<T>[]) {
    super()
    this.policies = policies
  }

  decide(ended: Ended<T>): Again<T> | undefined {
    let longest = 0
    const rests: Policy<T>[] = []
    for (const policy of this.policies) {
      const again = decide(policy, ended)
      if (again === undefined) return undefined
      longest = Math.max(longest, again.delay)
      rests.push(again.rest ?? policy)
    }
    return { delay: longest, rest: new AllOf(rests) }
  }

  toString(): string {
    return printCall('allOf', this.policies)
  }
}
