import { announcementFor } from '../kernel/grace.ts'
import { isWithin } from '../kernel/own-end.ts'
import type { Task } from '../kernel/task.ts'
import type { Announcement } from '../kernel/tree.ts'
import { Wait, WaitingEffect, type Waiter } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'

/** What `cancelRequested()` gives: the reason, and the instant at which the task is cancelled if it is still there. */
export interface CancelRequest {
  /** What was given to `cancel`, if anything. */
  reason: unknown
  /** When the grace has passed and the task is cancelled: an instant in milliseconds, as `now()` gives it. */
  deadline: number
}

/**
 * Waits until a graceful cancellation (`cancel(task, { grace })`) of this task or of one above it was announced. Whoever
 * waits for it in a `select` can finish by itself while the grace lasts.
 *
 * **Cancelled:** stops waiting.
 * **Throws:** nothing.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const worker = yield* spawn(function* () {
 *     const { reason } = yield* cancelRequested()
 *     return `finished because of ${reason}`
 *   })
 *   yield* pause()
 *   yield* cancel(worker, { reason: 'shutdown', grace: 1000 })
 *   console.assert((yield* worker) === 'finished because of shutdown')
 * })
 * ```
 */
export function cancelRequested(): Operation<CancelRequest> {
  return new CancelRequested()
}

class CancelRequested extends WaitingEffect<CancelRequest> {
  get name(): string {
    return 'cancelRequested'
  }

  begin(waiter: Waiter): void {
    const earlier = announcementFor(waiter.task.scope)
    const wait = new AnnouncementWait(waiter, this)
    waiter.wait = wait
    if (earlier !== undefined) wait.resume(earlier)
    else (waiter.task.tree.announced ??= new Set()).add(wait.tell)
  }

  // Its waits withdraw themselves.
  withdraw(): void {}
}

class AnnouncementWait extends Wait {
  withdraw(): void {
    this.task.tree.announced?.delete(this.tell)
  }

  readonly tell = (task: Task, announcement: Announcement): void => {
    if (!isWithin(this.task, task)) return
    this.withdraw()
    this.resume(announcement)
  }
}
