/**
 * The errors that the library itself throws. Each has a `code`, and says what to write instead where that is known.
 * Messages name the task by its path; the path of any error stands at the end of its stack (E6, `trace.ts`).
 */

export abstract class CoppiceError extends Error {
  /** Stable, for programs: `COPPICE_…`. */
  abstract readonly code: string
  /** The declared operations and tasks that the error passed through, innermost first. Empty until it left one (E6). */
  taskPath: readonly string[] = []
}

/**
 * Thrown to whoever joins a task, or runs a scope, that was cancelled (T6, T7). It never means "I was cancelled": a task
 * that is cancelled itself unwinds, and its `catch` blocks see nothing.
 */
export class CancelledError extends CoppiceError {
  override readonly name = 'CancelledError'
  readonly code = 'COPPICE_CANCELLED'
  /** What was given to `cancel`, if anything. */
  readonly reason: unknown

  constructor(what: string, reason: unknown) {
    super(reason === undefined ? `${what} was cancelled` : `${what} was cancelled: ${text(reason)}`)
    this.reason = reason
  }
}

/**
 * A `CancelledError` is the outcome of an operation that was itself cancelled only until it has gone through somebody's code:
 * from then on it is an error like any other (T6).
 */
const ownCancellations = new WeakSet<object>()

export function ownCancellation(what: string, reason: unknown): CancelledError {
  const error = new CancelledError(what, reason)
  ownCancellations.add(error)
  return error
}

export function isOwnCancellation(error: unknown): error is CancelledError {
  return error instanceof CancelledError && ownCancellations.has(error)
}

/** It has left a generator, or a child. */
export function makeOrdinary(error: unknown): void {
  ownCancellations.delete(error as object)
}

/** Thrown by `timeout` when its deadline cancelled the operation (E7). */
export class TimeoutError extends CoppiceError {
  override readonly name = 'TimeoutError'
  readonly code = 'COPPICE_TIMEOUT'
  /** The time that the operation was given, in milliseconds. */
  readonly timeoutMs: number

  constructor(timeoutMs: number) {
    super(`Timed out after ${timeoutMs} ms`)
    this.timeoutMs = timeoutMs
  }
}

/** Several errors of one scope, in the order in which they occurred; `cause` is the first (E2). */
export class ScopeError extends AggregateError {
  override readonly name = 'ScopeError'
  /** Stable, for programs. */
  readonly code = 'COPPICE_SCOPE'
  /** The declared operations and tasks that the error passed through, innermost first. Empty until it left one (E6). */
  taskPath: readonly string[] = []

  constructor(errors: readonly unknown[]) {
    super(errors, `${errors.length} errors: ${errors.map(text).join('; ')}`, { cause: errors[0] })
  }
}

/** Thrown when a task joins itself or one of its ancestors: it would wait for ever (T6). */
export class JoinCycleError extends CoppiceError {
  override readonly name = 'JoinCycleError'
  readonly code = 'COPPICE_JOIN_CYCLE'

  constructor(joiner: string, joined: string) {
    super(
      `Task ${joiner} can't join ${joiner === joined ? 'itself' : `its ancestor ${joined}`}: that ends only after ` +
        'the join. Return the value instead, or join from outside.'
    )
  }
}

/** Thrown where asynchronous cleanup stands in a generator that was delegated to natively (C11). */
export class NestedCleanupError extends CoppiceError {
  override readonly name = 'NestedCleanupError'
  readonly code = 'COPPICE_NESTED_CLEANUP'

  constructor(effect: string) {
    super(
      `${effect} stands in the finally of a generator that another one delegates to with yield*: on cancellation the ` +
        'outer cleanup would be lost. Declare the inner one with operation(function* …), or put its cleanup into ensure(…).'
    )
  }
}

/** Cleanup that did not end within `cleanupTimeout` and was abandoned (C13). */
export class CleanupTimeoutError extends CoppiceError {
  override readonly name = 'CleanupTimeoutError'
  readonly code = 'COPPICE_CLEANUP_TIMEOUT'
  /** The tasks that were abandoned, and what each waited for. */
  readonly blocked: readonly { task: string; on: string }[]

  constructor(timeoutMs: number, blocked: readonly { task: string; on: string }[]) {
    super(
      `Cleanup did not end within ${timeoutMs} ms and was abandoned. It waited in ` +
        blocked.map(({ task, on }) => `${task} on ${on}`).join(', ')
    )
    this.blocked = blocked
  }
}

/** The library was used in a way that can't work; the message says what to write instead (E9). */
export class MisuseError extends CoppiceError {
  override readonly name = 'MisuseError'
  readonly code = 'COPPICE_MISUSE'
}

/** One line for a thrown value or a reason, whatever it is. */
export function text(value: unknown): string {
  try {
    return value instanceof Error ? `${value.name}: ${value.message}` : String(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}
