/**
 * A scope is a frame that owns: child tasks, resources and cleanups, in one list from the newest to the oldest. It holds what
 * T2 to T4 need to close it. How it is closed stands in `closing.ts`, how it is cancelled in `unwind.ts`.
 *
 *      scope.newest ─▶ item ──older──▶ item ──older──▶ null
 *                           ◀──newer──
 */
import type { Startable } from '../operation.ts'
import type { Body, Frame } from './frame.ts'
import type { Failures } from './failures.ts'
import { ownCancellation } from './errors.ts'
import type { Branches } from './branches.ts'
import { BRANCH, COUNTED, ENDED, NEXT, RETURNING, SCOPE, TASK, THROW } from './states.ts'
import type { ContextValues } from './tree.ts'
import type { Task } from './task.ts'
import type { Cleanup } from './cleanup.ts'

/** What stands in a scope's list. */
export type Owned = Task | Cleanup

/** What owns children and cleanups: a frame of a stack, and for a task its bottom frame. */
export interface Scope extends Frame {
  readonly task: Task
  /** The scope around this one; that of a task's bottom frame is its owner, in another task. */
  outer: Scope | null
  newest: Owned | null
  /** How many children have to close before the body's value counts (T3). */
  open: number
  failures: Failures | null
  context: ContextValues
  /** Why it was cancelled, once it was. */
  reason: unknown
}

/**
 * What is particular about an inner scope. All of them have one shape, so that the machine reads their fields at one offset each,
 * however many kinds a program uses.
 */
export interface Kind {
  /** What the scope is called in task paths, if it has a name. */
  readonly label?: string
  /** Hands the end of the scope to the frame below, if not as usual. Not called while the task unwinds through it. */
  exit?(scope: InnerScope, task: Task): void
}

/** A kind that is cancelled by itself at an instant. */
export interface TimedKind extends Kind {
  readonly due: number
  /** Its scope has left the stack, however that came. */
  callOff(): void
}

/** How a scope ends as usual. */
export function exitScope(scope: InnerScope, task: Task): void {
  if (scope.failures !== null) task.goOn(THROW, scope.failures.error())
  else if (scope.flags & ENDED) task.goOn(NEXT, scope.body)
  else task.goOn(THROW, ownCancellation(scope.label || 'The scope', scope.reason))
}

const plainKind: Kind = {}

/** A scope inside a task, on top of its stack when it is made. */
export class InnerScope implements Scope {
  body: unknown
  flags: number
  readonly below: Frame
  readonly task: Task
  outer: Scope
  newest: Owned | null = null
  open = 0
  failures: Failures | null = null
  context: ContextValues
  reason: unknown = undefined
  readonly kind: Kind

  constructor(
    body: Startable<unknown> | Body,
    task: Task,
    flags: number,
    context: ContextValues = task.scope.context,
    kind: Kind = plainKind
  ) {
    this.body = body
    this.flags = flags | SCOPE
    this.below = task.frame
    this.task = task
    this.outer = task.scope
    this.context = context
    this.kind = kind
  }

  /** The body's value, once there is one. */
  get value(): unknown {
    return this.body
  }

  get label(): string {
    return this.kind.label ?? ''
  }
}

/** The branches among which a task is one, until they are told to return: from then on it is a child like any other. */
export function branchesOf({ flags, outer }: Task): Branches | null {
  if (!(flags & BRANCH) || outer === null || outer.flags & RETURNING) return null
  return (outer as InnerScope).kind as Branches
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

/** The tasks that a scope owns itself, newest first. */
export function tasksOf(scope: Scope): Task[] {
  const tasks: Task[] = []
  for (let item = scope.newest; item !== null; item = item.older) if (isTask(item)) tasks.push(item)
  return tasks
}

export function isTask(item: Owned): item is Task {
  return (item.flags & TASK) !== 0
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
