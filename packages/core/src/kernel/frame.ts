import type { Startable } from '../operation.ts'

/** What a frame drives. Effects lack `return`: a frame whose body is a bare effect has nothing to unwind. */
export interface Body {
  next(value: unknown): IteratorResult<unknown, unknown>
  throw?(error: unknown): IteratorResult<unknown, unknown>
  return?(value: unknown): IteratorResult<unknown, unknown>
}

/** One activation that the kernel drives; a task is a stack of these. */
export abstract class Frame {
  /** What was handed to us until the frame begins, then its iterator; dropped as soon as it has ended. */
  body: Startable<unknown> | Body | null
  flags: number
  /** The frame that waits for this one; null for a task, the bottom of its stack. */
  abstract readonly below: Frame | null

  constructor(body: Startable<unknown> | Body, flags: number) {
    this.body = body
    this.flags = flags
  }

  /** What it is called in task paths; the frame of an undeclared generator has no name. */
  get label(): string {
    return ''
  }
}
