/**
 * `coppice/kernel`: what packages that bring an interpreter, or primitives of their own, need of the machine. It is documented, but moves faster
 * than `coppice` itself.
 */
export { Effect, answer } from '../effect.ts'
export {
  FrameEffect,
  ImmediateEffect,
  type Standing,
  Wait,
  type Waiter,
  WaitingEffect,
  claim,
} from './wait.ts'
export { OutsideEffect, OutsideWait } from './outside.ts'
export { type Timer, TimerHeap } from './timers.ts'
export { RunQueue } from './queue.ts'
export { Ring } from './ring.ts'
export { type Budget, Tree } from './tree.ts'
export { Task } from './task.ts'
export { InnerScope, type Scope } from './scope.ts'
