import { type Box, Effect, answer, machine } from '../effect.ts'
import { rejectNested } from '../kernel/nested.ts'
import type { Task } from '../kernel/task.ts'
import { type FrameEffect, atDelivery } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'
import { operation } from './operation.ts'
import { pause } from './pause.ts'
import { suspend } from './suspend.ts'

/**
 * Answers with what `attempt` gives, without a frame; only if that is undefined, `otherwise` runs, which is a declared operation. It is a
 * point of cancellation before anything is attempted (C2), and many answers in a row count for the budget (S6). Make it once and use it for
 * each round of a loop.
 */
export function poll<T>(attempt: () => T | undefined, otherwise: Operation<T>): Operation<T> {
  return new Poll<T>(attempt, otherwise)
}

class Poll<T> extends Effect<T> {
  readonly #attempt: () => T | undefined
  readonly #otherwise: FrameEffect<T>

  constructor(attempt: () => T | undefined, otherwise: Operation<T>) {
    super()
    this.#attempt = attempt
    this.#otherwise = otherwise as FrameEffect<T>
  }

  get name(): string {
    return this.#otherwise.name
  }

  protected override get printed(): readonly unknown[] {
    return []
  }

  perform(task: Task): Box | this {
    if (atDelivery(task)) return this
    if (machine.watch !== null) rejectNested(this)
    if (task.tree.answersAtOnce()) {
      const value = this.#attempt()
      if (value !== undefined) return answer(value)
      this.#otherwise.push(task)
    } else {
      // Nothing is attempted before the pause: what it gave could not be taken back (C2).
      ;(pauseFirst<T>(this) as FrameEffect<T>).push(task)
    }
    return this
  }
}

const pauseFirst = /* @__PURE__ */ operation('pauseFirst', function* <T>(effect: Operation<T>) {
  yield* pause()
  return yield* effect
})

const attemptNothing = () => true as const

/**
 * Does nothing, at a point of cancellation. What an operation has taken, and keeps until it is past this, is not lost: if the operation was
 * cancelled meanwhile, or is the loser of a `select`, it unwinds here.
 */
export const checkpoint: Operation<true> = /* @__PURE__ */ new Poll<true>(
  attemptNothing,
  /* @__PURE__ */ suspend()
)
