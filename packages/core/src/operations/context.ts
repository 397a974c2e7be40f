import { checkNamed } from '../kernel/misuse.ts'
import { type Box, answer } from '../effect.ts'
import { MisuseError } from '../kernel/errors.ts'
import type { InnerScope } from '../kernel/scope.ts'
import type { Task } from '../kernel/task.ts'
import type { ContextValues } from '../kernel/tree.ts'
import { ImmediateEffect } from '../kernel/wait.ts'
import type { Operation, Startable, ValueOf } from '../operation.ts'
import { RegionEffect } from './region.ts'

/** A value that everything below the operation that set it can see. */
export interface Context<T, Got = T | undefined> {
  /** What it is called in messages. */
  readonly name: string
  /** The value that holds here: the default, or `undefined`, if none was set. Never a point of cancellation. */
  get(): Operation<Got>
  /** The value that holds here. **Throws:** `MisuseError` if none was set and there is no default. */
  expect(): Operation<T>
  /** Runs an operation that sees `value`. What the operation acquires belongs to the caller. */
  with<R>(value: T, operation: Startable<R>): Operation<R>
  with<O extends Startable<unknown>>(value: T, operation: O): Operation<ValueOf<O>>
  /** Sets the value for the rest of the current scope, and for what is started in it from now on. */
  set(value: T): Operation<void>
}

/**
 * Makes a context: a value that is handed down the tree without being passed along. Reading it costs the same at any depth.
 *
 * **Cancelled:** reading and setting are no points of cancellation.
 * **Throws:** `MisuseError` for a name that is no text.
 *
 * @example
 * ```ts
 * const user = createContext<string>('user')
 * await run(() => user.with('ada', greet))
 * function* greet() {
 *   console.assert((yield* user.expect()) === 'ada')
 * }
 * ```
 */
export function createContext<T>(name: string, defaultValue: T): Context<T, T>
export function createContext<T>(name: string): Context<T>
export function createContext<T>(name: string, defaultValue?: T): Context<T> {
  checkNamed({ name }, 'createContext')
  const context: Context<T> = {
    name,
    get: () => new Get<T | undefined>(context, defaultValue, false),
    expect: () => new Get<T>(context, defaultValue, true) as Operation<T>,
    with: (value: T, operation: Startable<any>) => new With(context, value, operation),
    set: (value) => new Set_(context, value),
  }
  return context
}

class Get<T> extends ImmediateEffect<T> {
  readonly context: Context<unknown>
  readonly expected: boolean
  readonly #default: unknown

  constructor(context: Context<any>, defaultValue: unknown, expected: boolean) {
    super()
    this.context = context
    this.#default = defaultValue
    this.expected = expected
  }

  get name(): string {
    return `${this.context.name}.${this.expected ? 'expect' : 'get'}`
  }

  perform(task: Task): Box | this {
    const values = task.scope.context
    const found = values === null ? undefined : values.get(this.context)
    if (found !== undefined || values?.has(this.context)) return answer(found)
    if (this.expected && this.#default === undefined) {
      const { name } = this.context
      throw new MisuseError(
        `The context ${name} has no value here. Set one above with ${name}.with(value, …).`
      )
    }
    return answer(this.#default)
  }

  protected override get printed(): readonly unknown[] {
    return []
  }
}

class Set_ extends ImmediateEffect<void> {
  readonly context: Context<unknown>
  readonly to: unknown

  constructor(context: Context<any>, value: unknown) {
    super()
    this.context = context
    this.to = value
  }

  get name(): string {
    return `${this.context.name}.set`
  }

  protected override get printed(): readonly unknown[] {
    return [this.to]
  }

  perform(task: Task) {
    task.scope.context = extended(task.scope.context, [[this.context, this.to]])
    return answer(undefined)
  }
}

class With<R> extends RegionEffect<R> {
  readonly context: Context<unknown>
  readonly to: unknown

  constructor(context: Context<any>, value: unknown, operation: Startable<R>) {
    super(operation, `${context.name}.with`)
    this.context = context
    this.to = value
  }

  get name(): string {
    return `${this.context.name}.with`
  }

  protected override get printed(): readonly unknown[] {
    return [this.to, this.operation]
  }

  override region(task: Task, flags: number, context: ContextValues): InnerScope {
    return super.region(task, flags, extended(context, [[this.context, this.to]]))
  }
}

/** X2: a scope has all values in one map, so that reading never walks; setting copies, which is rare. */
export function extended(
  values: ContextValues,
  entries: Iterable<readonly [object, unknown]>
): ContextValues {
  return new Map([...(values ?? []), ...entries])
}
