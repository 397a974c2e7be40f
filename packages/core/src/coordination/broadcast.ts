import { checkNamed } from '../kernel/misuse.ts'
import type { Operation } from '../operation.ts'
import type { Stream } from '../stream.ts'
import { Hub } from './hub.ts'
import { type Overflow, checkLimits } from './overflow.ts'

/** How much a subscriber may fall behind. */
export interface SubscribeOptions {
  /** How many items are kept for it that it has not received yet; a whole number from 1 on, or `Infinity`. */
  capacity?: number | undefined
  /**
   * What happens to an item for which it has no room. `'wait'`: senders wait for it. `'drop-oldest'` and `'drop-newest'`: it misses one.
   * `'error'`: it gets what is kept, and then a `ChannelFullError`.
   */
  overflow?: Overflow | undefined
}

/** What `createBroadcast` takes: how much a subscriber may fall behind, unless it says so itself, and a name. */
export interface BroadcastOptions extends SubscribeOptions {
  /** What it is called in trees and errors. Default `broadcast`. */
  name?: string | undefined
}

/** Items that each subscriber gets all of. As a stream (`yield* broadcast`) it gives what is sent after it was opened. */
export interface Broadcast<T> extends Stream<T> {
  /** What it is called in trees and errors. */
  readonly name: string
  /** True from `close()` on, also while subscribers have items left. */
  readonly isClosed: boolean
  /** How many subscribers there are. */
  readonly subscribers: number
  /** How many wait to send. */
  readonly waitingSenders: number
  /**
   * Sends an item to all who are subscribed; if one asked for it, waits until it has room. All get it at the same moment.
   *
   * **Cancelled:** it was sent to nobody.
   * **Throws:** `ChannelClosedError` if it is closed, also while it waits.
   */
  send(item: T): Operation<void>
  /** Sends an item if that takes no waiting; also outside of tasks. False if it was not sent, or it is closed. */
  trySend(item: T): boolean
  /** A stream with limits of its own: what it does not say is as the broadcast was made. */
  subscribe(options?: SubscribeOptions): Stream<T>
  /** Closes it for senders; subscribers get what is kept for them, and then the end, or the error. To close twice does nothing. */
  close(error?: unknown): void
}

/**
 * Makes a broadcast: each item goes to every subscriber. A slow one is its own affair: it keeps what it has not received, and stalls the
 * others only if its `overflow` is `'wait'`. A subscription ends with the scope that opened it.
 *
 * **Cancelled:** a sender that waits has sent to nobody.
 * **Throws:** `MisuseError` for a capacity that is no whole number from 1 on.
 *
 * @param options what holds for subscribers that say nothing else. Default: `capacity` is `Infinity`, `overflow` is `'error'`
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const news = createBroadcast<string>({ name: 'news' })
 *   const all = yield* news
 *   const latest = yield* news.subscribe({ capacity: 1, overflow: 'drop-oldest' })
 *   yield* news.send('rain')
 *   yield* news.send('sun')
 *   console.assert((yield* all.next()).value === 'rain')
 *   console.assert((yield* latest.next()).value === 'sun')
 * })
 * ```
 */
export function createBroadcast<T>(options?: BroadcastOptions): Broadcast<T> {
  const {
    capacity = Infinity,
    overflow = 'error',
    name = 'broadcast',
  } = checkNamed(options, 'createBroadcast')
  return new Hub<T>(name, checkLimits({ capacity, overflow }, 1, 'createBroadcast'))
}
