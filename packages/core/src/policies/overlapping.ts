/**
 * How overlapping calls of one operation behave. All four kinds share one mechanism: a line of calls, of which the first
 * runs, and a table of what becomes of a new call and of those in line. A call leaves the line only after its cleanup has
 * ended, so two runs never overlap.
 */
import { misfit } from '../checks.ts'
import { attempt } from '../operations/attempt.ts'
import { HandOver } from '../operations/hand-over.ts'
import { operation } from '../operations/operation.ts'
import { resource } from '../operations/resource.ts'
import { type Scope, scope } from '../operations/scope.ts'
import { suspend } from '../operations/suspend.ts'
import type { Operation } from '../operation.ts'
import type { Task } from '../task.ts'
import { OverlappedCall } from './overlapped-call.ts'

/** An operation that is called like a function, inside tasks and in callbacks, and whose runs never overlap. */
export interface Overlapping<A extends unknown[], T> {
  /**
   * Calls it, and gives the task of this call: `yield*` or `await` it for the value. A call that was dropped or replaced is
   * `cancelled`, with an `OverlappedCall` as reason.
   *
   * **Throws:** `MisuseError` once the scope that owns it is torn down.
   */
  (...args: A): Task<T>
  /** The calls that run, clean up, or wait for their turn, oldest first. */
  readonly tasks: readonly Task<T>[]
  /** Cancels all of these. Later calls run as ever. */
  cancelAll(reason?: unknown): void
  /** Waits until no call runs or waits. Throws nothing: how calls end is for those who wait for them. */
  idle(): Operation<void>
}

/** What becomes of a call that finds others in line, and of these. A call that finds none always runs. */
interface Rule {
  readonly name: string
  readonly isAdmitted: boolean
  /** Which of the calls in line are replaced by it. */
  readonly replaces: 'none' | 'waiting' | 'all'
}

class Turn extends HandOver {
  override get name(): string {
    return 'turn'
  }
}

/** One call in line. */
interface Call {
  /** Null until it is in hand: a call from a callback runs up to its first wait before that. */
  task: Task | null
  /** A request that came before. */
  request: { reason: unknown } | null
  /** It has been replaced: its operation is not to be started any more. */
  isReplaced: boolean
  /** Where it waits for its turn, if that has not come. */
  readonly turn: HandOver
}

export function overlapping(
  rule: Rule
): <A extends unknown[], T>(fn: (...args: A) => Operation<T>) => Operation<Overlapping<A, T>> {
  const open = operation(rule.name, function* (fn: (...args: unknown[]) => Operation<unknown>) {
    // It lives as long as the scope that called it, and what runs in it is torn down with that.
    return yield* resource<Overlapping<unknown[], unknown>>((provide) =>
      scope((runs) => provide(new Line(rule, fn, runs).callable()), { name: rule.name })
    )
  })
  return (fn) => open(checkFunction(fn, rule.name) as (...args: unknown[]) => Operation<unknown>) as never
}

class Line {
  readonly #rule: Rule
  readonly #fn: (...args: unknown[]) => Operation<unknown>
  readonly #runs: Scope
  /** All that have not ended, in the order in which they were made. */
  readonly #calls = new Set<Call>()
  /** Those behind the first that nothing has replaced. */
  readonly #waiting = new Set<Call>()
  /** Whose turn it is. */
  #first: Call | undefined = undefined
  /** The calls behind the first. One iterator goes through the set once, while to look for its first entry each time costs more the more are gone. */
  #behind = this.#calls.values()

  constructor(rule: Rule, fn: (...args: unknown[]) => Operation<unknown>, runs: Scope) {
    this.#rule = rule
    this.#fn = fn
    this.#runs = runs
  }

  callable(): Overlapping<unknown[], unknown> {
    const call = (...args: unknown[]) => this.#call(args)
    return Object.defineProperties(call as Overlapping<unknown[], unknown>, {
      name: { value: this.#name },
      tasks: { get: () => this.#tasks },
      cancelAll: { value: (reason?: unknown) => [...this.#calls].forEach((each) => request(each, reason)) },
      idle: { value: operation(`${this.#name}.idle`, () => this.#idle()) },
    })
  }

  get #name(): string {
    return this.#fn.name || this.#rule.name
  }

  get #tasks(): Task[] {
    return [...this.#calls].flatMap(({ task }) => task ?? [])
  }

  #call(args: unknown[]): Task {
    const { isAdmitted, replaces } = this.#rule
    const first = this.#first
    if (first !== undefined && !isAdmitted) return this.#drop()
    const call: Call = { task: null, request: null, isReplaced: false, turn: new Turn() }
    const before = replaces === 'none' ? [] : [...this.#waiting]
    // It is in line before others unwind: what is called from their cleanup comes after it.
    this.#join(call)
    if (first !== undefined && replaces === 'all') this.#replace(first)
    before.forEach((each) => this.#replace(each))
    return this.#spawn(call, args)
  }

  #spawn(call: Call, args: unknown[]): Task {
    try {
      call.task = this.#runs.spawn(() => this.#turn(call, args), { name: this.#name })
    } catch (error) {
      this.#leave(call)
      throw error
    }
    if (call.request !== null) void call.task.cancel(call.request.reason)
    return call.task
  }

  /** The caller gets a task like any other. */
  #drop(): Task {
    const task = this.#runs.spawn(suspend(), { name: this.#name })
    void task.cancel(new OverlappedCall('dropped'))
    return task
  }

  *#turn(call: Call, args: unknown[]): Generator<any, unknown, any> {
    try {
      if (this.#first !== call) yield* call.turn.wait()
      // The request is on its way, and is delivered here.
      if (call.isReplaced) yield* suspend()
      return yield* scope(() => this.#fn(...args))
    } finally {
      this.#leave(call)
    }
  }

  #join(call: Call): void {
    this.#calls.add(call)
    if (this.#first !== undefined) return void this.#waiting.add(call)
    this.#behind = this.#calls.values()
    this.#first = this.#behind.next().value
  }

  #leave(call: Call): void {
    this.#calls.delete(call)
    this.#waiting.delete(call)
    if (this.#first !== call) return
    this.#first = this.#behind.next().value
    if (this.#first === undefined) return
    this.#waiting.delete(this.#first)
    this.#first.turn.give()
  }

  /** Once each: requests cost something, and a call that cleans up may be in line for long. */
  #replace(call: Call): void {
    if (call.isReplaced) return
    call.isReplaced = true
    this.#waiting.delete(call)
    request(call, new OverlappedCall('replaced'))
  }

  *#idle(): Generator<any, void, any> {
    for (let newest = this.#tasks.at(-1); newest !== undefined; newest = this.#tasks.at(-1)) {
      const outcome = yield* attempt(newest)
      // It could not be joined: idle() was called from inside of a run.
      if (newest.outcome === undefined && outcome.status === 'failed') throw outcome.error
    }
  }
}

function request(call: Call, reason: unknown): void {
  if (call.task === null) call.request ??= { reason }
  else void call.task.cancel(reason)
}

function checkFunction<F>(fn: F, by: string): F {
  if (typeof fn === 'function') return fn
  throw misfit(
    `${by} takes a function that makes operations: yield* ${by}(search), and not ${by}(search(…))`,
    fn
  )
}
