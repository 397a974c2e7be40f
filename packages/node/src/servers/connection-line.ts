/** Connections that wait to be taken, and tasks that wait for one, each in the order in which they came; one of the two lines is empty. */
import type { Operation, Subscription } from 'coppice'
import { NEXT, type Waiter, WaitingEffect, claim } from 'coppice/kernel'
import { ended } from '../streams/pulled.ts'

/** Any number of tasks may read it. A connection is taken in the moment in which a wait is claimed (W3), and can be dropped until then. */
export class ConnectionLine<C> implements Subscription<C> {
  readonly #connections = new Set<C>()
  readonly #next = new NextConnection<C>(() => this.#take())
  #hasEnded = false

  next(): Operation<IteratorResult<C, void>> {
    return this.#next
  }

  push(connection: C): void {
    this.#connections.add(connection)
    this.#next.serve()
  }

  /** Nobody is to have it any more. */
  drop(connection: C): void {
    this.#connections.delete(connection)
  }

  /** Nothing more comes. */
  end(): void {
    this.#hasEnded = true
    this.#next.serve()
  }

  #take(): IteratorResult<C, void> | undefined {
    for (const value of this.#connections) {
      this.#connections.delete(value)
      return { done: false, value }
    }
    return this.#hasEnded ? ended : undefined
  }
}

class NextConnection<C> extends WaitingEffect<IteratorResult<C, void>> {
  readonly #take: () => IteratorResult<C, void> | undefined
  readonly #waiters = new Set<Waiter>()

  constructor(take: () => IteratorResult<C, void> | undefined) {
    super()
    this.#take = take
  }

  get name(): string {
    return 'next'
  }

  protected override get printed(): readonly unknown[] {
    return []
  }

  begin(waiter: Waiter): void {
    const result = this.#take()
    waiter.wait = this
    if (result === undefined) this.#waiters.add(waiter)
    else claim(waiter, this, NEXT, result)
  }

  withdraw(waiter: Waiter): void {
    this.#waiters.delete(waiter)
  }

  serve(): void {
    for (const waiter of this.#waiters) {
      const result = this.#take()
      if (result === undefined) return
      this.#waiters.delete(waiter)
      claim(waiter, this, NEXT, result)
    }
  }
}
