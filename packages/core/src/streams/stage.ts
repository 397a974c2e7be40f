/** What an operator does that looks at one item after the other. */

/** What an operator of this kind does for one subscription. */
export interface Step {
  /**
   * What goes on to the next step for an item; or `skipped`, or `over`. If the function of the user gave something that has to be performed,
   * `waiting`: nothing is changed then, since it is called again if that is cancelled.
   */
  pass(item: any): unknown
  /** The same, when that has been performed. */
  settle?(result: any, item: any): unknown
}

/** The item goes no further. */
export const skipped: unique symbol = Symbol('skipped')
/** The item goes no further, and the stream ends before it. */
export const over: unique symbol = Symbol('over')
/** The item has to wait before the step. */
export const waiting: unique symbol = Symbol('waiting')

/** What a step can say about the subscription. */
export interface Run {
  /** The item under way is the last one; set before there was any, the stream is empty. */
  isLast: boolean
  /** Whether what a function of the user gave has to be performed. */
  hasToPerform(result: unknown): boolean
}

export interface Stage {
  readonly name: string
  /** Whether it may end the stream before its source ends: that has to be left then. */
  readonly mayLeave?: boolean
  start(run: Run): Step
}
