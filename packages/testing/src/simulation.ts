/** A simulated program, as a test drives it and looks at it. */
import { type Effect, MisuseError, type Outcome, type Task as RunningTask, formatTree } from 'coppice'
import { type Interpreter, type Task, interpretBy, printed, request } from 'coppice/kernel'
import type { VirtualInterpreter } from './interpreter.ts'
import type { Leak } from './leaks.ts'
import { isBeyond, tooLate, tooManySteps } from './limit.ts'
import { type Matcher, checkMatcher, matches } from './matcher.ts'
import type { Recorder } from './recorder.ts'
import { settle } from './settle.ts'
import { type TimelineOptions, type TimelineStep, format, timelineOf } from './timeline.ts'
import { deadlock } from './waiting.ts'

/** How a simulated program ended, and at which instant of the simulation's clock. */
export type SimulationResult<T> = Outcome<T> & { at: number }

/** What an act of `sim.when` is told. */
type Act = (effect: Effect) => void

/** How far a simulation may go. */
interface Limits {
  readonly maxSteps: number
  readonly maxTime: number
}

/** Thrown when somebody asks what happened in a run that nobody wrote down: the explorer catches it, and has the run again. */
export class NotRecorded extends Error {}

/** A program under a virtual clock. Nothing of it runs but in the methods of this object. */
export class Simulation<T = unknown> {
  readonly #interpreter: VirtualInterpreter
  readonly #root: Task<T>
  readonly #limits: Limits
  readonly #whens = new Set<{ readonly matcher: Matcher; readonly act: Act }>()
  #heard: Effect[] = []
  readonly #isDriven: boolean

  /** @param isDriven an exploration drives it: others may only look. @internal */
  constructor(interpreter: VirtualInterpreter, root: Task<T>, limits: Limits, isDriven = false) {
    this.#isDriven = isDriven
    this.#interpreter = interpreter
    this.#root = root
    this.#limits = limits
  }

  /** The virtual instant, in milliseconds; 0 at the beginning. */
  get now(): number {
    return this.#interpreter.time
  }

  /** The task that is the program. */
  get root(): RunningTask<T> {
    return this.#root
  }

  /** How many steps have been taken. */
  get steps(): number {
    return this.#interpreter.steps
  }

  /** How many entries of the queue can run now, without the clock. */
  get ready(): number {
    return this.#interpreter.ready
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#interpreter.timers
  }

  /** The instant for which the next of them is set; `Infinity` if none is. */
  get nextTimer(): number {
    return this.#interpreter.nextInstant()
  }

  /**
   * What performs the effects of this simulation: for what is started beside the program, from outside of it, and is to live under the
   * same clock. `run(other, { interpreter: sim.interpreter })`
   */
  get interpreter(): Interpreter {
    return this.#interpreter
  }

  /** How the program ended; undefined while its root is open. */
  get outcome(): SimulationResult<T> | undefined {
    const { outcome } = this.#root
    return outcome === undefined ? undefined : { ...outcome, at: this.#interpreter.closedAt }
  }

  /**
   * Runs the program until its root has closed. The clock jumps when nothing can run.
   *
   * **Throws:** `DeadlockError` if nothing can ever run again, `LimitError` beyond `maxSteps` or `maxTime`.
   */
  runToEnd(): SimulationResult<T> {
    return (
      this.outcome ??
      this.#drive(() => {
        while (this.#root.outcome === undefined) if (!this.#step(Infinity)) throw this.#stuck()
        return this.outcome!
      })
    )
  }

  /** Runs what is due in the next `ms` milliseconds, and moves the clock by that. **Throws:** as `advanceTo`. */
  advance(ms: number): SimulationResult<T> | undefined {
    if (!(typeof ms === 'number' && ms >= 0 && ms < Infinity))
      throw new MisuseError(
        `advance takes milliseconds from 0 on; it was given ${printed(ms)}. To run it all, runToEnd().`
      )
    return this.advanceTo(this.now + ms)
  }

  /**
   * Runs all that is due up to and with an instant; the clock then stands there. Gives the outcome, if there is one by then.
   *
   * **Throws:** `LimitError` beyond `maxSteps` or `maxTime`; `MisuseError` for an instant that has passed.
   */
  advanceTo(instant: number): SimulationResult<T> | undefined {
    this.#checkInstant(instant, 'advanceTo')
    return this.#drive(() => {
      while (this.#step(instant));
      if (instant > this.#limits.maxTime) throw tooLate(this.#interpreter, this.#limits.maxTime)
      this.#interpreter.time = instant
      return this.outcome
    })
  }

  /** Takes one step; the clock jumps first if nothing can run. False if there is none to take. **Throws:** `LimitError`. */
  step(): boolean {
    return this.#drive(() => this.#step(Infinity))
  }

  /**
   * Moves the clock, by default to the next instant for which a timer is set: all that is due by then enters the queue, and nothing of it
   * runs yet. Here waits have been answered and nobody has resumed, which is where a cancellation comes too late for them. False if
   * no timer is set. **Throws:** `LimitError` beyond `maxTime`; `MisuseError` for an instant that has passed.
   */
  jump(instant: number = this.nextTimer): boolean {
    if (instant === Infinity) return false
    this.#checkInstant(instant, 'jump')
    this.#drive(() => {
      const interpreter = this.#interpreter
      if (instant > this.#limits.maxTime) throw tooLate(interpreter, this.#limits.maxTime)
      while (interpreter.nextInstant() <= instant) interpreter.jump()
      interpreter.time = instant
    })
    return true
  }

  /** Requests that the program be cancelled. What follows happens in the next `runToEnd`, `advance`, `advanceTo` or `step`. */
  cancel(reason?: unknown): void {
    this.#drive(() => request(this.#root, reason))
  }

  /**
   * Has `act` called whenever a matching effect has been performed: after the step in which a task began to wait for it, or in which
   * it reached outside. Gives a function that ends this.
   */
  when(matcher: Matcher, act: (effect: Effect) => void): () => void {
    if (typeof act !== 'function')
      throw new MisuseError('when takes a matcher and a function: sim.when("save", () => sim.cancel()).')
    const when = { matcher: checkMatcher(matcher, 'when'), act }
    this.#whens.add(when)
    this.#interpreter.heard = (effect) => void this.#heard.push(effect)
    return () => {
      // Nobody is to be told later of what is heard when nobody listens.
      if (this.#whens.delete(when) && this.#whens.size === 0) this.#interpreter.heard = null
    }
  }

  /** The outside effects (`call`, `until`, those of `defineEffect`) that were performed, in order; with a matcher, some of them. */
  effects(matcher?: Matcher): Effect[] {
    const { effects } = this.#recorder
    if (matcher === undefined) return [...effects]
    checkMatcher(matcher, 'effects')
    return effects.filter((effect) => matches(matcher, effect))
  }

  /** What happened, one line a step: the instant, the task, how the step began, and what the task then stood at. */
  timeline(options?: TimelineOptions & { json?: false }): string
  timeline(options: TimelineOptions & { json: true }): readonly TimelineStep[]
  timeline(options?: TimelineOptions): string | readonly TimelineStep[] {
    const steps = timelineOf(this.#recorder, options)
    return options?.json === true ? steps : format(steps)
  }

  /** The tree as it is now, drawn by `formatTree`; one below the other if the program has made several. */
  tree(): string {
    return this.#interpreter.roots.map(formatTree).join('\n')
  }

  /**
   * What the program leaves behind: what outlives the root, and what is lost with it. While the root is open there is nothing but actions and abandoned
   * tasks to be said. `explore` looks by itself for what outlives the root, of the kinds `action`, `abandoned` and `scope`.
   */
  leaks(): Leak[] {
    const { ledger, others } = this.#interpreter
    const isClosed = this.#root.outcome !== undefined
    const outliving = ledger.outliving(isClosed)
    return isClosed ? [...outliving, ...ledger.lost(others)] : outliving
  }

  /**
   * The asynchronous `runToEnd`, for programs that touch real promises: the clock does not jump while an answer's promise is under way,
   * nor before the host has had a turn.
   *
   * **Throws:** as `runToEnd`.
   *
   * @param options `patienceMs`: for how long, in real milliseconds, promises are waited for before the clock jumps without them.
   * Default 1000.
   */
  settle(options: { patienceMs?: number | undefined } = {}): Promise<SimulationResult<T>> {
    return settle(this.#interpreter, options.patienceMs ?? 1000, {
      runNow: () => this.#drive(() => this.#runNow()),
      jump: () => this.#drive(() => this.#step(Infinity)),
      outcome: () => this.outcome,
      stuck: () => this.#stuck(),
    })
  }

  /** Runs what can run without the clock, until the root has closed. */
  #runNow(): void {
    while (this.#root.outcome === undefined && this.#interpreter.canStep) this.#step(this.now)
  }

  /** One step, if there is one up to and with the instant. */
  #step(until: number): boolean {
    const interpreter = this.#interpreter
    const { maxSteps, maxTime } = this.#limits
    while (!interpreter.canStep) {
      const next = interpreter.nextInstant()
      if (next > until || next === Infinity) return false
      if (next > maxTime) throw tooLate(interpreter, maxTime)
      interpreter.jump()
    }
    if (isBeyond(interpreter, maxSteps)) throw tooManySteps(interpreter, maxSteps)
    const task = interpreter.step()
    if (this.#whens.size > 0) this.#tellWhens(task)
    return true
  }

  #checkInstant(instant: number, by: string): void {
    if (typeof instant === 'number' && instant >= this.now && instant < Infinity) return
    throw new MisuseError(
      `${by} takes an instant from now on, and it is ${this.now}; it was given ${printed(instant)}. To run it all, runToEnd().`
    )
  }

  #tellWhens(task: Task): void {
    const heard = this.#heard
    this.#heard = []
    const effect = task.wait?.effect
    if (effect && !heard.includes(effect)) heard.push(effect)
    for (const each of heard)
      for (const when of [...this.#whens])
        if (this.#whens.has(when) && matches(when.matcher, each)) when.act(each)
  }

  get #recorder(): Recorder {
    const { recorder } = this.#interpreter
    if (recorder !== null) return recorder
    throw new NotRecorded()
  }

  #stuck(): Error {
    return deadlock(this.#interpreter.roots, this.#interpreter.awaited.size > 0)
  }

  /** What the program starts beside itself meanwhile is simulated, too. */
  #drive<R>(act: () => R): R {
    if (this.#isDriven)
      throw new MisuseError(
        'check and invariant can look at the simulation, but explore and replay drive it.'
      )
    const before = interpretBy(this.#interpreter)
    try {
      return act()
    } finally {
      interpretBy(before)
    }
  }
}
