/**
 * C2, W3: thousands of random programs in random orders, with cancellations between any two steps, each against a plain model.
 *
 *     COPPICE_RUNS=50000 COPPICE_SEED=7 npx jest random-programs
 */
import { env } from 'node:process'
import fc from 'fast-check'
import { anyProgram } from './programs.ts'
import { World } from './world.ts'

const runs = Number(env.COPPICE_RUNS ?? 2000)
const seed = Number(env.COPPICE_SEED ?? 20)
const path = env.COPPICE_PATH

test(
  'channels, semaphores and latches do what their model does, whatever is cancelled and in whatever order it runs',
  () => {
    fc.assert(
      fc.property(anyProgram, (program) => new World(program).execute()),
      { numRuns: runs, seed, ...(path !== undefined && { path, endOnFailure: true }) }
    )
  },
  Math.max(30_000, 40 * runs)
)
