import { type Standing, type Task, WAITING } from 'coppice/kernel'
import { LimitError } from './errors.ts'
import type { VirtualInterpreter } from './interpreter.ts'
import { waitingOn } from './waiting.ts'

/** The error for a run that has taken too many steps. */
export function tooManySteps(interpreter: VirtualInterpreter, maxSteps: number): LimitError {
  return new LimitError(
    `Still running after ${interpreter.steps} steps and ${interpreter.effects} outside effects, at ${interpreter.time} ms. ` +
      `${spinning(interpreter)} If that is right, raise maxSteps, which is ${maxSteps}.`
  )
}

/** Outside effects that are answered at once take no step, so a loop of them is bounded apart: by so many for each step. */
const EFFECTS_PER_STEP = 10

export function isBeyond({ steps, effects }: VirtualInterpreter, maxSteps: number): boolean {
  return steps >= maxSteps || effects > maxSteps * EFFECTS_PER_STEP
}

/** The error for a step that reads the clock again and again. */
export function looksTooOften(time: number): LimitError {
  return new LimitError(
    `The clock is read over and over in one step, at ${time} ms. Virtual time stands still while anything runs: wait with ` +
      'yield* sleep(…) or yield* sleepUntil(…), not in a loop.'
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
  const total = recent.reduce((sum, [, { count }]) => sum + count, 0)
  const listed = recent.slice(0, 3).map(([task, { count, standing }]) => {
    return `${task.label} (${count}, ${standingOf(task, standing)})`
  })
  return `Of the last ${total} steps, most were by ${listed.join(', ')}.`
}

function standingOf(task: Task, standing: Standing | null): string {
  if (task.outcome !== undefined) return `by now ${task.status}`
  if (task.signal === WAITING) return `at ${waitingOn(task)}`
  // A task that stood at nothing after its step has paused.
  return standing === null ? 'at pause()' : `at ${standing.effect ?? 'the end of its children'}`
}
