/**
 * The tape of a run: all that is decided from outside of the program. First it plays what it was given, then it asks a chooser, and it
 * keeps what was picked. Ties between timers are picks like all others; the random source is its seed; a fault is its place.
 */
import type { Task } from 'coppice/kernel'
import type { Place } from './faults.ts'
import type { VirtualInterpreter } from './interpreter.ts'

/** Picks one of `width` entries; they can be looked at through the interpreter. */
export interface Chooser {
  /** A run begins. */
  begin?(): void
  /** A task is about to take its step. */
  stepping?(task: Task, interpreter: VirtualInterpreter): void
  /** It has; `owner` was its owner before. False to break the run off: it would only repeat another one. */
  stepped?(task: Task, owner: Task | null, interpreter: VirtualInterpreter): boolean
  choose(width: number, interpreter: VirtualInterpreter): number
}

// A global is slow to look up where modules run in a context of their own, as under Jest.
const { imul } = Math

export class Tape {
  /** The index picked at each decision, and among how many; the first `length` of them count. */
  readonly picks: number[] = []
  readonly widths: number[] = []
  length = 0
  /** One number for all departures so far. Schedules are told apart by it. */
  hash = 0
  /** The seed of the random source, and whether anybody has used that. */
  seed = 0
  isRandom = false
  /** The fault that strikes in this run, and whether it has. */
  place: Place | null = null
  hasStruck = false
  /** The first decision for which a given index was too large; −1 if there is none. */
  clampedAt = -1

  /** The chooser, if it wants to see each step, and whether it has broken the run off. */
  follower: Required<Chooser> | null = null
  isBrokenOff = false

  #given: readonly number[] = []
  #givenLength = 0
  #cutsAtFault = false
  #chooser: Chooser | null = null
  #low = 0
  #high = 0

  /** Says what the next run plays; call it before `rewind`. Without a chooser production's order follows what was given. */
  load(given: readonly number[], chooser: Chooser | null, place: Place | null, cutsAtFault: boolean): void {
    this.#given = given
    this.#chooser = chooser
    this.follower = chooser?.stepped === undefined ? null : (chooser as Required<Chooser>)
    this.place = place
    this.#cutsAtFault = cutsAtFault
  }

  rewind(seed: number): void {
    this.seed = seed
    this.length = this.hash = this.#low = this.#high = 0
    this.#givenLength = this.#given.length
    this.isRandom = this.hasStruck = this.isBrokenOff = false
    this.clampedAt = -1
    this.#chooser?.begin?.()
  }

  pick(width: number, interpreter: VirtualInterpreter): number {
    const { length } = this
    let index = 0
    if (length < this.#givenLength) {
      index = this.#given[length]!
      if (index >= width) {
        index = width - 1
        if (this.clampedAt < 0) this.clampedAt = length
      }
    } else if (this.#chooser !== null) index = this.#chooser.choose(width, interpreter)
    this.picks[length] = index
    this.widths[length] = width
    this.length = length + 1
    if (index !== 0) this.#mix(length, index)
    return index
  }

  /** The schedule: zeros at the end are cut off. */
  schedule(): number[] {
    let { length } = this
    while (length > 0 && this.picks[length - 1] === 0) length--
    return this.picks.slice(0, length)
  }

  /** Whether more was given than the run had decisions. */
  get isTooLong(): boolean {
    return this.#given.length > this.length
  }

  // Where faults strike. Each gives the words for it, or null.

  cancelsAfterStep(steps: number): string | null {
    return this.#strikes('cancel', steps)
  }

  throwsAt(effects: number): string | null {
    return this.#strikes('throw', effects)
  }

  cancelsAtJump(jumps: number): string | null {
    return this.#strikes('deadline', jumps)
  }

  #strikes(kind: Place['kind'], at: number): string | null {
    const { place } = this
    if (place === null || place.kind !== kind || (place.at !== at && place.again !== at)) return null
    this.hasStruck = true
    if (this.#cutsAtFault) this.#givenLength = this.length
    return place.what
  }

  /** Two 32-bit hashes side by side (the multipliers are those of MurmurHash3), joined to one number below 2⁵³. */
  #mix(position: number, index: number): void {
    const departure = imul(position, 0x9e3779b1) + index
    this.#low = imul((this.#low ^ departure) + 0x85ebca6b, 0xcc9e2d51)
    this.#low ^= this.#low >>> 15
    this.#high = imul((this.#high ^ departure) + 0xe6546b64, 0x1b873593)
    this.#high ^= this.#high >>> 13
    this.hash = (this.#low >>> 0) + (this.#high & 0x1fffff) * 2 ** 32
  }
}
