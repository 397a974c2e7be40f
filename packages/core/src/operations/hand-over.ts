import { type Box, comeOut, isBegun, machine, notBegun } from '../effect.ts'
import { MisuseError } from '../kernel/errors.ts'
import { NEXT, THROW } from '../kernel/states.ts'
import { type Settled, WaitingEffect, type Waiter, claim } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'

/**
 * A place at which one task waits until another one, or a callback, hands it something. It is what operations outside of the kernel are
 * written on where two tasks meet: a single wait, so that as a branch of `select` it is claimed once or not at all (W3), and no
 * concern of the interpreter.
 */
export class HandOver<T = void> extends WaitingEffect<T> {
  #waiter: Waiter | null = null

  get name(): string {
    return 'handOver'
  }

  protected override get printed(): readonly unknown[] {
    return []
  }

  /** Whether a task stands here. */
  get isAwaited(): boolean {
    return this.#waiter !== null
  }

  /** Waits here. The same each time. */
  wait(): Operation<T> {
    return this
  }

  // A copy, for speed: see Effect.
  override next(box?: Box): IteratorResult<this, T> {
    if (box !== undefined) return box
    if (!isBegun(arguments.length)) return notBegun(this, arguments.length)
    return comeOut(this, this.perform(machine.task!))
  }

  begin(waiter: Waiter): void {
    if (this.#waiter !== null) throw this.secondWaiter()
    waiter.wait = this
    this.#waiter = waiter
    this.asked()
  }

  withdraw(): void {
    this.#waiter = null
  }

  /** False if nobody waits: the value then still belongs to the caller. */
  give(value: T): boolean {
    return this.#settle(NEXT, value)
  }

  /** False if nobody waits. */
  fail(error: unknown): boolean {
    return this.#settle(THROW, error)
  }

  /** A task has come to wait. What is given from in here is answered at once. */
  protected asked(): void {}

  protected secondWaiter(): MisuseError {
    return new MisuseError(`Two tasks wait at ${this}, which is made for one.`)
  }

  #settle(signal: Settled, payload: unknown): boolean {
    const waiter = this.#waiter
    if (waiter === null) return false
    this.#waiter = null
    return claim(waiter, this, signal, payload)
  }
}
