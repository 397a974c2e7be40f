/** Graceful cancellation (C9): announced first, requested when the grace has passed. */
import { Alarm } from './alarm.ts'
import type { Scope } from './scope.ts'
import { CLOSED } from './states.ts'
import type { Task, Watcher } from './task.ts'
import type { Announcement } from './tree.ts'
import { request } from './unwind.ts'

/** Announces to a task and all below it that it will be cancelled in `graceMs`. */
export function announce(task: Task, reason: unknown, graceMs: number): void {
  if (task.signal === CLOSED) return
  const { tree } = task
  const deadline = tree.interpreter.now() + graceMs
  const announcements = (tree.announcements ??= new Map())
  const earlier = announcements.get(task)
  // Successive periods never add up: the earliest deadline holds, and the first reason.
  if (earlier !== undefined && earlier.deadline <= deadline) return
  const announcement = { reason: earlier === undefined ? reason : earlier.reason, deadline }
  announcements.set(task, announcement)
  task.whenClosed(new Grace(task, deadline))
  for (const tell of [...(tree.announced ?? [])]) tell(task, announcement)
}

/** The announcement above `scope` whose deadline comes first. */
export function announcementFor(scope: Scope): Announcement | undefined {
  const { announcements } = scope.task.tree
  if (announcements === null) return undefined
  let earliest: Announcement | undefined
  for (let outer: Scope | null = scope; outer !== null; outer = outer.outer) {
    const found = announcements.get(outer)
    if (found !== undefined && (earliest === undefined || found.deadline < earliest.deadline))
      earliest = found
  }
  return earliest
}

class Grace extends Alarm implements Watcher {
  readonly #task: Task

  constructor(task: Task, deadline: number) {
    super(task.tree.interpreter, deadline)
    this.#task = task
  }

  get isDeadline(): true {
    return true
  }

  protected ring(): void {
    const task = this.#task
    request(task, task.tree.announcements?.get(task)?.reason)
  }

  closed(task: Task): void {
    task.tree.announcements?.delete(task)
    this.callOff()
  }
}
