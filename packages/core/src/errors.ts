/** The errors of the machine, for what is written outside of it. */
export { CancelledError, CoppiceError, MisuseError } from './kernel/errors.ts'
