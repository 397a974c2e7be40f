/**
 * The end of a body, of a scope, of a task. Keeps T2 to T4, C6, C7, E1 to E3: a scope closes after its body, its children, its
 * resources, in that order, and nothing that failed on the way is lost.
 */
import type { Frame } from './frame.ts'
import { makeOrdinary } from './errors.ts'
import { markUsedUp } from './misuse.ts'
import {
  type InnerScope,
  branchesOf,
  disown,
  exitScope,
  isTask,
  passOn,
  type Owned,
  type Scope,
} from './scope.ts'
import * as S from './states.ts'
import { isDeliverable, pushScope } from './step.ts'
import type { Task } from './task.ts'
import { traceError } from './trace.ts'
import { beginUnwinding, failScope, leaveStack, recordFailure, request } from './unwind.ts'
import type { Standing } from './wait.ts'

/** The body of the top frame has ended with a value, or has been told to return and did. */
export function bodyReturned(task: Task, frame: Frame, value: unknown): void {
  if (frame.flags & S.HANDED) markUsedUp(frame)
  frame.body = undefined
  // C6: what a frame returns that was told to return is not its value.
  const returning = frame.flags & S.RETURNING
  if (frame.flags & S.SCOPE) {
    if (!returning) {
      frame.flags |= S.ENDED
      frame.body = value
    }
    frame.flags |= S.BODY_DONE
    settleScope(task, frame as Scope)
  } else {
    task.frame = frame.below!
    if (returning) task.goOn(S.RETURN, undefined)
    else task.goOn(S.NEXT, value)
  }
}

export function bodyThrew(task: Task, frame: Frame, error: unknown): void {
  if (frame.flags & S.HANDED) markUsedUp(frame)
  frame.body = undefined
  traceError(task, frame, error)
  if (!(frame.flags & S.BARE)) makeOrdinary(error)
  if (frame.flags & S.SCOPE) {
    recordFailure(frame as Scope, error)
    frame.flags |= S.BODY_DONE
    settleScope(task, frame as Scope)
  } else {
    task.frame = frame.below!
    if (frame.flags & S.RETURNING) {
      // C4: the frames below are not to see it as an exception.
      recordFailure(task.scope, error)
      task.goOn(S.RETURN, undefined)
    } else task.goOn(S.THROW, error)
  }
}

/** Goes on with closing the top scope, whose body has ended. */
export function settleScope(task: Task, scope: Scope): void {
  const { flags } = scope
  if (flags & S.TEARDOWN) return tearDown(task, scope)
  if (flags & S.ENDED && scope.failures === null) {
    // R4: a result is a result, even if the region was cancelled by then. That of a branch which lost is nobody's.
    if (flags & S.REGION && !(flags & S.BRANCH && hasLost(scope))) {
      // A branch passes on to the region around all branches, which is torn down after them.
      if (scope.newest !== null) passOn(scope, flags & S.BRANCH ? scope.outer!.outer! : scope.outer!)
      return popScope(task, scope)
    }
    // T3
    if (scope.open > 0 && !(flags & S.MARKED)) return waitForOwned(task)
  }
  if (scope.newest === null) popScope(task, scope)
  else enterTeardown(task, scope)
}

function hasLost(branch: Scope): boolean {
  return branchesOf(branch as Task)?.isDecided !== false
}

export function enterTeardown(task: Task, scope: Scope): void {
  scope.flags |= S.TEARDOWN | S.CLEANING
  task.tree.limits?.begin(scope)
  if (scope === task && !(task.flags & S.UNWINDING)) beginUnwinding(task)
  tearDown(task, scope)
}

/**
 * T4: newest first. Children that stand next to each other unwind together; a resource, or a cleanup, only when everything newer
 * has gone.
 */
function tearDown(task: Task, scope: Scope): void {
  const item = scope.newest
  if (item === null) return popScope(task, scope)
  if (!isTask(item)) {
    disown(scope, item)
    return pushScope(task, item.scopeFor(task))
  }
  if (item.flags & S.RESOURCE) request(item, scope.reason)
  else for (let child: Owned | null = item; isChild(child); child = child.older) request(child, scope.reason)
  waitForOwned(task)
}

function isChild(item: Owned | null): item is Task {
  return item !== null && (item.flags & (S.TASK | S.RESOURCE)) === S.TASK
}

/** What a task stands at while it waits for what its top scope owns. Aborting that is to go on and tear it down. */
export const waitForClosing = { effect: null, withdraw() {} } as Standing

function waitForOwned(task: Task): void {
  task.wait = waitForClosing
  task.suspend(undefined)
}

/** A task that `scope` owned has closed: the scope's own task goes on if that is what it waited for. */
function ownedClosed(scope: Scope, closed: Task): void {
  const { task } = scope
  if (task.wait !== waitForClosing || task.frame !== scope) return
  if (scope.flags & S.TEARDOWN ? waitsForNeighbour(scope, closed) : scope.open > 0) return
  task.wait = null
  task.wake(S.SETTLE, undefined)
}

/** Children that unwind together are all waited for; a resource is waited for alone. */
function waitsForNeighbour({ newest }: Scope, closed: Task): boolean {
  return !(closed.flags & S.RESOURCE) && newest !== null && (newest.flags & S.REQUESTED) !== 0
}

/** The scope has nothing left: it leaves the stack and hands its end to the frame below. */
function popScope(task: Task, scope: Scope): void {
  leaveStack(scope)
  if (scope === task) return closeTask(task)
  const outer = scope.outer!
  task.frame = scope.below!
  task.scope = outer
  if (scope.failures !== null) {
    // A body that threw by itself has not been unwound: its error was claimed before the request, and is delivered (C2).
    if (!(scope.flags & S.DOOMED) || !(scope.flags & (S.RETURNING | S.ENDED)))
      return exit(task, scope as InnerScope)
    // C4: the task unwinds through it, so the error is kept for the scope that is being cancelled.
    if (outer.failures === null) outer.failures = scope.failures
    else outer.failures.addAll(scope.failures)
    task.goOn(S.RETURN, undefined)
  } else if (scope.flags & (S.ENDED | S.DOOMED) ? scope.flags & S.ENDED : !isDeliverable(outer))
    exit(task, scope as InnerScope)
  else task.goOn(S.RETURN, undefined)
}

function exit(task: Task, scope: InnerScope): void {
  if (scope.flags & S.EXITS) scope.kind.exit!(scope, task)
  else exitScope(scope, task)
}

function closeTask(task: Task): void {
  task.signal = S.CLOSED
  const owner = task.outer
  const { failures, flags, tree } = task
  if (failures !== null) traceError(task, task, failures.error())
  if (owner === null) tree.interpreter.rootClosed?.(task)
  else {
    disown(owner, task)
    if (flags & S.COUNTED) owner.open--
    // Before the joiners wake: a body that joins its failing child unwinds with the rest of its scope (E1).
    const branches = branchesOf(task)
    if (branches !== null) branches.branchClosed(task)
    else if (failures !== null && !(flags & S.ACQUIRING)) {
      makeOrdinary(failures.error())
      failScope(owner, failures.error())
    }
    ownedClosed(owner, task)
  }
  tellWatchers(task)
  task.tree.observer?.closed(task)
  task.outer = null
}

function tellWatchers(task: Task): void {
  const { watchers } = task
  task.watchers = null
  watchers?.closed(task)
}
