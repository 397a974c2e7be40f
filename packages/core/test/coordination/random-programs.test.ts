/**
 * C2, W3: thousands of random programs in random orders, with cancellations between any two steps, each against a plain model.
 *
 *     COPPICE_RUNS=50000 COPPICE_SEED=7 npx jest random-programs
 */
import { env } from 'node:process'
import fc from 'fast-check'
import { type Program, anyProgram } from './programs.ts'
import { World } from './world.ts'

const runs = Number(env.COPPICE_RUNS ?? 2000)
const seed = Number(env.COPPICE_SEED ?? 20)
const path = env.COPPICE_PATH

test('a receive whose sender gives way to another branch of the same select leaves the item in the channel', () => {
  const acquire = (n: number) => ({ do: 'acquire', on: 0, n }) as const
  const program: Program = {
    setting: {
      channels: [
        { capacity: 0, overflow: 'wait' },
        { capacity: 0, overflow: 'wait' },
      ],
      semaphores: [2, 2],
    },
    tasks: [
      [{ act: 'release', on: 0 }, { select: [acquire(1), { do: 'receive', on: 1 }] }],
      [{ select: [acquire(1)] }, { select: [{ do: 'send', on: 1, item: 0 }, acquire(2)] }],
    ],
    schedule: [{ pick: 1, act: { act: 'tryAcquire', on: 0 }, jump: false }],
  }
  new World(program).execute()
})

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
