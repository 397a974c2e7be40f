/**
 * A first-in, first-out queue, constant time at both ends. Entries lie in chunks of one size, so that nothing is copied when it grows
 * and no array is too large for the young generation of the heap. A queue that runs empty begins again at the front of its chunk.
 */
const CHUNK_BITS = 9
const CHUNK = 1 << CHUNK_BITS

/** First in, first out, in constant time; a simulation takes from the middle, too. */
export class Queue<T> {
  length = 0
  #first: (T | undefined)[] = []
  #last = this.#first
  readonly #chunks: (T | undefined)[][] = [this.#first]
  /** Where the entries begin in the first chunk, and end in the last one. */
  #begin = 0
  #end = 0
  /** Chunks that have been emptied, for the next time. */
  readonly #spare: (T | undefined)[][] = []

  push(item: T): void {
    if (this.#end === CHUNK) this.#grow()
    this.#last[this.#end++] = item
    this.length++
  }

  /** Takes the entry that waits longest (S2). Call it only while there is one. */
  shift(): T {
    const item = this.#first[this.#begin]!
    this.#first[this.#begin++] = undefined
    if (--this.length === 0) this.#begin = this.#end = 0
    else if (this.#begin === CHUNK) this.#shrink()
    return item
  }

  /** The entry at `index`, counted from the one that waits longest. */
  at(index: number): T {
    const place = this.#begin + index
    return this.#chunks[place >> CHUNK_BITS]![place & (CHUNK - 1)]!
  }

  /** Takes any entry; those behind it move up, so that the others keep their order. */
  take(index: number): T {
    const item = this.at(index)
    // Entries in front of the hole move back by one, then the front is dropped: short for small indices.
    for (let i = index; i > 0; i--) this.#put(i, this.at(i - 1))
    this.#put(0, item)
    return this.shift()
  }

  #put(index: number, item: T): void {
    const place = this.#begin + index
    this.#chunks[place >> CHUNK_BITS]![place & (CHUNK - 1)] = item
  }

  #grow(): void {
    this.#last = this.#spare.pop() ?? new Array(CHUNK)
    this.#chunks.push(this.#last)
    this.#end = 0
  }

  #shrink(): void {
    this.#spare.push(this.#chunks.shift()!)
    this.#first = this.#chunks[0]!
    this.#begin = 0
  }
}
