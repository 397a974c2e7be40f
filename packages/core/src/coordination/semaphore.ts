import { checkNamed } from '../kernel/misuse.ts'
import { MisuseError } from '../kernel/errors.ts'
import type { Operation } from '../operation.ts'
import { made } from './made.ts'
import { Permits, Request, checkPermits, tooMany } from './permits.ts'

/** A number of permits, which are handed out first come, first served. */
export interface Semaphore {
  /** How many could be had at once. */
  readonly available: number
  /** How many tasks wait for permits. */
  readonly waiting: number
  /**
   * Takes `n` permits, by default 1, until the current scope is torn down. It is a resource: from within `timeout` or a branch of `all` they
   * pass on to the caller. To give them back earlier, take them in a `scope` of their own.
   *
   * **Cancelled:** no permit is taken.
   * **Throws:** `MisuseError` if it would wait for ever: for more permits than there are, or for such as the scopes around it hold.
   */
  use(n?: number): Operation<void>
  /**
   * Takes `n` permits, by default 1, until `release`: write that in a `finally`.
   *
   * **Cancelled:** no permit is taken.
   * **Throws:** `MisuseError` as `use`.
   */
  acquire(n?: number): Operation<void>
  /** Takes `n` permits, by default 1, if they are free and nobody waits; also outside of tasks. */
  tryAcquire(n?: number): boolean
  /** Gives back `n` permits, by default 1, which were acquired; also outside of tasks. **Throws:** `MisuseError` if fewer are out. */
  release(n?: number): void
  /**
   * Changes how many there are; also outside of tasks. What is out stays out. Those who wait for more than there will be get a
   * `MisuseError`.
   */
  resize(n: number): void
}

/**
 * Makes a semaphore: at most so many at once.
 *
 * **Cancelled:** who waits for permits takes none.
 * **Throws:** `MisuseError` for something else than a whole number.
 *
 * @param permits how many there are
 * @param options `name` is what it is called in trees and errors. Default `semaphore`
 *
 * @example
 * ```ts
 * const connections = createSemaphore(2)
 * await run(() => map(['a', 'b', 'c'], fetchPage))
 * function* fetchPage(page: string) {
 *   return yield* scope(function* () {
 *     yield* connections.use()
 *     yield* sleep(10)
 *     return page
 *   })
 * }
 * ```
 */
export function createSemaphore(permits: number, options?: { name?: string | undefined }): Semaphore {
  const { name = 'semaphore' } = checkNamed(options, 'createSemaphore')
  return made(new CountingSemaphore(name, checkPermits(permits, 0, 'createSemaphore')))
}

class CountingSemaphore extends Permits implements Semaphore {
  /** How many are out that `release` is to give back. */
  #byHand = 0

  get available(): number {
    return Math.max(0, this.free)
  }

  use(n = 1): Operation<void> {
    return new Request(this, checkPermits(n, 1, 'use'), false)
  }

  acquire(n = 1): Operation<void> {
    return new Request(this, checkPermits(n, 1, 'acquire'), true)
  }

  tryAcquire(n = 1): boolean {
    if (this.line.length > 0 || checkPermits(n, 1, 'tryAcquire') > this.free) return false
    this.free -= n
    this.#byHand += n
    return true
  }

  release(n = 1): void {
    if (checkPermits(n, 1, 'release') > this.#byHand) {
      throw new MisuseError(
        `${this.name}: ${n} to be released, but ${this.#byHand} were acquired. What use() took comes back by itself.`
      )
    }
    this.#byHand -= n
    this.free += n
    this.serve()
  }

  resize(n: number): void {
    this.free += checkPermits(n, 0, 'resize') - this.size
    this.size = n
    const { line } = this
    const rejected = []
    for (let place = line.first; place !== null; place = place.behind)
      if (place.effect.permits > n) rejected.push(place)
    for (const place of rejected) {
      place.line?.remove(place)
      place.fail(tooMany(place.effect))
    }
    this.serve()
  }

  protected override takenByHand(permits: number): void {
    this.#byHand += permits
  }
}
