/** The checks of what users hand over, for what is written outside of the machine (E9). */
export { checkDuration, checkStartable } from './kernel/misuse.ts'
