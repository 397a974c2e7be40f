/**
 * One step of a task, and the only place that resumes generators: the top frame is driven, frames are pushed and
 * popped in this loop, and never on the JavaScript stack (S7). A step ends when the task waits, pauses or has closed.
 */
import { machine, misuseOfLoop } from '../effect.ts'
import { bodyReturned, bodyThrew, settleScope } from './closing.ts'
import { misuseOfYield, openBody, rejectUsedUp, startedTwice } from './misuse.ts'
import { type Body, type Frame, nextOf } from './frame.ts'
import { type Scope, branchesOf } from './scope.ts'
import {
  BRANCH,
  CLEANING,
  DOOMED,
  GENERATOR,
  MARKED,
  NESTED,
  NEXT,
  PAUSED,
  RETURN,
  SCOPE,
  SETTLE,
  SHIELD,
  START,
  THROW,
} from './states.ts'
import type { Task } from './task.ts'
import { leaveStack, unwindFrame, withdrawWait } from './unwind.ts'

export function runStep(task: Task): void {
  // Most steps come from the task that took the one before; to store it anew costs a write barrier.
  if (machine.task !== task) machine.task = task
  if (task.signal === PAUSED) task.signal = NEXT
  const first = task.signal === START
  task.tree.observer?.resumed(task)
  for (;;) {
    switch (task.signal) {
      case NEXT:
      case THROW:
      case START:
        drive(task)
        break
      case RETURN:
        unwindFrame(task)
        break
      case SETTLE:
        settleScope(task, task.frame as Scope)
        break
      default:
        // WAITING, PAUSED or CLOSED
        if (first && task.flags & BRANCH) startNext(task)
        return
    }
  }
}

/** W1: a branch has taken its first step, so the next one starts. */
function startNext(branch: Task): void {
  machine.task = null
  branchesOf(branch)?.branchStarted()
}

function drive(task: Task): void {
  const { frame, signal } = task
  let result: IteratorResult<unknown, unknown>
  try {
    if (signal === NEXT) {
      machine.box.value = task.takePayload()
      result =
        frame.flags & GENERATOR
          ? nextOf.call(frame.body as Body, machine.box)
          : (frame.body as Body).next(machine.box)
    } else if (signal === THROW) {
      result = (frame.body as Body).throw!(task.takePayload())
    } else {
      const body = openBody(frame)
      result = frame.flags & GENERATOR ? nextOf.call(body, undefined) : body.next(undefined)
      if (machine.out === null && result.value === undefined) rejectUsedUp(frame)
    }
  } catch (error) {
    return handOverError(task, frame, error)
  }
  handOver(task, frame, result)
}

/** After a body threw. An effect may have come out of an inner generator that somebody looped over: it is taken back. */
export function handOverError(task: Task, frame: Frame, error: unknown): void {
  if (machine.out !== null) {
    machine.out = null
    machine.stolen = false
    takeBack(task, frame)
  }
  bodyThrew(task, frame, error)
}

/** After a body was resumed: it has ended, or an effect came out of it and has set the signal. */
export function handOver(task: Task, frame: Frame, result: IteratorResult<unknown, unknown>): void {
  const { out, reads } = machine
  if (out === null) {
    if (result.done === true) bodyReturned(task, frame, result.value)
    else task.goOn(THROW, misuseOfYield(result.value))
    return
  }
  machine.out = null
  // C11: an effect that came through several generators was looked at by each of them.
  if (reads > 1) frame.flags |= NESTED
  else if (frame.flags & NESTED) frame.flags &= ~NESTED
  if (machine.stolen) {
    machine.stolen = false
    bodyThrew(task, frame, startedTwice(out))
  } else if ((result as unknown) !== out && result.value !== out) {
    // It was begun by something else than yield*, a loop over a generator for instance, and that kept it to itself.
    takeBack(task, frame)
    const error = misuseOfLoop(out)
    if (result.done === true) bodyThrew(task, frame, error)
    else task.goOn(THROW, error)
  }
}

/** Undoes what an effect did that did not come out: it has begun a wait or pushed frames. */
function takeBack(task: Task, frame: Frame): void {
  let top: Frame = task.frame
  let scope: Frame = frame
  while (!(scope.flags & SCOPE)) scope = scope.below!
  withdrawWait(task, scope as Scope)
  for (; top !== frame; top = top.below!) if (top.flags & SCOPE) leaveStack(top as Scope)
  task.frame = frame
  task.scope = scope as Scope
}

/** Puts a frame on top of the stack; it begins within the same step. */
export function pushFrame(task: Task, frame: Frame): void {
  task.frame = frame
  // A generator that has not begun takes no value.
  task.signal = NEXT
}

export function pushScope(task: Task, scope: Scope): void {
  // C2: a request that is still on its way is delivered at the first wait inside, unless the scope is a shield.
  if (!(scope.flags & SHIELD) && isDeliverable(task.scope)) scope.flags |= DOOMED
  task.frame = task.scope = scope
  task.signal = START
}

/** Whether a request was made for the scope, or reaches it from below, and its cleanup has not begun. */
export function isDeliverable(scope: Scope): boolean {
  const marks = scope.flags & (MARKED | CLEANING)
  return marks !== 0 && marks < CLEANING
}
