/** The checks of what users hand over, for what is written outside of the machine (E9). */
export {
  checkCount,
  checkDuration,
  checkNamed,
  checkOptions,
  checkStartable,
  isFrom,
  misfit,
} from './kernel/misuse.ts'

/** Options of which each has been given, or its default. */
export type Complete<O> = { [K in keyof O]-?: Exclude<O[K], undefined> }
