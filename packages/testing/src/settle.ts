/** Running a simulation whose program touches real promises. */
import type { VirtualInterpreter } from './interpreter.ts'

interface Drive<R> {
  runNow(): void
  jump(): boolean
  outcome(): R | undefined
  stuck(): Error
}

export async function settle<R>(
  interpreter: VirtualInterpreter,
  patienceMs: number,
  drive: Drive<R>
): Promise<R> {
  for (;;) {
    drive.runNow()
    const outcome = drive.outcome()
    if (outcome !== undefined) return outcome
    await turnOfHost()
    // Callbacks and promises of the program itself have had their chance; answers that are promises get some time.
    const givenUpAt = performance.now() + patienceMs
    while (!interpreter.canStep && interpreter.awaited.size > 0 && performance.now() < givenUpAt)
      await turnOfHost()
    if (!interpreter.canStep && !drive.jump()) throw drive.stuck()
  }
}

/** Longer than all promises that are settled already need. */
function turnOfHost(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
