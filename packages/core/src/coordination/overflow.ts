import { printed } from '../effect.ts'
import { MisuseError } from '../kernel/errors.ts'

/** What happens to an item for which there is no room: its sender waits, an item is dropped, or it is an error. */
export type Overflow = 'wait' | 'drop-oldest' | 'drop-newest' | 'error'

/** How much is kept, and what becomes of the rest. */
export interface Limits {
  readonly capacity: number
  readonly overflow: Overflow
}

const overflows: readonly unknown[] = ['wait', 'drop-oldest', 'drop-newest', 'error']

/** A capacity by itself would be taken for options that say nothing. */
export function checkOptions(options: object, by: string): void {
  if (typeof options === 'object' && options !== null) return
  throw new MisuseError(
    `${by} takes its options in an object, ${by}({ capacity: 8 }); it was given ${printed(options)}.`
  )
}

export function checkLimits(limits: Limits, least: number, by: string): Limits {
  const { capacity, overflow } = limits
  if (capacity !== Infinity && !(Number.isInteger(capacity) && capacity >= least)) {
    throw new MisuseError(
      `${by}: capacity is a whole number of items from ${least} on, or Infinity; it was ${printed(capacity)}.`
    )
  }
  if (overflows.includes(overflow)) return limits
  throw new MisuseError(
    `${by}: overflow is 'wait', 'drop-oldest', 'drop-newest' or 'error'; it was ${printed(overflow)}.`
  )
}
