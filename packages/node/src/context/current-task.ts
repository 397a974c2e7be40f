import type { Task } from 'coppice'
import { runningTask } from 'coppice/kernel'
import { callers } from './carrying.ts'

/**
 * The task for which the code runs that asks, for loggers and tracers: plain code of a task, and what `call`, `action` or an effect of one's own has
 * called, also after it has waited itself. That needs `carryAsyncContext()`; without it only plain code is known. Undefined outside of tasks.
 *
 * **Throws:** nothing.
 *
 * @example
 * ```ts
 * const stop = carryAsyncContext()
 * const log = async (text: string) => {
 *   await null
 *   return `${currentTask()?.name}: ${text}`
 * }
 * await run(function* main() {
 *   console.assert((yield* call(log, 'hello')) === 'main: hello')
 * })
 * stop()
 * ```
 */
export function currentTask(): Task | undefined {
  return runningTask() ?? callers.getStore()
}
