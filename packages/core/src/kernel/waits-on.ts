import { waitForClosing } from './closing.ts'
import { tasksOf } from './scope.ts'
import { CLOSED } from './states.ts'
import type { Task } from './task.ts'
import { waitForLosers } from './unwind.ts'

/** What a task waits on, for people: an effect, its children, or nothing. */
export function waitsOn(task: Task): string {
  const { wait, signal } = task
  if (wait === null) return signal === CLOSED ? '' : 'running'
  if (wait === waitForClosing) {
    const names = tasksOf(task.scope).map(({ name }) => name)
    return `children: ${names.reverse().join(', ')}`
  }
  return String(wait === waitForLosers ? task.frame.body : wait.effect)
}
