/** E6: an error says through which declared operations and tasks it came, at the end of its stack. */
import type { Frame } from './frame.ts'
import { TASK } from './states.ts'
import type { Task } from './task.ts'

/** Longer paths are cut here: a recursion may be a million frames deep. */
const LONGEST = 16

/** Where an error has come from, since it left a frame that has a name; null once that was written into its stack. */
const paths = new WeakMap<Error, readonly string[] | null>()

/** Called when an error leaves a frame. It is written down when it leaves a task for the first time. */
export function traceError(task: Task, frame: Frame, error: unknown): void {
  if (!(error instanceof Error) || frame.label === '') return
  let path = paths.get(error)
  if (path === null) return
  if (path === undefined) paths.set(error, (path = pathFrom(task, frame)))
  if (frame.flags & TASK) write(error, path)
}

function write(error: Error, path: readonly string[]): void {
  paths.set(error, null)
  // Where `stack` is an accessor, as on Node 26, it would change all the same.
  if (Object.isFrozen(error)) return
  try {
    if ('taskPath' in error) error.taskPath = path
    error.stack = [error.stack ?? String(error), ...path].join('\n    in ')
  } catch {
    // Its stack can't be changed; the path is not worth losing the error for.
  }
}

function pathFrom(task: Task, from: Frame): string[] {
  const path: string[] = []
  let owner: Task | undefined = task
  let frame: Frame | null = from
  while (frame !== null && path.length < LONGEST) {
    if (frame.label !== '') path.push(`${frame.flags & TASK ? 'task ' : ''}${frame.label}`)
    // A task is in its owner's hands, wherever in its body that stands by now.
    frame = frame.below ?? (owner = owner?.outer?.task) ?? null
  }
  if (frame !== null) path.push('…')
  return path
}
