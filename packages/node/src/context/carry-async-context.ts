import { interpretBy } from 'coppice/kernel'
import { carryingInterpreter } from './carrying.ts'

/**
 * Lets the trees that are made from now on keep the asynchronous context of Node in which they were started: what an `AsyncLocalStorage` holds around
 * `run`, a tracer's span or a logger's request for instance, is seen by all code of the tree, whatever it has waited for. And what a task
 * calls sees the task: `currentTask()`. Call it once, where the tracer is started.
 *
 * Without it, nothing is carried and nothing is paid: after a wait, code sees the context of whoever has woken the tree. With it, the start of a tree,
 * a wake from outside and a call each cost a fraction of a microsecond more; and once a storage is used, as it then is, Node 20 makes
 * every promise dearer, as it does for tracers.
 *
 * **Throws:** nothing.
 *
 * @returns a function that ends it; trees that were made meanwhile keep theirs
 *
 * @example
 * ```ts
 * import { AsyncLocalStorage } from 'node:async_hooks'
 *
 * const requests = new AsyncLocalStorage<{ id: number }>()
 * const stop = carryAsyncContext()
 *
 * const seen = await requests.run({ id: 7 }, () =>
 *   run(function* () {
 *     yield* sleep(1)
 *     return yield* call(() => requests.getStore()?.id)
 *   })
 * )
 * console.assert(seen === 7)
 * stop()
 * ```
 */
export function carryAsyncContext(): () => void {
  const before = interpretBy(carryingInterpreter)
  return () => void interpretBy(before)
}
