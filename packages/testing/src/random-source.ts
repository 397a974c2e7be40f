// A global is slow to look up where modules run in a context of their own, as under Jest.
const { floor } = Math

/**
 * A small fast generator of random numbers: sfc32 by Chris Doty-Humphrey, from PractRand (https://pracrand.sourceforge.net/RNG_engines.txt).
 * It is made of 32-bit integers only, so that a seed gives the same numbers on every host.
 */
export class RandomSource {
  #a = 0
  #b = 0
  #c = 0
  #counter = 1

  constructor(seed: number) {
    this.seed(seed)
  }

  /** Starts over. Any integer is a seed; the part above 32 bits counts, too. */
  seed(seed: number): void {
    this.#a = 0
    this.#b = seed | 0
    this.#c = floor(seed / 2 ** 32) | 0
    this.#counter = 1
    // As many rounds as the author prescribes, until every bit of the seed has reached every bit of the state.
    for (let i = 0; i < 12; i++) this.next()
  }

  /** An integer from 0 to 2³² − 1. */
  next(): number {
    const result = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0
    return result >>> 0
  }

  /** An integer from 0 to `limit` − 1, each as likely as the others. */
  below(limit: number): number {
    return floor((this.next() * limit) / 2 ** 32)
  }

  /** A number from 0 to 1, 1 excluded. */
  fraction(): number {
    return this.next() / 2 ** 32
  }
}
