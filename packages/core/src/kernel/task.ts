/**
 * A task: an operation running in the tree. It is the bottom frame of its own stack and the scope of its own body (T1); what it
 * does next is its signal (`states.ts`). All fields are set in one order in one place, so that every task has one shape.
 */
import type { Effect } from '../effect.ts'
import type { Outcome, Startable } from '../operation.ts'
import type { Task as PublicTask, TaskStatus } from '../task.ts'
import type { Frame } from './frame.ts'
import { ownCancellation } from './errors.ts'
import { Join } from './join.ts'
import { promiseOf } from './promise.ts'
import type { Failures } from './failures.ts'
import type { Owned, Scope } from './scope.ts'
import {
  CLOSED,
  ENDED,
  NEXT,
  PERFORMING,
  SCOPE,
  type Signal,
  START,
  TASK,
  UNWINDING,
  WAITING,
} from './states.ts'
import type { ContextValues, Tree } from './tree.ts'
import { request } from './unwind.ts'
import { type Settled, type Standing, type Waiter, claim } from './wait.ts'

/** Where a task has its name from: given, or the function or declared operation that it runs. */
export type Named = string | { readonly name: string } | null

/** Whatever wants to know when a task closes. */
export interface Watcher {
  closed(task: Task): void
}

/** More than one. */
class Watchers implements Watcher {
  readonly all: Set<Watcher>

  constructor(first: Watcher, second: Watcher) {
    this.all = new Set([first, second])
  }

  closed(task: Task): void {
    for (const watcher of this.all) watcher.closed(task)
  }
}

/** A task as the machine sees it: the bottom frame of a stack, and the scope of its own body. */
export class Task<T = any> implements Scope, PublicTask<T>, Waiter {
  body: unknown
  flags: number
  outer: Scope | null
  newest: Owned | null = null
  open = 0
  failures: Failures | null = null
  context: ContextValues
  reason: unknown = undefined
  older: Owned | null = null
  newer: Owned | null = null
  readonly tree: Tree
  readonly id: number
  /** What it stands at; null while it runs, is queued, or was claimed and is not queued yet. */
  wait: Standing | null = null
  /** The value or error that the next step hands to the top frame; while it sleeps, the ticket of its timer. */
  payload: unknown = undefined
  signal: Signal = START
  /** The top of its stack, and the topmost scope on it. */
  frame: Frame
  scope: Scope
  watchers: Watcher | null = null
  readonly named: Named
  /** When it was spawned or began to wait, in the tree's time. */
  since: number

  constructor(startable: Startable<T>, flags: number, tree: Tree, owner: Scope | null, named: Named) {
    this.body = startable
    this.flags = flags | TASK | SCOPE
    this.outer = owner
    this.context = owner === null ? null : owner.context
    this.tree = tree
    this.id = ++tree.tasks
    this.frame = this
    this.scope = this
    this.named = named
    this.since = tree.elapsed
  }

  get task(): this {
    return this
  }

  get below(): null {
    return null
  }

  /** The body's value, once there is one. */
  get value(): unknown {
    return this.body
  }

  get name(): string {
    const { named } = this
    return (typeof named === 'string' ? named : named?.name) || 'anonymous'
  }

  get label(): string {
    return `${this.name}#${this.id}`
  }

  get status(): TaskStatus {
    if (this.signal !== CLOSED) return this.flags & UNWINDING ? 'unwinding' : 'running'
    return this.failures !== null ? 'failed' : this.flags & ENDED ? 'done' : 'cancelled'
  }

  get outcome(): Outcome<T> | undefined {
    if (this.signal !== CLOSED) return undefined
    if (this.failures !== null) return { status: 'failed', error: this.failures.error() }
    if (this.flags & ENDED) return { status: 'done', value: this.value as T }
    return { status: 'cancelled', reason: this.reason }
  }

  /** What a joiner gets from a task that gave no value. */
  get failureForJoiner(): unknown {
    return this.failures === null ? ownCancellation(`Task ${this.label}`, this.reason) : this.failures.error()
  }

  cancel(reason?: unknown): Promise<void> {
    request(this, reason)
    return new Promise((resolve) => this.whenClosed({ closed: () => resolve() }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel()
    if (this.failures !== null) await this
  }

  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null
  ): Promise<A | B> {
    return promiseOf<T>(this).then(onValue, onError)
  }

  [Symbol.iterator](): Iterator<Effect, T, any> {
    return new Join(this)[Symbol.iterator]()
  }

  toString(): string {
    return `Task(${this.label})`
  }

  /** Within a step: what it does next. */
  goOn(signal: Signal, payload: unknown): void {
    this.signal = signal
    this.payload = payload
  }

  /** From anywhere: its wait was claimed or aborted, so it goes on. */
  wake(signal: Signal, payload: unknown): void {
    const performing = this.signal === PERFORMING
    this.goOn(signal, payload)
    if (!performing) this.tree.enqueue(this)
  }

  /** Within a step: it stands at a wait now, or waits for its children. */
  suspend(effect: Effect | undefined): void {
    this.signal = WAITING
    this.since = this.tree.elapsed
    this.tree.observer?.suspended(this, effect)
  }

  // A task that waits for one thing is its own waiter.

  settled(signal: Settled, payload: unknown): void {
    this.wake(signal, payload)
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

  takePayload(): unknown {
    const { payload } = this
    this.payload = undefined
    return payload
  }

  whenClosed(watcher: Watcher): void {
    const { watchers } = this
    if (this.signal === CLOSED) watcher.closed(this)
    else if (watchers === null) this.watchers = watcher
    else if (watchers instanceof Watchers) watchers.all.add(watcher)
    else this.watchers = new Watchers(watchers, watcher)
  }

  get allWatchers(): Watcher[] {
    const { watchers } = this
    return watchers === null ? [] : watchers instanceof Watchers ? [...watchers.all] : [watchers]
  }

  /** Some task, in whichever tree, waits for it to give its value or its error. */
  get isJoined(): boolean {
    return this.allWatchers.some((watcher) => 'wait' in watcher)
  }

  unwatch(watcher: Watcher): void {
    const { watchers } = this
    if (watchers instanceof Watchers) watchers.all.delete(watcher)
    else if (watchers === watcher) this.watchers = null
  }
}
