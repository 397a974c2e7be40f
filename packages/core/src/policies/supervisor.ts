/**
 * The machine behind `supervise`: children are tasks whose failures are values, and one loop that waits for the next of them to
 * end. Delays, and waiting for one's turn to start, are the children's own: the loop never waits for anything but ends.
 */
import type { Complete } from '../checks.ts'
import { ChannelState } from '../coordination/channel-state.ts'
import { attempt } from '../operations/attempt.ts'
import { cancel } from '../operations/cancel.ts'
import { HandOver } from '../operations/hand-over.ts'
import { now } from '../operations/now.ts'
import { scope } from '../operations/scope.ts'
import { self } from '../operations/self.ts'
import { shield } from '../operations/shield.ts'
import { sleep } from '../operations/sleep.ts'
import { spawn } from '../operations/spawn.ts'
import type { Operation, Outcome } from '../operation.ts'
import type { Task } from '../task.ts'
import type { Child, ChildBody } from './child.ts'
import { Course } from './course.ts'
import { RestartIntensity, RestartIntensityError } from './restart-intensity.ts'
import type { SuperviseOptions } from './supervise.ts'

const STOPPED = 'stopped by its supervisor'

export class Supervisor {
  /** In the order of their start. */
  readonly #children: readonly Child[]
  readonly #options: Complete<SuperviseOptions>
  readonly #intensity: RestartIntensity
  /** The runs that have ended, also those that were stopped, in the order in which they did. What is left in it at the end is no leak. */
  readonly #ends = new ChannelState<Run>('ends of children', Infinity, 'wait')
  /** How many children have a task. */
  #running = 0

  constructor(children: readonly Child[], options: Complete<SuperviseOptions>) {
    this.#children = children
    this.#options = options
    this.#intensity = new RestartIntensity(options.intensity, options.period)
  }

  *run(): Generator<any, void, any> {
    try {
      yield* this.#start(this.#children, 0)
      for (let child = yield* this.#next(); child !== undefined; child = yield* this.#next()) {
        yield* this.#ended(child)
      }
    } finally {
      // Else the scope would stop all of them at once. A request that comes meanwhile must not cut this short (C12).
      yield* shield(() => this.#stop(this.#children))
    }
  }

  /** Waits for a child to end. Undefined if none is left. */
  *#next(): Generator<any, Child | undefined, any> {
    while (this.#running > 0) {
      const { child, task } = yield* this.#ends.receive()
      if (child.task === task) return child
    }
    return undefined
  }

  *#ended(child: Child): Generator<any, void, any> {
    const outcome = outcomeOf(child)
    this.#drop(child)
    const restarts =
      child.restart === 'permanent' || (child.restart === 'transient' && outcome.status === 'failed')
    const restartIn = restarts ? yield* this.#delayOf(child, outcome) : undefined
    this.#options.onEnd({ child: child.name, outcome, restartIn })
    if (restartIn === undefined) return
    const group = this.#groupOf(child)
    yield* this.#stop(group)
    yield* this.#start(
      group.filter((each) => each.restart !== 'temporary'),
      restartIn
    )
  }

  *#delayOf(child: Child, outcome: Outcome<unknown>): Generator<any, number, any> {
    const { intensity, period, delay: policy } = this.#options
    const instant = yield* now()
    if (child.course === null || instant - child.began > period)
      child.course = new Course(policy, child.began)
    if (!this.#intensity.admits(instant)) {
      throw this.#givesUp(child, outcome, `there were more than ${intensity} restarts within ${period} ms.`)
    }
    const error = outcome.status === 'failed' ? outcome.error : undefined
    const delay = yield* child.course.ended({ error })
    if (delay === undefined) throw this.#givesUp(child, outcome, 'the policy of its delays has stopped.')
    return delay
  }

  #givesUp(child: Child, outcome: Outcome<unknown>, why: string): RestartIntensityError {
    this.#options.onEnd({ child: child.name, outcome, restartIn: undefined })
    return new RestartIntensityError(child.name, why, outcome.status === 'failed' ? outcome : {})
  }

  /** The children that are restarted together. */
  #groupOf(child: Child): readonly Child[] {
    const { strategy } = this.#options
    if (strategy === 'one-for-one') return [child]
    return strategy === 'one-for-all' ? this.#children : this.#children.slice(this.#children.indexOf(child))
  }

  /** Each begins when the one before it is ready, the first one after the delay. */
  *#start(children: readonly Child[], delay: number): Generator<any, void, any> {
    let turn: Operation<void> | null = delay === 0 ? null : sleep(delay)
    for (const child of children) {
      const gate = new Gate()
      const before = turn
      child.hasBegun = false
      child.task = yield* spawn(() => this.#live(child, before, gate), { name: child.name })
      this.#running++
      turn = gate.wait()
    }
  }

  *#stop(children: readonly Child[]): Generator<any, void, any> {
    // Else one would begin while others are being stopped.
    for (const { hasBegun, task } of children) if (!hasBegun) void task?.cancel(STOPPED)
    for (const child of [...children].reverse()) {
      if (child.task === null) continue
      yield* cancel(child.task, { reason: STOPPED })
      this.#drop(child)
    }
  }

  #drop(child: Child): void {
    child.task = null
    this.#running--
  }

  /** One run of a child, from its turn to its end. Its failure is a value, so that it does not fail its supervisor. */
  *#live(child: Child, turn: Operation<void> | null, gate: Gate): Generator<any, Outcome<unknown>, any> {
    const task: Task<unknown> = yield* self()
    try {
      if (turn !== null) yield* turn
      child.hasBegun = true
      child.began = yield* now()
      const run = child.run as Exclude<ChildBody, Operation<unknown>>
      if (typeof run !== 'function' || run.length === 0) gate.open()
      return yield* attempt(scope(typeof run === 'function' ? () => run(gate.open) : run))
    } finally {
      // One that ended before it was ready keeps nobody waiting.
      gate.open()
      // By the time its supervisor hears of it the task has closed, for it owns nothing any more.
      this.#ends.trySend({ child, task })
    }
  }
}

interface Run {
  readonly child: Child
  readonly task: Task<unknown>
}

/** Opened once. Only one task waits for it. */
class Gate extends HandOver {
  #isOpen = false

  override get name(): string {
    return 'turn'
  }

  readonly open = (): void => {
    this.#isOpen = true
    this.give()
  }

  protected override asked(): void {
    if (this.#isOpen) this.give()
  }
}

function outcomeOf({ task }: Child): Outcome<unknown> {
  const outcome = task!.outcome!
  return outcome.status === 'done' ? outcome.value : outcome
}
