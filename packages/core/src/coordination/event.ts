import { checkNamed } from '../kernel/misuse.ts'
import { NEXT } from '../kernel/states.ts'
import type { Waiter } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'
import { Line, LineEffect } from './line.ts'

/** Something that is or is not so, and that tasks can wait for. */
export interface TaskEvent {
  /** True from `set()` to `reset()`: nobody has to wait. */
  readonly isSet: boolean
  /** Lets all that wait go on; whoever waits from now on goes on at once. Also outside of tasks. */
  set(): void
  /** Whoever waits from now on waits for the next `set`. Those that were let go on do so. Also outside of tasks. */
  reset(): void
  /**
   * Waits until it is set.
   *
   * **Cancelled:** it leaves no trace.
   */
  wait(): Operation<void>
}

/**
 * Makes an event, which is not set: a latch that any number of tasks wait for, and that can be used again.
 *
 * **Cancelled:** waiting for it leaves no trace.
 * **Throws:** `MisuseError` for options that are none.
 *
 * @param options `name` is what it is called in trees. Default `event`
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const ready = createEvent()
 *   yield* spawn(function* () {
 *     yield* sleep(10)
 *     ready.set()
 *   })
 *   yield* ready.wait()
 *   console.assert(ready.isSet)
 * })
 * ```
 */
export function createEvent(options?: { name?: string | undefined }): TaskEvent {
  const { name = 'event' } = checkNamed(options, 'createEvent')
  return new Latch(name)
}

class Latch implements TaskEvent {
  readonly name: string
  isSet = false
  line = new Line<WaitForEvent>()
  readonly #wait = new WaitForEvent(this)

  constructor(name: string) {
    this.name = name
  }

  set(): void {
    this.isSet = true
    const { line } = this
    this.line = new Line()
    line.answerAll(NEXT, undefined)
  }

  reset(): void {
    this.isSet = false
  }

  wait(): Operation<void> {
    return this.#wait
  }
}

class WaitForEvent extends LineEffect<void> {
  readonly of: Latch

  constructor(latch: Latch) {
    super()
    this.of = latch
  }

  get name(): string {
    return 'wait'
  }

  begin(waiter: Waiter): void {
    if (this.of.isSet) waiter.settled(NEXT, undefined)
    else this.of.line.join(waiter, this)
  }
}
