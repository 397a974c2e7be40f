import { Effect } from '../effect.ts'
import { MisuseError } from '../errors.ts'
import { checkStartable } from '../checks.ts'
import type { Startable } from '../operation.ts'
import { Task } from '../task.ts'

/** Checks at the call that something can be started more than once (E9). */
export function checkRepeatable<T>(startable: Startable<T>, by: string): Startable<T> {
  checkStartable(startable, by)
  if (startable instanceof Task) {
    throw new MisuseError(
      `${by} was handed a task, which runs only once. Hand over what the task runs: ${by}(worker, …).`
    )
  }
  if (isGenerator(startable)) {
    throw new MisuseError(
      `${by} was handed a generator, which runs only once. Hand over a function that makes one, ${by}(worker, …) or ` +
        `${by}(() => worker(1), …), or declare worker with operation(function* …).`
    )
  }
  return startable
}

function isGenerator(startable: Startable<unknown>): boolean {
  return !(startable instanceof Effect) && typeof (startable as Partial<Generator>).next === 'function'
}
