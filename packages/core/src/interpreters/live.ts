/**
 * The live interpreter: the host's clock, timers and callbacks. One heap of timers over one host timer, and one drain that
 * gives each tree with work its turn (S5, S6).
 */
import type { OutsideEffect, OutsideWait } from '../kernel/outside.ts'
import { promiseOf } from '../kernel/promise.ts'
import type { Task } from '../kernel/task.ts'
import { type Timer, TimerHeap } from '../kernel/timers.ts'
import type { Tree } from '../kernel/tree.ts'
import type { Interpreter } from './interpreter.ts'

/** Hosts overflow beyond this: a longer wait is made of several. */
const LONGEST_HOST_TIMER = 2 ** 31 - 1

class LiveInterpreter implements Interpreter {
  readonly #heap = new TimerHeap()
  /** What the host timer is set to, and the timer itself. */
  #armedFor = Infinity
  #hostTimer: unknown
  /** The trees that have something to run, in the order of their turns. */
  readonly #ready: Tree[] = []
  #draining = false
  /** The trees that have used up their budget; the host has its turn before each of them goes on (S6). */
  readonly #resting = new Set<Tree>()
  /** Instants are those of the calendar, and yet never go back. */
  readonly #origin = Date.now() - performance.now()

  now(): number {
    return this.#origin + performance.now()
  }

  random(): number {
    return Math.random()
  }

  setTimer(timer: Timer, due: number): number {
    // Rounded up to whole milliseconds: no timer is early, and what is due in the same one keeps its order (S4).
    const ticket = this.#heap.add(timer, Math.ceil(due))
    if (!this.#draining) this.#arm()
    return ticket
  }

  clearTimer(): void {
    this.#heap.cancelled()
    // An armed host timer keeps a process alive, so the last one is cleared; an earlier one may come for nothing.
    if (this.#heap.size === 0 && !this.#draining) this.#arm()
  }

  perform(effect: OutsideEffect, wait: OutsideWait): void {
    effect.performLive(wait)
  }

  rootClosed(root: Task): void {
    // A promise that rejects and has no handler is what the host reports (E8).
    if (root.status === 'failed' && !root.isJoined) void promiseOf(root)
  }

  wake(tree: Tree): void {
    if (this.#resting.has(tree)) return
    this.#ready.push(tree)
    if (!this.#draining) this.#drain()
  }

  #drain(): void {
    this.#draining = true
    try {
      for (let tree = this.#ready.shift(); tree !== undefined; tree = this.#ready.shift()) {
        if (tree.runSlice()) this.#rest(tree)
      }
    } finally {
      this.#draining = false
      this.#arm()
    }
  }

  #rest(tree: Tree): void {
    this.#resting.add(tree)
    if (this.#resting.size === 1) later(this.#goOn)
  }

  /** The host has had its turn: the next of the resting trees goes on, one for each turn. */
  readonly #goOn = (): void => {
    const [tree] = this.#resting
    this.#resting.delete(tree!)
    if (this.#resting.size > 0) later(this.#goOn)
    if (tree!.scheduled) this.#ready.push(tree!)
    this.#drain()
  }

  /** Sets the host timer for the earliest of ours, if that has changed; once for each drain. */
  #arm(): void {
    const next = this.#heap.next()
    // One that comes too early finds nothing due and is set anew.
    if (next >= this.#armedFor && next !== Infinity) return
    if (this.#armedFor !== Infinity) clearTimeout(this.#hostTimer as number)
    this.#armedFor = next
    if (next === Infinity) return
    this.#hostTimer = setTimeout(this.#onTimer, Math.min(Math.max(0, next - this.now()), LONGEST_HOST_TIMER))
  }

  readonly #onTimer = (): void => {
    this.#armedFor = Infinity
    this.#draining = true
    this.#heap.fire(this.now())
    this.#drain()
  }
}

/** Runs a job as soon as the host has had a turn of its own. */
const later: (job: () => void) => void =
  typeof setImmediate === 'function'
    ? setImmediate
    : typeof MessageChannel === 'function'
      ? byMessage
      : setTimeout

function byMessage(job: () => void): void {
  const { port1, port2 } = new MessageChannel()
  const listen = () => {
    port1.close()
    job()
  }
  ;(port1 as unknown as { onmessage: () => void }).onmessage = listen
  port2.postMessage(null)
}

/** Runs programs for real: the default of `run`. */
export const liveInterpreter: Interpreter = /* @__PURE__ */ new LiveInterpreter()
