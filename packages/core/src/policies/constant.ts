import { checkDuration } from '../checks.ts'
import { type Again, type Policy, PrintedPolicy } from './policy.ts'

/**
 * The same delay each time, for ever.
 *
 * **Throws:** `MisuseError` for a negative number or `NaN`.
 *
 * @param ms the delay in milliseconds, from the end of one run to the start of the next
 *
 * @example
 * ```ts
 * console.assert(delays(constant(100), { limit: 3 }).join() === '100,100,100')
 * ```
 */
export function constant(ms: number): Policy {
  return new Constant(checkDuration(ms, 'constant'))
}

class Constant extends PrintedPolicy {
  readonly ms: number

  constructor(ms: number) {
    super()
    this.ms = ms
  }

  decide(): Again {
    return { delay: this.ms }
  }

  toString(): string {
    return `constant(${this.ms})`
  }
}
