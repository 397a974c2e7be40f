import { MisuseError } from '../kernel/errors.ts'
import { OutsideEffect, type OutsideWait } from '../kernel/outside.ts'
import type { Operation } from '../operation.ts'

/**
 * The bridge to callbacks. The function is called at once, with two callbacks of which the first call wins; what it
 * returns is called if the task is cancelled before that, and only then.
 *
 * **Cancelled:** the returned function runs, at once; callbacks that come later are ignored. What it throws fails the scope.
 * **Throws:** what was given to `fail`, or what the function itself throws.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const value = yield* action<number>(resume => {
 *     const timer = setTimeout(() => resume(1), 1)
 *     return () => clearTimeout(timer)
 *   })
 *   console.assert(value === 1)
 * })
 * ```
 */
export function action<T = void>(
  executor: (resume: (value: T) => void, fail: (error: unknown) => void) => (() => void) | void
): Operation<T> {
  if (typeof executor !== 'function')
    throw new MisuseError('action takes a function: action((resume, fail) => abort).')
  return new Action<T>(executor)
}

type Executor<T> = (resume: (value: T) => void, fail: (error: unknown) => void) => (() => void) | void

class Action<T> extends OutsideEffect<T> {
  readonly executor: Executor<T>

  constructor(executor: Executor<T>) {
    super()
    this.executor = executor
  }

  get name(): string {
    return 'action'
  }

  override get runsAsWritten(): boolean {
    return true
  }

  performLive(wait: OutsideWait): void {
    const abort = this.executor(
      (value) => void wait.resume(value),
      (error) => void wait.fail(error)
    )
    if (typeof abort === 'function') {
      // It may have been cancelled from inside the executor.
      if (wait.pending) wait.abort = abort
      else if (wait.withdrawn) abort()
    }
  }
}
