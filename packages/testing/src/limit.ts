import type { Task } from 'coppice/kernel'
import { LimitError } from './errors.ts'
import type { VirtualInterpreter } from './interpreter.ts'
import { waitingOn } from './waiting.ts'

/** The error for a run that has taken too many steps. */
export function tooManySteps(interpreter: VirtualInterpreter, maxSteps: number): LimitError {
  return new LimitError(
    `Still running after ${maxSteps} steps, at ${interpreter.time} ms. ${spinning(interpreter)} If that is right, raise maxSteps.`
  )
}

/** The error for a run whose clock has come too far. */
export function tooLate(interpreter: VirtualInterpreter, maxTime: number): LimitError {
  return new LimitError(
    `Still running at ${interpreter.time} ms, and the next timer is due at ${interpreter.nextInstant()} ms, after the ` +
      `${maxTime} ms of maxTime. ${spinning(interpreter)} If that is right, raise maxTime.`
  )
}

function spinning(interpreter: VirtualInterpreter): string {
  const recent = interpreter.recent()
  const total = recent.reduce((sum, [, count]) => sum + count, 0)
  const listed = recent.slice(0, 3).map(([task, count]) => `${task.label} (${count}, ${standing(task)})`)
  return `Of the last ${total} steps, these tasks took most: ${listed.join(', ')}.`
}

function standing(task: Task): string {
  if (task.outcome !== undefined) return `by now ${task.status}`
  // A task that is queued stands at nothing: it has paused, or its wait has been answered.
  return task.wait === null ? 'now at pause(), or answered' : `now at ${waitingOn(task)}`
}
