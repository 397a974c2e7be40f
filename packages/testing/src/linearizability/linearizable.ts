import { MisuseError } from 'coppice'
import { printed } from 'coppice/kernel'
import { checkOptions, checkWhole } from '../options.ts'
import { Describer } from './describe.ts'
import { type Call, History } from './history.ts'
import { Linearization } from './linearization.ts'
import { type SequentialModel, checkModel } from './model.ts'
import { type Found, Search } from './search.ts'

/** What `linearizable` takes beside the history and the model. */
export interface LinearizableOptions {
  /**
   * What is asked of calls that are pending. `'may-wait'`: nothing; they may have taken effect, or not. `'must-wait'`: nothing can run any more, so
   * they have taken no effect, and have to be such as the model lets wait in the end; else a wake-up was lost. Default: `'may-wait'`.
   */
  pending?: 'may-wait' | 'must-wait' | undefined
  /** How many states of the model are looked at. A whole number; default 500,000, which takes a few seconds. */
  maxStates?: number | undefined
}

/**
 * Whether the calls of a history can have taken effect one after the other, each at a moment between its beginning and its end, so that a
 * model which knows of no concurrency gives the same values and errors (Herlihy and Wing, "Linearizability: A Correctness Condition for
 * Concurrent Objects", ACM TOPLAS 12(3), 1990). A call that is pending or was cancelled may have taken effect, or not.
 *
 * **Throws:** `LimitError` beyond `maxStates`; `MisuseError` for what is no history or no model, for a call that the model does not have, and for a
 * model that changes its state in place.
 *
 * @example
 * ```ts
 * const counter = { initial: 0, operations: { increment: (n: number) => ({ state: n + 1, value: n + 1 }) } }
 * const history = new History()
 * const [a, b] = [history.begin('a', 'increment'), history.begin('b', 'increment')]
 * a.done(1)
 * b.done(1) // It has not seen the other one.
 * console.assert(!linearizable(history, counter).holds)
 * ```
 */
export function linearizable<S>(
  history: History,
  model: SequentialModel<S>,
  options: LinearizableOptions = {}
): Linearization<S> {
  if (!(history instanceof History))
    throw new MisuseError(`linearizable takes a history and a model; it was given ${printed(history)}.`)
  checkModel(model, 'linearizable')
  checkOptions(options, 'linearizable', ['pending', 'maxStates'])
  const { pending = 'may-wait', maxStates = 500_000 } = options
  checkPending(pending, 'linearizable')
  checkWhole(maxStates, 'linearizable: maxStates', 1)
  const { calls } = history
  const describer = new Describer()
  const allowance = { maxStates, states: 0 }
  const found: Found<S>[] = []
  for (const part of partsOf(calls, model, describer)) {
    const search = new Search(model, part, describer, allowance, pending === 'must-wait')
    const each = search.run()
    if (each.linearization === null)
      return new Linearization(model, describer, { calls: part, furthest: each.furthest })
    found.push(each)
  }
  const points = found.map(({ linearization }) => linearization!)
  return new Linearization(model, describer, { calls, points })
}

function checkPending(pending: unknown, by: string): void {
  if (pending !== 'may-wait' && pending !== 'must-wait')
    throw new MisuseError(`${by}: pending is 'may-wait' or 'must-wait'; it was given ${printed(pending)}.`)
}

/** A history is linearizable if and only if it is so part by part: that is the locality of Herlihy and Wing. */
function partsOf<S>(
  calls: readonly Call[],
  { partition }: SequentialModel<S>,
  describer: Describer
): Call[][] {
  if (partition === undefined) return [[...calls]]
  const parts = new Map<string, Call[]>()
  for (const call of calls) {
    const key = describer.describe(partition(call.name, ...call.args))
    const part = parts.get(key)
    if (part === undefined) parts.set(key, [call])
    else part.push(call)
  }
  return [...parts.values()]
}
