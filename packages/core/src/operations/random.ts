import { answer } from '../effect.ts'
import type { Task } from '../kernel/task.ts'
import { ImmediateEffect } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'

/**
 * A number from 0 to 1, 1 excluded, from the interpreter's source: a simulation repeats it from its seed. Not for secrets. (`random` of
 * `@coppice/testing` is something else: a strategy of `explore`.)
 *
 * **Cancelled:** never a point of cancellation.
 * **Throws:** nothing.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const side = 1 + Math.floor(6 * (yield* random()))
 *   console.assert(side >= 1 && side <= 6)
 * })
 * ```
 */
export function random(): Operation<number> {
  return theRandom
}

class Random extends ImmediateEffect<number> {
  get name(): string {
    return 'random'
  }

  perform(task: Task) {
    return answer(task.tree.interpreter.random())
  }
}

const theRandom = /* @__PURE__ */ new Random()
