/** The verdict on a history, and the reasons. */
import { CoppiceError } from 'coppice/kernel'
import type { Describer } from './describe.ts'
import { callText, diagram, endOf } from './diagram.ts'
import type { Call } from './history.ts'
import { type SequentialModel, isBlocking, possibilities } from './model.ts'
import { type Point, hasEnded } from './search.ts'

interface Verdict<S> {
  /** The calls that it is about: all, or those of the part that is not linearizable. */
  readonly calls: readonly Call[]
  /** For each part an order of its calls. */
  readonly points?: readonly Point<S>[]
  /** How far the search has come, if there is no order. */
  readonly furthest?: readonly Point<S>[]
}

/** What `linearizable` found. */
export class Linearization<S = unknown> {
  /** Whether there is an order that the model allows. */
  readonly holds: boolean
  /**
   * An order in which the calls can have taken effect; without those that did not. If there is none: the longest that the model
   * allows.
   */
  readonly order: readonly Call[]
  /** The states that the model can be in after that: one for each part, or after each of the longest orders found. */
  readonly states: readonly S[]
  readonly #model: SequentialModel<S>
  readonly #describer: Describer
  readonly #verdict: Verdict<S>

  /** @internal */
  constructor(model: SequentialModel<S>, describer: Describer, verdict: Verdict<S>) {
    const { points, furthest = [] } = verdict
    this.#model = model
    this.#describer = describer
    this.#verdict = verdict
    this.holds = points !== undefined
    this.order = points === undefined ? (furthest[0]?.order ?? []) : merged(points.map(({ order }) => order))
    this.states = (points ?? furthest).map(({ state }) => state)
  }

  /** **Throws:** `LinearizabilityError` unless it holds. For `check` of `explore`, and for tests. */
  mustHold(): void {
    if (!this.holds) throw new LinearizabilityError(String(this), this)
  }

  /** For people: the history as a diagram, and what the model says about it. */
  toString(): string {
    const { calls, furthest } = this.#verdict
    const drawn = diagram(calls, this.#describer)
    if (furthest === undefined)
      return `${drawn}\n\nThese calls can have taken effect in this order: ${this.#list(this.order)}.`
    return [
      'No order of these calls gives what they gave:',
      '',
      drawn,
      '',
      ...furthest.flatMap((point, i) => [
        i === 0 ? 'As far as the model can follow:' : 'Or:',
        ...this.#reasons(point),
      ]),
    ].join('\n')
  }

  /** Why the model can't go on from a point. */
  #reasons({ order, state }: Point<S>): string[] {
    const describer = this.#describer
    const lines = [`  ${this.#list(order)}; the state is then ${describer.describe(state)}`]
    const rest = this.#verdict.calls.filter((call) => !order.includes(call))
    const bound = Math.min(...rest.filter(hasEnded).map(({ to }) => to))
    for (const call of rest) {
      const mustCome = hasEnded(call) && call.from < bound
      const lost = call.outcome === undefined && bound === Infinity
      if (!mustCome && !lost) continue
      const wanted = possibilities(this.#model, state, call.name, call.args).map((each) =>
        this.#possibility(each)
      )
      if (lost && wanted.includes(WAITS)) continue
      const gave = lost ? 'waits for ever' : gives(endOf(call, describer))
      lines.push(
        `  ${callText(call, describer)} of ${call.task} ${gave}, where it ${wanted.join(' or ') || 'can do nothing'}`
      )
    }
    return lines
  }

  #possibility(each: ReturnType<typeof possibilities>[number]): string {
    if (isBlocking(each)) return WAITS
    if (!('error' in each))
      return gives(each.value === undefined ? 'done' : this.#describer.describe(each.value))
    const { error } = each
    return `throws ${typeof error === 'function' ? error.name : this.#describer.describe(error)}`
  }

  #list(calls: readonly Call[]): string {
    if (calls.length === 0) return 'nothing'
    return calls.map((call) => `${callText(call, this.#describer)} of ${call.task}`).join(', ')
  }
}

const WAITS = 'waits'

function gives(end: string): string {
  if (end.startsWith('throws ')) return end
  return end === 'done' ? 'gives nothing' : `gives ${end}`
}

/** The calls of an object have no order in which they can have taken effect. */
export class LinearizabilityError extends CoppiceError {
  override readonly name = 'LinearizabilityError'
  readonly code = 'COPPICE_NOT_LINEARIZABLE'
  /** The search that found no order, with what it got to. */
  readonly linearization: Linearization

  constructor(message: string, linearization: Linearization<any>) {
    super(message)
    this.linearization = linearization
  }
}

/** One order that keeps to those of the parts, and in which no call comes before one that ended before it began. There always is one. */
function merged(parts: readonly (readonly Call[])[]): Call[] {
  if (parts.length === 1) return [...parts[0]!]
  const left = parts.map((part) => [...part])
  const order: Call[] = []
  for (;;) {
    const heads = left.filter((part) => part.length > 0)
    if (heads.length === 0) return order
    const bound = Math.min(...heads.flat().map(({ to }) => to))
    const part = heads.find(([head]) => head!.from <= bound)!
    order.push(part.shift()!)
  }
}
