import { checkDuration, misfit } from '../checks.ts'
import { now } from '../operations/now.ts'
import { operation } from '../operations/operation.ts'
import { checkpoint } from '../operations/poll.ts'
import { sleepUntil } from '../operations/sleep.ts'
import type { Operation } from '../operation.ts'
import type { Stream, Subscription } from '../stream.ts'
import { twoReaders } from './mailbox.ts'
import { NamedStream } from './subscription.ts'

/**
 * Counts 0, 1, 2, … every `ms` milliseconds by the interpreter's clock, from when it is opened; it never ends. It does not drift. If the
 * consumer is late, it gets one item at once, and the next one at the next multiple of `ms`: missed ones are not made up for.
 *
 * **Cancelled:** the timer is taken back at once.
 * **Throws:** `MisuseError` unless `ms` is more than 0.
 *
 * @example
 * ```ts
 * await run(forEach(pipe(interval(1), take(3)), (n) => console.log(n)))
 * ```
 */
export function interval(ms: number): Stream<number> {
  if (checkDuration(ms, 'interval') === 0) throw misfit(`interval takes milliseconds, more than 0`, ms)
  return new NamedStream('interval', () => open(ms))
}

const open = /* @__PURE__ */ operation('interval', function* (ms: number) {
  return new Ticks(ms, yield* now())
})

class Ticks implements Subscription<number> {
  readonly ms: number
  readonly openedAt: number
  count = 0
  /** How many periods had passed at the latest tick. */
  periods = 0
  isRead = false
  readonly #next: Operation<IteratorResult<number, void>>

  constructor(ms: number, openedAt: number) {
    this.ms = ms
    this.openedAt = openedAt
    this.#next = nextTick(this)
  }

  next(): Operation<IteratorResult<number, void>> {
    return this.#next
  }
}

const nextTick = /* @__PURE__ */ operation('next', function* (ticks: Ticks) {
  if (ticks.isRead) throw twoReaders()
  ticks.isRead = true
  try {
    const { ms, openedAt, periods } = ticks
    yield* sleepUntil(openedAt + (periods + 1) * ms)
    const passed = Math.floor(((yield* now()) - openedAt) / ms)
    yield* checkpoint
    // An instant that is no binary fraction may seem to come a little early.
    ticks.periods = Math.max(periods + 1, passed)
    const tick: IteratorResult<number, void> = { done: false, value: ticks.count++ }
    return tick
  } finally {
    ticks.isRead = false
  }
})
