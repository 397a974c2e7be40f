/** Joining a task: waiting for its end without owning it (T6). */
import { JoinCycleError } from './errors.ts'
import type { Scope } from './scope.ts'
import { ACQUIRING, BRANCH, CLEANING, CLOSED, ENDED, NEXT, SHIELD, STRANDED, THROW } from './states.ts'
import type { Task } from './task.ts'
import { request } from './unwind.ts'
import { WaitingEffect, type Waiter, claim } from './wait.ts'

export class Join<T = any> extends WaitingEffect<T> {
  readonly task: Task

  constructor(task: Task) {
    super()
    this.task = task
  }

  get name(): string {
    return 'join'
  }

  override toString(): string {
    return `join(${this.task.name})`
  }

  begin(waiter: Waiter): void {
    const { task } = this
    waiter.wait = this
    if (task.signal === CLOSED) return this.watchedClosed(waiter, task)
    rejectCycle(waiter.task, task)
    task.whenClosed(waiter)
    if (task.flags & STRANDED) request(task, undefined)
  }

  withdraw(waiter: Waiter): void {
    this.task.unwatch(waiter)
  }

  watchedClosed(waiter: Waiter, joined: Task): void {
    if (joined.flags & ENDED && joined.failures === null) {
      claim(waiter, this, NEXT, joined.value)
      return
    }
    // E1: a failure is caught around the scope that it fails. Who joins from inside that scope is left to its teardown, in
    // the order of T4, unless that could not reach it and it would wait for ever.
    const { task } = waiter
    if (waiter !== task || !isLeftToTeardown(task, joined))
      claim(waiter, this, THROW, joined.failureForJoiner)
    else {
      task.flags |= STRANDED
      // Nor is anybody left waiting for it meanwhile.
      if (task.watchers !== null) request(task, joined.failureForJoiner)
    }
  }
}

function isLeftToTeardown(joiner: Task, { failures, flags, outer }: Task): boolean {
  if (failures === null || outer === null || flags & (BRANCH | ACQUIRING) || outer.task === joiner)
    return false
  for (let scope: Scope | null = joiner.scope; scope !== outer; scope = scope.outer) {
    if (scope === null || scope.flags & (SHIELD | CLEANING)) return false
  }
  return true
}

/** Whether `task` runs in `scope`, at any depth, or is its body. */
export function isWithin(task: Task, scope: Scope): boolean {
  for (let inner: Scope | null = task.scope; inner !== null; inner = inner.outer)
    if (inner === scope) return true
  return false
}

/** T6. A task's ancestors have smaller ids, which ends most of these walks at once. */
function rejectCycle(joiner: Task, joined: Task): void {
  for (
    let task: Task | undefined = joiner;
    task !== undefined && task.id >= joined.id;
    task = task.outer?.task
  ) {
    if (task === joined) throw new JoinCycleError(joiner.label, joined.label)
  }
}
