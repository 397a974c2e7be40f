/** `@coppice/testing/jest`: registers the matchers with Jest's `expect`, and makes tests of simulations. */
// Our own package by its name: an entry shares its classes with the index however the two are loaded.
import { MisuseError, type Startable } from 'coppice'
import { type SimulateOptions, type SimulationMatchers, matchers, simulateToEnd } from '@coppice/testing'

declare global {
  // Jest's types are augmented through its namespace.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type
    interface Matchers<R, T = {}> extends SimulationMatchers<R> {}
  }
}

/** What Jest gives to every test file. */
interface Host {
  readonly expect?: { extend(matchers: object): void }
  readonly test?: (title: string, body: () => void) => void
}

const { expect, test } = globalThis as Host
if (typeof expect?.extend !== 'function' || typeof test !== 'function')
  throw new MisuseError(
    'Import @coppice/testing/jest in a Jest test, or name it in setupFilesAfterEnv: it needs the globals expect and test. For Vitest, import @coppice/testing/vitest.'
  )
expect.extend(matchers)

export { matchers }

/**
 * Makes a test that simulates a program to its end. If the program fails, is cancelled, has no end or leaks, the test fails, and its
 * error shows the timeline.
 *
 * **Cancelled:** nothing of it is: the test fails if the program is.
 * **Throws:** as Jest's `test`; in the test, as `simulateToEnd`.
 *
 * @example
 * ```ts no-run
 * itSimulates('an hour passes at once', function* () {
 *   yield* sleep(3_600_000)
 *   console.assert((yield* now()) === 3_600_000)
 * })
 * ```
 */
export function itSimulates(title: string, program: Startable<unknown>, options?: SimulateOptions): void {
  test!(title, () => void simulateToEnd(program, options))
}
