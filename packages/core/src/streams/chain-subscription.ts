import { operation } from '../operations/operation.ts'
import { pause } from '../operations/pause.ts'
import { checkpoint, poll } from '../operations/poll.ts'
import { toPerform } from '../operations/to-perform.ts'
import type { Operation } from '../operation.ts'
import type { Subscription } from '../stream.ts'
import type { Lease } from './lease.ts'
import { twoReaders } from './mailbox.ts'
import { type Ending, type Stage, type Step, over, skipped } from './stage.ts'
import { type PolledSubscription, ended } from './subscription.ts'

/** So many items that go no further are looked at in a row; then others have their turn (S6). */
const ITEMS_AT_ONCE = 1000

/** Why an item has to be waited for. */
type Wanted = 'item' | 'result' | 'turn' | 'end'

/**
 * One run of a chain. It keeps what it is at: an item that was taken from the source, and a result that was not handed over. So a `next`
 * that was cancelled loses nothing, and the next one goes on from there.
 */
export class ChainSubscription<T> implements PolledSubscription<T>, Ending {
  isLast = false
  /** A task is inside of `next`, and waits there. */
  isRead = false
  wanted: Wanted = 'item'
  /** What was applied to the item and has to be performed. */
  operation: Operation<unknown> | undefined = undefined
  /** An item for the reader that it has not got yet. */
  kept: IteratorResult<T, void> | undefined = undefined
  readonly source: Subscription<unknown>
  readonly lease: Lease<unknown> | undefined
  readonly #polled: PolledSubscription<unknown> | undefined
  readonly #steps: readonly Step[]
  readonly #next: Operation<IteratorResult<T, void>>
  #item: unknown = undefined
  /** The step that the item stands before. */
  #at = 0
  #hasItem = false
  #hasEnded = false
  #failure: { readonly error: unknown } | undefined = undefined

  constructor(source: Subscription<unknown>, stages: readonly Stage[], opened: Lease<unknown> | undefined) {
    this.source = source
    this.lease = opened
    this.#polled =
      typeof (source as PolledSubscription<unknown>).poll === 'function'
        ? (source as PolledSubscription<unknown>)
        : undefined
    this.#steps = stages.map((stage) => stage.start(this))
    this.#next = poll(() => this.poll(), waitForNext<T>(this))
  }

  next(): Operation<IteratorResult<T, void>> {
    return this.#next
  }

  poll(): IteratorResult<T, void> | undefined {
    if (this.isRead) throw twoReaders()
    return this.goOn()
  }

  /** Goes as far as it can without waiting; if that gives nothing, `wanted` says what for. */
  goOn(): IteratorResult<T, void> | undefined {
    const { kept } = this
    if (kept !== undefined) {
      this.kept = undefined
      return kept
    }
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#hasEnded) return ended
    try {
      return this.#advance()
    } catch (error) {
      this.fail(error)
      throw error
    }
  }

  accept(result: IteratorResult<unknown, void>): void {
    if (result.done === true) this.end()
    else this.#begin(result.value)
  }

  /** What was performed has given its result. */
  settle(result: unknown): void {
    this.operation = undefined
    this.#pass(this.#steps[this.#at]!.settle(result, this.#item))
  }

  end(): void {
    this.#hasEnded = true
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  #begin(item: unknown): void {
    this.#item = item
    this.#at = 0
    this.#hasItem = true
  }

  #advance(): IteratorResult<T, void> | undefined {
    for (let looked = 0; ; looked++) {
      if (!this.#hasItem) {
        if (this.isLast) return this.#want('end')
        if (looked === ITEMS_AT_ONCE) return this.#want('turn')
        const result = this.#polled?.poll()
        if (result === undefined) return this.#want('item')
        this.accept(result)
        if (this.#hasEnded) return ended
      }
      if (!this.#apply()) return this.#want('result')
      if (this.#hasItem) {
        this.#hasItem = false
        return { done: false, value: this.#item as T }
      }
    }
  }

  #want(wanted: Wanted): undefined {
    this.wanted = wanted
  }

  /** Takes the item through the steps. False if something has to be performed on the way. */
  #apply(): boolean {
    const steps = this.#steps
    while (this.#hasItem && this.#at < steps.length) {
      const step = steps[this.#at]!
      const result = step.apply(this.#item)
      if (typeof result === 'object' && result !== null) {
        this.operation = toPerform(result)
        if (this.operation !== undefined) return false
      }
      this.#pass(step.settle(result, this.#item))
    }
    return true
  }

  #pass(item: unknown): void {
    if (item === skipped || item === over) {
      this.#hasItem = false
      if (item === over) this.isLast = true
    } else {
      this.#item = item
      this.#at++
    }
  }
}

const waitForNext = /* @__PURE__ */ operation('next', function* <T>(run: ChainSubscription<T>) {
  run.isRead = true
  try {
    for (;;) {
      if (run.wanted === 'item') run.accept(yield* run.source.next())
      else if (run.wanted === 'result') run.settle(yield* run.operation!)
      else if (run.wanted === 'turn') yield* pause()
      else {
        yield* run.lease!.leave()
        run.end()
      }
      const result = run.goOn()
      if (result === undefined) continue
      run.kept = result
      yield* checkpoint
      run.kept = undefined
      return result
    }
  } catch (error) {
    run.fail(error)
    throw error
  } finally {
    run.isRead = false
  }
}) as <T>(run: ChainSubscription<T>) => Operation<IteratorResult<T, void>>
