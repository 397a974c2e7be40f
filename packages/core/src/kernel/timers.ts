/**
 * A heap of timers, ordered by the instant at which they are due and, within an instant, by the order in which they
 * were set (S4). Keys lie in typed arrays beside the timers: a comparison touches no object, and a million pending timers cost
 * 24 bytes each.
 *
 * A cancelled timer stays in the heap until it comes up or until such timers are the larger half; then they are swept
 * out. So cancelling costs constant time, and nothing that was cancelled is kept for long.
 */

export interface Timer {
  /** Whether the timer that was set under this ticket is still to fire: it was neither cancelled nor has it fired. */
  isPending(ticket: number): boolean
  /** Called when it is due; must enter the queue, and run nothing. */
  fire(): void
  /** It cancels something: what is due at the same instant is claimed first, and a claimed wait can't be aborted (C2). */
  readonly isDeadline?: boolean
}

/** All timers of a tree, the next one first; those due at the same instant in the order in which they were set (S4). */
export class TimerHeap {
  #due = new Float64Array(16)
  #order = new Float64Array(16)
  #timers: Timer[] = []
  #set = 0
  #cancelled = 0

  /** How many timers are pending. */
  get size(): number {
    return this.#timers.length - this.#cancelled
  }

  /** Gives the ticket by which the timer will be asked whether it is pending. */
  add(timer: Timer, due: number): number {
    const last = this.#timers.length
    if (last === this.#due.length) this.#grow()
    this.#timers.push(timer)
    this.#up(last, timer, due, this.#set)
    return this.#set++
  }

  /** Says that one of the timers is no longer pending. */
  cancelled(): void {
    if (++this.#cancelled * 2 > this.#timers.length) this.#sweep()
  }

  /** When the earliest pending timer is due: `Infinity` if there is none. */
  next(): number {
    while (this.#timers.length > 0 && !this.#isPending(0)) {
      this.#pop()
      this.#cancelled--
    }
    return this.#timers.length > 0 ? this.#due[0]! : Infinity
  }

  /** Fires all that is due at `now`, in order. */
  fire(now: number): void {
    const deadlines: Timer[] = []
    while (this.next() <= now) {
      const timer = this.#pop()
      if (timer.isDeadline === true) deadlines.push(timer)
      else timer.fire()
    }
    for (const deadline of deadlines) deadline.fire()
  }

  #isPending(index: number): boolean {
    return this.#timers[index]!.isPending(this.#order[index]!)
  }

  #pop(): Timer {
    const first = this.#timers[0]!
    const last = this.#timers.length - 1
    const timer = this.#timers.pop()!
    if (last > 0) this.#down(0, timer, this.#due[last]!, this.#order[last]!)
    return first
  }

  #up(index: number, timer: Timer, due: number, order: number): void {
    while (index > 0) {
      const parent = (index - 1) >> 2
      // An equal instant does not move up: the one set first stays in front.
      if (this.#due[parent]! <= due) break
      this.#move(parent, index)
      index = parent
    }
    this.#place(index, timer, due, order)
  }

  #down(index: number, timer: Timer, due: number, order: number): void {
    const { length } = this.#timers
    for (;;) {
      let least = index * 4 + 1
      if (least >= length) break
      const end = Math.min(least + 4, length)
      for (let child = least + 1; child < end; child++) if (this.#before(child, least)) least = child
      const leastDue = this.#due[least]!
      if (leastDue > due || (leastDue === due && this.#order[least]! > order)) break
      this.#move(least, index)
      index = least
    }
    this.#place(index, timer, due, order)
  }

  #before(a: number, b: number): boolean {
    const dueA = this.#due[a]!
    const dueB = this.#due[b]!
    return dueA < dueB || (dueA === dueB && this.#order[a]! < this.#order[b]!)
  }

  #move(from: number, to: number): void {
    this.#place(to, this.#timers[from]!, this.#due[from]!, this.#order[from]!)
  }

  #place(index: number, timer: Timer, due: number, order: number): void {
    this.#timers[index] = timer
    this.#due[index] = due
    this.#order[index] = order
  }

  #sweep(): void {
    const timers = this.#timers
    let kept = 0
    for (let i = 0; i < timers.length; i++) if (this.#isPending(i)) this.#move(i, kept++)
    // Some may have been cancelled without having been reported yet, when several are at once: they will be.
    this.#cancelled -= timers.length - kept
    timers.length = kept
    for (let i = (kept - 2) >> 2; i >= 0; i--) this.#down(i, timers[i]!, this.#due[i]!, this.#order[i]!)
  }

  #grow(): void {
    this.#due = grown(this.#due)
    this.#order = grown(this.#order)
  }
}

function grown(keys: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(keys.length * 2)
  larger.set(keys)
  return larger
}
