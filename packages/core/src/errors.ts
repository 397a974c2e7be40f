/** The errors of the machine, for what is written outside of it. */
export { CancelledError, CoppiceError, MisuseError, ScopeError, TimeoutError } from './kernel/errors.ts'
