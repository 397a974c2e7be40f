import { answer } from '../effect.ts'
import { CancelledError } from '../kernel/errors.ts'
import type { Task } from '../kernel/task.ts'
import { ImmediateEffect } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'
import { atTeardown } from './ensure.ts'

/**
 * An `AbortSignal` that lives as long as the current scope: it is aborted when the scope is torn down, after its body has ended.
 *
 * **Cancelled:** never a point of cancellation.
 * **Throws:** nothing.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const signal = yield* abortSignal()
 *   console.assert(!signal.aborted)
 * })
 * ```
 */
export function abortSignal(): Operation<AbortSignal> {
  return theAbortSignal
}

class ScopeSignal extends ImmediateEffect<AbortSignal> {
  get name(): string {
    return 'abortSignal'
  }

  perform(task: Task) {
    const { scope } = task
    const controller = new AbortController()
    atTeardown(task, () => controller.abort(new CancelledError(scope.label || 'The scope', scope.reason)))
    return answer(controller.signal)
  }
}

const theAbortSignal = /* @__PURE__ */ new ScopeSignal()
