import { Task as KernelTask } from './kernel/task.ts'
import type { Operation, Outcome } from './operation.ts'

/** Where a task stands: it runs, runs its cleanup, or has ended in one of three ways. */
export type TaskStatus = 'running' | 'unwinding' | 'done' | 'failed' | 'cancelled'

/**
 * An operation running in the tree. `yield*` it inside the tree to join it, `await` it outside.
 *
 * **Cancelled:** a join that is cancelled leaves the task alone.
 * **Throws:** a join throws the task's error, `CancelledError` if the task was cancelled, and `JoinCycleError` when a task
 * joins itself or an ancestor.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const task: Task<string> = yield* spawn(function* () {
 *     yield* sleep(10)
 *     return 'rested'
 *   })
 *   console.assert((yield* task) === 'rested')
 * })
 * ```
 */
export interface Task<T = any> extends Operation<T>, PromiseLike<T>, AsyncDisposable {
  /** From `operation(name, …)`, from `{ name }`, else from the function's name. */
  readonly name: string
  /** Counts from 1 in each tree, in the order in which the tasks were spawned. */
  readonly id: number
  /** `running`, `unwinding` while its cleanup runs, then `done`, `failed` or `cancelled` for good. */
  readonly status: TaskStatus
  /** How it ended; undefined until it has closed. */
  readonly outcome: Outcome<T> | undefined
  /** Cancels it. Resolves once it has closed, and never rejects: errors of its cleanup go to its owner (C8). */
  cancel(reason?: unknown): Promise<void>
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null
  ): Promise<A | B>
}

/** For `instanceof`; tasks are made by `run` and `spawn`. */
export const Task: abstract new (...args: never) => Task = KernelTask
