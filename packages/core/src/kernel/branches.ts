/**
 * Several operations that one task waits for at once (W1 to W4). A group is the body of a region frame: the region owns the
 * branches, and a second one around it what they pass on, so that cancelling, failing and passing on (R4) need no rule of their
 * own. A branch that is a single wait is registered as such, without a task; exactly one of those commits (W3).
 */
import { type Box, Effect, machine } from '../effect.ts'
import type { Outcome, Startable } from '../operation.ts'
import { isOwnCancellation } from './errors.ts'
import { Join } from './join.ts'
import { checkStartable } from './misuse.ts'
import { rejectNested } from './nested.ts'
import { InnerScope, type Kind, type Scope, tasksOf } from './scope.ts'
import { nameOf, spawnInto } from './spawn.ts'
import {
  BARE,
  BODY_DONE,
  BRANCH,
  NEXT,
  PERFORMING,
  REGION,
  SETTLE,
  type Signal,
  THROW,
  WAITING,
} from './states.ts'
import { pushScope } from './step.ts'
import { Task } from './task.ts'
import { recordFailure, request } from './unwind.ts'
import {
  type Settled,
  type Standing,
  WaitingEffect,
  type Waiter,
  atDelivery,
  claim,
  takeAnswer,
} from './wait.ts'

/** One of several. If it is a single wait it is the waiter itself, else it names the task that it has. */
class Branch implements Waiter {
  readonly task: Task
  readonly index: number
  wait: Standing | null = null
  payload: unknown = undefined
  readonly #group: Branches
  readonly #operation: Startable<unknown>

  constructor(task: Task, group: Branches, index: number, operation: Startable<unknown>) {
    this.task = task
    this.#group = group
    this.index = index
    this.#operation = operation
  }

  get name(): string {
    const named = nameOf(this.#operation) as { name: string } | null
    return named === null ? '' : named.name
  }

  settled(signal: Settled, payload: unknown): void {
    this.#group.settle(this.index, signal, payload)
  }

  excludes(other: Waiter): boolean {
    return other instanceof Branch && other.#group === this.#group && !this.#group.waitsForAll
  }

  // It waits once, so no timer of its own is older than its wait.
  isPending(): boolean {
    return this.wait !== null
  }

  fire(): void {
    claim(this, this.wait!, NEXT, undefined)
  }

  closed(watched: Task): void {
    this.wait?.watchedClosed?.(this, watched)
  }
}

/** An effect that waits for several operations. */
export abstract class BranchingEffect<T = any> extends Effect<T> {
  abstract group(task: Task): Branches

  perform(task: Task): this {
    if (atDelivery(task)) return this
    if (machine.watch !== null) rejectNested(this)
    const group = this.group(task)
    // The outer region gets what branches pass on; inside of it another one owns the branches (T4: these go first).
    pushScope(task, new InnerScope(group, task, REGION | BARE))
    pushScope(task, new InnerScope(group, task, REGION, undefined, group))
    return this
  }
}

/** The state of one such effect while it is performed. What it waits for, and what decides, is up to its kind. */
export abstract class Branches extends Effect implements Standing, Kind {
  readonly effect: Effect
  protected readonly task: Task
  /** W1: a branch starts only when the one before it has taken its first step and decided nothing. */
  protected get inTurn(): boolean {
    return false
  }

  /** A value decides nothing, so that any number of branches commits. */
  get waitsForAll(): boolean {
    return false
  }

  readonly #limit: number
  /** The scope that owns the branches. */
  #region!: Scope
  /** The branches that are single waits; one that has ended stands at nothing any more. */
  #waits: Branch[] = []
  #started = 0
  /** How many have started and not ended, and how many of these have tasks. */
  #running = 0
  #tasks = 0
  #decided = false
  #starting = false
  #value: unknown = undefined

  constructor(task: Task, effect: Effect, limit: number) {
    super()
    this.task = task
    this.effect = effect
    this.#limit = limit
  }

  get name(): string {
    return this.effect.name
  }

  override toString(): string {
    return String(this.effect)
  }

  /** The region that owns the branches ends as usual. */
  exit?(scope: InnerScope, task: Task): void

  /** What ends from now on ends for nothing. */
  get isDecided(): boolean {
    return this.#decided
  }

  /** How many branches there are. */
  protected abstract get count(): number
  protected abstract operationAt(index: number): Startable<unknown>
  /** One branch has ended while nothing was decided. */
  protected abstract ended(index: number, signal: Settled, payload: unknown): void
  /** All branches have ended and none decided. */
  protected abstract allEnded(): void

  perform(task: Task): Box | this {
    this.#region = task.scope
    task.wait = this
    task.signal = PERFORMING
    this.#goOn()
    return takeAnswer(task, this)
  }

  /** The first branch that decides ends it: an error at once, a value when the other branches have closed (W2). */
  protected decide(signal: Settled, payload: unknown): void {
    // C2: it is claimed now, though it goes on only when the losers have closed; to withdraw runs code that may do anything.
    this.task.wait = null
    this.withdraw()
    if (signal === THROW) return this.#fail(payload)
    if (this.#tasks === 0) return this.#finish(NEXT, payload)
    this.#value = payload
    for (const loser of tasksOf(this.#region)) request(loser, undefined)
  }

  /** Nothing more is waited for or started; tasks that run on are the region's to tear down. */
  withdraw(): void {
    this.#decided = true
    const open = this.#waits.filter((branch) => branch.wait !== null)
    const waits = open.map((branch) => branch.wait!)
    for (const branch of open) branch.wait = null
    for (const [i, branch] of open.entries()) {
      try {
        waits[i]!.withdraw(branch)
      } catch (error) {
        recordFailure(this.#region, error)
      }
    }
  }

  branchClosed(task: Task): void {
    this.#tasks--
    if (!this.#decided) {
      const done = task.status === 'done'
      return this.settle(
        (task.named as Branch).index,
        done ? NEXT : THROW,
        done ? task.value : task.failureForJoiner
      )
    }
    // E3: a loser that fails, be it in the winner's turn, is not overlooked.
    if (task.failures !== null) recordFailure(this.#region, task.failures.error())
    if (this.#tasks === 0 && this.task.signal === WAITING) this.#finish(NEXT, this.#value)
  }

  /** The task of a branch has taken its first step. */
  branchStarted(): void {
    this.#goOn()
  }

  settle(index: number, signal: Settled, payload: unknown): void {
    this.#running--
    this.ended(index, signal, payload)
    this.#goOn()
  }

  #goOn(): void {
    // A branch may settle while it is started; the loop that starts it goes on by itself.
    if (this.#starting) return
    this.#starting = true
    this.#startMore()
    this.#starting = false
    // As long as there is one to start, at least one runs.
    if (this.#running === 0 && !this.#decided) this.allEnded()
  }

  #startMore(): void {
    while (!this.#decided && this.#started < this.count && this.#running < this.#limit) {
      const index = this.#started++
      if (this.#start(index, this.operationAt(index)) && this.inTurn) return
    }
  }

  /** True if the branch got a task of its own, which has yet to take its first step. */
  #start(index: number, operation: Startable<unknown>): boolean {
    this.#running++
    const branch = new Branch(this.task, this, index, operation)
    try {
      const effect = operation instanceof Task ? new Join(operation) : operation
      if (effect instanceof WaitingEffect && effect.isSingleWait(this.task)) {
        this.#waits.push(branch)
        effect.begin(branch)
        return false
      }
      checkStartable(operation, this.name)
    } catch (error) {
      branch.settled(THROW, error)
      return false
    }
    this.#tasks++
    spawnInto(this.#region, operation, BRANCH | REGION, branch)
    return true
  }

  /** The region fails at once, so that what fails after it comes after it; the branches that run on are its to tear down. */
  #fail(error: unknown): void {
    recordFailure(this.#region, error)
    this.#region.flags |= BODY_DONE
    this.#finish(SETTLE, undefined)
  }

  #finish(signal: Signal, payload: unknown): void {
    this.task.wait = null
    this.task.wake(signal, payload)
  }
}

/** An operation as an outcome: a `CancelledError` of its own is its cancellation, any other a failure (T6). */
export function outcomeOf(signal: Settled, payload: unknown): Outcome<unknown> {
  if (signal === NEXT) return { status: 'done', value: payload }
  if (isOwnCancellation(payload)) return { status: 'cancelled', reason: payload.reason }
  return { status: 'failed', error: payload }
}
