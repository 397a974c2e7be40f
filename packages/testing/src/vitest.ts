/** `@coppice/testing/vitest`: registers the matchers with Vitest's `expect`, and makes tests of simulations. */
// Our own package by its name: an entry shares its classes with the index however the two are loaded.
import type { Startable } from 'coppice'
import { type SimulateOptions, type SimulationMatchers, matchers, simulateToEnd } from '@coppice/testing'
import { expect, test } from 'vitest'

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type
  interface Assertion<T = any> extends SimulationMatchers<void> {}
}

expect.extend(matchers)

export { matchers }

/**
 * Makes a test that simulates a program to its end. If the program fails, is cancelled, has no end or leaks, the test fails, and its
 * error shows the timeline.
 *
 * **Cancelled:** nothing of it is: the test fails if the program is.
 * **Throws:** as Vitest's `test`; in the test, as `simulateToEnd`.
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
  test(title, () => void simulateToEnd(program, options))
}
