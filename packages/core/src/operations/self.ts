import { answer } from '../effect.ts'
import type { Task as KernelTask } from '../kernel/task.ts'
import { ImmediateEffect } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'
import type { Task } from '../task.ts'

/**
 * The task that is running.
 *
 * **Cancelled:** never a point of cancellation.
 * **Throws:** nothing.
 *
 * @example
 * ```ts
 * await run(function* main() {
 *   console.assert((yield* self()).name === 'main')
 * })
 * ```
 */
export function self(): Operation<Task> {
  return theSelf
}

class Self extends ImmediateEffect<Task> {
  get name(): string {
    return 'self'
  }

  perform(task: KernelTask) {
    return answer(task)
  }
}

const theSelf = /* @__PURE__ */ new Self()
