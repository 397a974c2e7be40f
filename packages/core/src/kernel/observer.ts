import type { Effect } from '../effect.ts'
import type { Task } from '../task.ts'

/**
 * Hooks that see what a tree does. Each is called synchronously, while the tree stands in the middle of a step: look, and
 * change nothing. What a hook throws is reported to the host as an uncaught error and changes nothing in the tree.
 */
export interface Observer {
  /** A task was spawned; it has not run yet. */
  started?(task: Task): void
  /** A task waits, on this effect; `undefined` while it waits for its children. */
  suspended?(task: Task, effect: Effect | undefined): void
  /** A task takes a step: its first one, or it goes on with a value, with an error, or to unwind. */
  resumed?(task: Task): void
  /** Cleanup of a task begins: it was cancelled, has failed, or has ended and left something to tear down. */
  unwinding?(task: Task): void
  /** A task has closed; its `outcome` is set. */
  closed?(task: Task): void
}

/** One observer that tells all of them; null if there is none to tell. */
export function combine(observers: readonly Observer[]): Required<Observer> | null {
  if (observers.length === 0) return null
  const tell = (hook: keyof Observer) => (task: Task, effect?: Effect) => {
    for (const observer of observers) {
      try {
        observer[hook]?.(task, effect)
      } catch (error) {
        reportToHost(error)
      }
    }
  }
  return {
    started: tell('started'),
    suspended: tell('suspended'),
    resumed: tell('resumed'),
    unwinding: tell('unwinding'),
    closed: tell('closed'),
  }
}

/** Raises an error where nobody can catch it: the host's unhandled rejection. */
function reportToHost(error: unknown): void {
  void Promise.reject(error)
}
