import { checkDuration, checkOptions, isFrom, misfit } from '../checks.ts'
import { type Again, type Policy, PrintedPolicy } from './policy.ts'

/** How quickly delays grow, and how far. */
export interface ExponentialOptions {
  /** By what the delay grows each time, from 1 on. Default 2. */
  factor?: number | undefined
  /** The longest delay in milliseconds. Default `Infinity`; give one unless the number of runs is limited. */
  max?: number | undefined
}

/**
 * A delay that grows by a factor each time, up to a longest one, for ever.
 *
 * **Throws:** `MisuseError` for a negative time, and for a factor below 1.
 *
 * @param ms the first delay in milliseconds
 *
 * @example
 * ```ts
 * const policy = exponential(100, { max: 500 })
 * console.assert(delays(policy, { limit: 5 }).join() === '100,200,400,500,500')
 * ```
 */
export function exponential(ms: number, options?: ExponentialOptions): Policy {
  const { factor = 2, max = Infinity } = checkOptions(options, 'exponential')
  if (!(isFrom(1, factor) && factor < Infinity)) {
    throw misfit(`exponential: factor is a number from 1 on`, factor)
  }
  const longest = checkDuration(max, 'exponential: max')
  return new Exponential(Math.min(checkDuration(ms, 'exponential'), longest), factor, longest)
}

class Exponential extends PrintedPolicy {
  readonly ms: number
  readonly factor: number
  readonly max: number

  constructor(ms: number, factor: number, max: number) {
    super()
    this.ms = ms
    this.factor = factor
    this.max = max
  }

  decide(): Again {
    const { ms, factor, max } = this
    return { delay: ms, rest: new Exponential(Math.min(ms * factor, max), factor, max) }
  }
  toString(): string {
    const { ms, factor, max } = this
    const options = [
      ...(factor === 2 ? [] : [`factor: ${factor}`]),
      ...(max === Infinity ? [] : [`max: ${max}`]),
    ]
    return options.length === 0 ? `exponential(${ms})` : `exponential(${ms}, { ${options.join(', ')} })`
  }
}
