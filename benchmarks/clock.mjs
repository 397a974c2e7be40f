import { performance } from 'node:perf_hooks'

/** The clock of all measurements: monotonic, in nanoseconds. The same one that mitata reads. */
export const now = () => performance.now() * 1e6
