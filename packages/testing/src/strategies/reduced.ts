/**
 * All schedules but those that differ from another one only in the order of neighbouring steps which have nothing to do with each other.
 * A walk in depth, with sleep sets (Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems", LNCS 1032, 1996): what was
 * tried at a node sleeps below its later siblings, until a step is taken that it depends on. A run whose next step sleeps would only repeat
 * another one, and is broken off.
 */
import type { Effect } from 'coppice'
import type { Task } from 'coppice/kernel'
import type { VirtualInterpreter } from '../interpreter.ts'
import { type Footprint, NOBODY, isIndependent, isPlain, sharedIn } from './footprint.ts'
import type { Plan, Search } from './strategy.ts'
import { watchEffects } from './watch-effects.ts'

type Steps = ReadonlyMap<number, Footprint>

/** A state of the program on the way that the run takes, and what was tried there. */
interface Node {
  /** The tasks that could run, in the order of the queue. */
  readonly tasks: readonly number[]
  /** Those whose step was tried before, at an earlier node. */
  readonly sleeping: Steps
  /** Those whose step was tried here. */
  readonly tried: Map<number, Footprint>
  /** Which one is tried now. */
  index: number
  footprint: Footprint | null
}

const NONE: Steps = new Map()

export class ReducedSearch implements Search {
  readonly afterFault = null
  readonly isReduced = true
  readonly #path: Node[] = []
  #begun = false
  /** The node at which the run stands, and what sleeps there. */
  #depth = 0
  #sleeping: Steps = NONE
  /** Of the step under way: whether it is a plain one, and how many trees there were before it. */
  #isPlain = false
  #trees = 0
  readonly #effects: Effect[] = []

  next(): Plan | null {
    if (this.#begun && !this.#backtrack()) return null
    this.#begun = true
    return { given: [], chooser: this, seed: 0 }
  }

  ended(): boolean {
    // A run that was told to go where an earlier one went may have come to other entries.
    return this.#depth >= this.#path.length
  }

  around<R>(act: () => R): R {
    return watchEffects(this.#effects, act)
  }

  begin(): void {
    this.#depth = 0
    this.#sleeping = NONE
  }

  choose(width: number, interpreter: VirtualInterpreter): number {
    const known = this.#path[this.#depth]
    if (known !== undefined) return known.index
    const tasks = Array.from({ length: width }, (_, i) => interpreter.keyOf(interpreter.entry(i)))
    const index = Math.max(0, this.#firstAwake(tasks, this.#sleeping, NONE))
    this.#path.push({ tasks, sleeping: this.#sleeping, tried: new Map(), index, footprint: null })
    return index
  }

  stepping(task: Task, interpreter: VirtualInterpreter): void {
    this.#effects.length = 0
    this.#trees = interpreter.roots.length
    this.#isPlain = isPlain(task)
  }

  /** False if the step was one that slept. */
  stepped(task: Task, owner: Task | null, interpreter: VirtualInterpreter): boolean {
    const key = interpreter.keyOf(task)
    if (this.#depth === this.#path.length) {
      this.#path.push({ tasks: [key], sleeping: this.#sleeping, tried: new Map(), index: 0, footprint: null })
    }
    const node = this.#path[this.#depth++]!
    const wasPlain = this.#isPlain && interpreter.roots.length === this.#trees
    const footprint: Footprint = {
      task: key,
      owner: task.outcome === undefined || owner === null ? NOBODY : interpreter.keyOf(owner),
      shared: sharedIn(task, wasPlain, this.#effects),
    }
    node.footprint = footprint
    if (node.sleeping.has(key)) return false
    this.#sleeping = stillAsleep([node.sleeping, node.tried], footprint)
    return true
  }

  /** Goes back to the last node where something is left to try, and tries that next. */
  #backtrack(): boolean {
    for (let node = this.#path.at(-1); node !== undefined; node = this.#path.at(-1)) {
      if (node.footprint !== null) node.tried.set(node.tasks[node.index]!, node.footprint)
      const index = this.#firstAwake(node.tasks, node.sleeping, node.tried)
      if (index >= 0) {
        node.index = index
        node.footprint = null
        return true
      }
      this.#path.pop()
    }
    return false
  }

  #firstAwake(tasks: readonly number[], sleeping: Steps, tried: Steps): number {
    return tasks.findIndex((task) => !sleeping.has(task) && !tried.has(task))
  }
}

function stillAsleep(steps: readonly Steps[], taken: Footprint): Steps {
  const left = new Map<number, Footprint>()
  for (const asleep of steps)
    for (const [task, step] of asleep) if (isIndependent(step, taken)) left.set(task, step)
  return left
}
