import { checkStartable } from '../kernel/misuse.ts'
import { InnerScope, type Scope } from '../kernel/scope.ts'
import { REGION } from '../kernel/states.ts'
import { pushScope } from '../kernel/step.ts'
import type { Task } from '../kernel/task.ts'
import type { ContextValues } from '../kernel/tree.ts'
import { FrameEffect } from '../kernel/wait.ts'
import type { Startable } from '../operation.ts'

/** An effect that runs an operation in a region: on success, what that acquired belongs to the caller (R4). */
export abstract class RegionEffect<T = unknown> extends FrameEffect<T> {
  readonly operation: Startable<unknown>

  constructor(operation: Startable<unknown>, by: string) {
    super()
    this.operation = checkStartable(operation, by)
  }

  /** The region that it pushes: a scope of its own kind, by default one that changes nothing. */
  region(task: Task, flags: number, context: ContextValues): Scope {
    return new InnerScope(this.operation, task, flags, context)
  }

  push(task: Task): void {
    pushScope(task, this.region(task, REGION, task.scope.context))
  }
}
