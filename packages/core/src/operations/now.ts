import { answer } from '../effect.ts'
import type { Task } from '../kernel/task.ts'
import { ImmediateEffect } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'

/**
 * The present instant by the interpreter's clock, in milliseconds; live, since 1970. It never goes back.
 *
 * **Cancelled:** never a point of cancellation.
 * **Throws:** nothing.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const start = yield* now()
 *   yield* sleep(10)
 *   console.assert((yield* now()) - start >= 10)
 * })
 * ```
 */
export function now(): Operation<number> {
  return theNow
}

class Now extends ImmediateEffect<number> {
  get name(): string {
    return 'now'
  }

  perform(task: Task) {
    return answer(task.tree.interpreter.now())
  }
}

const theNow = /* @__PURE__ */ new Now()
