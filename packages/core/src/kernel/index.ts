/**
 * `coppice/kernel`: what packages that bring an interpreter, or primitives of their own, need of the machine. It is documented, but moves faster
 * than `coppice` itself.
 */
export { Effect, answer, interpretBy, printed, runningTask } from '../effect.ts'
export type { Interpreter, Leftover, Primitive } from '../interpreters/interpreter.ts'
export {
  FrameEffect,
  ImmediateEffect,
  type Standing,
  Wait,
  type Waiter,
  WaitingEffect,
  atDelivery,
  claim,
} from './wait.ts'
export { OutsideEffect, OutsideWait } from './outside.ts'
export { type Timer, TimerHeap } from './timers.ts'
export { RunQueue } from './run-queue.ts'
export { Queue } from './queue.ts'
export { type Budget, Tree } from './tree.ts'
export { Task } from './task.ts'
export { InnerScope, type Scope } from './scope.ts'
export { CoppiceError, text } from './errors.ts'
export { traceError } from './trace.ts'
export { isOperation, isResultOperation, isThenable } from './misuse.ts'
export { promiseOf } from './promise.ts'
export {
  BRANCH,
  CLEANING,
  CLOSED,
  MARKED,
  NEXT,
  PAUSED,
  REGION,
  REQUESTED,
  RESOURCE,
  RETURN,
  SETTLE,
  START,
  TEARDOWN,
  THROW,
  WAITING,
} from './states.ts'
export { request } from './unwind.ts'
export { waitForClosing } from './closing.ts'
export { waitsOn } from './waits-on.ts'
