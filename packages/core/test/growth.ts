/** How the cost of a program grows with its size. */
import { VirtualInterpreter } from './virtual.ts'

/** Counts what the trees do, so that the growth of the work can be compared without a clock. */
export class CountingInterpreter extends VirtualInterpreter {
  steps = 0

  override step(): boolean {
    const stepped = super.step()
    if (stepped) this.steps++
    return stepped
  }
}

interface Cost {
  steps: number
  ms: number
}

function costOf(act: (interpreter: CountingInterpreter) => void): Cost {
  const interpreter = new CountingInterpreter()
  const begin = performance.now()
  act(interpreter)
  return { steps: interpreter.steps, ms: performance.now() - begin }
}

/**
 * Runs `act` with a tenth of the size, then with the size itself. Ten times the size may take ten times the steps; quadratic work
 * would take a hundred times the milliseconds, and up to forty are allowed for the noise of the garbage collector.
 */
export function expectLinear(
  size: number,
  act: (size: number, interpreter: CountingInterpreter) => void
): void {
  const small = costOf((interpreter) => act(size / 10, interpreter))
  const large = costOf((interpreter) => act(size, interpreter))
  expect(large.steps).toBeLessThanOrEqual(10 * small.steps + 20)
  expect(large.ms).toBeLessThanOrEqual(40 * small.ms + 1500)
}
