import { type Box, comeOut, isBegun, machine, notBegun } from '../effect.ts'
import { checkDuration, checkInstant } from '../kernel/misuse.ts'
import type { Task } from '../kernel/task.ts'
import { WaitingEffect, type Waiter } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'

/**
 * Waits for `ms` milliseconds by the interpreter's clock; never less. `Infinity` waits for ever.
 *
 * **Cancelled:** the timer is taken back at once.
 * **Throws:** `MisuseError` for a negative number or `NaN`.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   yield* sleep(10)
 * })
 * ```
 */
export function sleep(ms: number): Operation<void> {
  return new Sleep(checkDuration(ms, 'sleep'))
}

/**
 * Waits until an instant of the interpreter's clock, in milliseconds as `now()` gives them. An instant that has passed waits for the
 * timers that are due, and no longer.
 *
 * **Cancelled:** the timer is taken back at once.
 * **Throws:** `MisuseError` for `NaN`.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const start = yield* now()
 *   yield* sleepUntil(start + 10)
 * })
 * ```
 */
export function sleepUntil(instant: number): Operation<void> {
  return new SleepUntil(checkInstant(instant))
}

/** The task stands at the effect itself; its timer is the task. */
abstract class TimedEffect extends WaitingEffect<void> {
  protected abstract dueAt(task: Task): number

  begin(waiter: Waiter): void {
    const due = this.dueAt(waiter.task)
    waiter.wait = this
    if (due < Infinity) waiter.payload = waiter.task.tree.interpreter.setTimer(waiter, due)
  }

  withdraw(waiter: Waiter): void {
    // Without a ticket no timer was set.
    if (waiter.payload !== undefined) waiter.task.tree.interpreter.clearTimer()
    waiter.payload = undefined
  }
}

class Sleep extends TimedEffect {
  readonly ms: number

  constructor(ms: number) {
    super()
    this.ms = ms
  }

  get name(): string {
    return 'sleep'
  }

  // A copy, for speed: see Effect.
  override next(box?: Box): IteratorResult<this, void> {
    if (box !== undefined) return box
    if (!isBegun(arguments.length)) return notBegun(this, arguments.length)
    return comeOut(this, this.perform(machine.task!))
  }

  protected dueAt(task: Task): number {
    return task.tree.interpreter.now() + this.ms
  }
}

class SleepUntil extends TimedEffect {
  readonly instant: number

  constructor(instant: number) {
    super()
    this.instant = instant
  }

  get name(): string {
    return 'sleepUntil'
  }

  protected dueAt(): number {
    return this.instant
  }
}
