/** A first-in, first-out queue in an array that is used in a circle: constant time at both ends, and nothing moves. */
export class Ring<T> {
  #ring: (T | undefined)[] = new Array(8).fill(undefined)
  #head = 0
  length = 0

  push(item: T): void {
    if (this.length === this.#ring.length) this.#grow()
    this.#ring[(this.#head + this.length) & (this.#ring.length - 1)] = item
    this.length++
  }

  /** Takes the entry that waits longest (S2). Call it only while there is one. */
  shift(): T {
    const item = this.#ring[this.#head]!
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#ring.length - 1)
    this.length--
    return item
  }

  /** The entry at `index`, counted from the one that waits longest. */
  at(index: number): T {
    return this.#ring[(this.#head + index) & (this.#ring.length - 1)]!
  }

  /** Takes any entry; those behind it move up, so that the others keep their order. */
  take(index: number): T {
    const mask = this.#ring.length - 1
    const item = this.at(index)
    // Entries in front of the hole move back by one, then the front is dropped: short for small indices.
    for (let i = index; i > 0; i--)
      this.#ring[(this.#head + i) & mask] = this.#ring[(this.#head + i - 1) & mask]
    this.#ring[this.#head] = item
    return this.shift()
  }

  #grow(): void {
    const { length } = this.#ring
    const ring: (T | undefined)[] = new Array(length * 2).fill(undefined)
    for (let i = 0; i < length; i++) ring[i] = this.#ring[(this.#head + i) & (length - 1)]
    this.#ring = ring
    this.#head = 0
  }
}
