import { Effect } from '../effect.ts'
import type { Startable } from '../operation.ts'
import { isGenerator } from './frame.ts'
import { MisuseError } from './errors.ts'
import { adopt, type Scope } from './scope.ts'
import { CLEANING, COUNTED, IN_FINALLY, POPPED, TEARDOWN } from './states.ts'
import { type Named, Task } from './task.ts'

/** S3: the child enters the queue; whoever spawns it goes on. */
export function spawnInto<T>(scope: Scope, startable: Startable<T>, flags: number, named: Named): Task<T> {
  if (scope.flags & (TEARDOWN | POPPED)) {
    throw new MisuseError(
      `Nothing can be spawned in ${scope.label || 'a scope'} any more: it is closed or being torn down. Spawn before its body returns.`
    )
  }
  const { tree } = scope.task
  const inFinally = scope.flags & CLEANING ? IN_FINALLY : 0
  const task = new Task(startable, flags | inFinally, tree, scope, named)
  adopt(scope, task)
  if (flags & COUNTED) scope.open++
  tree.observer?.started(task)
  tree.enqueue(task)
  return task
}

/** What a startable calls itself: a declared operation or a function has a name, a generator has none. */
export function nameOf(startable: Startable<unknown>): Named {
  if (isGenerator(startable)) return null
  return typeof startable === 'function' || startable instanceof Effect ? startable : null
}
