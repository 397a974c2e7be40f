/** What a small program did, and what must hold of it wherever it is disturbed. */
import { type Operation, ensure, operation, pause, scope, sleep } from 'coppice'

export class Ledger {
  /** What is open: begun, and its cleanup has not ended. */
  open = 0
  /** How many have ever been open at once. */
  most = 0
  readonly #sent = new Set<unknown>()
  readonly #received = new Set<unknown>()
  readonly #ends: [what: string, holds: () => boolean][] = []

  /** From now until the end of the scope something is open; its cleanup takes a step of its own. */
  hold(): Operation<void> {
    return holding(this)
  }

  /** Works for a while in a scope of its own, holding something, and gives its name. */
  work<T>(name: T, ms = 0): Operation<T> {
    return working(this, name, ms)
  }

  /** The same, and then an error. */
  fail(error: unknown, ms = 0): Operation<never> {
    return failing(this, error, ms)
  }

  /** An item is on its way. */
  sent<T>(item: T): T {
    if (this.#sent.has(item)) throw new Error(`${String(item)} was sent twice`)
    this.#sent.add(item)
    return item
  }

  /** It has come, once. */
  received<T>(item: T): T {
    if (!this.#sent.has(item)) throw new Error(`${String(item)} was received and never sent`)
    if (this.#received.has(item)) throw new Error(`${String(item)} was received twice`)
    this.#received.add(item)
    return item
  }

  /** Something that must hold when all has ended. */
  inTheEnd(what: string, holds: () => boolean): void {
    this.#ends.push([what, holds])
  }

  /** Throws if something is open. */
  expectClosed(when: string): void {
    if (this.open > 0) throw new Error(`${when}, and ${this.open} are still open`)
  }

  /** Throws if something does not hold now that all has ended. */
  check(): void {
    this.expectClosed('The program has ended')
    for (const [what, holds] of this.#ends) if (!holds()) throw new Error(`It does not hold that ${what}`)
  }
}

const holding = operation('holding', function* (ledger: Ledger) {
  ledger.open++
  ledger.most = Math.max(ledger.most, ledger.open)
  yield* ensure(function* () {
    yield* pause()
    ledger.open--
  })
})

const working: <T>(ledger: Ledger, name: T, ms: number) => Operation<T> = operation('working', function* <
  T,
>(ledger: Ledger, name: T, ms: number) {
  return yield* scope(function* () {
    yield* holding(ledger)
    yield* ms === 0 ? pause() : sleep(ms)
    return name
  })
})

const failing = operation('failing', function* (ledger: Ledger, error: unknown, ms: number) {
  yield* working(ledger, undefined, ms)
  throw error
})
