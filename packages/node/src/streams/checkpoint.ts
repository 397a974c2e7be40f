import type { Operation } from 'coppice'
import { NEXT, type Waiter, WaitingEffect, claim } from 'coppice/kernel'

/**
 * Does nothing, at a point of cancellation. What an operation has taken, and keeps until it is past this, is not lost: if the operation was
 * cancelled meanwhile, or is the loser of a `select`, it unwinds here (F3).
 */
class Checkpoint extends WaitingEffect<void> {
  get name(): string {
    return 'checkpoint'
  }

  begin(waiter: Waiter): void {
    waiter.wait = this
    claim(waiter, this, NEXT, undefined)
  }

  withdraw(): void {}
}

export const checkpoint: Operation<void> = new Checkpoint()
