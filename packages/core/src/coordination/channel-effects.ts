/** The waits of a channel. */
import { type Box, comeOut, isBegun, machine, notBegun } from '../effect.ts'
import { NEXT, THROW } from '../kernel/states.ts'
import type { Task } from '../kernel/task.ts'
import { type Standing, type Waiter, claim } from '../kernel/wait.ts'
import type { ChannelState } from './channel-state.ts'
import { LineEffect } from './line.ts'

export class Send<T = any> extends LineEffect<void> {
  readonly of: ChannelState<T>
  readonly item: T

  constructor(channel: ChannelState<T>, item: T) {
    super()
    this.of = channel
    this.item = item
  }

  get name(): string {
    return 'send'
  }

  // A copy, for speed: see Effect.
  override next(box?: Box): IteratorResult<this, void> {
    if (box !== undefined) return box
    if (!isBegun(arguments.length)) return notBegun(this, arguments.length)
    return comeOut(this, this.perform(machine.task!))
  }

  begin(waiter: Waiter): void {
    const { of: channel, item } = this
    if (!channel.accepts(waiter)) return channel.senders.join(waiter, this)
    // The sender first: branches that lose by it are no receivers any more.
    waiter.settled(NEXT, undefined)
    channel.put(item)
  }
}

/** What a receive gives: the item itself, or a step of an iteration, which also says that there is no more. */
export class Receive<T = any, R = any> extends LineEffect<R> {
  readonly of: ChannelState<T>
  readonly iterates: boolean

  constructor(channel: ChannelState<T>, iterates: boolean) {
    super()
    this.of = channel
    this.iterates = iterates
  }

  get name(): string {
    return 'receive'
  }

  // A copy, for speed: see Effect.
  override next(box?: Box): IteratorResult<this, R> {
    if (box !== undefined) return box
    if (!isBegun(arguments.length)) return notBegun(this, arguments.length)
    return comeOut(this, this.perform(machine.task!))
  }

  begin(waiter: Waiter): void {
    const { of: channel } = this
    const { items } = channel
    // It can be claimed by others while it takes what a sender has.
    waiter.wait = this
    if (items.length === 0) channel.admit(waiter)
    if (waiter.wait !== this) channel.handOut()
    else if (items.length > 0) {
      claim(waiter, this, NEXT, this.resultOf(items.shift()))
      channel.refill()
    } else if (channel.isClosed) this.end(waiter, this)
    else channel.receivers.join(waiter, this)
  }

  /** What a receiver gets for an item. */
  resultOf(item: T): R {
    return (this.iterates ? { done: false, value: item } : item) as R
  }

  /** What a receiver gets when there is no more. */
  end(waiter: Waiter, standing: Standing): void {
    const { error } = this.of
    if (error !== undefined) claim(waiter, standing, THROW, error)
    else if (this.iterates) claim(waiter, standing, NEXT, { done: true, value: undefined })
    else claim(waiter, standing, THROW, this.of.closedError())
  }

  override *couldBeEndedBy(): Iterable<Task> {
    for (const producer of this.of.producers ?? []) yield producer.task
  }
}
