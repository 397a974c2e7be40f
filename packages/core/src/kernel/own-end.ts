/**
 * Waiting for one's own end (T8): a task inside of what it cancels, or one that joins the child whose failure has failed a scope
 * around both. It is left to the cancellation that comes to it, in the order of T4; but who can't be reached is not to wait for it.
 */
import type { Scope } from './scope.ts'
import { CLEANING, IN_FINALLY, REQUESTED, SHIELD, STRANDED, TASK, TEARDOWN } from './states.ts'
import type { Task, Watcher } from './task.ts'
import { request } from './unwind.ts'
import type { Waiter } from './wait.ts'

/**
 * Whether the cancellation of `from` comes to a task where it stands; null if the task is not inside of it. What a scope owns is reached when the
 * scope is torn down. It does not come through a shield, nor into a `finally` that runs.
 */
export function comesTo(task: Task, from: Scope | null): boolean | null {
  let comes = true
  let owned = false
  for (let scope: Scope | null = task.scope; scope !== null; scope = scope.outer) {
    const { flags } = scope
    const inFinally = !owned && (flags & (CLEANING | TEARDOWN)) === CLEANING
    if (inFinally || (flags & SHIELD && scope !== from)) comes = false
    if (scope === from) return comes
    owned = (flags & (TASK | IN_FINALLY)) === TASK
  }
  return null
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

/** From now on the task waits for its own end, and so does whoever waits for it inside of the same. */
export function strand(task: Task): void {
  const stranded = [task]
  // The list grows while it is walked: tasks may wait for each other in a long row (S7).
  for (const inner of stranded) {
    inner.flags |= STRANDED
    for (const watcher of inner.allWatchers) if (follows(watcher, inner)) stranded.push(watcher)
  }
}

/** Somebody has come to wait for a task that waits for its own end. */
export function waitForStranded(watcher: Watcher, task: Task): void {
  // What it was inside of may have ended with a value, and have passed it on (R4): nobody follows then, and it goes on.
  if (follows(watcher, task)) strand(watcher)
}

/**
 * Whether who waits for a stranded task is stranded with it. The task is cancelled at once, out of its turn, if what is to cancel it may have to wait
 * for them: they are inside of that, and it does not come to them, or they are no task of which one could tell.
 */
function follows(watcher: Watcher, task: Task): watcher is Task {
  const from = cancelledAbove(task)
  const waiter = (watcher as Partial<Waiter>).task
  const comes = waiter === undefined ? false : comesTo(waiter, from)
  if (comes === false) request(task, from?.reason)
  return comes === true && watcher === waiter
}

/** The scope whose cancellation comes to the task. */
function cancelledAbove(task: Task): Scope | null {
  let scope: Scope | null = task
  while (scope !== null && !(scope.flags & REQUESTED)) scope = scope.outer
  return scope
}
