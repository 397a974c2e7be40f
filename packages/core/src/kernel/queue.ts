/**
 * The run queue of a tree (S1): the tasks that have something to do. A task stands in it at most once, because whatever puts it
 * there first takes away its wait.
 *
 * Entries lie in chunks of one size, so that nothing is copied when the queue grows and no array is too large for the young
 * generation of the heap. A queue that runs empty begins again at the front of its chunk.
 */
import type { Task } from './task.ts'

const CHUNK_BITS = 9
const CHUNK = 1 << CHUNK_BITS

type Chunk = (Task | undefined)[]

export class RunQueue {
  length = 0
  #first: Chunk = []
  #last = this.#first
  readonly #chunks: Chunk[] = [this.#first]
  /** Where the entries begin in the first chunk, and end in the last one. */
  #begin = 0
  #end = 0
  /** Chunks that have been emptied, for the next time. */
  readonly #spare: Chunk[] = []

  push(task: Task): void {
    if (this.#end === CHUNK) this.#grow()
    this.#last[this.#end++] = task
    this.length++
  }

  /** Takes the entry that waits longest (S2). Call it only while there is one. */
  shift(): Task {
    const task = this.#first[this.#begin]!
    this.#first[this.#begin++] = undefined
    if (--this.length === 0) this.#begin = this.#end = 0
    else if (this.#begin === CHUNK) this.#shrink()
    return task
  }

  /** The entry at `index`, counted from the one that waits longest. */
  at(index: number): Task {
    const place = this.#begin + index
    return this.#chunks[place >> CHUNK_BITS]![place & (CHUNK - 1)]!
  }

  /** Takes any entry; those behind it move up, so that the others keep their order. */
  take(index: number): Task {
    const task = this.at(index)
    // Entries in front of the hole move back by one, then the front is dropped: short for small indices.
    for (let i = index; i > 0; i--) this.#put(i, this.at(i - 1))
    this.#put(0, task)
    return this.shift()
  }

  #put(index: number, task: Task): void {
    const place = this.#begin + index
    this.#chunks[place >> CHUNK_BITS]![place & (CHUNK - 1)] = task
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
