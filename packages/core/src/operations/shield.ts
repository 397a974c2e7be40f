import type { InnerScope } from '../kernel/scope.ts'
import { SHIELD } from '../kernel/states.ts'
import type { Task } from '../kernel/task.ts'
import type { ContextValues } from '../kernel/tree.ts'
import type { Operation, Startable, ValueOf } from '../operation.ts'
import { RegionEffect } from './region.ts'

/**
 * Runs an operation to its end, also when the task is cancelled meanwhile. Its value is seen first; the cancellation is
 * delivered at the next wait after it.
 *
 * **Cancelled:** afterwards.
 * **Throws:** what the operation throws.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const connection = yield* shield(open())
 *   try {
 *     yield* sleep(1)
 *   } finally {
 *     connection.close()
 *   }
 * })
 * function* open() {
 *   yield* sleep(1)
 *   return { close() {} }
 * }
 * ```
 */
export function shield<T>(operation: Startable<T>): Operation<T>
export function shield<O extends Startable<unknown>>(operation: O): Operation<ValueOf<O>>
export function shield(operation: Startable<unknown>): Operation<unknown> {
  return new Shield(operation, 'shield')
}

class Shield<T> extends RegionEffect<T> {
  get name(): string {
    return 'shield'
  }

  override region(task: Task, flags: number, context: ContextValues): InnerScope {
    return super.region(task, flags | SHIELD, context)
  }
}
