/** One run of a program after the other, each from the beginning, and whether it failed. */
import { CancelledError, type Operation, ScopeError, type Startable, run } from 'coppice'
import { REQUESTED, type Task, interpretBy } from 'coppice/kernel'
import { AnswerTable } from './answer-table.ts'
import type { Answers } from './answers.ts'
import { CheckError, FaultError, LeakError } from './errors.ts'
import type { Place } from './faults.ts'
import { VirtualInterpreter } from './interpreter.ts'
import { lineFor } from './leaks.ts'
import { isBeyond, tooLate, tooManySteps } from './limit.ts'
import { checkCount, checkFunction } from './options.ts'
import { Recorder } from './recorder.ts'
import { NotRecorded, Simulation } from './simulation.ts'
import type { Plan } from './strategies/strategy.ts'
import { deadlock, tasksOf } from './waiting.ts'

/** What a run has to hold. */
export interface Checks<T> {
  /** What the outside world answers. `sequence(…)` starts over in every run. Default: nothing. */
  answers?: Answers | undefined
  /** Called after every run that ended. Throws, or returns exactly `false`, if something is wrong. Plain JavaScript, no operations. */
  check?: ((sim: Simulation<T>) => void | boolean) | undefined
  /** As `check`, but after every step. */
  invariant?: ((sim: Simulation<T>) => void | boolean) | undefined
  /**
   * Whether the root may fail with an error: for programs that fail by design. It is asked for each error of a `ScopeError`. Default: it
   * may fail with nothing.
   */
  mayFail?: ((error: unknown) => boolean) | undefined
  /** How many steps a run may take. Default: 10,000. */
  maxSteps?: number | undefined
  /** How far the clock may go in a run, in milliseconds. Default: `Infinity`. */
  maxTime?: number | undefined
  /** As for `run`: milliseconds after which cleanup that has not ended is abandoned. Default: `Infinity`. */
  cleanupTimeout?: number | undefined
}

export const CHECKS = ['answers', 'check', 'invariant', 'mayFail', 'maxSteps', 'maxTime', 'cleanupTimeout']

/** What was wrong with a run. */
export interface Found {
  readonly error: unknown
}

export class Runner<T> {
  readonly interpreter: VirtualInterpreter
  readonly #program: Startable<T>
  readonly #check: Checks<T>['check']
  readonly #invariant: Checks<T>['invariant']
  readonly #mayFail: (error: unknown) => boolean
  readonly #limits: { readonly maxSteps: number; readonly maxTime: number }
  readonly #options: { interpreter: VirtualInterpreter; cleanupTimeout: number }
  /** Checks that look at the simulation may ask it for its timeline; from the first time on that one does, all runs are written down. */
  #records: boolean
  #unhandled: Found | null = null
  #simulation: Simulation<T> | null = null

  constructor(program: () => Operation<T>, checks: Checks<T>, by: string) {
    const {
      answers = [],
      check,
      invariant,
      mayFail = () => false,
      maxSteps = 10_000,
      maxTime = Infinity,
      cleanupTimeout = Infinity,
    } = checks
    checkFunction(check, `${by}: check`)
    checkFunction(invariant, `${by}: invariant`)
    checkFunction(mayFail, `${by}: mayFail`)
    checkCount(maxSteps, `${by}: maxSteps`, 1)
    checkCount(maxTime, `${by}: maxTime`, 0)
    checkCount(cleanupTimeout, `${by}: cleanupTimeout`, 0)
    this.interpreter = new VirtualInterpreter(new AnswerTable(answers), 0)
    this.interpreter.unhandled = (root) => {
      this.#unhandled ??= { error: root.failureForJoiner }
    }
    this.#program = program
    this.#check = check
    this.#invariant = invariant
    this.#mayFail = mayFail
    this.#limits = { maxSteps, maxTime }
    this.#options = { interpreter: this.interpreter, cleanupTimeout }
    this.#records = (check?.length ?? 0) + (invariant?.length ?? 0) > 0
  }

  /** A run of a strategy; nothing is written down unless the checks ask for it. */
  run(plan: Plan, place: Place | null, cutsAtFault: boolean): Found | null {
    const found = this.#run(plan, place, cutsAtFault, this.#records ? new Recorder() : null)
    if (!(found?.error instanceof NotRecorded)) return found
    this.#records = true
    const { tape } = this.interpreter
    const again: Plan = { ...plan, given: tape.picks.slice(0, tape.length) }
    return this.#run(again, place, false, new Recorder())
  }

  /** The same, written down. */
  record(plan: Plan, place: Place | null, recorder: Recorder): Found | null {
    return this.#run(plan, place, false, recorder)
  }

  #run(plan: Plan, place: Place | null, cutsAtFault: boolean, recorder: Recorder | null): Found | null {
    const { interpreter } = this
    interpreter.tape.load(plan.given, plan.chooser, place, cutsAtFault)
    interpreter.reset(plan.seed)
    interpreter.recorder = recorder
    this.#unhandled = null
    this.#simulation = null
    const before = interpretBy(interpreter)
    try {
      const root = run(this.#program, this.#options) as Task<T>
      const found = this.#drive(root)
      return found !== null || interpreter.tape.isBrokenOff ? found : this.#judge(root)
    } finally {
      interpretBy(before)
    }
  }

  #drive(root: Task<T>): Found | null {
    const { interpreter } = this
    const { maxSteps, maxTime } = this.#limits
    const invariant = this.#invariant
    const { tape } = interpreter
    do {
      while (!interpreter.canStep) {
        const next = interpreter.nextInstant()
        if (next === Infinity) return { error: deadlock(interpreter.roots, interpreter.awaited.size > 0) }
        if (next > maxTime) return { error: tooLate(interpreter, maxTime) }
        interpreter.jump()
      }
      if (isBeyond(interpreter, maxSteps)) return { error: tooManySteps(interpreter, maxSteps) }
      interpreter.step()
      if (tape.isBrokenOff) return null
      if (invariant !== undefined) {
        const found = this.#holds(invariant, 'invariant', root)
        if (found !== null) return found
      }
      if (interpreter.census !== null) interpreter.census.push(openBelow(root))
      if (tape.place !== null && root.outcome === undefined) {
        const fault = tape.cancelsAfterStep(interpreter.steps)
        if (fault !== null)
          interpreter.cancel(fault, tape.place.at === interpreter.steps ? tape.place.task : 0)
      }
    } while (root.outcome === undefined)
    return null
  }

  #judge(root: Task<T>): Found | null {
    const { interpreter } = this
    const outcome = root.outcome!
    if (outcome.status === 'failed' && !this.#hasBehaved(outcome.error)) return { error: outcome.error }
    if (this.#unhandled !== null) return this.#unhandled
    const leaks = interpreter.ledger.outliving(true)
    if (leaks.length > 0) return { error: new LeakError(leaks, leaks.map(lineFor)) }
    return this.#check === undefined ? null : this.#holds(this.#check, 'check', root)
  }

  /** A program that fails with just the error that was thrown into it, the cancellation of a task, or what it may fail with, is all right. */
  #hasBehaved(error: unknown): boolean {
    if (error instanceof ScopeError) return error.errors.every((each) => this.#hasBehaved(each))
    const { place } = this.interpreter.tape
    const mayBeTheFault = place !== null && (place.kind === 'throw' || place.task !== 0)
    return (mayBeTheFault && isTheFault(error)) || this.#mayFail(error)
  }

  #holds(check: (sim: Simulation<T>) => void | boolean, what: string, root: Task<T>): Found | null {
    this.#simulation ??= new Simulation(this.interpreter, root, this.#limits, true)
    const { steps, time } = this.interpreter
    try {
      if (check(this.#simulation) !== false) return null
      return { error: new CheckError(`${what} returned false after step ${steps}, at ${time} ms.`) }
    } catch (error) {
      return { error }
    }
  }
}

function isTheFault(error: unknown): boolean {
  return (
    error instanceof FaultError || (error instanceof CancelledError && error.reason instanceof FaultError)
  )
}

function openBelow(root: Task): number[] {
  if (root.outcome !== undefined) return []
  const open = tasksOf(root).filter((task) => task !== root && !(task.flags & REQUESTED))
  return open.map(({ id }) => id)
}

/** Whether two errors are of one class. */
export function isSameClass(a: unknown, b: unknown): boolean {
  return classOf(a) === classOf(b)
}

function classOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? Object.getPrototypeOf(error) : typeof error
}

/** What an error is called by: its class and its message. */
export function isSameError(a: unknown, b: unknown): boolean {
  return isSameClass(a, b) && textOf(a) === textOf(b)
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
