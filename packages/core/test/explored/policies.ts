/** Rows for policies: what runs again runs only when the time before has ended, cleanup and all. */
import {
  type Operation,
  type Overlapping,
  type Policy,
  type Task,
  MisuseError,
  allOf,
  anyOf,
  attempt,
  constant,
  createCircuitBreaker,
  delays,
  dropping,
  enqueued,
  exponential,
  inTurn,
  jittered,
  keepLatest,
  now,
  onlyIf,
  operation,
  repeat,
  restartable,
  retry,
  scope,
  sleep,
  supervise,
  upTo,
  within,
} from 'coppice'
import type { Ledger } from './ledger.ts'
import { type Row, row } from './row.ts'

/** Runs one at a time, or throws. */
const alone = operation('alone', function* (ledger: Ledger, ms: number) {
  if (ledger.open > 0) throw new Error('Two runs overlap')
  yield* ledger.work(undefined, ms)
})

/** Fails so often, and then gives how often it was tried. */
const triedAgain = (policy: Policy<any>, failures: number) =>
  function* (ledger: Ledger) {
    let tries = 0
    const value = yield* retry(function* () {
      yield* alone(ledger, 1)
      if (++tries <= failures) throw 'broken'
      return tries
    }, policy)
    return [value, yield* now()]
  }

const flaky = { errors: ['broken'] }
const isBroken = ({ error }: { error?: unknown }) => error === 'broken'

const again: readonly Row[] = [
  row('retry constant upTo', triedAgain(upTo(3, constant(10)), 2), [3, 23], flaky),
  row('retry exponential', triedAgain(exponential(10), 2), [3, 33], flaky),
  row('retry jittered', triedAgain(jittered(constant(10), { spread: 0 }), 1), [2, 12], flaky),
  row('retry within', triedAgain(within(100, constant(10)), 2), [3, 23], flaky),
  row('retry onlyIf', triedAgain(onlyIf(isBroken, constant(10)), 2), [3, 23], flaky),
  row('retry allOf', triedAgain(allOf(constant(10), upTo(9)), 1), [2, 12], flaky),
  row('retry anyOf', triedAgain(anyOf(constant(10), constant(20)), 1), [2, 12], flaky),
  row('retry inTurn delays', triedAgain(inTurn(upTo(1, constant(10)), constant(20)), 2), [3, 33], flaky),
  row(
    'retry',
    function* (ledger) {
      const outcome = yield* attempt(retry(() => ledger.fail('broken', 1), upTo(2, constant(5))))
      return [outcome.status, ledger.open, delays(upTo(2, constant(5)))]
    },
    ['failed', 0, [5, 5]],
    { how: 'in vain', ...flaky }
  ),
  row(
    'repeat',
    function* (ledger) {
      let runs = 0
      yield* repeat(
        function* () {
          yield* alone(ledger, 1)
          runs++
        },
        upTo(2, constant(10))
      )
      return runs
    },
    3
  ),
]

type Modifier = (fn: (n: number) => Operation<number>) => Operation<Overlapping<[number], number>>

/** Three calls while the first is under way: what became of them. */
const called = (modifier: Modifier) =>
  function* (ledger: Ledger) {
    return yield* scope(function* () {
      const one = yield* modifier(function* (n) {
        yield* alone(ledger, 5)
        return n
      })
      const tasks: Task<number>[] = []
      for (const n of [1, 2, 3]) {
        tasks.push(one(n))
        yield* sleep(1)
      }
      yield* one.idle()
      ledger.inTheEnd('every call has ended', () => tasks.every(({ outcome }) => outcome !== undefined))
      return tasks.map(({ status }) => status)
    })
  }

/** A modifier is a resource; called after that has been torn down, it says so. */
const torn = { errors: [MisuseError] }

const overlapping: readonly Row[] = [
  row('restartable', called(restartable), ['cancelled', 'cancelled', 'done'], torn),
  row('dropping', called(dropping), ['done', 'cancelled', 'cancelled'], torn),
  row('enqueued', called(enqueued), ['done', 'done', 'done'], torn),
  row('keepLatest', called(keepLatest), ['done', 'cancelled', 'done'], torn),
]

const supervision: readonly Row[] = (['one-for-one', 'one-for-all', 'rest-for-one'] as const).map(
  (strategy) =>
    row(
      'supervise',
      function* (ledger) {
        let runs = 0
        yield* supervise(
          {
            steady: { run: () => ledger.work('steady', 9), restart: 'transient' },
            flaky: {
              run: () => (++runs < 3 ? ledger.fail('broken', 2) : ledger.work('well', 2)),
              restart: 'transient',
            },
          },
          { strategy, delay: constant(1), intensity: 100 }
        )
        return [runs, ledger.open]
      },
      [3, 0],
      { how: strategy, ...flaky }
    )
)

const breakers: readonly Row[] = [
  row(
    'createCircuitBreaker',
    function* (ledger) {
      const breaker = createCircuitBreaker({ failures: 1, resetAfter: 10 })
      ledger.inTheEnd('it lets nobody through for ever, or a probe', () => breaker.state !== 'half-open')
      const broken = yield* attempt(breaker.run(() => ledger.fail('broken', 1)))
      const refused = yield* attempt(breaker.run(() => ledger.work('not begun')))
      yield* sleep(10)
      const probe = yield* attempt(breaker.run(() => ledger.work('well', 1)))
      return [broken.status, refused.status, probe.status, breaker.state]
    },
    ['failed', 'failed', 'done', 'closed'],
    flaky
  ),
]

export const policies: readonly Row[] = [...again, ...overlapping, ...supervision, ...breakers]
