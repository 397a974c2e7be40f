/** Those who write into one stream of Node, in their order. */
import type { Writable } from 'node:stream'
import { MisuseError, type Operation } from 'coppice'
import { NEXT, THROW, type Waiter, WaitingEffect, claim } from 'coppice/kernel'
import { PrematureCloseError } from './premature-close-error.ts'
import { throwUntold, toBeTold } from './told.ts'

/**
 * Who writes into a stream of Node, and who waits for it, in the order in which they came. A chunk is handed over in the same moment in which
 * its writer's wait is claimed: a writer who is cancelled, or loses a `select`, has written nothing.
 */
export class WriteLine {
  readonly writable: Writable
  readonly #line = new Map<Waiter, WriteEffect>()
  hasWritten = false
  readonly #events: readonly (readonly [string, () => void])[]

  constructor(writable: Writable) {
    this.writable = writable
    const serve = () => this.#serve()
    // An error comes to whoever writes; one that comes to nobody must not end this process.
    this.#events = ['drain', 'finish', 'error', 'close'].map((event) => [event, serve])
    for (const [event, listener] of this.#events) writable.on(event, listener)
  }

  write(chunk: unknown): Operation<void> {
    return new WriteChunk(this, chunk)
  }

  end(): Operation<void> {
    return new WriteEnd(this)
  }

  stopListening(): void {
    for (const [event, listener] of this.#events) this.writable.off(event, listener)
  }

  /** The last word about it, to the scope. */
  settle(): void {
    if (this.hasWritten) throwUntold(this.writable)
  }

  hand(chunk: unknown): void {
    this.writable.write(chunk)
    this.hasWritten = true
  }

  join(waiter: Waiter, effect: WriteEffect): void {
    // Nobody overtakes those who wait; of a stream that was ended, all learn at once.
    const isDone = (this.#line.size === 0 || this.writable.writableEnded) && effect.attempt()
    waiter.wait = effect
    if (isDone) claim(waiter, effect, NEXT, undefined)
    else this.#line.set(waiter, effect)
  }

  leave(waiter: Waiter): void {
    const [first] = this.#line.keys()
    this.#line.delete(waiter)
    if (first === waiter) this.#serve()
  }

  /** Throws what keeps from writing, if something does. */
  check(): void {
    const { writable } = this
    if (writable.errored) throw toBeTold(writable.errored)
    if (writable.destroyed && !writable.writableFinished)
      throw new PrematureCloseError('A writable stream', 'all was written')
  }

  #serve(): void {
    for (const [waiter, effect] of this.#line) {
      try {
        if (!effect.attempt()) {
          if (this.writable.writableEnded) continue
          return
        }
        this.#line.delete(waiter)
        claim(waiter, effect, NEXT, undefined)
      } catch (error) {
        this.#line.delete(waiter)
        claim(waiter, effect, THROW, error)
      }
    }
  }
}

abstract class WriteEffect extends WaitingEffect<void> {
  protected readonly line: WriteLine

  constructor(line: WriteLine) {
    super()
    this.line = line
  }

  /** The stream that is written into, if nothing keeps from that. */
  protected get writable(): Writable {
    this.line.check()
    return this.line.writable
  }

  /** Does what it is there for, if that needs no wait. */
  abstract attempt(): boolean

  begin(waiter: Waiter): void {
    this.line.join(waiter, this)
  }

  withdraw(waiter: Waiter): void {
    this.line.leave(waiter)
  }
}

class WriteChunk extends WriteEffect {
  readonly chunk: unknown

  constructor(line: WriteLine, chunk: unknown) {
    super(line)
    this.chunk = chunk
  }

  get name(): string {
    return 'write'
  }

  protected override get printed(): readonly unknown[] {
    return [this.chunk]
  }

  attempt(): boolean {
    const { writable } = this
    if (writable.writableEnded)
      throw new MisuseError('This writable stream was ended. Write before end(), or into another one.')
    if (writable.writableNeedDrain) return false
    try {
      this.line.hand(this.chunk)
    } catch (error) {
      // What is wrong with a chunk is thrown at once, before anything is changed.
      throw new MisuseError(`This writable stream does not take that chunk: ${(error as Error).message}`)
    }
    return true
  }
}

class WriteEnd extends WriteEffect {
  get name(): string {
    return 'end'
  }

  protected override get printed(): readonly unknown[] {
    return []
  }

  attempt(): boolean {
    const { writable } = this
    if (!writable.writableEnded) writable.end()
    return writable.writableFinished
  }
}
