/**
 * The run queue of a tree (S1): the tasks that have something to do. A task stands in it at most once, because whatever puts it
 * there first takes away its wait.
 */
import { Queue } from './queue.ts'
import type { Task } from './task.ts'

// Not a subclass: the machine code of the queue's methods then knows one kind of object, whatever lies in it.
export type RunQueue = Queue<Task>
/** A queue of tasks. */
export const RunQueue = Queue<Task>
