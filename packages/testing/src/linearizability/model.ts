/** What an object promises, written down as if nobody used it at the same time. */
import { MisuseError } from 'coppice'
import { printed } from 'coppice/kernel'
import type { ErrorPattern } from '../matchers.ts'

/** In this state the call waits: it can not take effect now. */
export const wouldBlock: WouldBlock = { wouldBlock: true }

/** Not a symbol: in arrays of possibilities TypeScript would take that for any symbol. */
export interface WouldBlock {
  /** Tells it from an object with a state. */
  readonly wouldBlock: true
}

/** What a call may do to a state: the state after it, by default the same one, and the value that it gives or the error that it throws. */
export type Effected<S> =
  { readonly state?: S; readonly value?: unknown } | { readonly state?: S; readonly error: ErrorPattern }

/** What a call may do: one thing, one of several, or wait. */
export type Possibilities<S> = Effected<S> | WouldBlock | readonly (Effected<S> | WouldBlock)[]

/**
 * An object as if its calls came one after the other. Operations are pure: they give a new state and leave the old one as it is.
 *
 * @example
 * ```ts
 * const queue: SequentialModel<readonly number[]> = {
 *   initial: [],
 *   operations: {
 *     push: (items, item: number) => ({ state: [...items, item] }),
 *     shift: ([first, ...rest]) => (first === undefined ? wouldBlock : { state: rest, value: first }),
 *   },
 * }
 * const history = new History()
 * history.begin('a', 'push', [1]).done(undefined)
 * history.begin('b', 'shift', []).done(1)
 * console.assert(linearizable(history, queue).holds)
 * ```
 */
export interface SequentialModel<S> {
  /** The state before the first call: plain data (numbers, strings, arrays, records, `Map`, `Set`), by which states are compared. */
  readonly initial: S
  /** By the name of a call: what it may do in a state. */
  readonly operations: { readonly [name: string]: (state: S, ...args: any[]) => Possibilities<S> }
  /**
   * Which part of the object a call concerns: calls on different parts have nothing to do with each other, and each part begins with `initial`. Parts are
   * checked one by one, which takes far less time. Default: all calls concern one.
   */
  readonly partition?: ((name: string, ...args: any[]) => unknown) | undefined
  /**
   * What a call that was cancelled may have done. `'anything'`: it took effect or not. `'nothing'`: whoever cancels a call of this object
   * has changed nothing. Default: `'anything'`.
   */
  readonly cancelled?: 'anything' | 'nothing' | undefined
}

const KNOWN: ReadonlySet<string> = new Set(['initial', 'operations', 'partition', 'cancelled'])

export function checkModel<S>(model: SequentialModel<S>, by: string): SequentialModel<S> {
  if (typeof model !== 'object' || model === null || !('initial' in model) || !isRecord(model.operations))
    throw new MisuseError(
      `${by} takes a sequential model, { initial: 0, operations: { increment: (n) => ({ state: n + 1 }) } }; it was given ${printed(model)}.`
    )
  const unknown = Object.keys(model).find((key) => !KNOWN.has(key))
  if (unknown !== undefined)
    throw new MisuseError(`${by}: a model has no ${unknown}; it has ${[...KNOWN].join(', ')}.`)
  const { operations, partition, cancelled = 'anything' } = model
  for (const [name, operation] of Object.entries(operations))
    if (typeof operation !== 'function')
      throw new MisuseError(
        `${by}: operation ${name} of a model is a function of the state and the arguments, (state, item) => ({ state: …, value: … }); it was ${printed(operation)}.`
      )
  if (partition !== undefined && typeof partition !== 'function')
    throw new MisuseError(
      `${by}: partition is a function of a call's name and arguments; it was ${printed(partition)}.`
    )
  if (cancelled !== 'anything' && cancelled !== 'nothing')
    throw new MisuseError(`${by}: cancelled is 'anything' or 'nothing'; it was ${printed(cancelled)}.`)
  return model
}

/** What a call may do in a state, as a list. */
export function possibilities<S>(
  { operations }: SequentialModel<S>,
  state: S,
  name: string,
  args: readonly unknown[]
): readonly (Effected<S> | WouldBlock)[] {
  // What every object inherits is no operation of the model.
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
  if (operation === undefined)
    throw new MisuseError(
      `The model has no operation ${name}, which was called; it has ${Object.keys(operations).join(', ')}.`
    )
  const given = operation(state, ...args)
  const list = Array.isArray(given) ? given : [given]
  for (const each of list)
    if (!isRecord(each))
      throw new MisuseError(
        `Operation ${name} of the model gave ${printed(each)}. It has to give { state, value }, { state, error }, wouldBlock, or an array of these.`
      )
  return list
}

export function isBlocking(possibility: object): possibility is WouldBlock {
  return possibility === wouldBlock
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
