/**
 * The run queue of a tree (S1): a ring of the tasks that have something to do. A task stands in it at most once, because whatever
 * puts it there first takes away its wait.
 */
import { Ring } from './ring.ts'
import type { Task } from './task.ts'

// Not a subclass: the machine code of the ring's methods then knows one kind of object, whatever lies in it.
export type RunQueue = Ring<Task>
export const RunQueue = Ring<Task>
