import { Branches, BranchingEffect } from '../kernel/branches.ts'
import { MisuseError } from '../kernel/errors.ts'
import { checkSeveral } from '../kernel/misuse.ts'
import { NEXT } from '../kernel/states.ts'
import type { Task } from '../kernel/task.ts'
import type { Settled } from '../kernel/wait.ts'
import type { Operation, Startable, ValueOf } from '../operation.ts'

/** The branch that settled first, and what it gave. */
export type Selected<B> = B extends readonly unknown[]
  ? | { [K in keyof B & `${number}`]: { key: ToNumber<K>; value: ValueOf<B[K]> } }[keyof B & `${number}`]
    | OfArray<B>
  : { [K in keyof B]: { key: K; value: ValueOf<B[K]> } }[keyof B]

type ToNumber<K> = K extends `${infer N extends number}` ? N : never
/** An array that is no tuple. */
type OfArray<B extends readonly unknown[]> = number extends B['length']
  ? { key: number; value: ValueOf<B[number]> }
  : never

/**
 * Waits for the first of several operations to settle, and gives its key and value. A branch that is a task is joined, and goes on if it
 * loses; any other branch is owned: losers are cancelled, and their cleanup has ended, before `select` returns. Branches start
 * in the order written; if several can settle at once, the first written wins, and branches after it never start.
 *
 * What the winner acquired belongs to the caller.
 *
 * **Cancelled:** all branches that it owns unwind; no item, permit or wake is lost.
 * **Throws:** the error of the branch that settled first; `MisuseError` if there is no branch.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const slow = yield* spawn(function* () {
 *     yield* sleep(1000)
 *     return 'done'
 *   }, { background: true })
 *   const first = yield* select({ slow, late: sleep(10) })
 *   if (first.key === 'slow') console.log(first.value.toUpperCase())
 *   else console.assert(first.value === undefined)
 * })
 * ```
 */
export function select<
  const B extends Readonly<Record<string, Startable<unknown>>> | readonly Startable<unknown>[],
>(branches: B): Operation<Selected<B>> {
  checkSeveral(branches, 'select')
  if (Object.keys(branches).length === 0) {
    throw new MisuseError(
      'select has no branches, so it would wait for ever. Give it one, or write yield* suspend().'
    )
  }
  return new Select<Selected<B>>(branches)
}

class Select<T> extends BranchingEffect<T> {
  readonly branches: Readonly<Record<string, Startable<unknown>>> | readonly Startable<unknown>[]

  constructor(branches: Readonly<Record<string, Startable<unknown>>> | readonly Startable<unknown>[]) {
    super()
    this.branches = branches
  }

  get name(): string {
    return 'select'
  }

  override toString(): string {
    return `select(${Object.keys(this.branches).join(', ')})`
  }

  group(task: Task): Branches {
    return new FirstOf(task, this)
  }
}

class FirstOf extends Branches {
  readonly #keys: readonly (string | number)[]
  readonly #operations: readonly Startable<unknown>[]

  protected override get inTurn(): boolean {
    return true
  }

  constructor(task: Task, effect: Select<unknown>) {
    super(task, effect, Infinity)
    const { branches } = effect
    this.#keys = Array.isArray(branches) ? [...branches.keys()] : Object.keys(branches)
    this.#operations = Object.values(branches)
  }

  protected get count(): number {
    return this.#keys.length
  }

  protected operationAt(index: number): Startable<unknown> {
    return this.#operations[index]!
  }

  protected ended(index: number, signal: Settled, payload: unknown): void {
    this.decide(signal, signal === NEXT ? { key: this.#keys[index], value: payload } : payload)
  }

  protected allEnded(): void {}
}
