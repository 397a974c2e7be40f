/**
 * A broadcast inside: a channel for each subscriber. An item is stored with all of them before any of them is told, so all see the
 * same order, whoever sends or subscribes in the meantime.
 */
import { checkOptions } from '../kernel/misuse.ts'
import { NEXT } from '../kernel/states.ts'
import type { Scope } from '../kernel/scope.ts'
import type { Waiter } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'
import type { Stream, Subscription } from '../stream.ts'
import type { Broadcast, SubscribeOptions } from './broadcast.ts'
import { AtOnce } from './at-once.ts'
import { ChannelClosedError, ChannelFullError } from './channel-errors.ts'
import { ChannelState } from './channel-state.ts'
import { Holding } from './holding.ts'
import { Line, LineEffect } from './line.ts'
import { type Limits, checkLimits } from './overflow.ts'

export class Hub<T> implements Broadcast<T> {
  readonly name: string
  isClosed = false
  readonly #limits: Limits
  readonly #inboxes = new Set<Inbox<T>>()
  readonly line = new Line<Publish<T>>()
  #error: unknown = undefined

  constructor(name: string, limits: Limits) {
    this.name = name
    this.#limits = limits
  }

  get subscribers(): number {
    return this.#inboxes.size
  }

  get waitingSenders(): number {
    return this.line.length
  }

  send(item: T): Operation<void> {
    return new Publish(this, item)
  }

  trySend(item: T): boolean {
    if (this.isClosed || !this.hasRoom) return false
    this.store(item)
    this.handOut()
    return true
  }

  subscribe(options?: SubscribeOptions): Stream<T> {
    const by = `${this.name}.subscribe`
    const { capacity = this.#limits.capacity, overflow = this.#limits.overflow } = checkOptions(options, by)
    const limits = checkLimits({ capacity, overflow }, 1, by)
    return new AtOnce('subscribe', this, ({ scope }) => this.#admit(limits, scope))
  }

  [Symbol.iterator](): Iterator<any, Subscription<T>, any> {
    return this.subscribe()[Symbol.iterator]()
  }

  close(error?: unknown): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#error = error
    // From now on nobody joins the line.
    const { line } = this
    for (let place = line.shift(); place !== null; place = line.shift()) place.fail(this.closedError())
    for (const inbox of this.#inboxes) inbox.close(error)
    this.#inboxes.clear()
  }

  closedError(): ChannelClosedError {
    return new ChannelClosedError(`The broadcast ${this.name}`, this.#error)
  }

  /** Whether all who want to be waited for have room, and nobody would be overtaken. */
  get hasRoom(): boolean {
    return this.line.length === 0 && !this.#isStalled
  }

  get #isStalled(): boolean {
    for (const inbox of this.#inboxes) if (inbox.overflow === 'wait' && inbox.isFull) return true
    return false
  }

  /** Somebody has room again, or is gone: those who wait to send go on, as far as that goes. */
  serve(): void {
    for (let place = this.line.first; place !== null; place = this.line.first) {
      if (place.pending && this.#isStalled) return
      this.line.remove(place)
      if (!place.pending) continue
      this.store(place.effect.item)
      place.resume(undefined)
      this.handOut()
    }
  }

  /** A new subscriber, which leaves with the scope. */
  #admit(limits: Limits, scope: Scope): Subscription<T> {
    const inbox = new Inbox<T>(this, limits)
    if (this.isClosed) inbox.close(this.#error)
    else this.#inboxes.add(inbox)
    new Holding(this, scope, 1, () => {
      this.#inboxes.delete(inbox)
      inbox.drop()
      this.serve()
    })
    return inbox.subscription
  }

  store(item: T): void {
    for (const inbox of this.#inboxes) {
      if (inbox.overflow === 'error' && inbox.isFull) {
        inbox.close(new ChannelFullError(inbox.label, inbox.capacity))
        this.#inboxes.delete(inbox)
      } else inbox.store(item)
    }
  }

  handOut(): void {
    for (const inbox of this.#inboxes) inbox.handOut()
  }
}

/** What is kept for one subscriber. */
class Inbox<T> extends ChannelState<T> {
  readonly #hub: Hub<T>

  constructor(hub: Hub<T>, { capacity, overflow }: Limits) {
    super(hub.name, capacity, overflow)
    this.#hub = hub
  }

  get isFull(): boolean {
    return this.items.length >= this.capacity
  }

  override refill(): void {
    this.#hub.serve()
  }

  /** Nobody is to receive from it any more. */
  drop(): void {
    while (this.items.length > 0) this.items.shift()
    this.close()
  }
}

class Publish<T> extends LineEffect<void> {
  readonly of: Hub<T>
  readonly item: T

  constructor(hub: Hub<T>, item: T) {
    super()
    this.of = hub
    this.item = item
  }

  get name(): string {
    return 'send'
  }

  begin(waiter: Waiter): void {
    const { of: hub, item } = this
    if (hub.isClosed) throw hub.closedError()
    if (!hub.hasRoom) return hub.line.join(waiter, this)
    hub.store(item)
    waiter.settled(NEXT, undefined)
    hub.handOut()
  }
}
