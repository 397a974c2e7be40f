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
export { createChannel, type Channel, type ChannelOptions } from './coordination/channel.ts'
export { ChannelClosedError, ChannelFullError } from './coordination/channel-errors.ts'
export type { Overflow } from './coordination/overflow.ts'
export {
  createBroadcast,
  type Broadcast,
  type BroadcastOptions,
  type SubscribeOptions,
} from './coordination/broadcast.ts'
export { createWatch, type Watch } from './coordination/watch.ts'
export { createEvent, type TaskEvent } from './coordination/event.ts'
export { createDeferred, type Deferred } from './coordination/deferred.ts'
export { createSemaphore, type Semaphore } from './coordination/semaphore.ts'
export { createMutex, type Mutex } from './coordination/mutex.ts'
export { createLimiter, type Limiter, type LimiterOptions } from './coordination/limiter.ts'
export type { Stream, Subscription } from './stream.ts'
export { from, type StreamSource } from './streams/from.ts'
export {
  events,
  EventOverflowError,
  type EventEmitterLike,
  type EventTargetLike,
  type EventsOptions,
} from './streams/events.ts'
export { interval } from './streams/interval.ts'
export { produce, type Emit } from './streams/produce.ts'
export { forEach } from './streams/for-each.ts'
export { collect } from './streams/collect.ts'
export { toAsyncIterable, type StreamIterator } from './streams/to-async-iterable.ts'
export { toReadableStream, type HostReadableStream } from './streams/to-readable-stream.ts'
export { pipe } from './streams/pipe.ts'
export type { Operator, PassingOperator } from './streams/operator.ts'
export { mapEach } from './streams/map-each.ts'
export { filter } from './streams/filter.ts'
export { drop, take, takeWhile } from './streams/take.ts'
export { takeUntil } from './streams/take-until.ts'
export { scan } from './streams/scan.ts'
export { distinct, distinctUntilChanged } from './streams/distinct.ts'
export { buffer } from './streams/buffer.ts'
export { window } from './streams/window.ts'
export { debounce } from './streams/debounce.ts'
export { throttle } from './streams/throttle.ts'
export { merge } from './streams/merge.ts'
export { concat } from './streams/concat.ts'
export { zip } from './streams/zip.ts'
export { combineLatest } from './streams/combine-latest.ts'
export { concatMap, flatMap } from './streams/flat-map.ts'
export { switchMap } from './streams/switch-map.ts'
export { share, type ShareOptions } from './streams/share.ts'
export { catchError } from './streams/catch-error.ts'
export { timeoutEach } from './streams/timeout-each.ts'
export { retryStream } from './streams/retry-stream.ts'
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
export { random } from './operations/random.ts'
export { constant } from './policies/constant.ts'
export { exponential, type ExponentialOptions } from './policies/exponential.ts'
export { jittered, type JitteredOptions } from './policies/jittered.ts'
export { upTo } from './policies/up-to.ts'
export { within } from './policies/within.ts'
export { onlyIf } from './policies/only-if.ts'
export { allOf } from './policies/all-of.ts'
export { anyOf } from './policies/any-of.ts'
export { inTurn } from './policies/in-turn.ts'
export { delays, type DelaysOptions } from './policies/delays.ts'
export type { Again, Ended, Policy } from './policies/policy.ts'
export { retry } from './policies/retry.ts'
export { repeat } from './policies/repeat.ts'
export { restartable } from './policies/restartable.ts'
export { dropping } from './policies/dropping.ts'
export { enqueued } from './policies/enqueued.ts'
export { keepLatest } from './policies/keep-latest.ts'
export { OverlappedCall } from './policies/overlapped-call.ts'
export type { Overlapping } from './policies/overlapping.ts'
export { supervise, type ChildEnd, type SuperviseOptions } from './policies/supervise.ts'
export type { ChildBody, ChildSpec } from './policies/child.ts'
export { RestartIntensityError } from './policies/restart-intensity.ts'
export {
  createCircuitBreaker,
  type CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitState,
} from './policies/circuit-breaker.ts'
export { CircuitOpenError } from './policies/circuit-open-error.ts'
