import { checkOptions } from '../kernel/misuse.ts'
import type { Task as KernelTask } from '../kernel/task.ts'
import type { Startable, ValueOf } from '../operation.ts'
import type { Task } from '../task.ts'
import { type RunOptions, run } from './run.ts'
import { ScopeHandle } from './scope.ts'
import type { SpawnOptions } from './spawn.ts'
import { suspend } from './suspend.ts'

/** A scope that code outside of tasks holds open. */
export interface OpenScope extends AsyncDisposable {
  /** Starts a child of the scope. **Throws:** `MisuseError` once the scope is closed. */
  run<T>(startable: Startable<T>, options?: SpawnOptions): Task<T>
  run<O extends Startable<unknown>>(startable: O, options?: SpawnOptions): Task<ValueOf<O>>
  /** Cancels what still runs in it. Resolves when it has closed; rejects with what has failed in it. */
  close(reason?: unknown): Promise<void>
  /** The tasks in the scope that have not closed, oldest first. */
  readonly tasks: readonly Task[]
}

/**
 * Makes a scope for code that is not a task: a framework's component, a test. What runs in it ends with it; what fails in it cancels the rest of
 * it, and `close` rejects with the error. The options are those of `run`.
 *
 * **Cancelled:** by `close()`, or at the end of an `await using` block.
 * **Throws:** `MisuseError` for options that can't work.
 *
 * @example
 * ```ts
 * const component = createScope({ name: 'component' })
 * const task = component.run(suspend)
 * await component.close()
 * console.assert(task.status === 'cancelled')
 * ```
 */
export function createScope(options?: RunOptions): OpenScope {
  const { name = 'scope', ...others } = checkOptions(options, 'createScope')
  const root = run(suspend(), { ...others, name }) as KernelTask<never>
  root.tree.interpreter.scopeOpened?.(root)
  const handle = new ScopeHandle(root)
  const close = async (reason?: unknown): Promise<void> => {
    await root.cancel(reason)
    if (root.status === 'failed') await root
  }
  return {
    run: (startable: Startable<any>, spawnOptions?: SpawnOptions) => handle.spawn(startable, spawnOptions),
    close,
    get tasks() {
      return handle.tasks
    },
    [Symbol.asyncDispose]: close,
  }
}
