import { type Box, Effect, machine } from '../effect.ts'
import { MisuseError } from '../kernel/errors.ts'
import { rejectNested } from '../kernel/nested.ts'
import { spawnInto } from '../kernel/spawn.ts'
import { ACQUIRING, PERFORMING, RESOURCE } from '../kernel/states.ts'
import type { Task, Watcher } from '../kernel/task.ts'
import { Wait, WaitingEffect, type Waiter, atDelivery, takeAnswer } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'

/** Hands the resource to whoever acquires it, and waits until it is released. */
export type Provide<T> = (value: T) => Operation<void>

/**
 * Something that is acquired, used, and released when the scope that acquired it is torn down. Its body runs as a child that stays alive
 * until then: it acquires, provides once, and releases in a `finally`, which no cancellation cuts short. What it spawned lives as
 * long as it does.
 *
 * **Cancelled:** an acquisition that is cancelled half way releases what it had acquired.
 * **Throws:** what the acquisition throws; `MisuseError` if it ends without providing.
 *
 * @example
 * ```ts
 * const open = (name: string) =>
 *   resource<{ name: string }>(function* (provide) {
 *     const file = { name, close: () => sleep(1) }
 *     try {
 *       yield* provide(file)
 *     } finally {
 *       yield* file.close()
 *     }
 *   })
 * await run(function* () {
 *   const file = yield* open('notes.txt')
 *   console.assert(file.name === 'notes.txt')
 * })
 * ```
 */
export function resource<T>(body: (provide: Provide<T>) => Operation<unknown>): Operation<T> {
  if (typeof body !== 'function')
    throw new MisuseError('resource takes a function: resource(function* (provide) {…}).')
  return new Resource<T>(body)
}

class Resource<T> extends Effect<T> {
  readonly body: (provide: Provide<T>) => Operation<unknown>

  constructor(body: (provide: Provide<T>) => Operation<unknown>) {
    super()
    this.body = body
  }

  get name(): string {
    return this.body.name || 'resource'
  }

  protected override get printed(): readonly unknown[] {
    return []
  }

  perform(task: Task): Box | this {
    if (atDelivery(task)) return this
    if (machine.watch !== null) rejectNested(this)
    const wait = new Acquisition(task, this)
    const startable = () => this.body((value) => new ProvideEffect(value, wait))
    wait.resource = spawnInto(task.scope, startable, RESOURCE | ACQUIRING, this)
    task.wait = wait
    task.signal = PERFORMING
    wait.resource.whenClosed(wait)
    return takeAnswer(task, this)
  }
}

/** The acquirer waits for the value. Until there is one, a failure is the acquirer's; after that it is the owner's (E1). */
class Acquisition extends Wait implements Watcher {
  resource!: Task
  done = false

  withdraw(): void {
    this.resource.unwatch(this)
    this.resource.flags &= ~ACQUIRING
  }

  provided(value: unknown): void {
    this.done = true
    this.withdraw()
    this.resume(value)
  }

  closed(resource: Task): void {
    this.fail(
      resource.status === 'done'
        ? new MisuseError(`${resource.label} ended without yield* provide(value).`)
        : resource.failureForJoiner
    )
  }
}

class ProvideEffect extends WaitingEffect<void> {
  readonly provided: unknown
  readonly #acquisition: Acquisition

  constructor(value: unknown, acquisition: Acquisition) {
    super()
    this.provided = value
    this.#acquisition = acquisition
  }

  get name(): string {
    return 'provide'
  }

  begin(waiter: Waiter): void {
    const { resource } = this.#acquisition
    if (waiter !== resource) {
      throw new MisuseError(
        `provide stands in the body of its resource, as yield* provide(value); ${waiter.task.label} is not that.`
      )
    }
    if (this.#acquisition.done)
      throw new MisuseError(`${resource.label} provides twice. It has one value to provide.`)
    // It stands here until the release; only cancellation ends that.
    waiter.wait = this
    this.#acquisition.provided(this.provided)
  }

  withdraw(): void {}
}
