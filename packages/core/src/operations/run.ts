import { machine } from '../effect.ts'
import { liveInterpreter } from '../interpreters/live.ts'
import type { Interpreter } from '../interpreters/interpreter.ts'
import { CleanupLimits } from '../kernel/abandon.ts'
import { checkDuration, checkOptions, checkStartable, isFrom, misfit } from '../kernel/misuse.ts'
import { type Observer, combine } from '../kernel/observer.ts'
import { nameOf } from '../kernel/spawn.ts'
import { Task as KernelTask } from '../kernel/task.ts'
import { type Budget, Tree } from '../kernel/tree.ts'
import { request } from '../kernel/unwind.ts'
import type { Startable, ValueOf } from '../operation.ts'
import type { Task } from '../task.ts'

/** What a tree is given when it is made: its name, its interpreter, who looks at it, and its limits. */
export interface RunOptions {
  /** What the root task is called. Default: the name of the function or operation. */
  name?: string | undefined
  /** Who performs what reaches outside. Default: `liveInterpreter`; in a program under simulation, the simulation. */
  interpreter?: Interpreter | undefined
  /** Who sees what the tree does. Default: nobody, at no cost. */
  observers?: readonly Observer[] | undefined
  /** Milliseconds after which cleanup that has not ended is reported with a `CleanupTimeoutError` and abandoned. Default: `Infinity`. */
  cleanupTimeout?: number | undefined
  /** Cancels the tree when it is aborted, with its reason. */
  signal?: AbortSignal | undefined
  /** How much the tree may do before the host's event loop gets its turn. Default: 10,000 steps or 10 milliseconds. */
  budget?: { [K in keyof Budget]?: Budget[K] | undefined } | undefined
}

/**
 * Starts a tree: the operation runs at once, up to its first wait. Await the task for its value.
 *
 * **Cancelled:** by `task.cancel()`, or by `options.signal`; every `finally` in the tree runs, then the task is closed.
 * **Throws:** `MisuseError` for what is no operation. The task fails with what the operation throws; if nobody awaits it, that is an unhandled
 * rejection of the host.
 *
 * @example
 * ```ts
 * const answer = await run(function* () {
 *   yield* sleep(1)
 *   return 42
 * })
 * console.assert(answer === 42)
 * ```
 */
export function run<T>(startable: Startable<T>, options?: RunOptions): Task<T>
export function run<O extends Startable<unknown>>(startable: O, options?: RunOptions): Task<ValueOf<O>>
export function run(startable: Startable<unknown>, options?: RunOptions): Task<unknown> {
  checkStartable(startable, 'run')
  const {
    observers = [],
    cleanupTimeout = Infinity,
    signal,
    budget,
    name,
    interpreter,
  } = checkOptions(options, 'run')
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw misfit('run: signal is an AbortSignal', signal)
  const limits =
    checkDuration(cleanupTimeout, 'run: cleanupTimeout') < Infinity ? new CleanupLimits(cleanupTimeout) : null
  const { steps = 10_000, ms = 10 } = budget ?? {}
  if (!isFrom(1, steps) || !isFrom(0, ms))
    throw misfit('run: budget takes steps from 1 on, and ms from 0 on', budget)
  if (!Array.isArray(observers)) throw misfit('run: observers is an array', observers)
  const world = interpreter ?? machine.interpreter ?? liveInterpreter
  if (typeof world.wake !== 'function') throw misfit('run: interpreter is an Interpreter', world)
  const tree = new Tree(world, combine(observers), limits, { steps, ms })
  const task = new KernelTask<any>(startable, 0, tree, null, name ?? nameOf(startable))
  tree.observer?.started(task)
  if (signal) cancelBy(signal, task)
  tree.enqueue(task)
  return task
}

function cancelBy(signal: AbortSignal, task: KernelTask): void {
  const cancel = () => request(task, signal.reason)
  if (signal.aborted) return cancel()
  signal.addEventListener('abort', cancel)
  task.whenClosed({ closed: () => signal.removeEventListener('abort', cancel) })
}
