import { answer } from '../effect.ts'
import { adopt } from '../kernel/scope.ts'
import { Cleanup } from '../kernel/cleanup.ts'
import { MisuseError } from '../kernel/errors.ts'
import { isOperation, isResultOperation, isThenable } from '../kernel/misuse.ts'
import type { Task } from '../kernel/task.ts'
import { ImmediateEffect } from '../kernel/wait.ts'
import type { Operation, Startable } from '../operation.ts'
import { until } from './until.ts'

/**
 * Runs a cleanup when the current scope is torn down, however it ends: a function, an asynchronous function, or an operation. Cleanups run newest
 * first, shielded, each even if an earlier one threw.
 *
 * **Cancelled:** never a point of cancellation: what was opened just before is never leaked.
 * **Throws:** `MisuseError` for something that can't be run. What the cleanup throws, the scope throws.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const timer = setInterval(() => {}, 1000)
 *   yield* ensure(() => clearInterval(timer))
 *   yield* sleep(1)
 * })
 * ```
 */
export function ensure(cleanup: Operation<unknown> | (() => unknown)): Operation<void> {
  if (typeof cleanup !== 'function' && !isOperation(cleanup)) {
    throw new MisuseError(
      'ensure takes a function or an operation: ensure(() => close()) or ensure(function* () {…}).'
    )
  }
  return new Ensure(cleanup)
}

class Ensure extends ImmediateEffect<void> {
  readonly cleanup: Operation<unknown> | (() => unknown)

  constructor(cleanup: Operation<unknown> | (() => unknown)) {
    super()
    this.cleanup = cleanup
  }

  get name(): string {
    return 'ensure'
  }

  perform(task: Task) {
    atTeardown(task, this.cleanup)
    return answer(undefined)
  }
}

/** Registers a cleanup with the current scope of a task. */
export function atTeardown(task: Task, cleanup: Operation<unknown> | (() => unknown)): void {
  const startable: Startable<unknown> = typeof cleanup === 'function' ? () => asOperation(cleanup()) : cleanup
  adopt(task.scope, new Cleanup(startable, task.scope.context))
}

/** What a plain function gave, as something that can be driven. */
export function asOperation(result: unknown): Operation<unknown> {
  if (isResultOperation(result)) return result
  return isThenable(result) ? until(result) : new Constant(result)
}

class Constant extends ImmediateEffect {
  readonly #result: unknown

  constructor(result: unknown) {
    super()
    this.#result = result
  }

  get name(): string {
    return 'constant'
  }

  perform() {
    return answer(this.#result)
  }
}
