import { answer } from '../effect.ts'
import { checkStartable } from '../kernel/misuse.ts'
import type { Scope } from '../kernel/scope.ts'
import { nameOf, spawnInto } from '../kernel/spawn.ts'
import type { Task as KernelTask } from '../kernel/task.ts'
import { ImmediateEffect } from '../kernel/wait.ts'
import type { Operation, Startable, ValueOf } from '../operation.ts'
import type { Task } from '../task.ts'

/**
 * Starts a background child of the root task, for what several tasks use and none of them owns. It sees the context of the place where it is
 * started. Whoever starts it sees to its end; what it throws fails the root.
 */
export function spawnAtRoot<T>(startable: Startable<T>): Operation<Task<T>>
export function spawnAtRoot<O extends Startable<unknown>>(startable: O): Operation<Task<ValueOf<O>>>
export function spawnAtRoot(startable: Startable<unknown>): Operation<Task<unknown>> {
  return new SpawnAtRoot(checkStartable(startable, 'spawnAtRoot'))
}

class SpawnAtRoot extends ImmediateEffect<KernelTask> {
  readonly startable: Startable<unknown>

  constructor(startable: Startable<unknown>) {
    super()
    this.startable = startable
  }

  get name(): string {
    return 'spawnAtRoot'
  }

  perform(task: KernelTask) {
    let root: Scope = task
    while (root.outer !== null) root = root.outer
    const child = spawnInto(root, this.startable, 0, nameOf(this.startable))
    child.context = task.scope.context
    return answer(child)
  }
}
