// npm run bench:simulation
//
// How quickly programs are simulated and explored, with the built packages. Each workload has a goal; the best of some rounds counts, since
// a machine that does other work is only ever slower. Exits with 1 if a goal is missed.

import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { pause, sleep, spawn } from 'coppice'
import { exhaustive, explore, pct, random, simulate } from '@coppice/testing'

const ROUNDS = 5

/** So many tasks of so many steps each. The generator functions are made once: a new one would cost more than its run. */
function grid(tasks, steps) {
  const body = function* () {
    for (let i = 1; i < steps; i++) yield* pause()
  }
  return function* () {
    for (let i = 0; i < tasks; i++) yield* spawn(body)
  }
}

const exploring = (program, options, expected) => () => {
  const { schedules, runs } = explore(program, { runs: 1_000_000, ...options })
  if (schedules !== expected && runs !== expected) throw new Error(`${schedules} schedules in ${runs} runs`)
}

const HOUR_OF_TICKS = 3_600

const workloads = [
  {
    name: '50,000 random schedules of 5 × 10 steps',
    mostMs: 1_000,
    run: exploring(grid(5, 10), { strategy: random(), runs: 50_000 }, 50_000),
  },
  {
    name: '50,000 of the same by pct',
    mostMs: 2_000,
    run: exploring(grid(5, 10), { strategy: pct(), runs: 50_000 }, 50_000),
  },
  { name: 'all 1,680 of 3 × 3', mostMs: 100, run: exploring(grid(3, 3), { strategy: exhaustive() }, 1_680) },
  {
    name: 'all 34,650 of 3 × 4',
    mostMs: 2_000,
    run: exploring(grid(3, 4), { strategy: exhaustive() }, 34_650),
  },
  {
    name: 'the one that matters of 3 × 4, reduced',
    mostMs: 50,
    run: exploring(grid(3, 4), { strategy: exhaustive({ reduce: true }) }, 1),
  },
  {
    name: 'an hour of ticks, one a second',
    mostMs: 50,
    run: () => {
      const sim = simulate(function* () {
        for (let i = 0; i < HOUR_OF_TICKS; i++) yield* sleep(1000)
      })
      if (sim.runToEnd().at !== HOUR_OF_TICKS * 1000) throw new Error('The hour has another length')
    },
  },
]

let missed = 0
for (const { name, mostMs, run } of workloads) {
  let best = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now()
    run()
    best = Math.min(best, performance.now() - begun)
  }
  if (best > mostMs) missed++
  const verdict = best > mostMs ? 'MISSED' : 'ok'
  console.log(
    `${name.padEnd(42)} ${best.toFixed(1).padStart(8)} ms   at most ${String(mostMs).padStart(5)}   ${verdict}`
  )
}
process.exitCode = missed === 0 ? 0 : 1
