import { misfit, checkNamed, isFrom } from '../kernel/misuse.ts'
import type { Interpreter } from '../interpreters/interpreter.ts'
import { MisuseError } from '../kernel/errors.ts'
import type { Task } from '../kernel/task.ts'
import type { Timer } from '../kernel/timers.ts'
import type { Operation } from '../operation.ts'
import { made } from './made.ts'
import { Permits, Request } from './permits.ts'

/** What `createLimiter` takes. */
export interface LimiterOptions {
  /** How many uses each `intervalMs` allows, in the long run. Default: any number. */
  rate?: number | undefined
  /** The time that `rate` counts for, in milliseconds. Default 1000. */
  intervalMs?: number | undefined
  /** How many uses may come at once after a quiet time. Default: `rate`, and at least 1. */
  burst?: number | undefined
  /** How many may be under way at once: each until the scope that it is used in is torn down. Default: any number. */
  concurrency?: number | undefined
  /** What it is called in trees and errors. Default `limiter`. */
  name?: string | undefined
}

/** Limits how often something is done, and how much of it at once. */
export interface Limiter {
  /** How many tasks wait for their turn. */
  readonly waiting: number
  /**
   * Waits for its turn, first come, first served. What is under way counts until the current scope is torn down.
   *
   * **Cancelled:** it uses nothing up.
   * **Throws:** `MisuseError` for more than `burst` at once, and if the scopes around it hold all of `concurrency`.
   *
   * @param n as how many uses it counts; default 1
   */
  use(n?: number): Operation<void>
}

/**
 * Makes a limiter: a token bucket, a limit of concurrency, or both. Tokens come in evenly, `rate` in each `intervalMs`, until there are `burst` of
 * them. Time is the interpreter's.
 *
 * It keeps one instant instead of a count of tokens, by the [generic cell rate algorithm](https://www.itu.int/rec/T-REC-I.371) (ITU-T I.371,
 * annex A), so that nothing is rounded.
 *
 * **Cancelled:** who waits for it uses nothing up.
 * **Throws:** `MisuseError` for options that limit nothing, or that are no positive numbers.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const limiter = createLimiter({ rate: 1, intervalMs: 10 })
 *   const start = yield* now()
 *   for (let i = 0; i < 3; i++) yield* limiter.use()
 *   console.assert((yield* now()) - start >= 20)
 * })
 * ```
 */
export function createLimiter(options: LimiterOptions): Limiter {
  const given = checkNamed(options, 'createLimiter')
  const { rate = Infinity, intervalMs = 1000, concurrency = Infinity, name = 'limiter' } = given
  const { burst = isFrom(1, rate) ? rate : 1 } = given
  for (const [key, number] of Object.entries({ rate, intervalMs, burst, concurrency })) {
    if (!(isFrom(0, number) && number > 0)) throw misfit(`createLimiter: ${key} is a positive number`, number)
  }
  if (rate === Infinity && concurrency === Infinity)
    throw new MisuseError('createLimiter limits nothing. Give it a rate, a concurrency, or both.')
  if (concurrency !== Infinity && !Number.isInteger(concurrency))
    throw misfit(`createLimiter: concurrency is a whole number`, concurrency)
  const spacingMs = intervalMs / rate
  if (!(spacingMs < Infinity)) {
    throw new MisuseError(
      `createLimiter: a rate of ${rate} in ${intervalMs} ms lets nothing through but the first burst. Give a finite intervalMs.`
    )
  }
  return made(new Bucket(name, concurrency, spacingMs, burst))
}

class Bucket extends Permits implements Limiter {
  /** Milliseconds between two uses, in the long run. */
  readonly #spacingMs: number
  readonly #burst: number
  /** The instant at which the bucket is full again. */
  #fullAt = -Infinity
  /** What the first in the line waits for, if that is time. */
  #alarm: Alarm | null = null

  constructor(name: string, concurrency: number, spacingMs: number, burst: number) {
    super(name, concurrency)
    this.#spacingMs = spacingMs
    this.#burst = burst
  }

  use(n = 1): Operation<void> {
    if (isFrom(0, n) && n > 0 && n <= this.#burst) return new Turn(this, this.size === Infinity ? 0 : 1, n)
    throw misfit(`${this.name}: use takes a positive number of at most ${this.#burst}, which is its burst`, n)
  }

  override admits(turn: Turn, task: Task): boolean {
    return super.admits(turn, task) && task.tree.interpreter.now() >= this.#dueFor(turn)
  }

  override take(turn: Turn, task: Task): void {
    this.#fullAt = Math.max(this.#fullAt, task.tree.interpreter.now()) + turn.uses * this.#spacingMs
    super.take(turn, task)
  }

  override serve(): void {
    super.serve()
    const { first } = this.line
    const waitsForTime = first !== null && super.admits(first.effect, first.task)
    const due = waitsForTime ? this.#dueFor(first.effect as Turn) : Infinity
    if (this.#alarm?.due === due) return
    this.#alarm?.turnOff()
    this.#alarm = waitsForTime ? new Alarm(this, due, first.task.tree.interpreter) : null
  }

  /** The alarm has gone off. */
  awake(): void {
    this.#alarm = null
    this.serve()
  }

  #dueFor({ uses }: Turn): number {
    return this.#spacingMs === 0 ? -Infinity : this.#fullAt - (this.#burst - uses) * this.#spacingMs
  }
}

class Turn extends Request {
  readonly uses: number

  constructor(of: Bucket, permits: number, uses: number) {
    super(of, permits, false)
    this.uses = uses
  }
}

/** A timer on the clock of whoever waits. */
class Alarm implements Timer {
  readonly due: number
  #isOn = true
  readonly #limiter: Bucket
  readonly #clock: Interpreter

  constructor(limiter: Bucket, due: number, clock: Interpreter) {
    this.#limiter = limiter
    this.due = due
    this.#clock = clock
    clock.setTimer(this, due)
  }

  isPending(): boolean {
    return this.#isOn
  }

  turnOff(): void {
    this.#isOn = false
    this.#clock.clearTimer()
  }

  fire(): void {
    this.#isOn = false
    this.#limiter.awake()
  }
}
