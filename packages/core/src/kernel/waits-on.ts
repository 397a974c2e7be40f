import { waitForClosing } from './closing.ts'
import { tasksOf } from './scope.ts'
import { CLOSED, WAITING } from './states.ts'
import type { Task } from './task.ts'

/** What a task waits on, for people: an effect, its children, or nothing. */
export function waitsOn(task: Task): string {
  const { wait, signal } = task
  if (wait === waitForClosing) {
    const names = tasksOf(task.scope).map(({ name }) => name)
    return `children: ${names.reverse().join(', ')}`
  }
  if (wait !== null) return String(wait.effect)
  // Of several, one was first, and the others have yet to close.
  if (signal === WAITING) return String(task.frame.body)
  return signal === CLOSED ? '' : 'running'
}
