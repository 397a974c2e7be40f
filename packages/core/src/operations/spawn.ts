import { answer } from '../effect.ts'
import { checkOptions, checkStartable } from '../kernel/misuse.ts'
import { nameOf, spawnInto } from '../kernel/spawn.ts'
import { COUNTED } from '../kernel/states.ts'
import type { Scope } from '../kernel/scope.ts'
import type { Task as KernelTask } from '../kernel/task.ts'
import { ImmediateEffect } from '../kernel/wait.ts'
import type { Operation, Startable, ValueOf } from '../operation.ts'
import type { Task } from '../task.ts'

/** How a child stands in its scope. */
export interface SpawnOptions {
  /** What the task is called in trees and errors. */
  name?: string | undefined
  /** True: torn down when the scope's body and its other children have ended, instead of waited for. Default false. */
  background?: boolean | undefined
}

/**
 * Starts a child of the current scope, and goes on. The scope ends only when the child has ended; a child that fails
 * cancels the rest of its scope, and the scope throws its error.
 *
 * **Cancelled:** never a point of cancellation: a task that is handed over is always started.
 * **Throws:** `MisuseError` for what is no operation.
 *
 * @param startable `worker(1)`, `() => worker(1)` or `worker`
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const slow = yield* spawn(function* () {
 *     yield* sleep(20)
 *     return 1
 *   })
 *   const result = (yield* slow) + 1
 *   console.assert(result === 2)
 * })
 * ```
 */
export function spawn<T>(startable: Startable<T>, options?: SpawnOptions): Operation<Task<T>>
export function spawn<O extends Startable<unknown>>(
  startable: O,
  options?: SpawnOptions
): Operation<Task<ValueOf<O>>>
export function spawn(startable: Startable<unknown>, options?: SpawnOptions): Operation<Task<unknown>> {
  if (options !== undefined) checkOptions(options, 'spawn')
  return new Spawn(checkStartable(startable, 'spawn'), options)
}

class Spawn extends ImmediateEffect<KernelTask> {
  readonly startable: Startable<unknown>
  readonly options: SpawnOptions | undefined

  constructor(startable: Startable<unknown>, options: SpawnOptions | undefined) {
    super()
    this.startable = startable
    this.options = options
  }

  get name(): string {
    return 'spawn'
  }

  protected override get printed(): readonly unknown[] {
    return this.options === undefined ? [this.startable] : [this.startable, this.options]
  }

  perform(task: KernelTask) {
    return answer(spawnWith(task.scope, this.startable, this.options))
  }
}

/** Spawns as the options say. */
export function spawnWith(
  scope: Scope,
  startable: Startable<unknown>,
  options: SpawnOptions | undefined
): KernelTask {
  const flags = options?.background === true ? 0 : COUNTED
  return spawnInto(scope, startable, flags, options?.name ?? nameOf(startable))
}
