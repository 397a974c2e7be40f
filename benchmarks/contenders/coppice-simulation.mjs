/** How quickly programs are simulated and explored: `@coppice/testing`, as it is built. */
import { pause, sleep, spawn } from 'coppice'
import { exhaustive, explore, pct, random, simulate } from '@coppice/testing'

/** So many tasks of so many steps each. The generator functions are made once: a new one would cost more than its run. */
function grid(tasks, steps) {
  const body = function* () {
    for (let i = 1; i < steps; i++) yield* pause()
  }
  return function* () {
    for (let i = 0; i < tasks; i++) yield* spawn(body)
  }
}

const MANY_RUNS = 1_000_000

const exploreRuns = (program, strategy) => async (runs) => explore(program, { strategy, runs }).runs
const exploreAll = (program, strategy) => async () =>
  explore(program, { strategy, runs: MANY_RUNS }).schedules

export const workloads = {
  'simulate-random': exploreRuns(grid(5, 10), random()),
  'simulate-pct': exploreRuns(grid(5, 10), pct()),
  'simulate-all-small': exploreAll(grid(3, 3), exhaustive()),
  'simulate-all': exploreAll(grid(3, 4), exhaustive()),
  'simulate-reduced': exploreAll(grid(3, 4), exhaustive({ reduce: true })),

  async 'simulate-hour'(seconds) {
    let ticks = 0
    const simulation = simulate(function* () {
      for (; ticks < seconds; ticks++) yield* sleep(1_000)
    })
    return simulation.runToEnd().at === seconds * 1_000 ? ticks : undefined
  },
}
