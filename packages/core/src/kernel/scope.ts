/**
 * A scope is a frame that owns: child tasks, resources and cleanups, in one list from the newest to the oldest. It holds what
 * T2 to T4 need to close it. How it is closed stands in `closing.ts`, how it is cancelled in `unwind.ts`.
 *
 *      scope.newest ─▶ item ──older──▶ item ──older──▶ null
 *                           ◀──newer──
 */
import type { Startable } from '../operation.ts'
import { type Body, Frame } from './frame.ts'
import { Failures } from './failures.ts'
import { ownCancellation } from './errors.ts'
import { COUNTED, ENDED, NEXT, SCOPE, THROW } from './states.ts'
import type { ContextValues } from './tree.ts'
import type { Task } from './task.ts'
import type { Cleanup } from './cleanup.ts'

/** What stands in a scope's list. */
export type Owned = Task | Cleanup

export abstract class Scope extends Frame {
  /** The instant at which it is cancelled by itself, if it is a kind that has one. */
  declare readonly due?: number
  abstract readonly task: Task
  /** The scope around this one; that of a task's bottom frame is its owner, in another task. */
  outer: Scope | null
  newest: Owned | null = null
  /** How many children have to close before the body's value counts (T3). */
  open = 0
  failures: Failures | null = null
  context: ContextValues
  /** Why it was cancelled, once it was; the body's value, once there is one. */
  reason: unknown = undefined
  value: unknown = undefined

  constructor(body: Startable<unknown> | Body, flags: number, outer: Scope | null, context: ContextValues) {
    super(body, flags | SCOPE)
    this.outer = outer
    this.context = context
  }

  /** It has just left the stack, however that came. */
  popped(): void {}

  /** Hands the end of the scope to the frame below. Not called while the task unwinds through it. */
  exit(task: Task): void {
    if (this.failures !== null) task.goOn(THROW, this.failures.error())
    else if (this.flags & ENDED) task.goOn(NEXT, this.value)
    else task.goOn(THROW, ownCancellation(this.label || 'The scope', this.reason))
  }
}

/** A scope inside a task, on top of its stack when it is made. */
export class InnerScope extends Scope {
  readonly task: Task
  readonly below: Frame

  constructor(
    body: Startable<unknown> | Body,
    task: Task,
    flags: number,
    context: ContextValues = task.scope.context
  ) {
    super(body, flags, task.scope, context)
    this.task = task
    this.below = task.frame
  }
}

export function adopt(scope: Scope, item: Owned): void {
  item.outer = scope
  item.older = scope.newest
  if (scope.newest !== null) scope.newest.newer = item
  scope.newest = item
}

/**
 *      newer ⇄ item ⇄ older     ─▶     newer ⇄ older
 */
export function disown(scope: Scope, item: Owned): void {
  const { newer, older } = item
  if (newer === null) scope.newest = older
  else newer.older = older
  if (older !== null) older.newer = newer
  item.newer = item.older = null
}

/** R4: what a region owns when it succeeds passes to the scope around it, in order. */
export function passOn(from: Scope, to: Scope): void {
  let oldest = from.newest
  if (oldest === null) return
  for (let item: Owned | null = oldest; item !== null; item = item.older) {
    item.outer = to
    if (item.flags & COUNTED) to.open++
    oldest = item
  }
  oldest.older = to.newest
  if (to.newest !== null) to.newest.newer = oldest
  to.newest = from.newest
  from.newest = null
  from.open = 0
}
