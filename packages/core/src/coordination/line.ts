/**
 * Lines of waiters, first come, first served: the one list on which all that tasks coordinate by is written. A place is a wait
 * with a claim of its own (W3). It leaves the line when it is served, or withdraws from it in constant time wherever it stands (C3).
 *
 *      line.first ─▶ place ──behind──▶ place ──behind──▶ null
 *                          ◀──ahead──         ◀── line.last
 *
 * A place may stand in a line and be open no longer: while the losers of a `select` withdraw, code of the user can run. So whoever
 * serves a line asks `pending` first.
 */
import { type Settled, type Waiter, WaitingEffect, Wait, claim } from '../kernel/wait.ts'
import type { Task } from '../kernel/task.ts'

/** An effect that waits in a line of what it is `of`. It is named after that: `receive(jobs)`. */
export abstract class LineEffect<T = any> extends WaitingEffect<T> {
  abstract readonly of: { readonly name: string }

  // Its places withdraw themselves.
  withdraw(): void {}

  /** The tasks that could end the wait, as far as they are known. */
  couldBeEndedBy(): Iterable<Task> {
    return []
  }

  /** Somebody has left the line without having been served. */
  left(): void {}

  override toString(): string {
    return `${this.name}(${this.of.name})`
  }
}

export class Place<E extends LineEffect = LineEffect> extends Wait {
  declare readonly effect: E
  line: Line<E> | null
  ahead: Place<E> | null
  behind: Place<E> | null = null

  constructor(waiter: Waiter, effect: E, line: Line<E>) {
    super(waiter, effect)
    this.line = line
    this.ahead = line.last
  }

  withdraw(): void {
    this.line?.remove(this)
    this.effect.left()
  }

  couldBeEndedBy(): Iterable<Task> {
    return this.effect.couldBeEndedBy()
  }
}

export class Line<E extends LineEffect = LineEffect> {
  first: Place<E> | null = null
  last: Place<E> | null = null
  length = 0

  /** The waiter stands at the end of the line from now on. */
  join(waiter: Waiter, effect: E): void {
    const place = new Place(waiter, effect, this)
    if (this.last === null) this.first = place
    else this.last.behind = place
    this.last = place
    this.length++
    waiter.wait = place
  }

  /**
   *      ahead ⇄ place ⇄ behind     ─▶     ahead ⇄ behind
   */
  remove(place: Place<E>): void {
    const { ahead, behind } = place
    if (ahead === null) this.first = behind
    else ahead.behind = behind
    if (behind === null) this.last = ahead
    else behind.ahead = ahead
    place.line = place.ahead = place.behind = null
    this.length--
  }

  shift(): Place<E> | null {
    const { first } = this
    if (first !== null) this.remove(first)
    return first
  }

  /**
   * Answers all that stand in the line. Take the line out of use before: who runs at once, because this is called from outside of any
   * task, may come to wait anew.
   */
  answerAll(signal: Settled, payload: unknown): void {
    for (let place = this.shift(); place !== null; place = this.shift())
      claim(place.waiter, place, signal, payload)
  }
}
