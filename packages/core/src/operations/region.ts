import { type Box, comeOut, isBegun, machine, notBegun } from '../effect.ts'
import { checkStartable } from '../kernel/misuse.ts'
import { InnerScope, type Kind } from '../kernel/scope.ts'
import { REGION } from '../kernel/states.ts'
import { pushScope } from '../kernel/step.ts'
import type { Task } from '../kernel/task.ts'
import type { ContextValues } from '../kernel/tree.ts'
import { FrameEffect } from '../kernel/wait.ts'
import type { Startable } from '../operation.ts'

/** An effect that runs an operation in a region: on success, what that acquired belongs to the caller (R4). */
export abstract class RegionEffect<T = unknown> extends FrameEffect<T> implements Kind {
  readonly operation: Startable<unknown>

  constructor(operation: Startable<unknown>, by: string) {
    super()
    this.operation = checkStartable(operation, by)
  }

  /** How the region ends, if not as usual. */
  exit?(scope: InnerScope, task: Task): void

  /** The region that it pushes. */
  region(task: Task, flags: number, context: ContextValues): InnerScope {
    return new InnerScope(this.operation, task, flags, context, this)
  }

  // A copy, for speed: see Effect.
  override next(box?: Box): IteratorResult<this, T> {
    if (box !== undefined) return box
    if (!isBegun(arguments.length)) return notBegun(this, arguments.length)
    return comeOut(this, this.perform(machine.task!))
  }

  push(task: Task): void {
    pushScope(task, this.region(task, REGION, task.scope.context))
  }
}
