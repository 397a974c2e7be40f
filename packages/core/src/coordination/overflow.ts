import { checkCount, misfit } from '../kernel/misuse.ts'

/** What happens to an item for which there is no room: its sender waits, an item is dropped, or it is an error. */
export type Overflow = 'wait' | 'drop-oldest' | 'drop-newest' | 'error'

/** How much is kept, and what becomes of the rest. */
export interface Limits {
  readonly capacity: number
  readonly overflow: Overflow
}

const overflows: readonly unknown[] = ['wait', 'drop-oldest', 'drop-newest', 'error']

export function checkLimits(limits: Limits, least: number, by: string): Limits {
  const { capacity, overflow } = limits
  checkCount(capacity, least, `${by}: capacity`)
  if (overflows.includes(overflow)) return limits
  throw misfit(`${by}: overflow is 'wait', 'drop-oldest', 'drop-newest' or 'error'`, overflow)
}
