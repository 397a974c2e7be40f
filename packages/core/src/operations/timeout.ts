import { Alarm } from '../kernel/alarm.ts'
import { TimeoutError } from '../kernel/errors.ts'
import { checkDuration } from '../kernel/misuse.ts'
import { InnerScope, type TimedKind, exitScope } from '../kernel/scope.ts'
import { ENDED, EXITS, NEXT, RETURNING, TIMED } from '../kernel/states.ts'
import type { Task } from '../kernel/task.ts'
import type { ContextValues } from '../kernel/tree.ts'
import { recordFailure, request } from '../kernel/unwind.ts'
import type { Operation, Outcome, Startable, ValueOf } from '../operation.ts'
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
export function timeout<T>(ms: number, operation: Startable<T>): Operation<T>
export function timeout<O extends Startable<unknown>>(ms: number, operation: O): Operation<ValueOf<O>>
export function timeout(ms: number, operation: Startable<unknown>): Operation<unknown> {
  return new Timeout(checkDuration(ms, 'timeout'), operation, 'timeout')
}

/**
 * As `timeout`, but throws nothing: a deadline that cancelled the operation gives `{ status: 'cancelled' }` with a `TimeoutError` as
 * reason, a failure `{ status: 'failed' }`, a result `{ status: 'done' }`.
 *
 * **Cancelled:** the operation unwinds, and so does the caller.
 * **Throws:** `MisuseError` for milliseconds below 0 and for what is no operation. What the operation throws is its outcome.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const outcome = yield* moveOnAfter(1, suspend)
 *   console.assert(outcome.status === 'cancelled')
 * })
 * ```
 */
export function moveOnAfter<T>(ms: number, operation: Startable<T>): Operation<Outcome<T>>
export function moveOnAfter<O extends Startable<unknown>>(
  ms: number,
  operation: O
): Operation<Outcome<ValueOf<O>>>
export function moveOnAfter(ms: number, operation: Startable<unknown>): Operation<Outcome<unknown>> {
  return new MoveOnAfter(checkDuration(ms, 'moveOnAfter'), operation, 'moveOnAfter')
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

  override region(task: Task, flags: number, context: ContextValues): InnerScope {
    return timedRegion(new Deadline(this.ms, task), this, task, flags, context)
  }
}

class MoveOnAfter<T> extends Timeout<Outcome<T> & T> {
  override get name(): string {
    return 'moveOnAfter'
  }

  override region(task: Task, flags: number, context: ContextValues): InnerScope {
    return timedRegion(new MoveOnDeadline(this.ms, task), this, task, flags, context)
  }
}

function timedRegion(
  deadline: Deadline,
  { operation }: Timeout<unknown>,
  task: Task,
  flags: number,
  context: ContextValues
): InnerScope {
  return (deadline.scope = new InnerScope(operation, task, flags | TIMED | EXITS, context, deadline))
}

/** Cancels its scope when it is due. */
class Deadline extends Alarm implements TimedKind {
  scope!: InnerScope
  readonly #ms: number
  #error: TimeoutError | null = null

  constructor(ms: number, { tree: { interpreter } }: Task) {
    super(interpreter, interpreter.now() + ms)
    this.#ms = ms
  }

  get isDeadline(): true {
    return true
  }

  protected ring(): void {
    this.#error = new TimeoutError(this.#ms)
    request(this.scope, this.#error)
  }

  /** E7: not if the operation gave a result, nor if it failed before the deadline could cancel it. */
  exit(scope: InnerScope, task: Task): void {
    if (this.#error !== null && scope.reason === this.#error && scope.flags & RETURNING) {
      if (scope.failures === null) recordFailure(scope, scope.reason)
      else scope.failures.addFirst(scope.reason)
    }
    exitScope(scope, task)
  }
}

class MoveOnDeadline extends Deadline {
  override exit(scope: InnerScope, task: Task): void {
    task.goOn(NEXT, outcomeOfBody(scope))
  }
}

function outcomeOfBody({ failures, flags, value, reason }: InnerScope): Outcome<unknown> {
  if (failures !== null) return { status: 'failed', error: failures.error() }
  if (flags & ENDED) return { status: 'done', value }
  return { status: 'cancelled', reason }
}
