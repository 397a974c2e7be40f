import type { Task as KernelTask } from '../kernel/task.ts'
import type { Task } from '../task.ts'

/** Why a task is being cancelled, for its cleanup to tell others: its outcome says so only when it has closed. */
export function reasonOf(task: Task): unknown {
  return (task as KernelTask).reason
}
