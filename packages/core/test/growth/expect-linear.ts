/** How the cost of a program grows with its size. */
import type { Simulation } from '@coppice/testing'
import { emptySimulation } from '../virtual.ts'

/** The work is counted in steps, so that its growth can be compared without a clock. */
interface Cost {
  steps: number
  ms: number
}

function costOf(act: (sim: Simulation) => void): Cost {
  const sim = emptySimulation({ maxSteps: Infinity })
  const begin = performance.now()
  act(sim)
  return { steps: sim.steps, ms: performance.now() - begin }
}

/**
 * Runs `act` with a tenth of the size, then with the size itself. Ten times the size may take ten times the steps; quadratic work
 * would take a hundred times the milliseconds, and up to forty are allowed for the noise of the garbage collector.
 */
export function expectLinear(size: number, act: (size: number, sim: Simulation) => void): void {
  const small = costOf((sim) => act(size / 10, sim))
  const large = costOf((sim) => act(size, sim))
  expect(large.steps).toBeLessThanOrEqual(10 * small.steps + 20)
  expect(large.ms).toBeLessThanOrEqual(40 * small.ms + 1500)
}
