import { checkCount, checkOptions } from '../checks.ts'
import { HandOver } from '../operations/hand-over.ts'
import { operation } from '../operations/operation.ts'
import { scope } from '../operations/scope.ts'
import { spawn } from '../operations/spawn.ts'
import { toStart } from '../operations/to-perform.ts'
import type { ConcurrencyOptions } from '../operations/all.ts'
import type { Operation } from '../operation.ts'
import type { Stream, Subscription } from '../stream.ts'
import { checkFunction, checkStream, checkSubscription } from './subscription.ts'

/**
 * Opens a stream, and calls `fn` with each item. If that gives an operation or a promise, it is waited for before the next item
 * is asked for; with `concurrency`, so many of them run side by side. What an operation acquires is released when it
 * has ended; the stream is released before `forEach` ends.
 *
 * **Cancelled:** what runs for items unwinds, then the stream is released.
 * **Throws:** what the stream or `fn` throws; the rest is cancelled.
 *
 * @param fn gets the item, and how many there were before it
 * @param options `concurrency`: how many operations run at once, from 1 on. Default: 1
 *
 * @example
 * ```ts
 * const seen: number[] = []
 * await run(
 *   forEach(from([1, 2, 3]), function* (n) {
 *     yield* sleep(1)
 *     seen.push(n)
 *   })
 * )
 * console.assert(seen.join() === '1,2,3')
 * ```
 */
export function forEach<T>(
  stream: Stream<T>,
  fn: (item: T, index: number) => unknown,
  options?: ConcurrencyOptions
): Operation<void> {
  checkStream(stream, 'forEach')
  checkFunction(fn, 'forEach', 'forEach(stream, function* (item) {…})')
  const concurrency = checkCount(checkOptions(options, 'forEach').concurrency ?? 1, 1, 'forEach: concurrency')
  return scope(openAndRead(stream, fn, concurrency), { name: 'forEach' })
}

const openAndRead = /* @__PURE__ */ operation('forEach', function* <
  T,
>(stream: Stream<T>, fn: (item: T, index: number) => unknown, concurrency: number) {
  const subscription = checkSubscription(yield* stream)
  yield* readEach(subscription, fn, concurrency)
})

/** Calls `fn` with each item of a subscription, in the scope of the caller. */
export function readEach<T>(
  subscription: Subscription<T>,
  fn: (item: T, index: number) => unknown,
  concurrency: number
): Operation<void> {
  return concurrency === 1 ? inTurn(subscription, fn) : together(subscription, fn, new Crew(concurrency))
}

type Read<A extends unknown[]> = <T>(
  subscription: Subscription<T>,
  fn: (item: T, index: number) => unknown,
  ...rest: A
) => Operation<void>

const inTurn = /* @__PURE__ */ operation('inTurn', function* <
  T,
>(subscription: Subscription<T>, fn: (item: T, index: number) => unknown) {
  for (let index = 0; ; index++) {
    const result = yield* subscription.next()
    if (result.done === true) return
    const performed = toStart(fn(result.value, index))
    if (performed !== undefined) yield* scope(performed)
  }
}) as Read<[]>

const together = /* @__PURE__ */ operation('together', function* <
  T,
>(subscription: Subscription<T>, fn: (item: T, index: number) => unknown, crew: Crew) {
  for (let index = 0; ; index++) {
    if (crew.isBusy) yield* crew.free.wait()
    const result = yield* subscription.next()
    if (result.done === true) return crew.dismiss()
    const performed = toStart(fn(result.value, index))
    if (performed !== undefined && !crew.handOut(performed)) yield* spawn(worker(crew, performed))
  }
}) as Read<[crew: Crew]>

/** Tasks that take one operation after the other; each is made when all others are at work. */
class Crew {
  /** Where the reader waits for one that has nothing to do. */
  readonly free = new HandOver()
  readonly idle: Worker[] = []
  isDismissed = false
  #size = 0
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get isBusy(): boolean {
    return this.idle.length === 0 && this.#size === this.#limit
  }

  /** False if one more has to be made for it. */
  handOut(performed: Operation<unknown>): boolean {
    const { idle } = this
    if (idle.length > 0) return idle.pop()!.give(performed)
    this.#size++
    return false
  }

  dismiss(): void {
    this.isDismissed = true
    for (const each of this.idle) each.give(undefined)
  }
}

/** Where a worker waits for the next operation. */
class Worker extends HandOver<Operation<unknown> | undefined> {
  readonly #crew: Crew

  constructor(crew: Crew) {
    super()
    this.#crew = crew
  }

  protected override asked(): void {
    if (this.#crew.isDismissed) this.give(undefined)
    else {
      this.#crew.idle.push(this)
      this.#crew.free.give()
    }
  }
}

const worker = /* @__PURE__ */ operation('worker', function* (crew: Crew, first: Operation<unknown>) {
  const work = new Worker(crew)
  for (let performed: Operation<unknown> | undefined = first; performed !== undefined;) {
    yield* scope(performed)
    performed = yield* work.wait()
  }
})
