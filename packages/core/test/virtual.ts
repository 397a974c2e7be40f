/** A small virtual-time interpreter for the tests: the clock jumps whenever nothing can run. */
import { type Observer, type RunOptions, type Startable, type Task, run } from 'coppice'
import { OutsideEffect, OutsideWait, RunQueue, type Timer, TimerHeap, Tree } from 'coppice/kernel'

export class VirtualInterpreter {
  time = 0
  readonly #heap = new TimerHeap()
  readonly #trees = new Set<Tree>()
  readonly #random: () => number
  pick?: (queue: RunQueue) => number

  /** With `pick`, given the length of the queue, another entry than the first may run next. */
  constructor(pick?: (length: number) => number, random: () => number = () => 0.5) {
    if (pick !== undefined) this.pick = (queue) => pick(queue.length)
    this.#random = random
  }

  now(): number {
    return this.time
  }

  random(): number {
    return this.#random()
  }

  setTimer(timer: Timer, due: number): number {
    return this.#heap.add(timer, due)
  }

  clearTimer(): void {
    this.#heap.cancelled()
  }

  perform(effect: OutsideEffect, wait: OutsideWait): void {
    effect.performLive(wait)
  }

  wake(tree: Tree): void {
    this.#trees.add(tree)
  }

  get pendingTimers(): number {
    return this.#heap.size
  }

  /** When the next timer is due; `Infinity` if none is set. */
  get nextTimer(): number {
    return this.#heap.next()
  }

  /** One step of some tree that has something to run; false if none has. */
  step(): boolean {
    for (const tree of this.#trees) {
      if (tree.queue.length > 0) {
        tree.look()
        tree.step()
        return true
      }
      this.#trees.delete(tree)
      tree.scheduled = false
    }
    return false
  }

  /** Runs all that can run now. */
  settle(): void {
    while (this.step());
  }

  /** Fires all that is due at `instant`, whatever can still run. */
  fireAt(instant: number): void {
    this.time = instant
    this.#heap.fire(instant)
  }

  /** Runs up to and with the instant `until`; without it, until nothing can happen any more. */
  advance(until = Infinity): void {
    for (;;) {
      this.settle()
      const next = this.#heap.next()
      if (next > until || next === Infinity) break
      this.time = Math.max(this.time, next)
      this.#heap.fire(this.time)
    }
    if (until !== Infinity) this.time = until
  }
}

export interface Virtual<T> {
  task: Task<T>
  interpreter: VirtualInterpreter
}

/** Starts a program in virtual time without running it. */
export function start<T>(
  program: Startable<T>,
  options: Omit<RunOptions, 'interpreter'> = {},
  interpreter = new VirtualInterpreter()
): Virtual<T> {
  return { task: run(program, { ...options, interpreter }), interpreter }
}

/** Runs a program in virtual time to its end; gives its value or throws its error. */
export function simulate<T>(
  program: Startable<T>,
  options: Omit<RunOptions, 'interpreter'> = {},
  interpreter = new VirtualInterpreter()
): T {
  const { task } = start(program, options, interpreter)
  interpreter.advance()
  const { outcome } = task
  if (outcome === undefined) throw new Error('The program waits for ever')
  if (outcome.status === 'failed') throw outcome.error
  if (outcome.status === 'cancelled') throw new Error('The program was cancelled')
  return outcome.value
}

/** An observer that writes one line an event. */
export function recorder(lines: string[]): Observer {
  return {
    started: (task) => void lines.push(`${task.name} started`),
    suspended: (task, effect) => void lines.push(`${task.name} suspended on ${effect ?? 'children'}`),
    resumed: (task) => void lines.push(`${task.name} resumed`),
    unwinding: (task) => void lines.push(`${task.name} unwinding`),
    closed: (task) => void lines.push(`${task.name} ${task.status}`),
  }
}
