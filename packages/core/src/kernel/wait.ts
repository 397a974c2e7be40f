/**
 * Waiting. A waiter, that is a task or one branch of several, stands at one thing at a time. Whatever completes that claims
 * it first, and only one can: the claim is open exactly as long as the waiter still points to what it stands at (C2, C3,
 * W3).
 *
 * Most effects need no object for this: a sleeping task stands at the effect itself. What has a callback that may come
 * late makes a `Wait`, so that a late call finds the claim taken and does nothing.
 */
import { type Box, Effect, answer, isBegun, machine, notBegun } from '../effect.ts'
import { rejectNested } from './nested.ts'
import { NEXT, PAUSED, PERFORMING, RETURN, THROW } from './states.ts'
import { isDeliverable } from './step.ts'
import type { Task, Watcher } from './task.ts'
import type { Timer } from './timers.ts'

/** How a wait ends: with a value or with an error. */
export type Settled = typeof NEXT | typeof THROW

/** What a waiter stands at. */
export interface Standing {
  /** For people; null for what has no effect of its own. */
  readonly effect: Effect | null
  /** Undoes what `begin` registered. Called once, when the wait was aborted or another branch was first. */
  withdraw(waiter: Waiter): void
  /** A task that it watches has closed. */
  watchedClosed?(waiter: Waiter, task: Task): void
  /** The tasks that could end the wait: who is joined, who holds the lock. For reports of a deadlock; nobody if it is not known. */
  couldBeEndedBy?(): Iterable<Task>
}

/** A task, or one branch of several. It can itself be set as a timer and watch a task. */
export interface Waiter extends Timer, Watcher {
  readonly task: Task
  wait: Standing | null
  /** While it waits for a timer, the ticket of that; otherwise what it goes on with. */
  payload: unknown
  settled(signal: Settled, payload: unknown): void
  /** Whether the other one is lost as soon as this one has a value: two that exclude each other can't be each other's partners (W3). */
  excludes?(other: Waiter): boolean
}

/** Completes what a waiter stands at. False if it does not stand there any more: the payload still belongs to the caller. */
export function claim(waiter: Waiter, standing: Standing, signal: Settled, payload: unknown): boolean {
  if (waiter.wait !== standing) return false
  waiter.wait = null
  waiter.settled(signal, payload)
  return true
}

/** A wait with an identity of its own, for what may be called late. */
export abstract class Wait implements Standing {
  readonly waiter: Waiter
  readonly effect: Effect

  constructor(waiter: Waiter, effect: Effect) {
    this.waiter = waiter
    this.effect = effect
  }

  get task(): Task {
    return this.waiter.task
  }

  /** Nobody has claimed it yet, and it was not aborted. */
  get pending(): boolean {
    return this.waiter.wait === this
  }

  /** Completes the wait with a value. False if it was no longer open: the value then still belongs to the caller. */
  resume(value: unknown): boolean {
    return claim(this.waiter, this, NEXT, value)
  }

  /** Completes the wait with an error. False if it was no longer open. */
  fail(error: unknown): boolean {
    return claim(this.waiter, this, THROW, error)
  }

  abstract withdraw(): void
}

/** An effect that can wait: these are the points at which a cancellation is delivered (C2). */
export abstract class WaitingEffect<T = any> extends Effect<T> implements Standing {
  /**
   * Registers with whatever will complete the wait, and sets what the waiter stands at. May answer at once; throws only if
   * nothing was registered.
   */
  abstract begin(waiter: Waiter): void

  abstract withdraw(waiter: Waiter): void

  get effect(): Effect {
    return this
  }

  /** Whether one wait is all there is to it, so that it can be a branch without a task. */
  isSingleWait(_task: Task): boolean {
    return true
  }

  perform(task: Task): Box | this {
    if (atDelivery(task)) return this
    if (machine.watch !== null) rejectNested(this)
    task.signal = PERFORMING
    this.begin(task)
    return takeAnswer(task, this)
  }
}

/** An effect that the kernel goes on with: it pushes a frame, and is no point of cancellation itself (C2). */
export abstract class FrameEffect<T = any> extends Effect<T> {
  abstract push(task: Task): void

  perform(task: Task): this {
    if (machine.watch !== null) rejectNested(this)
    this.push(task)
    return this
  }
}

/** An effect that never waits. `next` can only mean to perform it. */
export abstract class ImmediateEffect<T = any> extends Effect<T> {
  override next(): IteratorResult<this, T> {
    if (!isBegun(arguments.length)) return notBegun(this, arguments.length)
    return this.perform(machine.task!) as IteratorResult<this, T>
  }
}

/** Whether a request is to be delivered right here; if so, the task unwinds next. */
export function atDelivery(task: Task): boolean {
  if (!isDeliverable(task.scope)) return false
  task.signal = RETURN
  return true
}

/** After a wait was begun: the value that answers it, if there is one, else the effect comes out to the kernel. */
export function takeAnswer<E extends Effect>(task: Task, effect: E): Box | E {
  const { signal } = task
  if (signal === PERFORMING) task.suspend(effect)
  else if (signal === NEXT) {
    // S6: so many answers in a row that nothing else gets a turn.
    if (task.tree.answersAtOnce()) return answer(task.takePayload())
    task.signal = PAUSED
    task.tree.enqueue(task)
  }
  return effect
}
