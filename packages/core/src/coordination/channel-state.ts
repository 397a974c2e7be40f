/**
 * What a channel is made of: the items that nobody has received yet, and a line on each side. Nobody waits for what is there: while
 * there are items no receiver waits, and while there is room no sender does.
 *
 * Whatever completes a wait may run code of the user, in a callback that a losing branch withdraws from, and that may use this very
 * channel. So each item is in the ring, or handed over, before anybody is told.
 */
import { Queue } from '../kernel/queue.ts'
import type { Waiter } from '../kernel/wait.ts'
import type { Leftover, Primitive } from '../interpreters/interpreter.ts'
import type { Operation } from '../operation.ts'
import type { Subscription } from '../stream.ts'
import { Holding } from './holding.ts'
import type { Channel } from './channel.ts'
import { AtOnce } from './at-once.ts'
import { Receive, Send } from './channel-effects.ts'
import { ChannelClosedError, ChannelFullError } from './channel-errors.ts'
import { Line, type Place } from './line.ts'
import { counted } from './made.ts'
import type { Overflow } from './overflow.ts'

export class ChannelState<T> implements Channel<T>, Primitive {
  readonly name: string
  readonly capacity: number
  readonly overflow: Overflow
  readonly items = new Queue<T>()
  readonly senders = new Line<Send<T>>()
  readonly receivers = new Line<Receive<T>>()
  /** What keeps it open: it closes when the last of these is released. */
  producers: Set<Holding> | null = null
  isClosed = false
  /** What it was closed with, if that was an error. */
  error: unknown = undefined
  readonly #receive = new Receive<T, T>(this, false)

  constructor(name: string, capacity: number, overflow: Overflow) {
    this.name = name
    this.capacity = capacity
    this.overflow = overflow
  }

  get length(): number {
    return this.items.length
  }

  get waitingSenders(): number {
    return this.senders.length
  }

  get waitingReceivers(): number {
    return this.receivers.length
  }

  send(item: T): Operation<void> {
    return new Send(this, item)
  }

  receive(): Operation<T> {
    return this.#receive
  }

  trySend(item: T): boolean {
    const dropsAnother = this.overflow === 'drop-oldest' && this.capacity > 0
    if (this.isClosed || !(this.hasRoomFor(null) || dropsAnother)) return false
    this.put(item)
    return true
  }

  tryReceive(): { value: T } | undefined {
    const { items } = this
    if (items.length === 0) this.admit(null)
    // What a sender had may be taken already, by a callback that its other branches withdrew.
    if (items.length === 0) return undefined
    const value = items.shift()
    this.refill()
    return { value }
  }

  close(error?: unknown): void {
    if (this.isClosed) return
    this.isClosed = true
    this.error = error
    // From now on nobody joins these lines.
    const { senders, receivers } = this
    for (let place = senders.shift(); place !== null; place = senders.shift()) place.fail(this.closedError())
    for (let place = receivers.shift(); place !== null; place = receivers.shift())
      place.effect.end(place.waiter, place)
  }

  producer(): Operation<Channel<T>> {
    return new AtOnce('producer', this, ({ scope }) => {
      if (this.isClosed) throw this.closedError()
      const producers = (this.producers ??= new Set())
      const release = (producer: Holding) => {
        producers.delete(producer)
        if (producers.size === 0) this.close()
      }
      producers.add(new Holding(this, scope, 1, release))
      return this
    })
  }

  [Symbol.iterator](): Iterator<any, Subscription<T>, any> {
    return new AtOnce('open', this, () => this.subscription)[Symbol.iterator]()
  }

  /** All runs of it share its items. */
  get subscription(): Subscription<T> {
    const next = new Receive<T, IteratorResult<T, void>>(this, true)
    return { next: () => next }
  }

  /** Whether an item is taken off its sender now; else the sender has to wait. Throws if it may not. */
  accepts(sender: Waiter | null): boolean {
    if (this.isClosed) throw this.closedError()
    if (this.hasRoomFor(sender)) return true
    if (this.overflow === 'error') throw new ChannelFullError(this.label, this.capacity)
    return this.overflow !== 'wait'
  }

  /** Whether an item could be handed over or stored. A sender does not overtake others. */
  hasRoomFor(sender: Waiter | null): boolean {
    return (
      partnerFor(sender, this.receivers) !== null ||
      (this.items.length < this.capacity && this.senders.length === 0)
    )
  }

  /** Takes an item that was accepted: hands it over, stores it, or drops one. */
  put(item: T): void {
    for (let place = this.receivers.shift(); place !== null; place = this.receivers.shift())
      if (place.resume(place.effect.resultOf(item))) return
    this.store(item)
  }

  store(item: T): void {
    const { items, capacity, overflow } = this
    if (items.length >= capacity) {
      if (overflow === 'drop-newest' || (overflow === 'drop-oldest' && capacity === 0)) return
      if (overflow === 'drop-oldest') items.shift()
    }
    items.push(item)
  }

  /** Takes the item of the sender that waits longest and may be this receiver's partner, and lets the sender go on. */
  admit(receiver: Waiter | null): boolean {
    const place = partnerFor(receiver, this.senders)
    if (place === null) return false
    this.senders.remove(place)
    this.items.push(place.effect.item)
    place.resume(undefined)
    return true
  }

  /** An item was taken: there is room for those who wait. */
  refill(): void {
    while (this.items.length < this.capacity && this.admit(null));
  }

  /** Hands the stored items to those who wait for them. */
  handOut(): void {
    const { items, receivers } = this
    for (let place = receivers.first; place !== null && items.length > 0; place = receivers.first) {
      receivers.remove(place)
      if (place.pending) place.resume(place.effect.resultOf(items.shift()))
    }
  }

  /** What may be dropped for newer items is nobody's loss. */
  leftover(): Leftover | null {
    return this.overflow === 'drop-oldest' ? null : counted('items', this.length, 'item', this.name)
  }

  get label(): string {
    return this.name === 'channel' ? 'The channel' : `The channel ${this.name}`
  }

  closedError(): ChannelClosedError {
    return new ChannelClosedError(this.label, this.error)
  }
}

/** The first in a line with whom an item can be exchanged: not another branch of the same `select` (W3). */
function partnerFor<E extends Send | Receive>(waiter: Waiter | null, line: Line<E>): Place<E> | null {
  let place = line.first
  while (place !== null && (!place.pending || waiter?.excludes?.(place.waiter))) place = place.behind
  return place
}
