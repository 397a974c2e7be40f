import type { Effect } from './effect.ts'

/** Anything that can be `yield*`-ed: an effect, a task, a generator, a declared operation. */
export interface Operation<T> {
  [Symbol.iterator](): Iterator<Effect, T, any>
}

/** What can be started as a task or a block: `worker(1)`, `() => worker(1)` or `worker`. */
export type Startable<T> = Operation<T> | (() => Operation<T>)

/** How an operation ended, as a value. The one shape for this in the whole library. */
export type Outcome<T> =
  | { status: 'done'; value: T }
  | { status: 'failed'; error: unknown }
  | { status: 'cancelled'; reason: unknown }

/**
 * The value type of an operation, or of what a function makes.
 *
 * From a union of operations TypeScript infers one `T` alone. So functions that take an operation have a second signature, which infers the
 * operation itself and gives the union of the values.
 */
export type ValueOf<O> = O extends Operation<infer T> | ((...args: never) => Operation<infer T>) ? T : never
