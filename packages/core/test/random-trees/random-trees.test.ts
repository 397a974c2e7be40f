/**
 * Thousands of random programs, each against all laws that can be checked on a log of what happened.
 *
 *     COPPICE_RUNS=50000 COPPICE_SEED=7 npx jest random-trees
 */
import { env } from 'node:process'
import fc from 'fast-check'
import { anyProgram } from './arbitrary.ts'
import { describeFailure, decode, encode, judge, replay, smallest } from './failure.ts'
import { FOUND } from './found.ts'
import { normalised } from './program.ts'

const runs = Number(env.COPPICE_RUNS ?? 1500)
const seed = Number(env.COPPICE_SEED ?? 20)
const path = env.COPPICE_PATH

describe('a random tree of scopes, tasks and resources', () => {
  test(
    'keeps the laws wherever it is cancelled and in whatever order it runs',
    () => {
      const property = fc.property(anyProgram, (program) => judge(program).violations.length === 0)
      const details = fc.check(property, {
        numRuns: runs,
        seed,
        endOnFailure: path !== undefined,
        ...(path !== undefined && { path }),
      })
      if (!details.failed) return
      const [program] = details.counterexample!
      throw new Error(
        `A program broke a law after ${details.numRuns} runs.\n\n${describeFailure(smallest(program))}\n` +
          `or, with all that was random:\n  COPPICE_SEED=${details.seed} COPPICE_PATH=${details.counterexamplePath} npx jest random-trees`
      )
    },
    Math.max(20_000, 40 * runs)
  )

  test('is the same program again when it is replayed from its token', () => {
    for (const program of fc.sample(anyProgram, { numRuns: 50, seed })) {
      expect(normalised(decode(encode(normalised(program))))).toEqual(normalised(program))
    }
  })

  test('meets everything that can happen to a task', () => {
    const met = new Map<string, number>()
    for (const program of fc.sample(anyProgram, { numRuns: 300, seed })) {
      for (const entry of judge(program).execution.log.entries) {
        const how = 'how' in entry ? ` ${entry.how}` : 'outcome' in entry ? ` ${entry.outcome.status}` : ''
        met.set(entry.what + how, (met.get(entry.what + how) ?? 0) + 1)
      }
    }
    expect(Object.fromEntries([...met].map(([what, times]) => [what, times >= 20]))).toEqual(
      Object.fromEntries(HAPPENINGS.map((what) => [what, true]))
    )
  })
})

const HAPPENINGS = [
  'opened',
  'began',
  'received',
  'threw',
  'provides',
  'entered returned',
  'entered threw',
  'entered cancelled',
  'left finished',
  'left threw',
  'left cut',
  'unwinding',
  'closed done',
  'closed failed',
  'closed cancelled',
  'requested',
  'performed',
  'answered',
  'aborted',
]

describe('a program that broke a law once', () => {
  for (const [law, token] of Object.entries(FOUND)) test(law, () => replay(token))
})
