import { checkNamed } from '../kernel/misuse.ts'
import { MisuseError } from '../kernel/errors.ts'
import type { Task } from '../kernel/task.ts'
import type { Leftover } from '../interpreters/interpreter.ts'
import type { Operation } from '../operation.ts'
import type { Holding } from './holding.ts'
import { made } from './made.ts'
import { Permits, Request } from './permits.ts'

/** A lock: one holder at a time, first come, first served. */
export interface Mutex {
  /** Whether somebody holds it. */
  readonly isLocked: boolean
  /** How many tasks wait for it. */
  readonly waiting: number
  /**
   * Takes the lock until the current scope is torn down. It is a resource: from within `timeout` it passes on to the caller. To give it back
   * earlier, take it in a `scope` of its own.
   *
   * **Cancelled:** it is not taken.
   * **Throws:** `MisuseError` if the task holds it already, or a scope around it does: it would wait for ever.
   */
  use(): Operation<void>
  /**
   * Takes the lock for this task until `release`: write that in a `finally`. A task that ends while it holds it gives it back and
   * fails with a `MisuseError`.
   *
   * **Cancelled:** it is not taken.
   * **Throws:** `MisuseError` if the task holds it already.
   */
  acquire(): Operation<void>
  /** Gives back what was acquired; whoever waits longest holds it at once. **Throws:** `MisuseError` if it was not acquired. */
  release(): void
}

/**
 * Makes a mutex: a lock that hands itself over from one holder to the next.
 *
 * **Cancelled:** who waits for it does not take it.
 * **Throws:** `MisuseError` for options that are none.
 *
 * @param options `name` is what it is called in trees and errors. Default `mutex`
 *
 * @example
 * ```ts
 * const lock = createMutex({ name: 'account' })
 * let balance = 0
 * await run(() => all([deposit(1), deposit(2)]))
 * console.assert(balance === 3)
 * function* deposit(amount: number) {
 *   yield* scope(function* () {
 *     yield* lock.use()
 *     const before = balance
 *     yield* sleep(10)
 *     balance = before + amount
 *   })
 * }
 * ```
 */
export function createMutex(options?: { name?: string | undefined }): Mutex {
  const { name = 'mutex' } = checkNamed(options, 'createMutex')
  return made(new Lock(name, 1))
}

class Lock extends Permits implements Mutex {
  readonly #use = new Request(this, 1, false)
  readonly #acquire = new Request(this, 1, true)
  /** Whose `release` is waited for, if it was acquired so. */
  #byHand: Holding | null = null

  get isLocked(): boolean {
    return this.free === 0
  }

  override leftover(): Leftover | null {
    return this.isLocked ? { kind: 'lock', what: this.name } : null
  }

  use(): Operation<void> {
    return this.#use
  }

  acquire(): Operation<void> {
    return this.#acquire
  }

  release(): void {
    const holding = this.#byHand
    if (holding === null) {
      throw new MisuseError(
        `${this.name} was released, but not acquired. What use() took comes back by itself.`
      )
    }
    holding.giveBack()
    this.cameBack(holding)
  }

  protected override takenByHand(_permits: number, task: Task): void {
    this.#byHand = this.hold(task, 1, (holding) => {
      this.cameBack(holding)
      throw new MisuseError(
        `${holding.task.label} ended while it held ${this.name}. Write yield* ….use(), which gives it back, or release() in a finally.`
      )
    })
  }

  protected override cameBack(holding: Holding): void {
    this.#byHand = null
    super.cameBack(holding)
  }

  /** What was acquired by hand can be released by anybody but the task that waits. */
  protected override keepsFrom(task: Task, holding: Holding): boolean {
    return holding === this.#byHand ? holding.task === task : super.keepsFrom(task, holding)
  }
}
