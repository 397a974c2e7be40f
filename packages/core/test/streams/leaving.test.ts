/**
 * Leaving: whatever way a stream is left, and at whichever step, what it held has been released before the next statement
 * runs, and what was taken from a source is not lost.
 */
import {
  type Operation,
  type Operator,
  type Stream,
  attempt,
  buffer,
  cancel,
  catchError,
  collect,
  combineLatest,
  concat,
  concatMap,
  debounce,
  distinct,
  drop,
  ensure,
  filter,
  flatMap,
  forEach,
  from,
  interval,
  mapEach,
  merge,
  moveOnAfter,
  operation,
  pipe,
  produce,
  race,
  scan,
  scope,
  select,
  share,
  sleep,
  spawn,
  suspend,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  throttle,
  timeoutEach,
  window,
  zip,
} from 'coppice'
import { runToEnd, stepNow } from '../virtual.ts'
import { Ledger, countSteps, disturbAfter, scripted } from './scripted.ts'

type Any = Operator<any, any>

function* slowly<T>(value: T) {
  try {
    yield* sleep(3)
    return value
  } finally {
    yield* sleep(1)
  }
}

/** Every operator, with streams of its own where it takes some. */
const operators: Record<string, (ledger: Ledger) => Any> = {
  mapEach: () => mapEach(slowly),
  'mapEach, plain': () => mapEach((n: number) => n + 1),
  filter: () => filter((n: number) => slowly(n % 2 === 0)),
  scan: () => scan((sum: number, n: number) => sum + n, 0),
  take: () => take(2),
  drop: () => drop(1),
  takeWhile: () => takeWhile((n: number) => n < 2),
  'takeUntil, an operation': () => takeUntil(sleep(25)),
  'takeUntil, a stream': (ledger) => takeUntil(ledger.watch(interval(25))),
  distinct: () => distinct(),
  buffer: () => buffer(2, 15),
  window: () => (stream: Stream<number>) =>
    pipe(
      stream,
      window(2, 15),
      concatMap((items) => items)
    ),
  debounce: () => debounce(5),
  throttle: () => throttle(15),
  merge: (ledger) => merge(ledger.watch(interval(7)), ledger.watch(from([1, 2]))),
  concat: (ledger) => concat(ledger.watch(from([1, 2]))),
  zip: (ledger) => zip(ledger.watch(interval(7))),
  combineLatest: (ledger) => combineLatest(ledger.watch(interval(7))),
  concatMap: (ledger) =>
    concatMap((n: number) =>
      ledger.watch(
        pipe(
          interval(3),
          take(2),
          mapEach((m) => n + m)
        )
      )
    ),
  flatMap: (ledger) =>
    flatMap((n: number) =>
      ledger.watch(
        pipe(
          interval(8),
          take(2),
          mapEach((m) => n + m)
        )
      )
    ),
  'flatMap, two at once': (ledger) =>
    flatMap(() => ledger.watch(pipe(interval(8), take(2))), { concurrency: 2 }),
  switchMap: (ledger) => switchMap(() => ledger.watch(interval(4))),
  share: () => share(),
  catchError: (ledger) => (stream: Stream<number>) =>
    pipe(
      stream,
      mapEach((n) => {
        if (n === 1) throw new Error('broken')
        return n
      }),
      catchError(() => ledger.watch(interval(5)))
    ),
  timeoutEach: () => timeoutEach(11),
}

const rows = Object.entries(operators)

const source = (ledger: Ledger) => ledger.watch(interval(10), 'source', 2)

/** Reads some items, and leaves; fails if anything is still held right after that. */
function leavingProgram(
  ledger: Ledger,
  operator: Any,
  leave: (stream: Stream<unknown>) => Operation<unknown>
) {
  return function* () {
    yield* leave(pipe(source(ledger), operator))
    expect(ledger.open).toBe(0)
    expect(ledger.opened).toBeGreaterThan(0)
  }
}

describe.each(rows)('%s', (_, operator) => {
  const ways: [string, (stream: Stream<unknown>) => Operation<unknown>][] = [
    ['take', (stream) => collect(pipe(stream, take(2)))],
    ['an error of the consumer', (stream) => attempt(forEach(stream, fail))],
    ['the end of a scope', (stream) => scope(() => readTwo(stream))],
    [
      'a deadline',
      (stream) =>
        moveOnAfter(
          34,
          forEach(stream, () => {})
        ),
    ],
    ['takeUntil', (stream) => collect(pipe(stream, takeUntil(sleep(34))))],
    [
      'takeWhile',
      (stream) =>
        collect(
          pipe(
            stream,
            takeWhile((_item, index) => index < 1)
          )
        ),
    ],
    [
      'losing a race',
      (stream) =>
        race([
          sleep(34),
          collect(
            pipe(
              stream,
              filter(() => false)
            )
          ),
        ]),
    ],
    [
      'a switchMap that goes on',
      (stream) =>
        collect(
          pipe(
            from([1, 2]),
            switchMap(() => pipe(stream, take(1)))
          )
        ),
    ],
  ]
  test.each(ways)('has released its sources when it is left by %s', (_way, leave) => {
    const ledger = new Ledger()
    runToEnd(leavingProgram(ledger, operator(ledger), leave))
  })

  test('releases its sources, cancelled at any step, before its task is closed', () => {
    const program = (ledger: Ledger) => () => collect(pipe(source(ledger), operator(ledger), take(3)))
    const steps = countSteps(program(new Ledger()))
    expect(steps).toBeGreaterThan(5)
    for (let step = 0; step <= steps; step++) {
      const ledger = new Ledger()
      let openWhenClosed: number | undefined
      const { task, sim } = disturbAfter(step, program(ledger), (running) => {
        void running.cancel('stop').then(() => (openWhenClosed = ledger.open))
      })
      // A result that was on its way is a result (C2).
      expect(task.outcome?.status).toMatch(step < steps ? /cancelled|done/ : 'done')
      if (step < steps / 2) expect([step, task.outcome?.status]).toEqual([step, 'cancelled'])
      expect([step, ledger.open, stepNow(sim)]).toEqual([step, 0, false])
      expect(openWhenClosed ?? 0).toBe(0)
    }
  })

  test('is opened anew each time', () => {
    const ledger = new Ledger()
    const stream = pipe(source(ledger), operator(ledger), take(2))
    expect(runToEnd(collect(stream))).toEqual(runToEnd(collect(stream)))
  })
})

function fail(): never {
  throw new Error('enough')
}

function* readTwo(stream: Stream<unknown>) {
  const subscription = yield* stream
  yield* subscription.next()
  yield* subscription.next()
}

describe('a next that is cancelled', () => {
  const sequences: [string, (operator: Any) => Stream<unknown>][] = [
    [
      'a source that is asked',
      (operator) =>
        pipe(
          scripted({
            items: [
              [10, 0],
              [20, 1],
              [30, 2],
              [40, 3],
            ],
          }),
          operator
        ),
    ],
    ['an iterable', (operator) => pipe(from([0, 1, 2, 3]), operator)],
  ]
  // These depend on when they are asked; all others give the same items, however often a next was cut short.
  const timed = new Set(['takeUntil, an operation', 'takeUntil, a stream', 'throttle', 'timeoutEach'])
  const operatorsByItems = rows.filter(([name]) => !timed.has(name))

  describe.each(sequences)('loses no item of %s', (_name, stream) => {
    test.each(operatorsByItems)('%s', (_operator, operator) => {
      const undisturbed = runToEnd(collect(pipe(stream(operator(new Ledger())), take(3))))
      for (const ms of [0, 1, 2, 3, 4, 5, 7, 10]) {
        const items = runToEnd(function* () {
          const subscription = yield* pipe(stream(operator(new Ledger())), take(3))
          const seen: unknown[] = []
          for (let patience = ms; ; patience += 0.5) {
            const outcome = yield* moveOnAfter(patience, subscription.next())
            if (outcome.status === 'failed') throw outcome.error
            if (outcome.status === 'cancelled') continue
            if (outcome.value.done) return seen
            seen.push(outcome.value.value)
          }
        })
        expect([ms, items]).toEqual([ms, undisturbed])
      }
    })
  })

  test('as the branch of a select that settles in the same turn gives its item to the next one', () => {
    const stream = () =>
      pipe(
        scripted({
          items: [
            [10, 'a'],
            [20, 'b'],
            [30, 'c'],
          ],
        }),
        mapEach((letter) => letter.toUpperCase())
      )
    const seen = runToEnd(function* () {
      const subscription = yield* stream()
      const items: unknown[] = []
      for (;;) {
        const first = yield* select({ item: subscription.next(), tick: sleep(10) })
        if (first.key === 'tick') continue
        if (first.value.done) return items
        items.push(first.value.value)
      }
    })
    expect(seen).toEqual(['A', 'B', 'C'])
  })
})

describe('a source that can not be released', () => {
  const broken = new Error('broken cleanup')
  const failingSource = operation('failingSource', function* () {
    yield* ensure(() => {
      throw broken
    })
    return yield* interval(10)
  })
  const stream = { [Symbol.iterator]: () => failingSource()[Symbol.iterator]() }

  test.each(rows)('%s throws the error of its cleanup', (_, operator) => {
    const outcome = runToEnd(attempt(collect(pipe(stream, operator(new Ledger()), take(1)))))
    expect(outcome).toEqual({ status: 'failed', error: broken })
  })
})

describe('cleanup that still reads', () => {
  test.each(rows)('%s does not wait for ever', (_, operator) => {
    const ledger = new Ledger()
    runToEnd(function* () {
      const reader = yield* spawn(function* () {
        const subscription = yield* pipe(source(ledger), operator(ledger))
        try {
          yield* suspend()
        } finally {
          for (let i = 0; i < 2; i++) yield* moveOnAfter(100, subscription.next())
        }
      })
      yield* sleep(5)
      yield* cancel(reader)
      expect(ledger.open).toBe(0)
    })
  })
})

describe('produce', () => {
  test("F2 what its cleanup emits when it was left is nobody's, and waited for by nobody", () => {
    const log: string[] = []
    const stream = produce<string>(function* (emit) {
      try {
        yield* emit('first')
        yield* emit('second')
      } finally {
        yield* emit('last')
        log.push('cleaned up')
      }
    })
    expect(runToEnd(collect(pipe(stream, take(1))))).toEqual(['first'])
    expect(log).toEqual(['cleaned up'])
    expect(runToEnd(collect(stream))).toEqual(['first', 'second', 'last'])
  })

  test('E9 to emit when the stream has ended is an error, and no wait for ever', () => {
    const outcome = runToEnd(function* () {
      let emitLate!: (item: number) => Operation<void>
      const stream = produce<number>(function* (emit) {
        emitLate = emit
        yield* emit(1)
      })
      yield* scope(function* () {
        const subscription = yield* stream
        yield* subscription.next()
        yield* subscription.next()
        const late = yield* attempt(emitLate(2))
        expect(late).toMatchObject({ status: 'failed', error: { code: 'COPPICE_MISUSE' } })
      })
    })
    expect(outcome).toBeUndefined()
  })
})
