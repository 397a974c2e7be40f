/**
 * Waiting for one's own end (T8): a task inside of what it cancels, or one that joins the child whose failure has failed a scope
 * around both. It is left to the cancellation that comes to it, in the order of T4; but who can't be reached is not to wait for it.
 */
import type { Scope } from './scope.ts'
import { CLEANING, IN_FINALLY, MARKED, REQUESTED, SHIELD, STRANDED, TASK, TEARDOWN } from './states.ts'
import { Task, type Watcher } from './task.ts'
import { request } from './unwind.ts'

/**
 * Whether a cancellation comes to a task where it stands: that of `from`, which is a scope around it, or any that was requested. It comes to
 * what a scope owns when the scope is torn down, but not through a shield, nor into a `finally` that runs.
 */
export function comesTo(task: Task, from: Scope | null): boolean {
  let owned = false
  for (let scope: Scope | null = task.scope; scope !== null; scope = scope.outer) {
    const { flags } = scope
    const inFinally = !owned && (flags & (CLEANING | TEARDOWN)) === CLEANING
    if (flags & SHIELD || inFinally) return false
    if (from === null ? flags & MARKED : scope === from) return true
    owned = (flags & (TASK | IN_FINALLY)) === TASK
  }
  return false
}

/** Whether `task` is `other` or below it. Ancestors have smaller ids, which ends most of these walks at once. */
export function isWithin(task: Task, other: Task): boolean {
  for (
    let inner: Task | undefined = task;
    inner !== undefined && inner.id >= other.id;
    inner = inner.outer?.task
  )
    if (inner === other) return true
  return false
}

/** From now on the task waits for its own end, and so does whoever waits for it. */
export function strand(task: Task): void {
  const stranded = [task]
  // The list grows while it is walked: tasks may wait for each other in a long row (S7).
  for (const inner of stranded) {
    inner.flags |= STRANDED
    for (const watcher of inner.allWatchers) if (!dependsOn(watcher, inner)) stranded.push(watcher as Task)
  }
}

/** Somebody has come to wait for a task that waits for its own end. */
export function waitForStranded(watcher: Watcher, task: Task): void {
  // What it was inside of may have ended with a value, and have passed it on (R4): it goes on then.
  if (cancelledAbove(task) === null) task.flags &= ~STRANDED
  else if (!dependsOn(watcher, task)) strand(watcher as Task)
}

/** Whether somebody waits for the task who is not going to be cancelled: then the task is, out of turn. */
function dependsOn(watcher: Watcher, task: Task): boolean {
  if (watcher instanceof Task && comesTo(watcher, null)) return false
  request(task, cancelledAbove(task)?.reason)
  return true
}

/** The scope whose cancellation comes to the task. */
function cancelledAbove(task: Task): Scope | null {
  let scope: Scope | null = task
  while (scope !== null && !(scope.flags & REQUESTED)) scope = scope.outer
  return scope
}
