import { TimeoutError } from '../kernel/errors.ts'
import { checkDuration } from '../kernel/misuse.ts'
import { InnerScope, type Scope } from '../kernel/scope.ts'
import { ENDED, NEXT, POPPED, RETURNING } from '../kernel/states.ts'
import type { Task } from '../kernel/task.ts'
import type { Timer } from '../kernel/timers.ts'
import type { ContextValues } from '../kernel/tree.ts'
import { recordFailure, request } from '../kernel/unwind.ts'
import type { Operation, Outcome, Startable } from '../operation.ts'
import { RegionEffect } from './region.ts'

/**
 * Runs an operation, and cancels it if it has not ended after `ms` milliseconds. A result that came is a result. What the operation
 * acquired belongs to the caller: `yield* timeout(5000, connect())` gives an open connection.
 *
 * **Cancelled:** the operation unwinds.
 * **Throws:** `TimeoutError` if the deadline cancelled the operation; if its cleanup then failed, `ScopeError` with both. Else what the
 * operation throws.
 *
 * @param ms `Infinity` sets no deadline
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const value = yield* timeout(1000, function* () {
 *     yield* sleep(1)
 *     return 'in time'
 *   })
 *   console.assert(value === 'in time')
 * })
 * ```
 */
export function timeout<T>(ms: number, operation: Startable<T>): Operation<T> {
  return new Timeout<T>(checkDuration(ms, 'timeout'), operation, 'timeout')
}

/**
 * As `timeout`, but throws nothing: a deadline that cancelled the operation gives `{ status: 'cancelled' }` with a `TimeoutError` as
 * reason, a failure `{ status: 'failed' }`, a result `{ status: 'done' }`.
 *
 * **Cancelled:** the operation unwinds, and so does the caller.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const outcome = yield* moveOnAfter(1, suspend)
 *   console.assert(outcome.status === 'cancelled')
 * })
 * ```
 */
export function moveOnAfter<T>(ms: number, operation: Startable<T>): Operation<Outcome<T>> {
  return new MoveOnAfter<T>(checkDuration(ms, 'moveOnAfter'), operation, 'moveOnAfter')
}

class Timeout<T> extends RegionEffect<T> {
  readonly ms: number

  constructor(ms: number, operation: Startable<unknown>, by: string) {
    super(operation, by)
    this.ms = ms
  }

  get name(): string {
    return 'timeout'
  }

  protected override get printed(): readonly unknown[] {
    return [this.ms, this.operation]
  }

  override region(task: Task, flags: number, context: ContextValues): Scope {
    return new TimeoutScope(this.operation, task, flags, context, this.ms)
  }
}

class MoveOnAfter<T> extends Timeout<Outcome<T> & T> {
  override get name(): string {
    return 'moveOnAfter'
  }

  override region(task: Task, flags: number, context: ContextValues): Scope {
    return new MoveOnScope(this.operation, task, flags, context, this.ms)
  }
}

class TimeoutScope extends InnerScope implements Timer {
  override readonly due: number
  readonly #ms: number
  #error: TimeoutError | null = null

  constructor(operation: Startable<unknown>, task: Task, flags: number, context: ContextValues, ms: number) {
    super(operation, task, flags, context)
    const { interpreter } = task.tree
    this.#ms = ms
    this.due = interpreter.now() + ms
    if (this.due < Infinity) interpreter.setTimer(this, this.due)
  }

  get isDeadline(): true {
    return true
  }

  isPending(): boolean {
    return this.#error === null && (this.flags & POPPED) === 0
  }

  fire(): void {
    this.#error = new TimeoutError(this.#ms)
    request(this, this.#error)
  }

  override popped(): void {
    if (this.#error === null && this.due < Infinity) this.task.tree.interpreter.clearTimer()
  }

  /** E7: not if the operation gave a result, nor if it failed before the deadline could cancel it. */
  protected get cancelledByDeadline(): boolean {
    return this.#error !== null && this.reason === this.#error && (this.flags & RETURNING) !== 0
  }

  override exit(task: Task): void {
    if (this.cancelledByDeadline) {
      if (this.failures === null) recordFailure(this, this.reason)
      else this.failures.addFirst(this.reason)
    }
    super.exit(task)
  }
}

class MoveOnScope extends TimeoutScope {
  override exit(task: Task): void {
    task.goOn(NEXT, this.outcomeOfBody)
  }

  private get outcomeOfBody(): Outcome<unknown> {
    if (this.failures !== null) return { status: 'failed', error: this.failures.error() }
    if (this.flags & ENDED) return { status: 'done', value: this.value }
    return { status: 'cancelled', reason: this.reason }
  }
}
