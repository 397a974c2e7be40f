/**
 * The search for an order in which calls can have taken effect: Wing and Gong, "Testing and Verifying Concurrent Objects" (J. Parallel
 * Distrib. Comput. 17, 1993), with what Lowe added in "Testing for Linearizability" (Concurrency and Computation 29(4), 2017): where the same
 * calls have led to the same state before, the search need not go on.
 *
 * A call is next if no other one that has to come ended before it began. Calls that are pending need not come at all, nor those that were cancelled; the
 * latter can't once one that began after their end has come.
 */
import { MisuseError } from 'coppice'
import { isWanted } from '../error-pattern.ts'
import { LimitError } from '../errors.ts'
import type { MatcherContext } from '../matchers.ts'
import type { Describer } from './describe.ts'
import type { Call } from './history.ts'
import { orderToTry } from './order-to-try.ts'
import { type Effected, type SequentialModel, isBlocking, possibilities } from './model.ts'

/** What the search may spend, for all parts of a history together. */
interface Allowance {
  readonly maxStates: number
  states: number
}

/** A point that the search has come to: calls that have taken effect one after the other, and the state after them. */
export interface Point<S> {
  readonly order: readonly Call[]
  readonly state: S
}

export interface Found<S> {
  /** An order of all calls that ended, with those of the others that took effect; null if there is none. */
  readonly linearization: Point<S> | null
  /** The points with the most calls that ended, if there is none. */
  readonly furthest: readonly Point<S>[]
}

interface Node<S> {
  readonly before: Node<S> | null
  readonly call: Call | null
  readonly state: S
  /** The calls that have taken effect: all before `first`, and from there on a bit for each. */
  readonly first: number
  readonly taken: bigint
  /** How many of them had ended; the latest beginning among them. */
  readonly ended: number
  readonly latest: number
  /** What can come next, to be tried from the last one on. */
  readonly next: [index: number, call: Call, to: S][]
}

/** So many of the furthest points are kept for a report. */
const MOST_POINTS = 4

export class Search<S> {
  readonly #model: SequentialModel<S>
  readonly #calls: readonly Call[]
  readonly #describer: Describer
  readonly #allowance: Allowance
  /** The calls that have to wait in the end. */
  readonly #waiting: readonly Call[]
  /** How errors are compared with those of the model. */
  readonly #errors: MatcherContext
  /** By call: the value that it gave, described; and when it is tried among others. */
  readonly #values: readonly string[]
  readonly #places: readonly number[]
  /** How many calls have ended, and so have to come. */
  readonly #required: number
  readonly #visited = new Set<string>()
  readonly #furthest = new Map<string, Node<S>>()
  #most = -1

  /** @param mustWait pending calls have taken no effect, and have to be such as the model lets wait in the end */
  constructor(
    model: SequentialModel<S>,
    calls: readonly Call[],
    describer: Describer,
    allowance: Allowance,
    mustWait: boolean
  ) {
    const { cancelled = 'anything' } = model
    this.#model = model
    this.#waiting = mustWait ? calls.filter(isPending) : []
    // Sorted by their beginning, which the search relies on.
    this.#calls = calls.filter((call) => {
      if (isPending(call)) return !mustWait
      return hasEnded(call) || cancelled === 'anything'
    })
    this.#describer = describer
    this.#allowance = allowance
    const describe = (value: unknown) => describer.describe(value)
    this.#errors = {
      equals: (a, b) => describe(a) === describe(b),
      utils: { stringify: describe, diff: () => null, iterableEquality: undefined },
    }
    this.#required = this.#calls.filter(hasEnded).length
    this.#values = this.#calls.map(({ outcome }) =>
      outcome?.status === 'done' ? describe(outcome.value) : ''
    )
    this.#places = orderToTry(this.#calls, describer)
  }

  run(): Found<S> {
    const root: Node<S> = {
      before: null,
      call: null,
      state: this.#model.initial,
      taken: 0n,
      ended: 0,
      latest: -1,
      first: 0,
      next: [],
    }
    let node: Node<S> | null = root
    this.#arrive(root)
    while (node !== null) {
      if (this.#isEnd(node)) return { linearization: pointOf(node), furthest: [] }
      node = this.#goOn(node)
    }
    return { linearization: null, furthest: [...this.#furthest.values()].map(pointOf) }
  }

  /** A node that was not visited yet, behind this one or one before it; null if there is none. */
  #goOn(from: Node<S>): Node<S> | null {
    for (let node: Node<S> | null = from; node !== null; node = node.before) {
      for (let next = node.next.pop(); next !== undefined; next = node.next.pop()) {
        const [index, call, state] = next
        let { first } = node
        let taken = node.taken | (1n << BigInt(index - first))
        for (; taken & 1n; taken >>= 1n) first++
        const after: Node<S> = {
          before: node,
          call,
          state,
          taken,
          ended: node.ended + (hasEnded(call) ? 1 : 0),
          latest: Math.max(node.latest, call.from),
          first,
          next: [],
        }
        if (this.#arrive(after)) return after
      }
    }
    return null
  }

  /** Notes that the search has come to a node, and looks for what can come next. False if it was there before. */
  #arrive(node: Node<S>): boolean {
    const key = this.#describer.describe(node.state)
    const place = `${node.first} ${node.taken} ${key}`
    if (this.#visited.has(place)) return false
    this.#visited.add(place)
    if (++this.#allowance.states > this.#allowance.maxStates)
      throw tooManyStates(this.#calls.length, this.#allowance)
    if (node.ended > this.#most) {
      this.#most = node.ended
      this.#furthest.clear()
    }
    if (node.ended === this.#most && this.#furthest.size < MOST_POINTS && !this.#furthest.has(key))
      this.#furthest.set(key, node)
    for (const index of this.#candidates(node)) this.#addNext(node, index)
    if (typeof node.state === 'object' && this.#describer.describe(node.state) !== key)
      throw changedInPlace(node.next)
    return true
  }

  /** The calls that can be next. The one to be tried first comes last. */
  #candidates(node: Node<S>): number[] {
    const { latest, first } = node
    const calls = this.#calls
    const found: number[] = []
    // The earliest end among those that have to come: what began after it is not next.
    let bound = Infinity
    for (let i = first; i < calls.length && calls[i]!.from < bound; i++) {
      const call = calls[i]!
      if (hasTaken(node, i) || call.to < latest) continue
      if (hasEnded(call)) bound = Math.min(bound, call.to)
      found.push(i)
    }
    return found.filter((i) => calls[i]!.from < bound).sort((a, b) => this.#places[b]! - this.#places[a]!)
  }

  /** The states to which a call can lead, if it ended as it did. */
  #addNext({ state, next }: Node<S>, index: number): void {
    const call = this.#calls[index]!
    const list = possibilities(this.#model, state, call.name, call.args)
    for (let i = list.length - 1; i >= 0; i--) {
      const each = list[i]!
      if (!isBlocking(each) && this.#fits(each, index, call.outcome))
        next.push([index, call, 'state' in each ? (each.state as S) : state])
    }
  }

  #fits(effected: Effected<S>, index: number, outcome: Call['outcome']): boolean {
    switch (outcome?.status) {
      case 'done':
        return !('error' in effected) && this.#describer.describe(effected.value) === this.#values[index]
      case 'failed':
        return 'error' in effected && isWanted(this.#errors, outcome.error, effected.error)
      default:
        return true
    }
  }

  #isEnd({ ended, state }: Node<S>): boolean {
    if (ended < this.#required) return false
    return this.#waiting.every(({ name, args }) =>
      possibilities(this.#model, state, name, args).some(isBlocking)
    )
  }
}

function hasTaken({ first, taken }: Node<unknown>, index: number): boolean {
  return index < first || ((taken >> BigInt(index - first)) & 1n) === 1n
}

function isPending({ outcome }: Call): boolean {
  return outcome === undefined
}

/** Whether it has a value or an error, and so has taken effect. */
export function hasEnded({ outcome }: Call): boolean {
  return outcome !== undefined && outcome.status !== 'cancelled'
}

function pointOf<S>(node: Node<S>): Point<S> {
  const order: Call[] = []
  for (let each: Node<S> | null = node; each !== null; each = each.before)
    if (each.call !== null) order.push(each.call)
  return { order: order.reverse(), state: node.state }
}

function changedInPlace(next: Node<unknown>['next']): MisuseError {
  const names = [...new Set(next.map(([, { name }]) => name))]
  return new MisuseError(
    `An operation of the model (${names.join(' or ')}) has changed its state in place. It has to leave that as it is and give a new one: { state: [...items, item] } instead of items.push(item).`
  )
}

function tooManyStates(calls: number, { maxStates }: Allowance): LimitError {
  return new LimitError(
    `No verdict on ${calls} calls after ${maxStates} states of the model: how long this takes grows exponentially with the calls that overlap. ` +
      'Let fewer tasks call at the same time, give the model a partition if calls concern parts that have nothing to do with each other, ' +
      'or raise maxStates.'
  )
}
