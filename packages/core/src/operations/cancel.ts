import { type Box, answer } from '../effect.ts'
import { announce } from '../kernel/grace.ts'
import { checkDuration, checkOptions, misfit } from '../kernel/misuse.ts'
import { comesTo, strand } from '../kernel/own-end.ts'
import { NEXT, REQUESTED } from '../kernel/states.ts'
import { Task as KernelTask } from '../kernel/task.ts'
import { request } from '../kernel/unwind.ts'
import { WaitingEffect, type Waiter, atDelivery, claim } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'
import type { Task } from '../task.ts'

/** Why, and how gently, a task is cancelled. */
export interface CancelOptions {
  /** Why: found in `CancelledError.reason`, and by `cancelRequested()`. */
  reason?: unknown
  /** Milliseconds in which the task may finish by itself, after it has been told through `cancelRequested()`. Default 0. */
  grace?: number | undefined
}

/**
 * Cancels a task and waits until it has closed, with everything below it. Throws nothing: errors of the cleanup go to the
 * task's owner. Cancelling a task that has closed does nothing; the first reason stays.
 *
 * A task that cancels itself unwinds right here; one that cancels an ancestor unwinds with it. From inside a `finally` or
 * a `shield`, both only record the request.
 *
 * **Cancelled:** the request stands; only the waiting ends.
 * **Throws:** `MisuseError` for a negative grace.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const task = yield* spawn(suspend)
 *   yield* cancel(task, { reason: 'enough' })
 *   console.assert(task.status === 'cancelled')
 * })
 * ```
 */
export function cancel(task: Task, options?: CancelOptions): Operation<void> {
  if (!(task instanceof KernelTask)) throw misfit('cancel takes a task', task)
  const { reason, grace = 0 } = checkOptions(options, 'cancel')
  return new Cancel(task, reason, checkDuration(grace, 'cancel: grace'))
}

class Cancel extends WaitingEffect<void> {
  readonly task: KernelTask
  readonly reason: unknown
  readonly grace: number

  constructor(task: KernelTask, reason: unknown, grace: number) {
    super()
    this.task = task
    this.reason = reason
    this.grace = grace
  }

  get name(): string {
    return 'cancel'
  }

  override toString(): string {
    return `cancel(${this.task.name})`
  }

  override perform(task: KernelTask): Box | this {
    if (atDelivery(task)) return this
    if (this.isSingleWait(task)) return super.perform(task)
    // T8: it would wait for its own end, and nothing comes to it.
    this.#ask()
    return answer(undefined)
  }

  override isSingleWait(task: KernelTask): boolean {
    return comesTo(task, this.task) !== false
  }

  begin(waiter: Waiter): void {
    const { task } = this
    waiter.wait = this
    task.whenClosed(waiter)
    // Last, since it may be the waiter itself that is cancelled.
    this.#ask()
    const stands = waiter.wait === this && waiter === waiter.task
    if (stands && task.flags & REQUESTED && comesTo(waiter.task, task)) strand(waiter.task)
  }

  withdraw(waiter: Waiter): void {
    this.task.unwatch(waiter)
  }

  watchedClosed(waiter: Waiter): void {
    claim(waiter, this, NEXT, undefined)
  }

  #ask(): void {
    const { task, reason, grace } = this
    if (grace === 0) request(task, reason)
    else announce(task, reason, grace)
  }
}
