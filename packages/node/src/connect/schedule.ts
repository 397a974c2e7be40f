/**
 * Which address is dialled next, and when: the rules of RFC 8305 without anything that waits. Instants are those of the
 * interpreter's clock, in milliseconds.
 */
import type { Family } from './target.ts'

export interface Delays {
  readonly attemptDelay: number
  readonly resolutionDelay: number
  readonly firstFamilyCount: number
}

/** An attempt that has been started. */
export interface Start {
  readonly address: string
  readonly family: Family
  readonly at: number
}

/** §5: a delay between two attempts MUST NOT be less than this. */
const LEAST_DELAY = 10

/** What the host itself says of a family or a route that it does not have, before anything was sent. */
const UNSENT: ReadonlySet<unknown> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'ENETUNREACH'])

export class Schedule {
  readonly #delays: Delays
  /** Known, and not dialled yet, in the order of the resolver. */
  readonly #left: Record<Family, string[]> = { 6: [], 4: [] }
  readonly #unanswered = new Set<Family>([6, 4])
  /** When the latest answer came: that of A, while there is none of AAAA. */
  #answeredAt = 0
  #started = 0
  #first: Family = 6
  #latest: Start | null = null
  /** From the start of the latest attempt to the next one. */
  #delay = 0

  constructor(delays: Delays) {
    this.#delays = delays
  }

  /** A lookup has been answered; negatively if there are no addresses. */
  answered(family: Family, addresses: readonly string[], now: number): void {
    this.#unanswered.delete(family)
    this.#left[family].push(...addresses)
    this.#answeredAt = now
  }

  /** Whether anything was dialled. */
  get hasStarted(): boolean {
    return this.#latest !== null
  }

  /** Nothing is left to dial, and nothing will come. */
  get isExhausted(): boolean {
    return this.#isEmpty && this.#unanswered.size === 0
  }

  /** From when on the next attempt starts: an instant that may have passed, `Infinity` if there is nothing to dial. */
  get nextStart(): number {
    if (this.#isEmpty) return Infinity
    if (this.#latest !== null) return this.#latest.at + this.#delay
    // §3: IPv6 begins at once; IPv4 waits a moment for an AAAA answer that has not come yet.
    if (this.#left[6].length > 0 || !this.#unanswered.has(6)) return -Infinity
    return this.#answeredAt + this.#delays.resolutionDelay
  }

  /** Takes the next address. Call it only when `nextStart` has come. */
  start(now: number): Start {
    const family = this.#nextFamily()
    if (this.#latest === null) this.#first = family
    this.#started++
    this.#delay = Math.max(LEAST_DELAY, this.#delays.attemptDelay)
    return (this.#latest = { address: this.#left[family].shift()!, family, at: now })
  }

  /** An attempt has failed: if it is the latest, the next need not wait any longer (§5). */
  failed(start: Start, error: unknown, now: number): void {
    if (start !== this.#latest) return
    // An instant of a live clock is a millisecond, as for its timers.
    const sentNothing = now - start.at < 1 && UNSENT.has((error as { code?: unknown } | null)?.code)
    this.#delay = sentNothing ? 0 : LEAST_DELAY
  }

  get #isEmpty(): boolean {
    return this.#left[6].length + this.#left[4].length === 0
  }

  /** §4: IPv6 first, `firstFamilyCount` times the first family, then in turn; a family with nothing left yields. */
  #nextFamily(): Family {
    let family: Family = 6
    if (this.#latest !== null) {
      const goesOn = this.#started < this.#delays.firstFamilyCount
      family = goesOn ? this.#first : other(this.#latest.family)
    }
    return this.#left[family].length > 0 ? family : other(family)
  }
}

function other(family: Family): Family {
  return family === 6 ? 4 : 6
}
