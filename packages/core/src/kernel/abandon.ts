/**
 * C13: cleanup that does not end is reported and abandoned. When a scope has been cleaning up for `cleanupTimeout`, the tasks that
 * are blocked are named and dropped where they stand; what is left is torn down as usual, and gets as long again.
 */
import { Alarm } from './alarm.ts'
import { waitForClosing } from './closing.ts'
import { CleanupTimeoutError } from './errors.ts'
import { waitsOn } from './waits-on.ts'
import { passOn, type Scope, tasksOf } from './scope.ts'
import { BODY_DONE, CLEANING, MARKED, PAUSED, SETTLE, TEARDOWN } from './states.ts'
import type { Task } from './task.ts'
import { leaveStack, recordFailure, withdrawWait } from './unwind.ts'

export class CleanupLimits {
  readonly #timeoutMs: number
  readonly #limits = new Map<Scope, Limit>()

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** A scope was cancelled, or has begun its teardown: whichever comes first counts. */
  begin(scope: Scope): void {
    if (this.#limits.has(scope)) return
    this.#limits.set(scope, new Limit(scope, this.#timeoutMs))
  }

  /** The scope has left the stack. */
  end(scope: Scope): void {
    this.#limits.get(scope)?.callOff()
    this.#limits.delete(scope)
  }

  /** What is left of the scope is cleaned up now, and may take as long again. */
  again(scope: Scope): void {
    this.#limits.delete(scope)
    this.begin(scope)
  }
}

class Limit extends Alarm {
  readonly #scope: Scope
  readonly #timeoutMs: number

  constructor(scope: Scope, timeoutMs: number) {
    const { interpreter } = scope.task.tree
    super(interpreter, interpreter.now() + timeoutMs)
    this.#scope = scope
    this.#timeoutMs = timeoutMs
  }

  protected ring(): void {
    const scope = this.#scope
    const { task } = scope
    const baseOf = (inner: Task): Scope => (inner === task ? scope : inner)
    const blocked = [...tasksAbove(scope), task].filter((inner) => isBlocked(inner, baseOf(inner)))
    const names = blocked.map((inner) => ({ task: inner.label, on: waitsOn(inner) }))
    const error = new CleanupTimeoutError(this.#timeoutMs, names)
    for (const [i, inner] of blocked.entries()) {
      task.tree.interpreter.abandoned?.(inner, names[i]!.on)
      abandon(inner, baseOf(inner), error)
    }
    task.tree.limits!.again(scope)
  }
}

/** All tasks that are owned from the top of the stack down to `scope`, at any depth, the deepest first. */
function tasksAbove(scope: Scope): Task[] {
  const found = tasksFrom(scope.task.scope, scope.outer)
  // The list grows while it is walked: a tree may be too deep for the JavaScript stack (S7).
  for (const inner of found) found.push(...tasksFrom(inner.scope, inner.outer))
  return found.reverse()
}

/** What the scopes of a stack own, from the top one down to that before `end`. */
export function tasksFrom(top: Scope, end: Scope | null): Task[] {
  const found: Task[] = []
  for (let owner: Scope | null = top; owner !== end; owner = owner!.outer) found.push(...tasksOf(owner!))
  return found
}

/** Its scope is to be cleaned up, or is, and it waits for something else than what it owns. */
function isBlocked(task: Task, scope: Scope): boolean {
  if (task.signal !== PAUSED && (task.wait === null || task.wait === waitForClosing)) return false
  return (scope.flags & (MARKED | CLEANING)) !== 0
}

/**
 * Drops the generators above `scope` where they stand: nothing of them runs any more. What they owned passes down to it and is torn
 * down as usual.
 */
function abandon(task: Task, scope: Scope, error: unknown): void {
  const { wait } = task
  withdrawWait(task, scope)
  for (let inner = task.scope; inner !== scope; inner = inner.outer!) {
    passOn(inner, inner.outer!)
    leaveStack(inner)
  }
  recordFailure(scope, error)
  task.frame = task.scope = scope
  scope.body = undefined
  scope.flags |= BODY_DONE | TEARDOWN | CLEANING
  // One that pauses is queued already.
  if (wait === null) task.goOn(SETTLE, undefined)
  else task.wake(SETTLE, undefined)
}
