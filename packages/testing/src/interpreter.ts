/**
 * The interpreter of a simulation: a clock that jumps when nothing can run, and the one place where the next entry of the queue is
 * picked. It is synchronous, and made to be used again for the next run: a step on the fast path allocates nothing.
 */
import type { Startable } from 'coppice'
import { run } from 'coppice'
import {
  type Interpreter,
  type OutsideEffect,
  type OutsideWait,
  Task,
  type Timer,
  TimerHeap,
  type Tree,
  promiseOf,
  request,
} from 'coppice/kernel'
import type { AnswerTable } from './answer-table.ts'
import type { Answer, World } from './answers.ts'
import { FaultError } from './errors.ts'
import { type Leak, openScopes } from './leaks.ts'
import { RandomSource } from './random-source.ts'
import type { Recorder } from './recorder.ts'
import { Tape } from './tape.ts'
import { waitingOn } from './waiting.ts'

/** How many of the latest steps are remembered, to say who is spinning. A power of two. */
const REMEMBERED = 32

export class VirtualInterpreter implements Interpreter, World {
  time = 0
  /** Steps taken, outside effects performed, and jumps of the clock: the places at which faults strike. */
  steps = 0
  effects = 0
  jumps = 0
  /** The root of the program, and the instant at which it closed. */
  root: Task | null = null
  closedAt = 0
  /** Answers that a real promise has yet to give. */
  promises = 0
  readonly tape = new Tape()
  readonly given = new Map<Answer, number>()
  /** Roots of trees that the program made beside its own, by `createScope`, `run`, and answers that are operations. */
  readonly others: Task[] = []
  readonly leaks: Leak[] = []
  /** Writes down what happens; null if nobody wants to know. */
  recorder: Recorder | null = null
  /** Hears of every outside effect; null if nobody listens. */
  heard: ((effect: OutsideEffect, task: Task) => void) | null = null
  /** A tree beside the program's failed, and nobody waits for it (E8). */
  unhandled: (root: Task) => void = (root) => void promiseOf(root)

  readonly #answers: AnswerTable
  readonly #random: RandomSource
  readonly #recent: (Task | undefined)[] = new Array(REMEMBERED).fill(undefined)
  readonly #scopes: Task[] = []
  readonly #answering = new Set<Task>()
  /** The trees that have something to run; the first goes on until its queue is empty, unless the tape says otherwise (S6). */
  readonly #ready: Tree[] = []
  #heap = new TimerHeap()
  #main: Tree | null = null
  #picked = 0
  /** The task whose entry is picked next, whatever the tape says. */
  #next: Task | null = null

  constructor(answers: AnswerTable, seed: number) {
    this.#answers = answers
    this.#random = new RandomSource(seed)
  }

  /** Forgets everything, for another run. */
  reset(seed: number): void {
    this.time = this.steps = this.effects = this.jumps = this.closedAt = this.promises = 0
    this.root = this.#main = this.#next = null
    this.#ready.length = this.others.length = this.leaks.length = this.#scopes.length = 0
    if (this.given.size > 0) this.given.clear()
    if (this.#answering.size > 0) this.#answering.clear()
    if (this.#heap.next() !== Infinity) this.#heap = new TimerHeap()
    this.#recent.fill(undefined)
    this.#random.seed(seed)
    this.tape.rewind(seed)
  }

  // What the tree asks for.

  now(): number {
    return this.time
  }

  random(): number {
    this.tape.isRandom = true
    return this.#random.fraction()
  }

  setTimer(timer: Timer, due: number): number {
    return this.#heap.add(timer, due)
  }

  clearTimer(): void {
    this.#heap.cancelled()
  }

  perform(effect: OutsideEffect, wait: OutsideWait): void {
    this.heard?.(effect, wait.task)
    if (effect.runsAsWritten) return this.#performAsWritten(effect, wait)
    this.effects++
    this.recorder?.performed(effect)
    const fault = this.tape.throwsAt(this.effects)
    if (fault === null) return this.#answers.answer(this, effect, wait)
    this.recorder?.note(`${effect} fails`)
    wait.fail(new FaultError(fault))
  }

  wake(tree: Tree): void {
    if (this.#main === null) {
      this.#main = tree
      this.root = tree.queue.at(0)
    } else if (tree !== this.#main && this.#isNew(tree)) this.others.push(tree.queue.at(0))
    tree.look()
    this.#ready.push(tree)
  }

  pick(): number {
    return this.#picked
  }

  rootClosed(root: Task): void {
    if (root === this.root) this.closedAt = this.time
    else if (root.status === 'failed' && root.watchers === null) this.unhandled(root)
  }

  scopeOpened(root: Task): void {
    this.#scopes.push(root)
  }

  abandoned(task: Task, on: string): void {
    this.leaks.push({ kind: 'abandoned', task: task.name, on })
  }

  // How it is driven.

  /** Whether some entry of a queue can be picked. */
  get canStep(): boolean {
    return this.#ready.length > 0
  }

  /** Takes one step. Call it only while there is one to take. */
  step(): Task {
    const ready = this.#ready
    const decisions = this.tape.length
    let tree = ready[0]!
    if (ready.length === 1 && this.#next === null) {
      const { length } = tree.queue
      this.#picked = length === 1 ? 0 : this.tape.pick(length, this)
    } else tree = this.#pickAmongAll()
    const task = tree.queue.at(this.#picked)
    this.#recent[this.steps & (REMEMBERED - 1)] = task
    this.steps++
    if (this.recorder === null) tree.step()
    else this.#stepRecorded(tree, task, decisions)
    if (tree.queue.length === 0) {
      tree.scheduled = false
      if (ready[0] === tree) ready.shift()
      else ready.splice(ready.indexOf(tree), 1)
    }
    return task
  }

  /** The entries that may be picked, in production's order. */
  entry(index: number): Task {
    let rest = index
    for (const { queue } of this.#ready) {
      if (rest < queue.length) return queue.at(rest)
      rest -= queue.length
    }
    throw new RangeError(`There is no entry ${index}`)
  }

  /** When the clock has something to jump to: `Infinity` if no timer is set. */
  nextInstant(): number {
    const next = this.#heap.next()
    return next < this.time ? this.time : next
  }

  /** Moves the clock to the next instant: everything that is due then enters the queue at once (S4). */
  jump(): void {
    const instant = this.nextInstant()
    if (instant > this.time) {
      this.time = instant
      this.jumps++
      const fault = this.tape.cancelsAtJump(this.jumps)
      if (fault !== null) this.cancelRoot(fault)
    }
    this.#heap.fire(instant)
  }

  /** Cancels the root as a fault: that is the very next pick, if it has made the root go on. */
  cancelRoot(fault: string): void {
    const root = this.root!
    const wasWaiting = root.wait !== null
    this.recorder?.note('root cancelled')
    request(root, new FaultError(fault))
    if (wasWaiting && root.wait === null) this.#next = root
  }

  /** The tasks that ran last, the most frequent first, with the number of their steps. */
  recent(): [Task, number][] {
    const counts = new Map<Task, number>()
    for (const task of this.#recent) if (task !== undefined) counts.set(task, (counts.get(task) ?? 0) + 1)
    return [...counts].sort(([, a], [, b]) => b - a)
  }

  /** The roots of all trees. */
  get roots(): readonly Task[] {
    return this.root === null ? this.others : [this.root, ...this.others]
  }

  get openScopes(): Leak[] {
    return this.#scopes.length === 0 ? [] : openScopes(this.#scopes)
  }

  // Answers.

  answerWith(operation: Startable<unknown>, effect: OutsideEffect, wait: OutsideWait): void {
    const answering = run(operation, { name: `answer to ${effect.name}`, interpreter: this }) as Task
    wait.abort = () => request(answering, undefined)
    answering.whenClosed({
      closed: () => {
        if (answering.status === 'done') wait.resume(answering.value)
        else wait.fail(answering.failureForJoiner)
      },
    })
  }

  awaitPromise(promise: PromiseLike<unknown>, wait: OutsideWait): void {
    this.promises++
    promise.then(
      (value) => {
        this.promises--
        wait.resume(value)
      },
      (error) => {
        this.promises--
        wait.fail(error)
      }
    )
  }

  #performAsWritten(effect: OutsideEffect, wait: OutsideWait): void {
    effect.performLive(wait)
    if (!wait.pending || wait.abort !== null) return
    const { task } = wait
    wait.abort = () => this.leaks.push({ kind: 'action', task: task.name, on: waitingOn(task) })
  }

  #isNew(tree: Tree): boolean {
    return this.others.every((root) => root.tree !== tree)
  }

  /** The queues of several trees, one behind the other, are one queue to pick from. */
  #pickAmongAll(): Tree {
    let width = 0
    for (const { queue } of this.#ready) width += queue.length
    let index = this.#next === null ? -1 : this.#indexOf(this.#next)
    this.#next = null
    if (index < 0) index = width === 1 ? 0 : this.tape.pick(width, this)
    for (const tree of this.#ready) {
      if (index < tree.queue.length) {
        this.#picked = index
        return tree
      }
      index -= tree.queue.length
    }
    throw new RangeError(`There are only ${width} entries`)
  }

  #indexOf(task: Task): number {
    let index = 0
    for (const { queue } of this.#ready) {
      for (let i = 0; i < queue.length; i++, index++) if (queue.at(i) === task) return index
    }
    return -1
  }

  #stepRecorded(tree: Tree, task: Task, decisions: number): void {
    const isDeparture = this.tape.length > decisions && this.tape.picks[decisions] !== 0
    this.recorder!.begin(task, this.time, isDeparture ? this.entry(0) : null)
    tree.step()
    this.recorder!.end(task)
  }
}
