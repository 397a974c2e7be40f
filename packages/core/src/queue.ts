/** The queue of the machine, for what is written outside of it. */
export { Queue } from './kernel/queue.ts'
