import { type Box, machine } from '../effect.ts'
import { rejectNested } from '../kernel/nested.ts'
import { MisuseError } from '../kernel/errors.ts'
import { checkStartable, isResultOperation, isThenable } from '../kernel/misuse.ts'
import { OutsideEffect, type OutsideWait } from '../kernel/outside.ts'
import { InnerScope } from '../kernel/scope.ts'
import { REGION } from '../kernel/states.ts'
import { pushScope } from '../kernel/step.ts'
import type { Task } from '../kernel/task.ts'
import type { ContextValues } from '../kernel/tree.ts'
import { atDelivery } from '../kernel/wait.ts'
import type { Operation, Startable, ValueOf } from '../operation.ts'
import { awaitInto } from './call.ts'
import { extended } from './context.ts'
import { asOperation } from './ensure.ts'
import { RegionEffect } from './region.ts'

/** A user-defined effect: call it, and `yield*` what it gives. */
export interface EffectDefinition<A extends unknown[], T> {
  (...args: A): Operation<T>
  /** What it is called in trees and timelines, and what an answer in a test matches. */
  readonly name: string
}

/** What answers an effect for everything below a `provide`: a function, an asynchronous function, or a generator function. */
export type Handler<A extends unknown[], T> = (...args: A) => Operation<T> | PromiseLike<T> | T

/**
 * Defines an effect of your own: `live` is what happens outside, unless a handler above (`provide`) or a test answers.
 *
 * **Cancelled:** as `call`: what `live` still does after that is ignored.
 * **Throws:** what `live` or the handler throws.
 *
 * @param name for traces and for tests to match
 * @param live a plain or asynchronous function
 *
 * @example
 * ```ts
 * const roll = defineEffect('roll', (sides: number) => 1 + Math.floor(Math.random() * sides))
 * await run(function* () {
 *   const live = yield* roll(6)
 *   const loaded = yield* provide([[roll, () => 6]], () => roll(6))
 *   console.assert(live <= 6 && loaded === 6)
 * })
 * ```
 */
export function defineEffect<A extends unknown[], T>(
  name: string,
  live: (...args: A) => T
): EffectDefinition<A, Awaited<T>> {
  if (typeof name !== 'string' || typeof live !== 'function') {
    throw new MisuseError(
      'defineEffect takes a name and a function: defineEffect("fetchUser", async id => …).'
    )
  }
  const definition = (...args: A) => new UserEffect<Awaited<T>>(name, args, definition, live as Live)
  definitions.add(definition)
  return Object.defineProperty(definition, 'name', { value: name })
}

/**
 * Runs an operation for which the given handlers answer effects, at any depth. A handler runs outside of this `provide`: when it
 * performs the same effect, the handler above answers, or the live one.
 *
 * **Cancelled:** the operation unwinds.
 * **Throws:** what the operation throws.
 *
 * @example
 * ```ts
 * const ask = defineEffect('ask', (question: string) => `${question}?`)
 * await run(function* () {
 *   const answer = yield* provide([[ask, loudly]], () => ask('why'))
 *   console.assert(answer === 'WHY?')
 * })
 * function* loudly(question: string) {
 *   return (yield* ask(question)).toUpperCase()
 * }
 * ```
 */
export function provide<A extends unknown[], R, T>(
  handlers: readonly [Pair<A, R>],
  operation: Startable<T>
): Operation<T>
export function provide<A extends unknown[], R, A2 extends unknown[], R2, T>(
  handlers: readonly [Pair<A, R>, Pair<A2, R2>],
  operation: Startable<T>
): Operation<T>
export function provide<A extends unknown[], R, A2 extends unknown[], R2, A3 extends unknown[], R3, T>(
  handlers: readonly [Pair<A, R>, Pair<A2, R2>, Pair<A3, R3>],
  operation: Startable<T>
): Operation<T>
export function provide<D extends readonly EffectDefinition<any, any>[], T>(
  handlers: readonly [...{ [K in keyof D]: readonly [effect: D[K], handler: HandlerOf<D[K]>] }],
  operation: Startable<T>
): Operation<T>
export function provide<D extends readonly EffectDefinition<any, any>[], O extends Startable<unknown>>(
  handlers: readonly [...{ [K in keyof D]: readonly [effect: D[K], handler: HandlerOf<D[K]>] }],
  operation: O
): Operation<ValueOf<O>>
export function provide<T>(handlers: readonly Provided[], operation: Startable<T>): Operation<T> {
  if (!Array.isArray(handlers) || !handlers.every(isPair)) {
    throw new MisuseError(
      'provide takes pairs of an effect and its handler: provide([[effect, (…args) => …]], operation).'
    )
  }
  return new Provide<T>(handlers, operation)
}

function isPair(pair: unknown): boolean {
  return Array.isArray(pair) && pair.length === 2 && definitions.has(pair[0]) && typeof pair[1] === 'function'
}

/** What `defineEffect` gave, to tell it from other functions. */
const definitions = new WeakSet<object>()

// The overloads infer the parameters of handlers that are written in place; the general one only checks them.
type Pair<A extends unknown[], R> = readonly [effect: EffectDefinition<A, R>, handler: Handler<A, NoInfer<R>>]
type Provided = readonly [EffectDefinition<any, any>, Live]
type HandlerOf<D> = D extends EffectDefinition<infer A, infer T> ? Handler<A, T> : never
type Live = (...args: unknown[]) => unknown

/** A handler, and the context outside of the `provide` that set it. */
interface Bound {
  readonly handler: Live
  readonly context: ContextValues
}

class UserEffect<T> extends OutsideEffect<T> {
  readonly name: string
  readonly args: readonly unknown[]
  readonly #definition: object
  readonly #live: Live

  constructor(name: string, args: readonly unknown[], definition: object, live: Live) {
    super()
    this.name = name
    this.args = args
    this.#definition = definition
    this.#live = live
  }

  override perform(task: Task): Box | this {
    const bound = this.#handlerFor(task)
    if (bound === undefined || atDelivery(task)) return super.perform(task)
    if (machine.watch !== null) rejectNested(this)
    const body = () => asOperation(bound.handler(...this.args))
    pushScope(task, new InnerScope(body, task, REGION, bound.context))
    return this
  }

  override isSingleWait(task: Task): boolean {
    return this.#handlerFor(task) === undefined
  }

  performLive(wait: OutsideWait): void {
    const live = this.#live
    const result = live(...this.args)
    if (isThenable(result)) awaitInto(wait, result)
    else if (isResultOperation(result)) {
      wait.fail(
        new MisuseError(
          `${this.name}: live is a plain or async function. For an operation, provide a handler.`
        )
      )
    } else wait.resume(result)
  }

  protected override get printed(): readonly unknown[] {
    return this.args
  }

  #handlerFor(task: Task): Bound | undefined {
    return task.scope.context?.get(this.#definition) as Bound | undefined
  }
}

class Provide<T> extends RegionEffect<T> {
  readonly handlers: readonly Provided[]

  constructor(handlers: readonly Provided[], operation: Startable<T>) {
    super(checkStartable(operation, 'provide'), 'provide')
    this.handlers = handlers
  }

  get name(): string {
    return 'provide'
  }

  protected override get printed(): readonly unknown[] {
    return [this.handlers, this.operation]
  }

  override region(task: Task, flags: number, context: ContextValues): InnerScope {
    const bound = this.handlers.map(([definition, handler]) => [definition, { handler, context }] as const)
    return super.region(task, flags, extended(context, bound))
  }
}
