/** Small programs, each with what it goes through and what it gives, explored with a cancellation at every place. */
import { type Operation, moveOnAfter, operation, scope } from 'coppice'
import {
  type Answers,
  type ExploreOptions,
  type Report,
  cancelEverywhere,
  exhaustive,
  explore,
  random,
} from '@coppice/testing'
import { Ledger } from './ledger.ts'

export interface Row {
  /** The exports that it goes through. */
  readonly covers: readonly string[]
  /** What tells it from other rows for the same. */
  readonly how: string
  readonly program: (ledger: Ledger) => Operation<unknown>
  /** The value it ends with if nobody disturbs it, in whatever order it runs; or what holds of that. */
  readonly gives: unknown
  readonly answers: Answers
  /** Somebody waits for ever if one of its tasks is cancelled alone: it is moved on from after a while. */
  readonly mayStarve: boolean
  /** The errors that are thrown in it on purpose: a cancelled task that has failed meanwhile fails (E3). */
  readonly errors: readonly unknown[]
}

type More = Partial<Pick<Row, 'answers' | 'mayStarve' | 'errors'>> & { how?: string }

export function row(
  covers: string,
  program: (ledger: Ledger) => Operation<unknown>,
  gives: unknown,
  { how = '', answers = [], mayStarve = false, errors = [] }: More = {}
): Row {
  return { covers: covers.split(' '), how, program, gives, answers, mayStarve, errors }
}

/** In virtual milliseconds; longer than any of the programs takes. */
const LONG = 10_000

/** When the scope has ended, for whatever reason, everything in it has ended its cleanup. */
const inScope = operation('inScope', function* (ledger: Ledger, program: Row['program']) {
  try {
    return yield* scope(() => program(ledger))
  } finally {
    ledger.expectClosed('The scope has ended')
  }
})

const untilStarved = operation('untilStarved', function* (ledger: Ledger, program: Row['program']) {
  const outcome = yield* moveOnAfter(LONG, () => inScope(ledger, program))
  if (outcome.status === 'failed') throw outcome.error
  return outcome.status === 'done' ? outcome.value : undefined
})

/** Tests each row, undisturbed in many orders and disturbed at all places in some. */
export function explored(rows: readonly Row[]): void {
  test.each(rows.map((each) => [`${each.covers.join(', ')} ${each.how}`.trim(), each] as const))(
    '%s',
    (_, each) => {
      let ledger!: Ledger
      const inTime = each.mayStarve ? untilStarved : inScope
      const program = () => inTime((ledger = new Ledger()), each.program)
      const disturbed: ExploreOptions<unknown> = {
        answers: each.answers,
        check: () => ledger.check(),
        mayFail: (error) => each.errors.some((known) => isOne(known, error)),
        faults: [cancelEverywhere({ each: true }), cancelEverywhere({ times: 2 })],
      }

      const undisturbed = explore(program, {
        answers: each.answers,
        runs: 100,
        check: ({ outcome }) => {
          ledger.check()
          expectValue(outcome, each.gives)
        },
      })
      findsNothing(undisturbed)
      const inProductionsOrder = explore(program, { ...disturbed, strategy: exhaustive({ bound: 0 }) })
      findsNothing(inProductionsOrder)
      // Else it would not have been disturbed at all places.
      expect(inProductionsOrder.complete).toBe(true)
      expect(inProductionsOrder.runs).toBeGreaterThan(1)
      findsNothing(explore(program, { ...disturbed, strategy: random(), runs: 400 }))
    }
  )
}

/** Errors are known by themselves or by their class. */
function isOne(known: unknown, error: unknown): boolean {
  return typeof known === 'function' ? error instanceof known : error === known
}

function expectValue(outcome: { status: string; value?: unknown } | undefined, gives: unknown): void {
  expect(outcome?.status).toBe('done')
  if (typeof gives === 'function')
    expect([outcome!.value, gives(outcome!.value)]).toEqual([outcome!.value, true])
  else expect(outcome!.value).toEqual(gives)
}

function findsNothing(report: Report): void {
  if (report.failure !== undefined) throw new Error(String(report), { cause: report.failure.error })
}
