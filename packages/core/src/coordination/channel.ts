import { checkNamed } from '../kernel/misuse.ts'
import type { Operation } from '../operation.ts'
import type { Stream } from '../stream.ts'
import { ChannelState } from './channel-state.ts'
import { made } from './made.ts'
import { type Overflow, checkLimits } from './overflow.ts'

/** What `createChannel` takes. */
export interface ChannelOptions {
  /** How many items it holds that nobody has received yet; a whole number or `Infinity`. Default 0: each item is handed over. */
  capacity?: number | undefined
  /** What happens to an item for which there is no room. Default `'wait'`: its sender waits. */
  overflow?: Overflow | undefined
  /** What it is called in trees and errors. */
  name?: string | undefined
}

/**
 * Items that tasks hand to each other, each received once, in the order in which they were sent. As a stream (`yield* channel`) it gives what is
 * received from it; several that receive share the items.
 */
export interface Channel<T> extends Stream<T> {
  /** What it is called in trees and errors. */
  readonly name: string
  /** How many items it keeps for which there is no receiver yet; `Infinity` for any number. */
  readonly capacity: number
  /** How many items it holds. What waits with its sender is not counted. */
  readonly length: number
  /** True from `close()` on, also while there are items left. */
  readonly isClosed: boolean
  /** How many wait to send. */
  readonly waitingSenders: number
  /** How many wait to receive. */
  readonly waitingReceivers: number
  /**
   * Sends an item, and waits while there is no room for it.
   *
   * **Cancelled:** the item was not sent; one that has been taken is never given back.
   * **Throws:** `ChannelClosedError` at once if it is closed, also while it waits; `ChannelFullError` if `overflow` is `'error'`.
   */
  send(item: T): Operation<void>
  /** Sends an item if that takes no waiting; also outside of tasks. False if it was not taken: it is full or closed. Never throws. */
  trySend(item: T): boolean
  /**
   * Waits for an item.
   *
   * **Cancelled:** no item is taken.
   * **Throws:** once it is closed and nothing is left: the error that it was closed with, or `ChannelClosedError`.
   */
  receive(): Operation<T>
  /** Takes an item if there is one; also outside of tasks. */
  tryReceive(): { value: T } | undefined
  /**
   * Closes it for senders; also outside of tasks. Those that wait get `ChannelClosedError`; receivers get what is left, and then learn of
   * the close, every one of them. To close twice does nothing.
   *
   * @param error what receivers get instead of the end
   */
  close(error?: unknown): void
  /**
   * Counts the current scope among the producers, until its teardown, and gives the channel. When the last producer is released, the channel
   * closes. Register each before the first can end.
   *
   * **Cancelled:** never a point of cancellation.
   * **Throws:** `ChannelClosedError` if it is closed.
   */
  producer(): Operation<Channel<T>>
}

/**
 * Makes a channel: how tasks hand items to each other, with as much room between them as they are given.
 *
 * **Cancelled:** as `send` and `receive`: an item is received once, or is still in the channel, or its sender was told.
 * **Throws:** `MisuseError` for a capacity that is no whole number, or that stands by itself.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const jobs = createChannel<string>({ capacity: 8, name: 'jobs' })
 *   yield* spawn(function* () {
 *     yield* jobs.producer()
 *     yield* jobs.send('sweep')
 *     yield* jobs.send('wash')
 *   })
 *   const subscription = yield* jobs
 *   const done: string[] = []
 *   for (let next = yield* subscription.next(); !next.done; next = yield* subscription.next()) done.push(next.value)
 *   console.assert(done.join() === 'sweep,wash')
 * })
 * ```
 */
export function createChannel<T>(options?: ChannelOptions): Channel<T> {
  const { capacity = 0, overflow = 'wait', name = 'channel' } = checkNamed(options, 'createChannel')
  checkLimits({ capacity, overflow }, 0, 'createChannel')
  return made(new ChannelState<T>(name, capacity, overflow))
}
