/** What all streams of the library have in common: how they are opened, asked, and recognized. */
import { misfit } from '../checks.ts'
import { printed } from '../effect.ts'
import { MisuseError } from '../errors.ts'
import type { Operation } from '../operation.ts'
import type { Stream, Subscription } from '../stream.ts'

/** A subscription that can also be asked without a wait: undefined if it has nothing to give yet. */
export interface PolledSubscription<T> extends Subscription<T> {
  poll(): IteratorResult<T, void> | undefined
}

/** A stream of the library. It is no effect, so that what a function of the user gives is a stream, and is not opened unasked. */
export class NamedStream<T> implements Stream<T> {
  readonly name: string
  readonly #open: () => Operation<Subscription<T>>

  constructor(name: string, open: () => Operation<Subscription<T>>) {
    this.name = name
    this.#open = open
  }

  [Symbol.iterator](): ReturnType<Stream<T>[typeof Symbol.iterator]> {
    return this.#open()[Symbol.iterator]()
  }

  toString(): string {
    return `stream(${this.name})`
  }
}

/** After the last item; the same each time. */
export const ended: IteratorResult<never, void> = /* @__PURE__ */ Object.freeze({
  done: true,
  value: undefined,
})

/** Checks at the call that something can be opened. */
export function checkStream<T, S extends Stream<T> = Stream<T>>(stream: S, by: string): S {
  if (stream instanceof NamedStream) return stream
  const isObject = typeof stream === 'object' && stream !== null
  if (isObject && !Array.isArray(stream) && typeof stream[Symbol.iterator] === 'function') return stream
  throw new MisuseError(
    `${by} takes a stream; it was given ${printed(stream)}. Write from(…) to make one of it.`
  )
}

/** Checks what was opened: anything that can be `yield*`-ed looks like a stream until then. */
export function checkSubscription<T>(opened: Subscription<T>): Subscription<T> {
  if (isSubscription(opened)) return opened
  throw new MisuseError(
    `A stream gave ${printed(opened)} when it was opened, which is no subscription. Write from(operation) for a stream of one value.`
  )
}

export function isSubscription(value: unknown): value is Subscription<unknown> {
  return typeof (value as Partial<Subscription<unknown>> | null | undefined)?.next === 'function'
}

export function checkFunction<F>(fn: F, by: string, example: string): F {
  if (typeof fn === 'function') return fn
  throw misfit(`${by} takes a function, ${example}`, fn)
}
