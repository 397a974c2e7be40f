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
  type Primitive,
  type Standing,
  Task,
  type Timer,
  TimerHeap,
  type Tree,
  promiseOf,
  request,
} from 'coppice/kernel'
import type { AnswerTable } from './answer-table.ts'
import type { Answer, World } from './answers.ts'
import { Awaited } from './awaited.ts'
import { FaultError } from './errors.ts'
import { LeakLedger } from './leaks.ts'
import { RandomSource } from './random-source.ts'
import { ReadyTrees } from './ready.ts'
import type { Recorder } from './recorder.ts'
import { Tape } from './tape.ts'
import { tasksOf } from './waiting.ts'
import { looksTooOften } from './limit.ts'

/** Nobody reads the clock so often in one step, unless in wait of an instant that can't come before the step has ended. */
const MOST_LOOKS = 1_000_000

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
  readonly tape = new Tape()
  readonly given = new Map<Answer, number>()
  readonly awaited = new Awaited()
  /** Roots of trees that the program made beside its own, by `createScope`, `run`, and answers that are operations. */
  readonly others: Task[] = []
  readonly ledger = new LeakLedger()
  /** Writes down what happens; null if nobody wants to know. */
  recorder: Recorder | null = null
  /** After each step, the ids of the tasks below the root that are open; null if no fault asks for them. */
  census: number[][] | null = null
  /** Hears of every outside effect; null if nobody listens. */
  heard: ((effect: OutsideEffect, task: Task) => void) | null = null
  /** A tree beside the program's failed, and nobody waits for it (E8). */
  unhandled: (root: Task) => void = (root) => void promiseOf(root)
  /** Gives the numbers that programs see instead of the seeded source; null if that gives them. */
  chance: (() => number) | null = null

  readonly #answers: AnswerTable
  readonly #random: RandomSource
  readonly #recent: (Task | undefined)[] = new Array(REMEMBERED).fill(undefined)
  readonly #stoodAt: (Standing | null | undefined)[] = new Array(REMEMBERED).fill(undefined)
  readonly #ready = new ReadyTrees()
  /** The places of the other trees among the roots. */
  readonly #places = new Map<Tree, number>()
  #heap = new TimerHeap()
  #main: Tree | null = null
  #picked = 0
  #looks = 0
  /** The task whose entry is picked next, whatever the tape says. */
  #next: Task | null = null

  constructor(answers: AnswerTable, seed: number) {
    this.#answers = answers
    this.#random = new RandomSource(seed)
  }

  /** Forgets everything, for another run. */
  reset(seed: number): void {
    this.time = this.steps = this.effects = this.jumps = this.closedAt = 0
    this.root = this.#main = this.#next = null
    this.others.length = 0
    this.ledger.clear()
    this.#ready.clear()
    if (this.#places.size > 0) this.#places.clear()
    this.awaited.clear()
    if (this.given.size > 0) this.given.clear()
    if (this.#heap.next() !== Infinity) this.#heap = new TimerHeap()
    this.#random.seed(seed)
    this.tape.rewind(seed)
  }

  // What the tree asks for.

  now(): number {
    if (++this.#looks > MOST_LOOKS) throw looksTooOften(this.time)
    return this.time
  }

  random(): number {
    if (this.chance !== null) return this.chance()
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
    } else if (tree !== this.#main && !this.#places.has(tree)) {
      this.others.push(tree.queue.at(0))
      this.#places.set(tree, this.others.length)
    }
    tree.look()
    this.#ready.add(tree)
  }

  pick(): number {
    return this.#picked
  }

  rootClosed(root: Task): void {
    if (root === this.root) this.closedAt = this.time
    else if (root.status === 'failed' && root.watchers === null) this.unhandled(root)
  }

  scopeOpened(root: Task): void {
    this.ledger.scopeOpened(root)
  }

  primitiveMade(primitive: Primitive, by: Task | null): void {
    this.ledger.primitiveMade(primitive, by)
  }

  abandoned(task: Task, on: string): void {
    this.ledger.add({ kind: 'abandoned', task: task.name, on })
  }

  // How it is driven.

  /** Whether some entry of a queue can be picked. */
  get canStep(): boolean {
    return !this.#ready.isEmpty
  }

  /** How many entries can be picked. */
  get ready(): number {
    return this.#ready.width
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#heap.size
  }

  /** Takes one step. Call it only while there is one to take. */
  step(): Task {
    const decisions = this.tape.length
    let tree = this.#ready.only
    if (tree !== null && this.#next === null) {
      const { length } = tree.queue
      this.#picked = length === 1 ? 0 : this.tape.pick(length, this)
    } else tree = this.#pickAmongAll()
    const task = tree.queue.at(this.#picked)
    const slot = this.steps++ & (REMEMBERED - 1)
    this.#looks = 0
    if (this.recorder === null && this.tape.follower === null) tree.step()
    else this.#stepWatched(tree, task, decisions)
    this.#recent[slot] = task
    this.#stoodAt[slot] = task.wait
    if (tree.queue.length === 0) this.#ready.remove(tree)
    return task
  }

  /** The entries that may be picked, in production's order. */
  entry(index: number): Task {
    return this.#ready.at(index)
  }

  /** A number for a task that is the same in all runs in which it is spawned in the same turn. */
  keyOf(task: Task): number {
    return (this.#places.get(task.tree) ?? 0) * 2 ** 32 + task.id
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
      if (fault !== null) this.cancel(fault)
    }
    this.#heap.fire(instant)
  }

  /** Cancels a task as a fault, by default the root: that is the very next pick, if it has made the task go on. */
  cancel(fault: string, id = 0): void {
    const task = id === 0 ? this.root! : tasksOf(this.root!).find((each) => each.id === id)
    // The program has changed since the place was found.
    if (task === undefined) {
      this.tape.hasStruck = false
      return
    }
    const wasWaiting = task.wait !== null
    this.recorder?.note(`${id === 0 ? 'root' : task.label} cancelled`)
    request(task, new FaultError(fault))
    if (wasWaiting && task.wait === null) this.#next = task
  }

  /** The tasks that ran last, the most frequent first: the number of their steps, and what each stood at after its latest. */
  recent(): [Task, { count: number; standing: Standing | null }][] {
    const found = new Map<Task, { count: number; standing: Standing | null }>()
    for (let step = Math.max(0, this.steps - REMEMBERED); step < this.steps; step++) {
      const slot = step & (REMEMBERED - 1)
      const task = this.#recent[slot]!
      found.set(task, { count: (found.get(task)?.count ?? 0) + 1, standing: this.#stoodAt[slot]! })
    }
    return [...found].sort(([, a], [, b]) => b.count - a.count)
  }

  /** The roots of all trees. */
  get roots(): readonly Task[] {
    return this.root === null ? this.others : [this.root, ...this.others]
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

  #performAsWritten(effect: OutsideEffect, wait: OutsideWait): void {
    effect.performLive(wait)
    if (!wait.pending || wait.abort !== null) return
    const { task } = wait
    wait.abort = () => this.ledger.add({ kind: 'action', task: task.name, on: effect.name })
  }

  #pickAmongAll(): Tree {
    const { width } = this.#ready
    let index = this.#next === null ? -1 : this.#ready.indexOf(this.#next)
    this.#next = null
    if (index < 0) index = width === 1 ? 0 : this.tape.pick(width, this)
    const [tree, own] = this.#ready.locate(index)
    this.#picked = own
    return tree
  }

  #stepWatched(tree: Tree, task: Task, decisions: number): void {
    const { recorder, tape } = this
    const { follower } = tape
    const isDeparture = tape.length > decisions && tape.picks[decisions] !== 0
    const owner = task.outer?.task ?? null
    recorder?.begin(task, this.time, isDeparture ? this.entry(0) : null)
    follower?.stepping(task, this)
    tree.step()
    recorder?.end(task)
    if (follower?.stepped(task, owner, this) === false) tape.isBrokenOff = true
  }
}
