import { MisuseError } from '../errors.ts'
import { HandOver } from '../operations/hand-over.ts'
import type { Operation } from '../operation.ts'
import { Queue } from '../queue.ts'
import { type PolledSubscription, ended } from './subscription.ts'

/**
 * The receiving end of what is pushed: a subscription to items that come by themselves, in the order in which they came. An end or an error
 * stands behind the items that came before it.
 */
export class Mailbox<T, E = T> implements PolledSubscription<T> {
  readonly entries = new Queue<E>()
  /** Nothing comes in any more. */
  isClosed = false
  #failure: { readonly error: unknown } | undefined = undefined
  readonly #next: Next<T>

  constructor() {
    this.#next = new Next<T>(this)
  }

  /** Whether its reader waits for an item. */
  get isAwaited(): boolean {
    return this.#next.isAwaited
  }

  next(): Operation<IteratorResult<T, void>> {
    return this.#next
  }

  push(entry: E): void {
    if (this.isClosed) return
    if (this.#next.isAwaited) this.#next.give({ done: false, value: this.take(entry) })
    else this.entries.push(entry)
  }

  /** Takes back what came in and was not taken. */
  forget(): void {
    while (this.entries.length > 0) this.entries.shift()
  }

  /** The end, or an error: the first of them counts. */
  close(failure?: { readonly error: unknown }): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#failure = failure
    if (failure === undefined) this.#next.give(ended)
    else this.#next.fail(failure.error)
  }

  poll(): IteratorResult<T, void> | undefined {
    if (this.#next.isAwaited) throw twoReaders()
    this.asked()
    if (this.entries.length > 0) return { done: false, value: this.take(this.entries.shift()) }
    if (this.#failure !== undefined) throw this.#failure.error
    return this.isClosed ? ended : undefined
  }

  /** The reader stands here: hands over what there is. */
  serve(): void {
    this.asked()
    if (!this.#next.isAwaited) return
    if (this.entries.length > 0) this.#next.give({ done: false, value: this.take(this.entries.shift()) })
    else if (this.#failure !== undefined) this.#next.fail(this.#failure.error)
    else if (this.isClosed) this.#next.give(ended)
  }

  /** Its reader asks for an item; called before it gets one. */
  protected asked(): void {}

  /** An entry goes to the reader. */
  protected take(entry: E): T {
    return entry as unknown as T
  }
}

class Next<T> extends HandOver<IteratorResult<T, void>> {
  readonly #mailbox: Mailbox<T, any>

  constructor(mailbox: Mailbox<T, any>) {
    super()
    this.#mailbox = mailbox
  }

  override get name(): string {
    return 'next'
  }

  protected override asked(): void {
    this.#mailbox.serve()
  }

  protected override secondWaiter(): MisuseError {
    return twoReaders()
  }
}

/** The error for a second task at a subscription. */
export function twoReaders(): MisuseError {
  return new MisuseError(
    'Two tasks read one subscription at once. Open the stream once for each, or read in one task and write forEach(stream, fn, { concurrency }).'
  )
}
