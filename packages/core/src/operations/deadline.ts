import { answer } from '../effect.ts'
import type { InnerScope, Scope, TimedKind } from '../kernel/scope.ts'
import { CLEANING, SHIELD, TIMED } from '../kernel/states.ts'
import type { Task } from '../kernel/task.ts'
import { ImmediateEffect } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'

/**
 * The instant, by the interpreter's clock, at which the running code will be cancelled: the earliest deadline of all `timeout`s, `moveOnAfter`s
 * and graceful cancellations around it, up to the nearest `shield`. `Infinity` if there is none.
 *
 * **Cancelled:** never a point of cancellation.
 * **Throws:** nothing.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   yield* timeout(1000, function* () {
 *     const left = (yield* deadline()) - (yield* now())
 *     console.assert(left > 0 && left <= 1000)
 *   })
 * })
 * ```
 */
export function deadline(): Operation<number> {
  return theDeadline
}

class Deadline extends ImmediateEffect<number> {
  get name(): string {
    return 'deadline'
  }

  perform(task: Task) {
    const { announcements } = task.tree
    let earliest = Infinity
    for (let scope: Scope | null = task.scope; scope !== null; scope = scope.outer) {
      if (scope.flags & CLEANING) break
      earliest = Math.min(earliest, dueOf(scope), announcements?.get(scope)?.deadline ?? Infinity)
      if (scope.flags & SHIELD) break
    }
    return answer(earliest)
  }
}

function dueOf(scope: Scope): number {
  return scope.flags & TIMED ? ((scope as InnerScope).kind as TimedKind).due : Infinity
}

const theDeadline = /* @__PURE__ */ new Deadline()
