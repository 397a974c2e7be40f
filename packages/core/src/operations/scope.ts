import { checkOptions, checkStartable, isOperation, notAnOperation } from '../kernel/misuse.ts'
import { InnerScope, type Kind, type Scope as KernelScope, tasksOf } from '../kernel/scope.ts'
import { pushScope } from '../kernel/step.ts'
import type { Task as KernelTask } from '../kernel/task.ts'
import { request } from '../kernel/unwind.ts'
import { FrameEffect } from '../kernel/wait.ts'
import type { Operation, Startable, ValueOf } from '../operation.ts'
import type { Task } from '../task.ts'
import { type SpawnOptions, spawnWith } from './spawn.ts'

/** An open block that owns what is spawned in it. */
export interface Scope {
  /**
   * Starts a child of the scope; also from outside of tasks, in callbacks, while the scope is open.
   *
   * **Throws:** `MisuseError` once the scope is being torn down.
   */
  spawn<T>(startable: Startable<T>, options?: SpawnOptions): Task<T>
  spawn<O extends Startable<unknown>>(startable: O, options?: SpawnOptions): Task<ValueOf<O>>
  /** Cancels the scope: its body, then all that it owns. Does nothing the second time. */
  cancel(reason?: unknown): void
  /** The tasks in the scope that have not closed, oldest first. */
  readonly tasks: readonly Task[]
}

/** What `scope` runs. */
type Block<T> = Operation<T> | ((scope: Scope) => Operation<T>)

/** What `scope` and `createScope` take. */
export interface ScopeOptions {
  /** What the scope is called in trees and errors. */
  name?: string | undefined
}

/**
 * Runs a block that owns what is spawned in it. It ends only after its body, its children and its resources have ended,
 * and gives what its body returned. If anything in it fails, the rest of it is cancelled, and it throws the error.
 *
 * **Cancelled:** the body unwinds first, then what the scope owns, newest first; then the block is left.
 * **Throws:** what failed in it: the error itself, or a `ScopeError` of several; `CancelledError` if its own `cancel` unwound its body.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const sum = yield* scope(function* () {
 *     const a = yield* spawn(() => twice(1))
 *     const b = yield* spawn(() => twice(2))
 *     return (yield* a) + (yield* b)
 *   })
 *   console.assert(sum === 6)
 * })
 * function* twice(n: number) {
 *   yield* sleep(10)
 *   return 2 * n
 * }
 * ```
 */
export function scope<T>(body: Block<T>, options?: ScopeOptions): Operation<T>
export function scope<O extends Block<unknown>>(body: O, options?: ScopeOptions): Operation<ValueOf<O>>
export function scope(body: Block<unknown>, options?: ScopeOptions): Operation<any> {
  const { name = '' } = checkOptions(options, 'scope')
  return new ScopeEffect(checkStartable(body as Startable<unknown>, 'scope'), name)
}

class ScopeEffect extends FrameEffect implements Kind {
  readonly body: Block<unknown>
  readonly label: string

  constructor(body: Block<unknown>, label: string) {
    super()
    this.body = body
    this.label = label
  }

  get name(): string {
    return 'scope'
  }

  protected override get printed(): readonly unknown[] {
    return [this.body]
  }

  push(task: KernelTask): void {
    const { body } = this
    const startable = typeof body === 'function' ? () => checked(body(handle), body) : body
    const frame = new InnerScope(startable, task, 0, task.scope.context, this)
    const handle = new ScopeHandle(frame)
    pushScope(task, frame)
  }
}

function checked(operation: Operation<unknown>, body: unknown): Operation<unknown> {
  if (isOperation(operation)) return operation
  throw notAnOperation(operation, 'scope', body)
}

export class ScopeHandle implements Scope {
  readonly #scope: KernelScope

  constructor(scope: KernelScope) {
    this.#scope = scope
  }

  spawn(startable: Startable<unknown>, options?: SpawnOptions): Task<any> {
    return spawnWith(this.#scope, checkStartable(startable, 'spawn'), checkOptions(options, 'spawn'))
  }

  cancel(reason?: unknown): void {
    request(this.#scope, reason)
  }

  get tasks(): readonly Task[] {
    return tasksOf(this.#scope).reverse()
  }
}
