/**
 * Cancellation: the request, its delivery, and the unwinding of one frame after the other (C1 to C6). A request marks
 * scopes and aborts a wait, at once; everything else happens when the queue comes to it.
 */
import { bodyReturned, enterTeardown } from './closing.ts'
import { Failures } from './failures.ts'
import { callReturn } from './nested.ts'
import type { InnerScope, Scope, TimedKind } from './scope.ts'
import {
  BARE,
  BODY_DONE,
  CLEANING,
  DOOMED,
  POPPED,
  REQUESTED,
  RETURN,
  RETURNING,
  SHIELD,
  TIMED,
  UNWINDING,
} from './states.ts'
import { handOver, handOverError } from './step.ts'
import type { Task } from './task.ts'

/**
 * Requests that a scope be cancelled: everything in it, its body first (T4).
 *
 *      task.scope ──outer──▶ ◻ ──outer──▶ shield ──outer──▶ ◼ ──outer──▶ scope
 *                        not reached: inside the shield     DOOMED       REQUESTED
 */
export function request(scope: Scope, reason: unknown): void {
  if (scope.flags & (REQUESTED | POPPED)) return
  const { task } = scope
  const doomedAlready = scope.flags & DOOMED
  scope.flags |= REQUESTED
  scope.reason = reason
  task.tree.limits?.begin(scope)
  // The request that doomed it has marked what is above it, too.
  if (doomedAlready) return

  let reached: Scope = task.scope
  let blocked = (scope.flags & CLEANING) !== 0
  for (let inner: Scope = task.scope; inner !== scope; inner = inner.outer!) {
    if (inner.flags & (SHIELD | CLEANING)) {
      blocked = true
      reached = inner.outer!
    }
  }
  for (let inner = reached; inner !== scope; inner = inner.outer!) inner.flags |= DOOMED
  // C2: a wait that was claimed is not there any more; the task then takes its step and unwinds at its next wait.
  if (!blocked && task.wait !== null) abortWait(task)
}

/** C3: at once, synchronously, exactly once. */
function abortWait(task: Task): void {
  withdrawWait(task, task.scope)
  task.wake(RETURN, undefined)
}

/** Takes away what a task stands at. What that throws is kept by `scope`: it runs code of the user (E3). */
export function withdrawWait(task: Task, scope: Scope): void {
  const { wait } = task
  task.wait = null
  try {
    wait?.withdraw(task)
  } catch (error) {
    recordFailure(scope, error)
  }
}

/** A scope leaves the stack: closed, or dropped. */
export function leaveStack(scope: Scope): void {
  scope.flags |= POPPED
  if (scope.flags & TIMED) (scope as InnerScope & { kind: TimedKind }).kind.callOff()
  scope.task.tree.limits?.end(scope)
}

/** E3: an error that can't be thrown from where it happened is kept by the scope, which fails with it. */
export function recordFailure(scope: Scope, error: unknown): void {
  ;(scope.failures ??= new Failures()).add(error)
}

/** E1: a child's error cancels the rest of its scope, and is then thrown from the scope. */
export function failScope(scope: Scope, error: unknown): void {
  recordFailure(scope, error)
  request(scope, error)
}

/** C4: tells the top frame to return, or goes on to tear down a scope whose body has ended. */
export function unwindFrame(task: Task): void {
  const { frame, scope } = task
  if (task.flags & REQUESTED && !(task.flags & UNWINDING)) beginUnwinding(task)
  if (frame.flags & BODY_DONE) return enterTeardown(task, frame as Scope)
  frame.flags |= RETURNING
  scope.flags |= CLEANING
  // An effect in the finally of the frame sets what comes next, by coming out.
  if (frame.flags & BARE) return bodyReturned(task, frame, undefined)
  let result
  try {
    result = callReturn(task, frame)
  } catch (error) {
    return handOverError(task, frame, error)
  }
  handOver(task, frame, result)
}

export function beginUnwinding(task: Task): void {
  task.flags |= UNWINDING
  task.tree.observer?.unwinding(task)
}
