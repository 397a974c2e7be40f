import { operation } from '../operations/operation.ts'
import { pause } from '../operations/pause.ts'
import { checkpoint, poll } from '../operations/poll.ts'
import { toPerform } from '../operations/to-perform.ts'
import type { Operation } from '../operation.ts'
import type { Subscription } from '../stream.ts'
import type { Lease } from './lease.ts'
import { twoReaders } from './mailbox.ts'
import { type Run, type Stage, type Step, over, skipped, waiting } from './stage.ts'
import { type PolledSubscription, ended } from './subscription.ts'

/** So many items that go no further are looked at in a row; then others have their turn (S6). */
const ITEMS_AT_ONCE = 1000

/** Why an item has to be waited for. */
type Wanted = 'item' | 'result' | 'turn' | 'end'

/**
 * One run of a chain. It keeps what it is at: an item that was taken from the source, and a result that was not handed over. So a `next`
 * that was cancelled loses nothing, and the next one goes on from there.
 */
export class ChainSubscription<T> implements PolledSubscription<T>, Run {
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
    else this.#stop(result.value, 0)
  }

  /** What was performed has given its result. */
  settle(result: unknown): void {
    this.operation = undefined
    this.#hasItem = false
    const at = this.#at
    const item = this.#steps[at]!.settle!(result, this.#item)
    if (this.#goesOn(item)) this.#stop(item, at + 1)
  }

  end(): void {
    this.#hasEnded = true
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  hasToPerform(result: unknown): boolean {
    if (typeof result !== 'object' || result === null) return false
    this.operation = toPerform(result)
    return this.operation !== undefined
  }

  /** An item stands before a step, and goes on from there. */
  #stop(item: unknown, at: number): void {
    this.#item = item
    this.#at = at
    this.#hasItem = true
  }

  #goesOn(item: unknown): boolean {
    if (item === over) this.isLast = true
    return item !== over && item !== skipped
  }

  #advance(): IteratorResult<T, void> | undefined {
    for (let looked = 0; ; looked++) {
      let item = this.#item
      let at = this.#at
      if (this.#hasItem) this.#hasItem = false
      else {
        if (this.isLast) return this.#want('end')
        if (looked === ITEMS_AT_ONCE) return this.#want('turn')
        const result = this.#polled?.poll()
        if (result === undefined) return this.#want('item')
        if (result.done === true) {
          this.end()
          return ended
        }
        item = result.value
        at = 0
      }
      item = this.#pass(item, at)
      if (item === waiting) return this.#want('result')
      if (this.#goesOn(item)) return { done: false, value: item as T }
    }
  }

  #want(wanted: Wanted): undefined {
    this.wanted = wanted
  }

  /** Takes an item through the steps from one on: gives what comes out, or that something has to be performed on the way. */
  #pass(item: unknown, from: number): unknown {
    const steps = this.#steps
    for (let at = from; at < steps.length; at++) {
      const passed = steps[at]!.pass(item)
      if (typeof passed === 'symbol') {
        if (passed === waiting) this.#stop(item, at)
        if (passed === waiting || passed === skipped || passed === over) return passed
      }
      item = passed
    }
    return item
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
