import { outcomeOf } from '../kernel/branches.ts'
import type { InnerScope } from '../kernel/scope.ts'
import { EXITS, NEXT, THROW } from '../kernel/states.ts'
import type { Task } from '../kernel/task.ts'
import type { ContextValues } from '../kernel/tree.ts'
import type { Operation, Outcome, Startable, ValueOf } from '../operation.ts'
import { RegionEffect } from './region.ts'

/**
 * Turns success, failure and cancellation of an operation into a value, so that it can fail without failing its scope. To look at
 * a child's failure from inside, attempt in the child: `spawn(() => attempt(work()))`.
 *
 * `cancelled` is the outcome of a task or scope that was itself cancelled; a `CancelledError` that came through the
 * operation's own code is a failure like any other.
 *
 * **Cancelled:** unwinds; it does not turn the caller's own cancellation into a value.
 * **Throws:** `MisuseError` for what is no operation. What the operation throws is its outcome.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const outcome = yield* attempt(function* () {
 *     throw new Error('no luck')
 *   })
 *   console.assert(outcome.status === 'failed')
 * })
 * ```
 */
export function attempt<T>(operation: Startable<T>): Operation<Outcome<T>>
export function attempt<O extends Startable<unknown>>(operation: O): Operation<Outcome<ValueOf<O>>>
export function attempt(operation: Startable<unknown>): Operation<Outcome<unknown>> {
  return new Attempt(operation, 'attempt')
}

class Attempt<T> extends RegionEffect<Outcome<T>> {
  get name(): string {
    return 'attempt'
  }

  override region(task: Task, flags: number, context: ContextValues): InnerScope {
    return super.region(task, flags | EXITS, context)
  }

  override exit({ failures, value }: InnerScope, task: Task): void {
    task.goOn(NEXT, failures === null ? outcomeOf(NEXT, value) : outcomeOf(THROW, failures.error()))
  }
}
