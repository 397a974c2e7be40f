/**
 * What the primitives promise, written down as plainly as possible: arrays that are filtered and searched, and no tasks. An operation is a list
 * of alternatives, of which exactly one commits (W3); it begins, and then it is committed or cancelled.
 */
import { NEVER, type Alternative, type Setting } from './programs.ts'

export type Result = { index: number; value: unknown } | { index: number; error: unknown }

export class ModelOperation {
  readonly alternatives: readonly Alternative[]
  state: 'open' | 'committed' | 'cancelled' = 'open'
  result: Result | undefined
  /** When its sleeps are due. */
  readonly due: number[]
  /** How many permits of each semaphore the scopes around it hold. */
  readonly held: readonly number[]

  constructor(alternatives: readonly Alternative[], now: number, held: readonly number[]) {
    this.alternatives = alternatives
    this.held = held
    this.due = alternatives.map((each) => (each.do === 'sleep' ? now + each.ms : Infinity))
  }
}

interface Entry {
  readonly operation: ModelOperation
  readonly index: number
}

class ModelChannel {
  items: number[] = []
  senders: Entry[] = []
  receivers: Entry[] = []
  isClosed = false
  error: unknown
}

class ModelSemaphore {
  free: number
  waiting: Entry[] = []
  /** How many are out by hand. */
  byHand = 0

  readonly size: number

  constructor(size: number) {
    this.size = this.free = size
  }
}

export const CLOSED = 'closed'
export const FULL = 'full'
export const ENDLESS = 'endless'

export class Model {
  readonly channels: ModelChannel[]
  readonly semaphores: ModelSemaphore[]
  isSet = false
  waitingForEvent: Entry[] = []
  deferred: { value: unknown } | { error: unknown } | undefined
  waitingForResult: Entry[] = []
  waitingForChange: Entry[] = []
  sleeping: Entry[] = []
  dropped = new Set<number>()

  readonly setting: Setting

  constructor(setting: Setting) {
    this.setting = setting
    this.channels = setting.channels.map(() => new ModelChannel())
    this.semaphores = setting.semaphores.map((size) => new ModelSemaphore(size))
  }

  begin(operation: ModelOperation): void {
    operation.alternatives.forEach((alternative, index) => {
      if (operation.state === 'open') this.#start(alternative, { operation, index })
    })
  }

  #start(alternative: Alternative, entry: Entry): void {
    switch (alternative.do) {
      case 'send':
        return this.#startSend(alternative.on, alternative.item, entry)
      case 'receive':
      case 'next':
        return this.#startReceive(alternative.on, entry)
      case 'acquire': {
        const semaphore = this.semaphores[alternative.on]!
        if (semaphore.waiting.length === 0 && semaphore.free >= alternative.n) this.#take(semaphore, entry)
        else if (alternative.n > semaphore.size - entry.operation.held[alternative.on]!)
          this.#commit(entry, { error: ENDLESS })
        else semaphore.waiting.push(entry)
        return
      }
      case 'wait':
        if (this.isSet) this.#commit(entry, { value: undefined })
        else this.waitingForEvent.push(entry)
        return
      case 'result':
        if (this.deferred !== undefined) this.#commit(entry, this.deferred)
        else this.waitingForResult.push(entry)
        return
      case 'change':
        return void this.waitingForChange.push(entry)
      case 'sleep':
        if (alternative.ms !== NEVER) this.sleeping.push(entry)
    }
  }

  #startSend(on: number, item: number, entry: Entry): void {
    const channel = this.channels[on]!
    if (channel.isClosed) return this.#commit(entry, { error: CLOSED })
    const { overflow } = this.setting.channels[on]!
    if (this.#hasRoom(on, entry) || overflow === 'drop-oldest' || overflow === 'drop-newest') {
      this.#commit(entry, { value: undefined })
      this.#put(on, item)
    } else if (overflow === 'error') this.#commit(entry, { error: FULL })
    else channel.senders.push(entry)
  }

  #startReceive(on: number, entry: Entry): void {
    const channel = this.channels[on]!
    if (channel.items.length === 0) this.#admit(on, entry)
    // What the sender's other branches left behind, a permit for instance, may have gone to another branch of this one.
    if (entry.operation.state !== 'open') return
    if (channel.items.length > 0) {
      this.#commit(entry, { value: this.#received(entry, channel.items.shift()!) })
      this.#refill(on)
    } else if (channel.isClosed) this.#commit(entry, this.#end(channel, entry))
    else channel.receivers.push(entry)
  }

  #hasRoom(on: number, entry?: Entry): boolean {
    const { items, receivers, senders } = this.channels[on]!
    if (receivers.some(({ operation }) => operation !== entry?.operation)) return true
    return senders.length === 0 && items.length < this.setting.channels[on]!.capacity
  }

  #put(on: number, item: number): void {
    const channel = this.channels[on]!
    const { capacity, overflow } = this.setting.channels[on]!
    const [receiver] = channel.receivers
    if (receiver !== undefined) return this.#commit(receiver, { value: this.#received(receiver, item) })
    if (channel.items.length < capacity) return void channel.items.push(item)
    if (overflow === 'drop-oldest' && capacity > 0) {
      this.dropped.add(channel.items.shift()!)
      channel.items.push(item)
    } else this.dropped.add(item)
  }

  #admit(on: number, receiver?: Entry): void {
    const channel = this.channels[on]!
    const sender = channel.senders.find(({ operation }) => operation !== receiver?.operation)
    if (sender === undefined) return
    channel.items.push((sender.operation.alternatives[sender.index] as { item: number }).item)
    this.#commit(sender, { value: undefined })
  }

  #refill(on: number): void {
    const channel = this.channels[on]!
    while (channel.senders.length > 0 && channel.items.length < this.setting.channels[on]!.capacity)
      this.#admit(on)
  }

  #received({ operation, index }: Entry, item: number): unknown {
    return operation.alternatives[index]!.do === 'next' ? { done: false, value: item } : item
  }

  #end({ error }: ModelChannel, { operation, index }: Entry): { value: unknown } | { error: unknown } {
    if (error !== undefined) return { error }
    return operation.alternatives[index]!.do === 'next'
      ? { value: { done: true, value: undefined } }
      : { error: CLOSED }
  }

  #take(semaphore: ModelSemaphore, entry: Entry): void {
    const { n, byUse } = entry.operation.alternatives[entry.index] as { n: number; byUse?: true }
    semaphore.free -= n
    if (byUse === undefined) semaphore.byHand += n
    this.#commit(entry, { value: undefined })
  }

  #serve(): void {
    for (const semaphore of this.semaphores) {
      for (;;) {
        const [first] = semaphore.waiting
        if (first === undefined) break
        if ((first.operation.alternatives[first.index] as { n: number }).n > semaphore.free) break
        this.#take(semaphore, first)
      }
    }
  }

  #commit({ operation, index }: Entry, result: { value: unknown } | { error: unknown }): void {
    operation.state = 'committed'
    operation.result = { index, ...result }
    this.#withdraw(operation)
  }

  cancel(operation: ModelOperation): void {
    if (operation.state !== 'open') return
    operation.state = 'cancelled'
    this.#withdraw(operation)
  }

  #withdraw(operation: ModelOperation): void {
    const others = (entries: Entry[]) => entries.filter((entry) => entry.operation !== operation)
    for (const channel of this.channels) {
      channel.senders = others(channel.senders)
      channel.receivers = others(channel.receivers)
    }
    for (const semaphore of this.semaphores) semaphore.waiting = others(semaphore.waiting)
    this.waitingForEvent = others(this.waitingForEvent)
    this.waitingForResult = others(this.waitingForResult)
    this.waitingForChange = others(this.waitingForChange)
    this.sleeping = others(this.sleeping)
    this.#serve()
  }

  trySend(on: number, item: number): boolean {
    if (this.channels[on]!.isClosed) return false
    const { overflow, capacity } = this.setting.channels[on]!
    if (!this.#hasRoom(on) && !(overflow === 'drop-oldest' && capacity > 0)) return false
    this.#put(on, item)
    return true
  }

  tryReceive(on: number): { value: number } | undefined {
    const channel = this.channels[on]!
    if (channel.items.length === 0) this.#admit(on)
    if (channel.items.length === 0) return undefined
    const value = channel.items.shift()!
    this.#refill(on)
    return { value }
  }

  close(on: number, error: unknown): void {
    const channel = this.channels[on]!
    if (channel.isClosed) return
    channel.isClosed = true
    channel.error = error
    while (channel.senders.length > 0) this.#commit(channel.senders[0]!, { error: CLOSED })
    while (channel.receivers.length > 0)
      this.#commit(channel.receivers[0]!, this.#end(channel, channel.receivers[0]!))
  }

  tryAcquire(on: number, n: number): boolean {
    const semaphore = this.semaphores[on]!
    if (semaphore.waiting.length > 0 || semaphore.free < n) return false
    semaphore.free -= n
    semaphore.byHand += n
    return true
  }

  release(on: number, byHand: number): void {
    this.semaphores[on]!.free++
    this.semaphores[on]!.byHand -= byHand
    this.#serve()
  }

  set(): void {
    this.isSet = true
    for (const entry of [...this.waitingForEvent]) this.#commitIfOpen(entry, { value: undefined })
  }

  settle(result: { value: unknown } | { error: unknown }): void {
    if (this.deferred !== undefined) return
    this.deferred = result
    for (const entry of [...this.waitingForResult]) this.#commitIfOpen(entry, result)
  }

  change(value: number): void {
    for (const entry of [...this.waitingForChange]) this.#commitIfOpen(entry, { value })
  }

  /** Time has come to an instant. */
  fire(instant: number): void {
    const due = ({ operation, index }: Entry) => operation.due[index]!
    const fired = this.sleeping.filter((entry) => due(entry) <= instant).sort((a, b) => due(a) - due(b))
    for (const entry of fired) this.#commitIfOpen(entry, { value: undefined })
  }

  #commitIfOpen(entry: Entry, result: { value: unknown } | { error: unknown }): void {
    if (entry.operation.state === 'open') this.#commit(entry, result)
  }
}
