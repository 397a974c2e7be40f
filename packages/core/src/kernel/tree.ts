/**
 * What all tasks of one `run` share: the queue (S1), the interpreter (I1), the observer, the counters. A tree steps only
 * when its interpreter says so.
 */
import type { Interpreter } from '../interpreters/interpreter.ts'
import type { CleanupLimits } from './abandon.ts'
import type { Observer } from './observer.ts'
import type { Scope } from './scope.ts'
import type { Task } from './task.ts'
import { machine } from '../effect.ts'
import { RunQueue } from './run-queue.ts'
import { runStep } from './step.ts'

/** The context values that a scope sees; shared with the scope around it until one of them is set (X2). */
export type ContextValues = ReadonlyMap<object, unknown> | null

/** How much a tree may do before it hands over to the host (S6). */
export interface Budget {
  /** Steps of tasks, from 1 on. */
  steps: number
  /** Milliseconds, from 0 on. */
  ms: number
}

/** A graceful cancellation that was announced (C9). */
export interface Announcement {
  readonly reason: unknown
  readonly deadline: number
}

/** The clock is read once for so many steps at most, if they are short. */
const STEPS_PER_LOOK = 128
/** Steps are short if so many milliseconds have passed since the look before. */
const SHORT_MS = 1

/** What all tasks of one root share: its queue, its interpreter, its limits and its observer. */
export class Tree {
  readonly queue = new RunQueue()
  readonly interpreter: Interpreter
  readonly budget: Budget
  /** Looks after cleanup that does not end (C13), if that was asked for. */
  readonly limits: CleanupLimits | null
  /** All observers as one, or null: then nobody looks, and nothing is paid. */
  readonly observer: Required<Observer> | null
  /** Announcements by the scope that they are for, and the tasks that wait for one; null while nobody uses them. */
  announcements: Map<Scope, Announcement> | null = null
  announced: Set<(task: Task, announcement: Announcement) => void> | null = null
  /** The interpreter knows that there is something to run, or is running it. */
  scheduled = false
  /** Milliseconds since the tree was made, as of the latest look at the clock. */
  elapsed = 0
  /** How many tasks it has had. */
  tasks = 0
  readonly #madeAt: number
  #steps = 0
  #answers = 0

  constructor(
    interpreter: Interpreter,
    observer: Required<Observer> | null,
    limits: CleanupLimits | null,
    budget: Budget
  ) {
    this.interpreter = interpreter
    this.observer = observer
    this.limits = limits
    this.budget = budget
    this.#madeAt = interpreter.now()
  }

  /** The one way into the queue. */
  enqueue(task: Task): void {
    this.queue.push(task)
    if (this.scheduled) return
    this.scheduled = true
    this.interpreter.wake(this)
  }

  /** Runs one entry, the one that the interpreter picks: the first, unless it has a mind of its own (S1, S2). */
  step(): void {
    // A step of another tree may be under way, if this one is driven from inside a task (a simulation, say).
    const { task, watch } = machine
    machine.watch = null
    try {
      runStep(pick(this))
    } finally {
      machine.task = task
      machine.watch = watch
    }
  }

  /** Runs until the queue is empty or the budget is used up; true in the latter case (S6). */
  runSlice(): boolean {
    const { queue, budget } = this
    const { task } = machine
    let now = this.look()
    const end = now + budget.ms
    let usedUp = false
    let stepsPerLook = 1
    let untilLook = 1
    while (queue.length > 0 && !usedUp) {
      runStep(pick(this))
      // Steps count on from slice to slice: a tree that is woken again and again before the host has had its turn is busy, too.
      this.#steps++
      usedUp = this.#steps >= budget.steps
      if (--untilLook === 0) {
        const before = now
        now = this.look()
        usedUp ||= now >= end
        untilLook = stepsPerLook = now - before > SHORT_MS ? 1 : Math.min(2 * stepsPerLook, STEPS_PER_LOOK)
      }
    }
    if (usedUp) this.#steps = 0
    machine.task = task
    this.scheduled = queue.length > 0
    return usedUp
  }

  /** Whether a wait that is answered at once may go on within the step; once in a while it has to go through the queue. */
  answersAtOnce(): boolean {
    if (++this.#answers <= this.budget.steps) return true
    this.#answers = 0
    this.#steps = this.budget.steps
    return false
  }

  /** Looks at the clock. */
  look(): number {
    const now = this.interpreter.now()
    this.elapsed = Math.trunc(now - this.#madeAt)
    return now
  }
}

function pick({ queue, interpreter }: Tree): Task {
  return interpreter.pick === undefined ? queue.shift() : queue.take(interpreter.pick(queue))
}
