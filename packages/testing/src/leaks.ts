/** What outlives a program. */
import { REQUESTED, type Task } from 'coppice/kernel'

/**
 * Something that outlives the root: an `action` that was cancelled and had returned no `abort`, a task that was abandoned after
 * `cleanupTimeout`, a scope of `createScope` that nobody closed.
 */
export interface Leak {
  readonly kind: 'action' | 'abandoned' | 'scope'
  /** The name of the task. */
  readonly task: string
  /** What it waited for. */
  readonly on: string
}

/** The scopes that nobody has closed or is closing. */
export function openScopes(roots: readonly Task[]): Leak[] {
  return roots
    .filter((root) => root.status === 'running' && !(root.flags & REQUESTED))
    .map((root) => ({ kind: 'scope', task: root.name, on: 'close()' }))
}

export function lineFor({ kind, task, on }: Leak): string {
  switch (kind) {
    case 'action':
      return `  an action in ${task} was cancelled and returned no abort: return a function that undoes it, or () => {} if there is nothing to undo`
    case 'abandoned':
      return `  ${task} was abandoned while its cleanup waited on ${on}`
    case 'scope':
      return `  the scope ${task} of createScope() was never closed: call close(), or declare it with await using`
  }
}
