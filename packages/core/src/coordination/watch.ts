import { checkNamed } from '../kernel/misuse.ts'
import { NEXT } from '../kernel/states.ts'
import type { Waiter } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'
import type { Stream } from '../stream.ts'
import { AtOnce } from './at-once.ts'
import { Line, LineEffect } from './line.ts'

/** A value of which only the latest counts. */
export interface Watch<T> {
  /** The latest value. */
  readonly value: T
  /** Sets the value, and tells all that wait for it, also if it is the same; also outside of tasks. */
  set(value: T): void
  /**
   * Waits for the next value that is set, and gives it. What is set between two calls is not seen: to miss no latest value, use `changes`.
   *
   * **Cancelled:** it leaves no trace.
   */
  next(): Operation<T>
  /** What is set after it was opened: each time the latest value, if that was not seen yet. It never ends. */
  readonly changes: Stream<T>
}

/**
 * Makes a value that tasks can watch: a configuration, a connection's state. Who is slow misses what is out of date, and never the latest.
 *
 * **Cancelled:** waiting for it leaves no trace.
 * **Throws:** `MisuseError` for options that are none.
 *
 * @param options `name` is what it is called in trees. Default `watch`
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const online = createWatch(false)
 *   yield* spawn(function* () {
 *     yield* sleep(10)
 *     online.set(true)
 *   })
 *   if (!online.value) console.assert(yield* online.next())
 * })
 * ```
 */
export function createWatch<T>(value: T, options?: { name?: string | undefined }): Watch<T> {
  const { name = 'watch' } = checkNamed(options, 'createWatch')
  return new Watched(value, name)
}

class Watched<T> implements Watch<T> {
  readonly name: string
  value: T
  /** Counts what was set. */
  version = 0
  line = new Line<Look<T, unknown>>()
  readonly changes: Stream<T> = new AtOnce('changes', this, () => {
    const next = new Look<T, IteratorResult<T, void>>(this, this.version)
    return { next: () => next }
  })
  readonly #next = new Look<T, T>(this, null)

  constructor(value: T, name: string) {
    this.value = value
    this.name = name
  }

  set(value: T): void {
    this.value = value
    this.version++
    const { line } = this
    this.line = new Line()
    // Whoever runs at once may set it again: the others get what is latest by then.
    for (let place = line.shift(); place !== null; place = line.shift())
      if (place.pending) place.resume(place.effect.look())
  }

  next(): Operation<T> {
    return this.#next
  }
}

/** Waits for a value that was not seen yet. Without memory that is the next one. */
class Look<T, R> extends LineEffect<R> {
  readonly of: Watched<T>
  /** The version that was seen last, in a run of the changes. */
  #seen: number | null

  constructor(watched: Watched<T>, seen: number | null) {
    super()
    this.of = watched
    this.#seen = seen
  }

  get name(): string {
    return 'next'
  }

  begin(waiter: Waiter): void {
    const { version, line } = this.of
    if (this.#seen === null || this.#seen === version) line.join(waiter, this)
    else waiter.settled(NEXT, this.look())
  }

  look(): R {
    const { value, version } = this.of
    if (this.#seen === null) return value as unknown as R
    this.#seen = version
    return { done: false, value } as R
  }
}
