/** What waits for an answer that a real promise, or the real world, has yet to give. */
import type { OutsideWait } from 'coppice/kernel'

export class Awaited {
  readonly #waits = new Set<OutsideWait>()

  add(wait: OutsideWait): void {
    this.#waits.add(wait)
  }

  /** Answers with the result of a promise. */
  answerBy(promise: PromiseLike<unknown>, wait: OutsideWait): void {
    this.add(wait)
    promise.then(
      (value) => void wait.resume(value),
      (error) => void wait.fail(error)
    )
  }

  clear(): void {
    this.#waits.clear()
  }

  /** How many there are. Nobody says when a wait has ended, so they are asked. */
  get size(): number {
    for (const wait of this.#waits) if (!wait.pending) this.#waits.delete(wait)
    return this.#waits.size
  }
}
