import { Branches, BranchingEffect, outcomeOf } from '../kernel/branches.ts'
import { MisuseError } from '../kernel/errors.ts'
import { checkOptions, checkSeveral, isFrom, misfit } from '../kernel/misuse.ts'
import { NEXT, THROW } from '../kernel/states.ts'
import type { Task } from '../kernel/task.ts'
import type { Settled } from '../kernel/wait.ts'
import type { Operation, Outcome, Startable, ValueOf } from '../operation.ts'

/** How `all`, `allSettled` and `map` run what they are given. */
export interface ConcurrencyOptions {
  /** How many run at once, from 1 on. Default: all. */
  concurrency?: number | undefined
}

type Operations = readonly Startable<unknown>[] | Readonly<Record<string, Startable<unknown>>>

/**
 * Runs operations side by side and gives all their values, in the shape they came in: array, tuple or record. If one fails, the others
 * are cancelled, and it throws when they have closed. What they acquired belongs to the caller.
 *
 * **Cancelled:** all of them unwind.
 * **Throws:** the first error, with those of the others' cleanup in a `ScopeError`.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const [a, b] = yield* all([() => later(1), () => later('x')])
 *   console.assert(a === 1 && b === 'x')
 *   const both = yield* all({ a: () => later(1), b: () => later(2) }, { concurrency: 1 })
 *   console.assert(both.a + both.b === 3)
 * })
 * function* later<T>(value: T) {
 *   yield* sleep(1)
 *   return value
 * }
 * ```
 */
export function all<const B extends Operations>(
  operations: B,
  options?: ConcurrencyOptions
): Operation<{ -readonly [K in keyof B]: ValueOf<B[K]> }> {
  return new Several(AllOf, 'all', operations, options) as Operation<never>
}

/**
 * Runs operations side by side and gives the `Outcome` of each, in the shape they came in. None fails the others.
 *
 * **Cancelled:** all of them unwind.
 * **Throws:** `MisuseError` for what is no operation. What an operation throws is its outcome.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const [outcome] = yield* allSettled([sleep(1)])
 *   console.assert(outcome.status === 'done')
 * })
 * ```
 */
export function allSettled<const B extends Operations>(
  operations: B,
  options?: ConcurrencyOptions
): Operation<{ -readonly [K in keyof B]: Outcome<ValueOf<B[K]>> }> {
  return new Several(AllSettledOf, 'allSettled', operations, options) as Operation<never>
}

/**
 * Runs `fn` on every item, at most `concurrency` of them at once, and gives the values in the order of the items. The rest is as with `all`.
 *
 * **Cancelled:** all that run unwind; no further one starts.
 * **Throws:** the first error.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const doubled = yield* map([1, 2, 3], double, { concurrency: 2 })
 *   console.assert(doubled.join() === '2,4,6')
 * })
 * function* double(n: number) {
 *   yield* sleep(1)
 *   return 2 * n
 * }
 * ```
 */
export function map<I, T>(
  items: Iterable<I>,
  fn: (item: I, index: number) => Operation<T>,
  options?: ConcurrencyOptions
): Operation<T[]>
export function map<I, O extends Operation<unknown>>(
  items: Iterable<I>,
  fn: (item: I, index: number) => O,
  options?: ConcurrencyOptions
): Operation<ValueOf<O>[]>
export function map(
  items: Iterable<unknown>,
  fn: (item: any, index: number) => Operation<unknown>,
  options?: ConcurrencyOptions
): Operation<unknown[]> {
  if (typeof fn !== 'function' || typeof items?.[Symbol.iterator] !== 'function')
    throw new MisuseError('map takes the items and a function* that is run on each.')
  return new Several(
    AllOf,
    'map',
    [...items],
    options,
    fn as (item: unknown, index: number) => Operation<unknown>
  ) as Operation<never>
}

/**
 * Runs operations side by side and settles as the first of them does; the others are cancelled, and their cleanup has
 * ended, before it returns. A task among them is joined, not owned.
 *
 * **Cancelled:** all that it owns unwind.
 * **Throws:** the error of the first to settle, if that failed; `MisuseError` if there is none.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const value = yield* race([slow('tortoise', 20), slow('hare', 1)])
 *   console.assert(value === 'hare')
 * })
 * function* slow(name: string, ms: number) {
 *   yield* sleep(ms)
 *   return name
 * }
 * ```
 */
export function race<const B extends readonly Startable<unknown>[]>(
  operations: B
): Operation<ValueOf<B[number]>> {
  return new Several(RaceOf, 'race', notEmpty('race', operations), undefined) as Operation<never>
}

/**
 * Runs operations side by side and gives the value of the first that succeeds; the others are cancelled, and their cleanup has
 * ended, before it returns.
 *
 * **Cancelled:** all that it owns unwind.
 * **Throws:** an `AggregateError` of all errors, in the order of the operations, if none succeeds; `MisuseError` if there is none.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const value = yield* any([
 *     function* () {
 *       throw new Error('refused')
 *     },
 *     function* () {
 *       yield* sleep(1)
 *       return 'connected'
 *     },
 *   ])
 *   console.assert(value === 'connected')
 * })
 * ```
 */
export function any<const B extends readonly Startable<unknown>[]>(
  operations: B
): Operation<ValueOf<B[number]>> {
  return new Several(AnyOf, 'any', notEmpty('any', operations), undefined) as Operation<never>
}

function notEmpty<B extends readonly unknown[]>(name: string, operations: B): B {
  checkSeveral(operations, name)
  if (operations.length > 0) return operations
  throw new MisuseError(
    `${name} has no operations, so it would wait for ever. Give it one, or write yield* suspend().`
  )
}

type Fn = (item: unknown, index: number) => Operation<unknown>
type Kind = new (task: Task, effect: Several) => Branches

class Several extends BranchingEffect {
  readonly name: string
  readonly operations: Operations | readonly unknown[]
  readonly concurrency: number
  readonly fn: Fn | undefined
  readonly #kind: Kind

  constructor(
    kind: Kind,
    name: string,
    operations: Operations | readonly unknown[],
    options?: ConcurrencyOptions,
    fn?: Fn
  ) {
    super()
    if (fn === undefined) checkSeveral(operations, name)
    const { concurrency = Infinity } = checkOptions(options, name)
    if (!isFrom(1, concurrency)) throw misfit(`${name}: concurrency is a number from 1 on`, concurrency)
    this.#kind = kind
    this.name = name
    // A copy: what was handed over may change before all of it has started.
    this.operations = Array.isArray(operations) ? [...operations] : { ...operations }
    this.concurrency = concurrency
    this.fn = fn
  }

  override toString(): string {
    return `${this.name}(${Object.keys(this.operations).length} operations)`
  }

  group(task: Task): Branches {
    return new this.#kind(task, this)
  }
}

/** What the four have in common: an operation for each key. */
abstract class Group extends Branches {
  readonly #list: readonly unknown[]
  readonly #effect: Several

  constructor(task: Task, effect: Several) {
    super(task, effect, effect.concurrency)
    this.#effect = effect
    this.#list = Object.values(effect.operations)
  }

  protected get count(): number {
    return this.#list.length
  }

  protected operationAt(index: number): Startable<unknown> {
    const { fn } = this.#effect
    const item = this.#list[index]
    return fn === undefined ? (item as Startable<unknown>) : new Mapped(fn, item, index).start
  }

  /** The results in the shape in which the operations came. */
  protected shaped(results: unknown[]): unknown {
    const { operations } = this.#effect
    if (Array.isArray(operations)) return results
    return Object.fromEntries(Object.keys(operations).map((key, index) => [key, results[index]]))
  }
}

/** The call of `fn` on one item, made when its turn has come. */
class Mapped {
  readonly start: () => Operation<unknown>

  constructor(fn: Fn, item: unknown, index: number) {
    this.start = () => fn(item, index)
  }
}

class AllOf extends Group {
  protected readonly results = new Array(this.count)

  override get waitsForAll(): boolean {
    return true
  }

  protected ended(index: number, signal: Settled, payload: unknown): void {
    if (signal === THROW) this.decide(THROW, payload)
    else this.results[index] = payload
  }

  protected allEnded(): void {
    this.decide(NEXT, this.shaped(this.results))
  }
}

class AllSettledOf extends AllOf {
  protected override ended(index: number, signal: Settled, payload: unknown): void {
    this.results[index] = outcomeOf(signal, payload)
  }
}

class RaceOf extends Group {
  protected ended(_index: number, signal: Settled, payload: unknown): void {
    this.decide(signal, payload)
  }

  protected allEnded(): void {}
}

class AnyOf extends Group {
  readonly #errors: unknown[] = []

  protected ended(index: number, signal: Settled, payload: unknown): void {
    if (signal === NEXT) this.decide(NEXT, payload)
    else this.#errors[index] = payload
  }

  protected allEnded(): void {
    this.decide(THROW, new AggregateError(this.#errors, 'No operation succeeded'))
  }
}
