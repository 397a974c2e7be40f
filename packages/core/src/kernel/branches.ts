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
import { InnerScope, type Kind, type Scope, exitScope } from './scope.ts'
import { nameOf, spawnInto } from './spawn.ts'
import { BODY_DONE, BRANCH, NEXT, PERFORMING, REGION, SETTLE, type Signal, THROW } from './states.ts'
import { pushScope } from './step.ts'
import { Task } from './task.ts'
import { recordFailure, request, waitForLosers } from './unwind.ts'
import {
  FrameEffect,
  type Settled,
  type Standing,
  WaitingEffect,
  type Waiter,
  atDelivery,
  claim,
  takeAnswer,
} from './wait.ts'

/** One of several. If it is a single wait it is the waiter itself, else it has a task. */
class Branch implements Waiter {
  readonly task: Task
  readonly index: number
  wait: Standing | null = null
  payload: unknown = undefined
  readonly #group: Branches

  constructor(task: Task, group: Branches, index: number) {
    this.task = task
    this.#group = group
    this.index = index
  }

  settled(signal: Settled, payload: unknown): void {
    this.#group.waitClaimed(this, signal, payload)
  }

  isPending(ticket: number): boolean {
    return this.wait !== null && this.payload === ticket
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
    pushScope(task, new InnerScope(new Start(this.group(task)), task, REGION))
    return this
  }
}

/** The body of the region that gets what branches pass on. Inside of it another one owns the branches (T4: these go first). */
class Start extends FrameEffect {
  readonly name = 'branches'
  readonly #group: Branches

  constructor(group: Branches) {
    super()
    this.#group = group
  }

  push(task: Task): void {
    pushScope(task, new InnerScope(this.#group, task, REGION, undefined, this.#group))
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

  readonly #limit: number
  /** The scope that owns the branches. */
  #region!: Scope
  readonly #waits = new Set<Branch>()
  readonly #tasks = new Map<Task, Branch>()
  #started = 0
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

  get label(): string {
    return ''
  }

  exit(scope: InnerScope, task: Task): void {
    exitScope(scope, task)
  }

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
    // Before anything is withdrawn, since that runs code that may do anything: the group has nothing to abort any more.
    this.task.wait = waitForLosers
    this.withdraw()
    if (signal === THROW) return this.#fail(payload)
    if (this.#tasks.size === 0) return this.#finish(NEXT, payload)
    this.#value = payload
    if (this.task.signal === PERFORMING) this.task.suspend(this)
    for (const loser of [...this.#tasks.keys()].reverse()) request(loser, undefined)
  }

  /** Nothing more is waited for or started; tasks that run on are the region's to tear down. */
  withdraw(): void {
    this.#decided = true
    const waits = [...this.#waits].map((branch) => [branch, branch.wait!] as const)
    this.#waits.clear()
    for (const [branch] of waits) branch.wait = null
    for (const [branch, wait] of waits) {
      try {
        wait.withdraw(branch)
      } catch (error) {
        recordFailure(this.#region, error)
      }
    }
  }

  waitClaimed(branch: Branch, signal: Settled, payload: unknown): void {
    this.#waits.delete(branch)
    this.#settle(branch, signal, payload)
  }

  branchClosed(task: Task): void {
    const branch = this.#tasks.get(task)!
    this.#tasks.delete(task)
    if (!this.#decided) {
      const signal = task.status === 'done' ? NEXT : THROW
      const payload = signal === NEXT ? task.value : task.failureForJoiner
      return this.#settle(branch, signal, payload)
    }
    // E3: a loser that fails, be it in the winner's turn, is not overlooked.
    if (task.failures !== null) recordFailure(this.#region, task.failures.error())
    if (this.#tasks.size === 0 && this.task.wait === waitForLosers) this.#finish(NEXT, this.#value)
  }

  /** The task of a branch has taken its first step. */
  branchStarted(): void {
    if (this.inTurn) this.#goOn()
  }

  #settle(branch: Branch, signal: Settled, payload: unknown): void {
    this.ended(branch.index, signal, payload)
    this.#goOn()
  }

  #goOn(): void {
    // A branch may settle while it is started; the loop that starts it goes on by itself.
    if (this.#starting) return
    this.#starting = true
    this.#startMore()
    this.#starting = false
    const ended = this.#started === this.count && this.#waits.size + this.#tasks.size === 0
    if (ended && !this.#decided) this.allEnded()
  }

  #startMore(): void {
    while (
      !this.#decided &&
      this.#started < this.count &&
      this.#waits.size + this.#tasks.size < this.#limit
    ) {
      const index = this.#started++
      if (this.#start(new Branch(this.task, this, index), this.operationAt(index)) && this.inTurn) return
    }
  }

  /** True if the branch got a task of its own, which has yet to take its first step. */
  #start(branch: Branch, operation: Startable<unknown>): boolean {
    this.#waits.add(branch)
    try {
      const effect = operation instanceof Task ? new Join(operation) : operation
      if (effect instanceof WaitingEffect && effect.isSingleWait(this.task)) {
        effect.begin(branch)
        return false
      }
      checkStartable(operation, this.name)
    } catch (error) {
      branch.settled(THROW, error)
      return false
    }
    this.#waits.delete(branch)
    const task = spawnInto(this.#region, operation, BRANCH | REGION, nameOf(operation))
    this.#tasks.set(task, branch)
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
