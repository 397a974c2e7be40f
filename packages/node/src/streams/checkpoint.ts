/** The last point of cancellation of an operation that keeps what it has taken until then. */
import { type Operation, operation, pause } from 'coppice'
import { Effect, type FrameEffect, type Task, answer, atDelivery } from 'coppice/kernel'

/**
 * Does nothing, at a point of cancellation. What an operation has taken, and keeps until it is past this, is not lost: if the operation was
 * cancelled meanwhile, or is the loser of a `select`, it unwinds here (F3). It is no wait, since one that goes through the queue when many
 * were answered in a row (S6) is claimed before its task goes on: so others have their turn first, and then it looks.
 */
class Checkpoint extends Effect<void> {
  get name(): string {
    return 'checkpoint'
  }

  protected override get printed(): readonly unknown[] {
    return []
  }

  perform(task: Task) {
    if (atDelivery(task)) return this
    if (task.tree.answersAtOnce()) return answer(undefined)
    ;(afterOthers as FrameEffect<void>).push(task)
    return this
  }
}

export const checkpoint: Operation<void> = new Checkpoint()

const afterOthers = operation('afterOthers', function* () {
  yield* pause()
  yield* checkpoint
})()
