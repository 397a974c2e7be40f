/** Joining a task: waiting for its end without owning it (T6). */
import { type Box, comeOut, isBegun, machine, notBegun } from '../effect.ts'
import { JoinCycleError } from './errors.ts'
import { comesTo, isWithin, strand, waitForStranded } from './own-end.ts'
import { ACQUIRING, BRANCH, CLOSED, ENDED, NEXT, STRANDED, THROW } from './states.ts'
import type { Task } from './task.ts'
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

  // A copy, for speed: see Effect.
  override next(box?: Box): IteratorResult<this, T> {
    if (box !== undefined) return box
    if (!isBegun(arguments.length)) return notBegun(this, arguments.length)
    return comeOut(this, this.perform(machine.task!))
  }

  begin(waiter: Waiter): void {
    const { task } = this
    waiter.wait = this
    if (task.signal === CLOSED) return this.watchedClosed(waiter, task)
    if (isWithin(waiter.task, task)) throw new JoinCycleError(waiter.task.label, task.label)
    task.whenClosed(waiter)
    if (task.flags & STRANDED) waitForStranded(waiter, task)
  }

  withdraw(waiter: Waiter): void {
    this.task.unwatch(waiter)
  }

  couldBeEndedBy(): Iterable<Task> {
    return [this.task]
  }

  watchedClosed(waiter: Waiter, joined: Task): void {
    if (joined.flags & ENDED && joined.failures === null) {
      claim(waiter, this, NEXT, joined.value)
      return
    }
    // E1: a failure is caught around the scope that it fails. Who joins from inside that scope waits for its own end.
    const { task } = waiter
    if (waiter === task && failsItsScope(joined) && comesTo(task, joined.outer)) strand(task)
    else claim(waiter, this, THROW, joined.failureForJoiner)
  }
}

function failsItsScope({ failures, flags, outer }: Task): boolean {
  return failures !== null && outer !== null && !(flags & (BRANCH | ACQUIRING))
}
