/**
 * Operators at random timings against a plain model: a list of what comes when. All instants of one run are different, so that the
 * order is never up to chance. A failure prints its seed; `COPPICE_SEED` and `COPPICE_RUNS` run others.
 */
import {
  type Operator,
  type Stream,
  buffer,
  collect,
  combineLatest,
  concatMap,
  debounce,
  distinct,
  distinctUntilChanged,
  drop,
  filter,
  flatMap,
  forEach,
  from,
  mapEach,
  merge,
  moveOnAfter,
  now,
  pipe,
  scan,
  share,
  sleep,
  spawn,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  throttle,
  window,
  zip,
} from 'coppice'
import fc from 'fast-check'
import { emptySimulation, runToEnd } from '../virtual.ts'
import { Ledger, type Timed, scripted, timelineOf } from './scripted.ts'

const { COPPICE_SEED, COPPICE_RUNS } = process.env
const parameters = {
  numRuns: Number(COPPICE_RUNS ?? 200),
  ...(COPPICE_SEED === undefined ? {} : { seed: Number(COPPICE_SEED) }),
}

function holds<A>(arbitrary: fc.Arbitrary<A>, property: (value: A) => void): void {
  fc.assert(fc.property(arbitrary, property), parameters)
}

/** A few streams whose instants are all different, and no multiples of ten: periods and deadlines in the tests are. */
function timelines(count: number): fc.Arbitrary<Timed<number>[][]> {
  return fc
    .array(fc.tuple(fc.integer({ min: 0, max: count - 1 }), fc.integer({ min: 1, max: 15 })), {
      maxLength: 25,
    })
    .map((steps) => {
      const streams: Timed<number>[][] = Array.from({ length: count }, () => [])
      let instant = 0
      for (const [index, [stream, gap]] of steps.entries()) {
        instant += gap
        streams[stream]!.push([10 * instant + 1 + stream, index])
      }
      return streams
    })
}

const oneStream = timelines(1).map(([items]) => items!)
const stream = <T>(items: readonly Timed<T>[]): Stream<T> => scripted({ items })
const lastOf = (items: readonly Timed<unknown>[]): number => items.at(-1)?.[0] ?? 0

describe('operators on one item after the other', () => {
  const stages: Record<string, [Operator<any, any>, (items: number[]) => number[]]> = {
    double: [mapEach((n: number) => 2 * n), (items) => items.map((n) => 2 * n)],
    'double slowly': [mapEach(slowly), (items) => items.map((n) => 2 * n)],
    odd: [filter((n: number) => n % 3 !== 0), (items) => items.filter((n) => n % 3 !== 0)],
    sum: [
      scan((a: number, n: number) => a + n, 0),
      (items) => items.map((_, i) => items.slice(0, i + 1).reduce((a, b) => a + b)),
    ],
    'take 4': [take(4), (items) => items.slice(0, 4)],
    'drop 2': [drop(2), (items) => items.slice(2)],
    'while below 40': [
      takeWhile((n: number) => n < 40),
      (items) => items.slice(0, (items.findIndex((n) => n >= 40) + items.length + 1) % (items.length + 1)),
    ],
    distinct: [
      distinct((n: number) => n % 7),
      (items) => items.filter((n, i) => items.findIndex((m) => m % 7 === n % 7) === i),
    ],
    changed: [
      distinctUntilChanged((a: number, b: number) => a % 2 === b % 2),
      (items) =>
        items.reduce<number[]>(
          (kept, n) => (kept.length > 0 && kept.at(-1)! % 2 === n % 2 ? kept : [...kept, n]),
          []
        ),
    ],
    identity: [concatMap((n: number) => [n]), (items) => items],
    rows: [
      (rows: Stream<any>) =>
        pipe(
          rows,
          buffer(3),
          concatMap((row) => row as number[])
        ),
      (items) => items,
    ],
    windows: [
      (rows: Stream<any>) =>
        pipe(
          rows,
          window(3),
          concatMap((row) => row as Stream<number>)
        ),
      (items) => items,
    ],
    shared: [share(), (items) => items],
  }
  function* slowly(n: number) {
    yield* sleep(3)
    return 2 * n
  }

  const pipelines = fc.record({
    names: fc.array(fc.constantFrom(...Object.keys(stages)), { maxLength: 6 }),
    items: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 12 }),
    timed: fc.boolean(),
    patience: fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 40 }),
    picks: fc.array(fc.nat(), { maxLength: 50 }),
  })

  test('give what arrays give, wherever a next is cut short and whoever runs first, and release what they open', () => {
    holds(pipelines, ({ names, items, timed, patience, picks }) => {
      const ledger = new Ledger()
      const plain: Stream<number> = timed ? stream(items.map((n, i) => [5 * i, n])) : from(items)
      const piped = names.reduce<Stream<any>>((each, name) => stages[name]![0](each), ledger.watch(plain))
      const expected = names.reduce((each, name) => stages[name]![1](each), items)
      const seen = runToEnd(
        function* () {
          const reader = yield* spawn(function* () {
            const subscription = yield* piped
            const limits = patience[Symbol.iterator]()
            const received: number[] = []
            for (;;) {
              const outcome = yield* moveOnAfter(limits.next().value ?? Infinity, subscription.next())
              if (outcome.status === 'failed') throw outcome.error
              if (outcome.status === 'cancelled') continue
              if (outcome.value.done) return received
              received.push(outcome.value.value)
            }
          })
          return yield* reader
        },
        {},
        emptySimulation({ pick: (count) => (picks.shift() ?? 0) % count })
      )
      expect(seen).toEqual(expected)
      expect(ledger.open).toBe(0)
    })
  })
})

describe('operators on several streams', () => {
  test('merge', () => {
    holds(timelines(3), ([a, b, c]) => {
      const expected = [...a!, ...b!, ...c!].sort(([one], [other]) => one - other)
      expect(timelineOf(pipe(stream(a!), merge(stream(b!), stream(c!))))).toEqual(expected)
    })
  })

  test('merge, read slowly, keeps the order of each and loses nothing', () => {
    holds(timelines(3), (lists) => {
      const [a, b, c] = lists.map((items) => stream(items))
      const seen = timelineOf(pipe(a!, merge(b!, c!)), 70).map(([, item]) => item)
      for (const items of lists) {
        const own = items.map(([, item]) => item)
        expect(seen.filter((item) => own.includes(item as number))).toEqual(own)
      }
      expect(seen).toHaveLength(lists.flat().length)
    })
  })

  test('zip', () => {
    holds(timelines(2), ([a, b]) => {
      const pairs = a!
        .slice(0, b!.length)
        .map(([at, item], i) => [Math.max(at, b![i]![0]), [item, b![i]![1]]])
      expect(timelineOf(pipe(stream(a!), zip(stream(b!)))).map(([, pair]) => pair)).toEqual(
        pairs.map(([, pair]) => pair)
      )
    })
  })

  test('combineLatest', () => {
    holds(timelines(2), ([a, b]) => {
      const latest: (number | undefined)[] = [undefined, undefined]
      const expected: Timed<unknown>[] = []
      const all = [...a!.map((item) => [0, item] as const), ...b!.map((item) => [1, item] as const)]
      for (const [index, [at, item]] of all.sort(([, [one]], [, [other]]) => one - other)) {
        // The one that has ended without an item ends it all.
        latest[index] = item
        if (latest.every((each) => each !== undefined)) expected.push([at, [...latest]])
      }
      expect(timelineOf(pipe(stream(a!), combineLatest(stream(b!))))).toEqual(expected)
    })
  })

  test('takeUntil', () => {
    holds(fc.tuple(oneStream, fc.integer({ min: 0, max: 200 })), ([items, at]) => {
      const expected = items.filter(([instant]) => instant < 10 * at)
      expect(timelineOf(pipe(stream(items), takeUntil(sleep(10 * at))))).toEqual(expected)
    })
  })
})

describe('operators on streams of streams', () => {
  /** Two items after each item of the source, by its number. */
  const inner = (n: number) =>
    stream([
      [13, 10 * n],
      [13 + 20, 10 * n + 1],
    ])

  test('switchMap', () => {
    holds(oneStream, (items) => {
      const expected = items.flatMap(([at, n], index) => {
        const next = items[index + 1]?.[0] ?? Infinity
        return [[at + 13, 10 * n] as const, [at + 33, 10 * n + 1] as const].filter(
          ([instant]) => instant < next
        )
      })
      expect(timelineOf(pipe(stream(items), switchMap(inner)))).toEqual(expected)
    })
  })

  test.each([1, 2, 3, Infinity])('flatMap, %s at once', (concurrency) => {
    holds(oneStream, (items) => {
      // A worker is free when what it read before has ended; an item that comes meanwhile waits, and so does its source.
      const workers: number[] = []
      let sourceAt = 0
      const expected: Timed<number>[] = []
      for (const [at, n] of items) {
        sourceAt = Math.max(at, sourceAt)
        if (workers.length === concurrency) {
          const first = Math.min(...workers)
          workers.splice(workers.indexOf(first), 1)
          sourceAt = Math.max(sourceAt, first)
        }
        workers.push(sourceAt + 33)
        expected.push([sourceAt + 13, 10 * n], [sourceAt + 33, 10 * n + 1])
      }
      const seen = timelineOf(
        pipe(stream(items), concurrency === 1 ? concatMap(inner) : flatMap(inner, { concurrency }))
      )
      expect(sorted(seen)).toEqual(sorted(expected))
    })
  })

  test('forEach runs at most so many at once, and each item once', () => {
    holds(
      fc.tuple(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: 1, max: 5 })),
      ([durations, concurrency]) => {
        let running = 0
        let most = 0
        const done: number[] = []
        const end = runToEnd(function* () {
          yield* forEach(
            from(durations),
            function* (ms, index) {
              most = Math.max(most, ++running)
              yield* sleep(ms)
              running--
              done.push(index)
            },
            { concurrency }
          )
          return yield* now()
        })
        expect(done.sort((a, b) => a - b)).toEqual([...durations.keys()])
        expect(most).toBe(Math.min(concurrency, durations.length))
        const crew: number[] = new Array(concurrency).fill(0)
        for (const ms of durations) {
          const free = crew.indexOf(Math.min(...crew))
          crew[free]! += ms
        }
        expect(end).toBe(Math.max(...crew))
      }
    )
  })
})

function sorted(items: readonly Timed<unknown>[]): unknown[] {
  return [...items].sort(([a, x], [b, y]) => a - b || Number(x) - Number(y))
}

describe('operators by time', () => {
  test('debounce', () => {
    holds(oneStream, (items) => {
      const expected = items.flatMap(([at, item], index) => {
        const next = items[index + 1]?.[0]
        if (next === undefined) return [[lastOf(items), item]]
        return next - at > 55 ? [[at + 55, item]] : []
      })
      expect(timelineOf(pipe(stream(items), debounce(55)))).toEqual(expected)
    })
  })

  test('throttle', () => {
    holds(oneStream, (items) => {
      let closedUntil = 0
      const expected = items.filter(([at]) => {
        if (at < closedUntil) return false
        closedUntil = at + 55
        return true
      })
      expect(timelineOf(pipe(stream(items), throttle(55)))).toEqual(expected)
    })
  })

  test.each([
    [3, Infinity],
    [3, 55],
    [Infinity, 55],
    [1, 55],
  ])('buffer and window of %s items, %s ms', (count, ms) => {
    holds(oneStream, (items) => {
      const expected: [number, number[]][] = []
      let deadline = -Infinity
      for (const [at, item] of items) {
        const current = expected.at(-1)
        if (current !== undefined && current[1].length < count && at < deadline) {
          current[1].push(item)
          if (current[1].length === count) current[0] = at
        } else {
          deadline = at + ms
          expected.push([count === 1 ? at : deadline, [item]])
        }
      }
      const end = lastOf(items)
      const rows = expected.map(([at, row]) => [Math.min(at, end), row])
      expect(timelineOf(pipe(stream(items), buffer(count, ms)))).toEqual(rows)
      const windows = pipe(
        stream(items),
        window(count, ms),
        concatMap((each) => collect(each))
      )
      expect(timelineOf(windows).map(([, row]) => row)).toEqual(rows.map(([, row]) => row))
    })
  })
})

describe('share', () => {
  test('gives everybody all items from when they came, and opens the source once at a time', () => {
    const readers = fc.array(
      fc.tuple(
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 30 })
      ),
      { minLength: 1, maxLength: 5 }
    )
    holds(fc.tuple(oneStream, readers), ([items, plan]) => {
      const ledger = new Ledger()
      let most = 0
      const watched = pipe(
        ledger.watch(stream(items)),
        mapEach((n) => {
          most = Math.max(most, ledger.open)
          return n
        })
      )
      const shared = pipe(watched, share())
      runToEnd(function* () {
        for (const [startAt, count, busyMs] of plan) {
          yield* spawn(function* () {
            yield* sleep(10 * startAt)
            const seen: number[] = []
            yield* forEach(pipe(shared, take(count)), function* (n) {
              seen.push(n)
              yield* sleep(busyMs)
            })
            // A piece of the source, without a gap.
            expect(seen).toEqual(items.map(([, n]) => n).slice(seen[0], seen[0]! + seen.length))
          })
        }
      })
      expect(most).toBeLessThanOrEqual(1)
      expect(ledger.open).toBe(0)
    })
  })
})
