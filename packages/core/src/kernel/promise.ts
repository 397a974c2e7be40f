/** Tasks as promises, for code outside the tree. */
import type { Task } from './task.ts'

/** Promises are rare beside tasks, so they lie beside them; one task has one promise, so that the host sees it handled. */
const promises = new WeakMap<Task, Promise<unknown>>()

/** The promise of a task, which is made when it is first asked for. */
export function promiseOf<T>(task: Task): Promise<T> {
  let promise = promises.get(task)
  if (promise === undefined) {
    promise = new Promise((resolve, reject) => {
      task.whenClosed({
        closed() {
          if (task.status === 'done') resolve(task.value)
          else reject(task.failureForJoiner)
        },
      })
    })
    promises.set(task, promise)
  }
  return promise as Promise<T>
}
