/** What a program leaves behind. */
import { type Primitive, REQUESTED, type Task } from 'coppice/kernel'
import { waitingOn } from './waiting.ts'

/**
 * Something that outlives the root: an `action` that was cancelled and had returned no `abort`, a task that was abandoned after
 * `cleanupTimeout`, a scope of `createScope` that nobody closed. Or something that is lost with it: a task of `run` that has not ended, with the timer or
 * whatever else it waits for; items in a channel, and permits and locks that nobody gave back, of what the program has made itself.
 */
export interface Leak {
  /** What it is. */
  readonly kind: Outliving['kind'] | 'task' | 'items' | 'permits' | 'lock'
  /** The name of the task; of a primitive, that of the task which made it. */
  readonly task: string
  /** What it waited for; of a primitive, what is in it or out. */
  readonly on: string
}

/** Of these the root knows nothing, so that every exploration looks for them. The others can be meant so. */
interface Outliving extends Leak {
  readonly kind: 'action' | 'abandoned' | 'scope'
}

/** What one run may have left behind. */
export class LeakLedger {
  readonly #outliving: Outliving[] = []
  readonly #scopes: Task[] = []
  readonly #primitives: { readonly primitive: Primitive; readonly task: string }[] = []

  add(leak: Outliving): void {
    this.#outliving.push(leak)
  }

  scopeOpened(root: Task): void {
    this.#scopes.push(root)
  }

  primitiveMade(primitive: Primitive, by: Task | null): void {
    this.#primitives.push({ primitive, task: by?.name ?? 'outside' })
  }

  clear(): void {
    this.#outliving.length = this.#scopes.length = this.#primitives.length = 0
  }

  /** As long as the root is open, its scopes may still be closed. */
  outliving(isClosed: boolean): Outliving[] {
    if (!isClosed || this.#scopes.length === 0) return [...this.#outliving]
    const open = this.#scopes.filter(isLeft)
    return [
      ...this.#outliving,
      ...open.map(({ name }): Outliving => ({ kind: 'scope', task: name, on: 'close()' })),
    ]
  }

  /** What is lost with the root. */
  lost(roots: readonly Task[]): Leak[] {
    const running = roots.filter((root) => isLeft(root) && !this.#scopes.includes(root))
    const tasks = running.map((root): Leak => ({ kind: 'task', task: root.name, on: waitingOn(root) }))
    const held = this.#primitives.flatMap(({ primitive, task }): Leak[] => {
      const leftover = primitive.leftover()
      return leftover === null ? [] : [{ kind: leftover.kind, task, on: leftover.what }]
    })
    return [...tasks, ...held]
  }
}

/** Nobody has closed or is closing it. */
function isLeft({ status, flags }: Task): boolean {
  return status === 'running' && !(flags & REQUESTED)
}

export function isOutliving(leak: Leak): leak is Outliving {
  return leak.kind === 'action' || leak.kind === 'abandoned' || leak.kind === 'scope'
}

export function lineFor({ kind, task, on }: Outliving): string {
  switch (kind) {
    case 'action':
      return `  an action in ${task} was cancelled and returned no abort: return a function that undoes it, or () => {} if there is nothing to undo`
    case 'abandoned':
      return `  ${task} was abandoned while its cleanup waited on ${on}`
    case 'scope':
      return `  the scope ${task} of createScope() was never closed: call close(), or declare it with await using`
  }
}
