/** What an operator does that looks at one item after the other. */

/** What an operator of this kind does for one subscription. */
export interface Step {
  /** The function of the user, applied to an item, if there is one. What it gives is performed, if it is an operation. It changes nothing here: it is called again if that was cancelled. */
  apply?(item: any): unknown
  /** What goes on to the next step, after that; or `skipped`, or `over`. */
  settle(result: any, item: any): unknown
}

/** The item goes no further. */
export const skipped: unique symbol = Symbol('skipped')
/** The item goes no further, and the stream ends before it. */
export const over: unique symbol = Symbol('over')

/** What a step can say about the stream. */
export interface Ending {
  /** The item under way is the last one; set before there was any, the stream is empty. */
  isLast: boolean
}

export interface Stage {
  readonly name: string
  /** Whether it may end the stream before its source ends: that has to be left then. */
  readonly mayLeave?: boolean
  start(ending: Ending): Step
}
