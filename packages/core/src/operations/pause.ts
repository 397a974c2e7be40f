import { type Box, Effect, comeOut, isBegun, machine, notBegun } from '../effect.ts'
import { rejectNested } from '../kernel/nested.ts'
import { PAUSED } from '../kernel/states.ts'
import type { Task } from '../kernel/task.ts'
import { atDelivery } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'

/**
 * Goes to the back of the queue: everything else that can run takes a step first.
 *
 * **Cancelled:** a pause claims its own wait at once, so a request takes effect at the next wait.
 * **Throws:** nothing.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   for (let i = 0; i < 3; i++) yield* pause()
 * })
 * ```
 */
export function pause(): Operation<void> {
  return thePause
}

class Pause extends Effect<void> {
  get name(): string {
    return 'pause'
  }

  // A copy, for speed: see Effect.
  override next(box?: Box): IteratorResult<this, void> {
    if (box !== undefined) return box
    if (!isBegun(arguments.length)) return notBegun(this, arguments.length)
    return comeOut(this, this.perform(machine.task!))
  }

  perform(task: Task): Box | this {
    if (atDelivery(task)) return this
    if (machine.watch !== null) rejectNested(this)
    // The observer hears of the wait before the queue does; by then the wait has been claimed.
    task.suspend(this)
    task.goOn(PAUSED, undefined)
    task.tree.enqueue(task)
    return this
  }
}

const thePause = /* @__PURE__ */ new Pause()
