/** What was called on an object, and in which order calls began and ended. */
import { type Outcome, MisuseError } from 'coppice'
import { printed } from 'coppice/kernel'

/** One call. Its place in time is that of its two events among all events of the history. */
export interface Call {
  /** Who called: a column of the diagram. */
  readonly task: string
  /** The name of the method. */
  readonly name: string
  /** What it was called with. */
  readonly args: readonly unknown[]
  /** The position of its beginning among all events. */
  readonly from: number
  /** The position of its end; `Infinity` if it has none. */
  readonly to: number
  /** How it ended; undefined if it did not. */
  readonly outcome: Outcome<unknown> | undefined
}

/** A call under way: tell how it ends, once. */
export interface OpenCall {
  /** It has given a value. */
  done(value: unknown): void
  /** It has thrown. */
  failed(error: unknown): void
  /** It was cancelled, and its cleanup has ended: from now on it can not take effect any more. */
  cancelled(reason?: unknown): void
}

/**
 * A record of calls. `record(object)` of this package fills one from a running program; `begin` writes one by hand. A call without an end is
 * pending: it may have taken effect, or not.
 *
 * **Throws:** `MisuseError` for a call that ends twice.
 *
 * @example
 * ```ts
 * const history = new History()
 * const write = history.begin('writer', 'write', [1])
 * const read = history.begin('reader', 'read', [])
 * write.done(undefined)
 * read.done(1)
 * console.assert(history.calls.length === 2 && history.calls[0]!.to === 2)
 * ```
 */
export class History {
  readonly #calls: Call[] = []
  #events = 0
  #isClosed = false

  /** In the order in which they began. */
  get calls(): readonly Call[] {
    return [...this.#calls].sort((a, b) => a.from - b.from)
  }

  /** A task calls `name(...args)`. */
  begin(task: string, name: string, args: readonly unknown[] = []): OpenCall {
    if (typeof task !== 'string' || typeof name !== 'string' || !Array.isArray(args))
      throw new MisuseError(
        `begin takes a task, a name and arguments, history.begin('a', 'push', [1]); it was given ${printed([task, name, args])}.`
      )
    return this.beginAt(this.nextEvent(), task, name, args)
  }

  /** The position of an event that is about to be. @internal */
  nextEvent(): number {
    return this.#events++
  }

  /** A call that turned out to have begun then. @internal */
  beginAt(from: number, task: string, name: string, args: readonly unknown[]): OpenCall {
    if (this.#isClosed) return UNHEARD
    const index = this.#calls.length
    this.#calls.push({ task, name, args, from, to: Infinity, outcome: undefined })
    const end = (outcome: Outcome<unknown>): void => {
      if (this.#isClosed) return
      const call = this.#calls[index]!
      if (call.outcome !== undefined)
        throw new MisuseError(`${name} of ${task} has ended already: a call ends once.`)
      this.#calls[index] = { ...call, to: this.nextEvent(), outcome }
    }
    return {
      done: (value) => end({ status: 'done', value }),
      failed: (error) => end({ status: 'failed', error }),
      cancelled: (reason) => end({ status: 'cancelled', reason }),
    }
  }

  /** Hears of nothing from now on: calls under way stay pending, whatever becomes of them. */
  close(): void {
    this.#isClosed = true
  }
}

const UNHEARD: OpenCall = { done() {}, failed() {}, cancelled() {} }
