/** The public surface of `coppice`, and nothing else. */
export type { Operation, Outcome, Startable, ValueOf } from './operation.ts'
export { Task, type TaskStatus } from './task.ts'
export { run, type RunOptions } from './operations/run.ts'
export { operation } from './operations/operation.ts'
export { spawn, type SpawnOptions } from './operations/spawn.ts'
export { cancel, type CancelOptions } from './operations/cancel.ts'
export { cancelRequested, type CancelRequest } from './operations/cancel-requested.ts'
export { scope, type Scope, type ScopeOptions } from './operations/scope.ts'
export { createScope, type OpenScope } from './operations/create-scope.ts'
export { select, type Selected } from './operations/select.ts'
export { all, allSettled, any, map, race, type ConcurrencyOptions } from './operations/all.ts'
export { sleep, sleepUntil } from './operations/sleep.ts'
export { now } from './operations/now.ts'
export { suspend } from './operations/suspend.ts'
export { pause } from './operations/pause.ts'
export { moveOnAfter, timeout } from './operations/timeout.ts'
export { deadline } from './operations/deadline.ts'
export { call, type CallDescription } from './operations/call.ts'
export { until } from './operations/until.ts'
export { action } from './operations/action.ts'
export { shield } from './operations/shield.ts'
export { attempt } from './operations/attempt.ts'
export { self } from './operations/self.ts'
export { resource, type Provide } from './operations/resource.ts'
export { use } from './operations/use.ts'
export { ensure } from './operations/ensure.ts'
export { abortSignal } from './operations/abort-signal.ts'
export { createContext, type Context } from './operations/context.ts'
export { defineEffect, provide, type EffectDefinition, type Handler } from './operations/define-effect.ts'
export type { Stream, Subscription } from './stream.ts'
export { formatTree, inspectTree, type TreeNode } from './operations/inspect.ts'
export { Effect } from './effect.ts'
export type { Interpreter } from './interpreters/interpreter.ts'
export { liveInterpreter } from './interpreters/live.ts'
export type { Observer } from './kernel/observer.ts'
export type { Budget } from './kernel/tree.ts'
export {
  CancelledError,
  CleanupTimeoutError,
  JoinCycleError,
  MisuseError,
  NestedCleanupError,
  ScopeError,
  TimeoutError,
} from './kernel/errors.ts'
