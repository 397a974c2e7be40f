/** Each operator by a script in virtual time: what comes when, and where an error stands. */
import {
  CancelledError,
  type Stream,
  TimeoutError,
  all,
  attempt,
  buffer,
  cancel,
  catchError,
  collect,
  combineLatest,
  concat,
  concatMap,
  createContext,
  debounce,
  distinct,
  distinctUntilChanged,
  drop,
  filter,
  flatMap,
  forEach,
  from,
  interval,
  mapEach,
  merge,
  now,
  pause,
  pipe,
  produce,
  scan,
  share,
  sleep,
  spawn,
  suspend,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  throttle,
  timeout,
  timeoutEach,
  window,
  zip,
} from 'coppice'
import { emptySimulation, runAll, runToEnd, start } from '../virtual.ts'
import { Ledger, scripted, timelineOf } from './scripted.ts'

const failing = new Error('broken')

/** 'a' at 10, 'b' at 20, …, and the end with the last one. */
function letters(text: string, error?: unknown): Stream<string> {
  return scripted({ items: [...text].map((letter, index) => [10 * (index + 1), letter]), error })
}

function* later<T>(ms: number, value: T) {
  yield* sleep(ms)
  return value
}

describe('operators on one item after the other', () => {
  test('give what arrays give, and can be opened many times', () => {
    const stream = pipe(
      from([1, 2, 3, 4, 5, 6, 7, 8]),
      drop(1),
      mapEach((n) => n * 10),
      filter((n) => n !== 30),
      scan((sum, n) => sum + n, 0),
      takeWhile((sum) => sum < 250),
      take(3)
    )
    for (let i = 0; i < 2; i++) expect(runToEnd(collect(stream))).toEqual([20, 60, 110])
  })

  test('hand a function the number of items before', () => {
    const numbered = pipe(
      from('abcd'),
      filter((_, index) => index > 0),
      mapEach((letter, index) => `${letter}${index}`),
      takeWhile((_, index) => index < 2),
      scan((text, item, index) => `${text}${item}/${index} `, '')
    )
    expect(runToEnd(collect(numbered))).toEqual(['b0/0 ', 'b0/0 c1/1 '])
  })

  test('wait for the operations that functions give, in order', () => {
    const stream = pipe(
      from([30, 20, 10]),
      mapEach((ms) => later(ms, ms)),
      filter((ms) => later(5, ms !== 20)),
      scan((sum, ms) => later(1, sum + ms), 0)
    )
    expect(timelineOf(stream)).toEqual([
      [36, 30],
      [77, 40],
    ])
  })

  test('wait for the promises that functions give', async () => {
    const { run } = await import('coppice')
    expect(
      await run(
        collect(
          pipe(
            from([1, 2]),
            mapEach(async (n) => n + 1)
          )
        )
      )
    ).toEqual([2, 3])
  })

  test('keep streams that functions give as values', () => {
    const streams = runToEnd(
      collect(
        pipe(
          from([1]),
          mapEach((n) => from([n, n]))
        )
      )
    )
    expect(streams.map((stream) => runToEnd(collect(stream)))).toEqual([[1, 1]])
  })

  test('run the asynchronous cleanup of a generator that a function gave', () => {
    const log: string[] = []
    const stream = pipe(
      from([1]),
      mapEach(function* () {
        try {
          yield* sleep(100)
        } finally {
          yield* sleep(5)
          log.push('cleaned up')
        }
      })
    )
    const outcome = runToEnd(attempt(timeout(10, collect(stream))))
    expect(outcome).toMatchObject({ status: 'failed', error: expect.any(TimeoutError) })
    expect(log).toEqual(['cleaned up'])
  })

  test('distinct leaves out what there has been, distinctUntilChanged what equals the one before', () => {
    const items = [{ id: 1 }, { id: 1 }, { id: 2 }, { id: 1 }]
    const ids = (stream: Stream<{ id: number }>) =>
      runToEnd(
        collect(
          pipe(
            stream,
            mapEach(({ id }) => id)
          )
        )
      )
    expect(
      ids(
        pipe(
          from(items),
          distinct((item) => item.id)
        )
      )
    ).toEqual([1, 2])
    expect(
      ids(
        pipe(
          from(items),
          distinctUntilChanged((a, b) => a.id === b.id)
        )
      )
    ).toEqual([1, 2, 1])
    expect(runToEnd(collect(pipe(from([1, 1, NaN, NaN, 1]), distinctUntilChanged())))).toEqual([1, NaN, 1])
    expect(runToEnd(collect(pipe(from([1, NaN, NaN, 1]), distinct())))).toEqual([1, NaN])
  })

  test('an error ends the stream behind the items before it, and stands there', () => {
    const stream = pipe(
      from([1, 2, 3]),
      mapEach((n) => {
        if (n === 2) throw failing
        return n
      })
    )
    const seen: unknown[] = []
    runToEnd(function* () {
      const subscription = yield* stream
      for (let i = 0; i < 3; i++) seen.push(yield* attempt(subscription.next()))
    })
    expect(seen).toEqual([
      { status: 'done', value: { done: false, value: 1 } },
      { status: 'failed', error: failing },
      { status: 'failed', error: failing },
    ])
  })

  test('the end stands, however often it is asked for', () => {
    runToEnd(function* () {
      for (const stream of [
        from([1]),
        pipe(from([1]), take(1)),
        pipe(
          from([1]),
          concatMap((n) => [n])
        ),
      ]) {
        const subscription = yield* stream
        expect(yield* subscription.next()).toEqual({ done: false, value: 1 })
        for (let i = 0; i < 3; i++) expect((yield* subscription.next()).done).toBe(true)
      }
    })
  })

  test('an endless source of which nothing is let through leaves others their turn', () => {
    function* endless() {
      for (;;) yield 1
    }
    const outcome = runToEnd(function* () {
      const reader = yield* spawn(
        collect(
          pipe(
            from(endless()),
            filter(() => false)
          )
        )
      )
      yield* spawn(function* () {
        yield* pause()
        void reader.cancel('enough')
      })
      return yield* attempt(reader)
    })
    expect(outcome).toEqual({ status: 'cancelled', reason: 'enough' })
  })
})

describe('take', () => {
  test('reads nothing beyond the last item, and leaves before the end is given', () => {
    const ledger = new Ledger()
    let read = 0
    const counted = pipe(
      from([1, 2, 3]),
      mapEach((n) => {
        read++
        return n
      })
    )
    runToEnd(function* () {
      const subscription = yield* pipe(ledger.watch(counted), take(2))
      yield* subscription.next()
      yield* subscription.next()
      expect([ledger.open, read]).toEqual([1, 2])
      expect((yield* subscription.next()).done).toBe(true)
      expect([ledger.open, read]).toEqual([0, 2])
    })
  })

  test('of nothing reads nothing', () => {
    const stream = produce<number>(function* () {
      throw new Error('read')
    })
    expect(runToEnd(collect(pipe(stream, take(0))))).toEqual([])
  })

  test('takeWhile leaves the source before the end is given', () => {
    const ledger = new Ledger()
    runToEnd(function* () {
      const subscription = yield* pipe(
        ledger.watch(from([1, 9, 1])),
        takeWhile((n) => n < 5)
      )
      yield* subscription.next()
      expect((yield* subscription.next()).done).toBe(true)
      expect(ledger.open).toBe(0)
    })
  })
})

describe('takeUntil', () => {
  test('ends at the signal, be it an operation or a stream, and drops what is under way', () => {
    expect(timelineOf(pipe(letters('abcd'), takeUntil(sleep(25))))).toEqual([
      [10, 'a'],
      [20, 'b'],
    ])
    expect(timelineOf(pipe(letters('abcd'), takeUntil(interval(15))))).toEqual([[10, 'a']])
    const slow = pipe(
      letters('a'),
      mapEach((letter) => later(100, letter))
    )
    expect(timelineOf(pipe(slow, takeUntil(sleep(15))))).toEqual([])
  })

  test('a signal that ends without an item is none', () => {
    expect(timelineOf(pipe(letters('ab'), takeUntil(from([]))))).toHaveLength(2)
  })

  test('the signal counts from when the stream is opened', () => {
    const items = runToEnd(function* () {
      const subscription = yield* pipe(letters('abcd'), takeUntil(sleep(25)))
      yield* sleep(30)
      return yield* subscription.next()
    })
    expect(items.done).toBe(true)
  })

  test('the error of the signal is thrown', () => {
    const stream = pipe(
      letters('abc'),
      takeUntil(
        (function* () {
          yield* sleep(15)
          throw failing
        })()
      )
    )
    expect(timelineOf(stream)).toEqual([
      [10, 'a'],
      [15, 'Error: broken'],
    ])
  })
})

describe('operators on several streams', () => {
  test('merge gives items as they come, and ends with the last', () => {
    const others = scripted({
      items: [
        [15, 'x'],
        [25, 'y'],
      ],
      endAt: 100,
    })
    expect(timelineOf(pipe(letters('abc'), merge(others, from(['z']))))).toEqual([
      [0, 'z'],
      [10, 'a'],
      [15, 'x'],
      [20, 'b'],
      [25, 'y'],
      [30, 'c'],
    ])
  })

  test('merge gives what came before an error first, also to a slow consumer', () => {
    const stream = pipe(
      letters('ab', failing),
      merge(
        scripted({
          items: [
            [12, 'x'],
            [50, 'y'],
          ],
        })
      )
    )
    const expected = ['a', 'x', 'b', 'y', 'Error: broken']
    expect(timelineOf(stream, 100).map(([, item]) => item)).toEqual(expected)
    const chained = pipe(
      stream,
      mapEach((item) => item)
    )
    expect(timelineOf(chained, 100).map(([, item]) => item)).toEqual(expected)
  })

  test('concat opens a stream when the one before has been released', () => {
    const ledger = new Ledger()
    const stream = pipe(ledger.watch(letters('ab'), '1'), concat(ledger.watch(letters('c'), '2')))
    expect(timelineOf(stream)).toEqual([
      [10, 'a'],
      [20, 'b'],
      [31, 'c'],
    ])
    expect(ledger.log).toEqual(['open 1', 'released 1', 'open 2', 'released 2'])
  })

  test('zip pairs items, and ends as soon as one stream has', () => {
    const numbers = scripted({
      items: [
        [25, 1],
        [35, 2],
        [45, 3],
      ],
      endAt: 1000,
    })
    expect(timelineOf(pipe(letters('ab'), zip(numbers)))).toEqual([
      [25, ['a', 1]],
      [35, ['b', 2]],
    ])
    expect(timelineOf(pipe(numbers, zip(letters('ab'), from([true, false, true]))))).toHaveLength(2)
    const ends = runToEnd(function* () {
      yield* collect(pipe(suspendedStream, zip(from([]))))
      return yield* now()
    })
    expect(ends).toBe(0)
  })

  test('combineLatest gives a tuple for each item once all have one', () => {
    const numbers = scripted({
      items: [
        [15, 1],
        [25, 2],
      ],
    })
    expect(timelineOf(pipe(letters('abc'), combineLatest(numbers)))).toEqual([
      [15, ['a', 1]],
      [20, ['b', 1]],
      [25, ['b', 2]],
      [30, ['c', 2]],
    ])
  })

  test('combineLatest ends at once when a stream had no item at all', () => {
    const instant = runToEnd(function* () {
      expect(yield* collect(pipe(suspendedStream, combineLatest(from([]))))).toEqual([])
      return yield* now()
    })
    expect(instant).toBe(0)
  })

  test('F2 combineLatest has released the others by then', () => {
    const ledger = new Ledger()
    runToEnd(function* () {
      const combined = pipe(ledger.watch(suspendedStream, 'stream', 5), combineLatest(from([])))
      const subscription = yield* combined
      expect(yield* subscription.next()).toEqual({ done: true, value: undefined })
      expect(ledger).toMatchObject({ opened: 1, open: 0 })
    })
  })

  test('share opens the source once for all who read it at the same time', () => {
    const ledger = new Ledger()
    const shared = pipe(ledger.watch(letters('abc')), share())
    const late = function* () {
      yield* sleep(15)
      return yield* collect(shared)
    }
    runToEnd(function* () {
      expect(yield* all([collect(shared), collect(shared), late])).toEqual([
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
        ['b', 'c'],
      ])
      expect(ledger.log).toEqual(['open stream', 'released stream'])
      yield* collect(shared)
      expect(ledger.opened).toBe(2)
    })
  })

  test('share keeps reading for the others when the first to open it leaves', () => {
    const ledger = new Ledger()
    const shared = pipe(ledger.watch(letters('abc')), share())
    runToEnd(function* () {
      const [first, other] = yield* all([collect(pipe(shared, take(1))), collect(shared)])
      expect([first, other]).toEqual([['a'], ['a', 'b', 'c']])
      expect([ledger.opened, ledger.open]).toEqual([1, 0])
    })
  })

  test('the last to leave a shared stream waits until the source has been released', () => {
    const ledger = new Ledger()
    const shared = pipe(ledger.watch(interval(10), 'stream', 50), share())
    runToEnd(function* () {
      yield* collect(pipe(shared, take(2)))
      expect([ledger.open, yield* now()]).toEqual([0, 70])
    })
  })

  test('who comes while a shared source is being released gets a new run after that', () => {
    const ledger = new Ledger()
    const shared = pipe(ledger.watch(interval(10), 'stream', 50), share())
    runToEnd(function* () {
      yield* spawn(collect(pipe(shared, take(1))))
      yield* sleep(30)
      expect(yield* collect(pipe(shared, take(1)))).toEqual([0])
    })
    expect(ledger.log).toEqual(['open stream', 'released stream', 'open stream', 'released stream'])
  })

  test('nobody is more than the capacity behind in a shared stream', () => {
    let produced = 0
    const numbers = produce<number>(function* (emit) {
      for (;;) yield* emit(produced++)
    })
    const shared = pipe(numbers, share({ capacity: 2 }))
    runToEnd(function* () {
      const slow = yield* shared
      yield* spawn(
        forEach(shared, () => {}),
        { background: true }
      )
      yield* sleep(10)
      expect(produced).toBe(2)
      yield* slow.next()
      yield* sleep(10)
      expect(produced).toBe(3)
    })
  })

  test('a shared source sees the context of the first who opened it', () => {
    const name = createContext('name', 'nobody')
    const shared = pipe(
      produce<string>(function* (emit) {
        yield* emit(yield* name.get())
      }),
      share()
    )
    expect(runToEnd(name.with('ada', () => collect(shared)))).toEqual(['ada'])
  })

  test('who was too far behind in a shared stream holds up nobody once it has left', () => {
    const shared = pipe(interval(10), share({ capacity: 1 }))
    runToEnd(function* () {
      const slow = yield* spawn(function* () {
        yield* shared
        yield* suspend()
      })
      const reader = yield* spawn(collect(pipe(shared, take(3))))
      yield* sleep(50)
      expect(reader.status).toBe('running')
      yield* cancel(slow)
      expect(yield* reader).toHaveLength(3)
    })
  })

  test('F7 whoever reads a shared source from another tree is told when that of the source is torn down', () => {
    const shared = pipe(interval(10), share())
    const sim = emptySimulation()
    const seen: number[] = []
    const owner = start(
      forEach(shared, () => {}),
      {},
      sim
    ).task
    const reader = start(
      forEach(shared, (n) => void seen.push(n)),
      {},
      sim
    ).task
    sim.advance(25)
    void owner.cancel()
    runAll(sim)
    expect(seen).toEqual([0, 1])
    expect(reader.outcome).toEqual({ status: 'failed', error: expect.any(CancelledError) })
    expect(String((reader.outcome as { error: unknown }).error)).toContain(
      'reads the shared source was cancelled'
    )
  })

  test('the error of a shared source goes to everybody', () => {
    const shared = pipe(letters('a', failing), share())
    const read = () =>
      collect(
        pipe(
          shared,
          catchError(() => ['caught'])
        )
      )
    expect(runToEnd(all([read, read]))).toEqual([
      ['a', 'caught'],
      ['a', 'caught'],
    ])
  })
})

const suspendedStream: Stream<number> = produce(() => suspend())

describe('operators on streams of streams', () => {
  test('concatMap reads one inner stream after the other', () => {
    const ledger = new Ledger()
    const inner = (letter: string) =>
      ledger.watch(
        pipe(
          interval(4),
          take(2),
          mapEach((n) => `${letter}${n}`)
        ),
        letter
      )
    expect(timelineOf(pipe(letters('ab'), concatMap(inner)))).toEqual([
      [14, 'a0'],
      [18, 'a1'],
      [24, 'b0'],
      [28, 'b1'],
    ])
    expect(ledger.log).toEqual(['open a', 'released a', 'open b', 'released b'])
  })

  test('flatMap reads so many at once', () => {
    const work = (ms: number) => later(ms, ms)
    expect(timelineOf(pipe(from([30, 10, 10]), flatMap(work, { concurrency: 2 })))).toEqual([
      [10, 10],
      [20, 10],
      [30, 30],
    ])
    expect(timelineOf(pipe(from([30, 10, 20]), flatMap(work))).map(([, ms]) => ms)).toEqual([10, 20, 30])
  })

  test('switchMap releases the inner stream before it begins the next one', () => {
    const ledger = new Ledger()
    const stream = pipe(
      letters('abc'),
      switchMap((letter) =>
        ledger.watch(
          pipe(
            interval(7),
            mapEach((n) => `${letter}${n}`),
            take(3)
          ),
          letter,
          2
        )
      )
    )
    expect(timelineOf(stream)).toEqual([
      [17, 'a0'],
      [29, 'b0'],
      [39, 'c0'],
      [46, 'c1'],
      [53, 'c2'],
    ])
    expect(ledger.log).toEqual(['open a', 'released a', 'open b', 'released b', 'open c', 'released c'])
  })

  test('switchMap drops an item that nobody has taken of the inner stream that it leaves', () => {
    const busy = timelineOf(
      pipe(
        letters('abcd'),
        switchMap((letter) => from([letter]))
      ),
      25
    )
    expect(busy).toEqual([
      [10, 'a'],
      [35, 'c'],
      [60, 'd'],
    ])
  })

  test('operations and promises are streams of one item', () => {
    const stream = pipe(
      letters('ab'),
      concatMap((letter) => later(1, letter.toUpperCase()))
    )
    expect(timelineOf(stream)).toEqual([
      [11, 'A'],
      [21, 'B'],
    ])
  })

  test('an error of an inner stream comes behind the items before it, and releases the others', () => {
    const ledger = new Ledger()
    const stream = pipe(
      from(['a', 'b']),
      flatMap((letter) => ledger.watch(letter === 'a' ? letters('xyz') : letters('q', failing)))
    )
    expect(timelineOf(stream)).toEqual([
      [10, 'x'],
      [10, 'q'],
      [12, 'Error: broken'],
    ])
    expect(ledger.open).toBe(0)
  })
})

describe('operators by time', () => {
  test('debounce gives an item after silence, and the last one with the end', () => {
    const stream = scripted({
      items: [
        [0, 'a'],
        [5, 'b'],
        [30, 'c'],
        [35, 'd'],
      ],
      endAt: 38,
    })
    expect(timelineOf(pipe(stream, debounce(10)))).toEqual([
      [15, 'b'],
      [38, 'd'],
    ])
  })

  test('debounce gives the item that it waited with before an error', () => {
    expect(timelineOf(pipe(letters('a', failing), debounce(100)))).toEqual([
      [10, 'a'],
      [10, 'Error: broken'],
    ])
  })

  test('debounce does not begin anew what is under way for the next item', () => {
    let calls = 0
    const slow = pipe(
      from([1, 2]),
      mapEach((n) => {
        calls++
        return later(50, n)
      })
    )
    expect(timelineOf(pipe(slow, debounce(10)))).toEqual([
      [60, 1],
      [100, 2],
    ])
    expect(calls).toBe(2)
  })

  test('throttle lets one item through in each period', () => {
    expect(timelineOf(pipe(letters('abcdef'), throttle(25)))).toEqual([
      [10, 'a'],
      [40, 'd'],
    ])
  })

  test('buffer gives full arrays, or what there is when its time is up', () => {
    const stream = scripted({
      items: [
        [10, 1],
        [11, 2],
        [12, 3],
        [20, 4],
        [90, 5],
      ],
      endAt: 95,
    })
    expect(timelineOf(pipe(stream, buffer(2)))).toEqual([
      [11, [1, 2]],
      [20, [3, 4]],
      [95, [5]],
    ])
    expect(timelineOf(pipe(stream, buffer(3, 15)))).toEqual([
      [12, [1, 2, 3]],
      [35, [4]],
      [95, [5]],
    ])
    expect(timelineOf(pipe(stream, buffer(Infinity, 15)))).toEqual([
      [25, [1, 2, 3, 4]],
      [95, [5]],
    ])
  })

  test('buffer gives what it has before an error', () => {
    expect(timelineOf(pipe(letters('abc', failing), buffer(2)))).toEqual([
      [20, ['a', 'b']],
      [30, ['c']],
      [30, 'Error: broken'],
    ])
  })

  test('window gives streams that go on as they are read', () => {
    const seen: unknown[] = []
    runToEnd(
      forEach(pipe(letters('abcde'), window(2)), function* (items) {
        seen.push('window')
        yield* forEach(items, function* (letter) {
          seen.push([yield* now(), letter])
        })
      })
    )
    expect(seen).toEqual([
      'window',
      [10, 'a'],
      [20, 'b'],
      'window',
      [30, 'c'],
      [40, 'd'],
      'window',
      [50, 'e'],
    ])
  })

  test('window goes on as it is read, whoever runs first', () => {
    const sim = emptySimulation({ pick: (length) => length - 1 })
    const items = runToEnd(
      collect(
        pipe(
          letters('abcdefg'),
          window(5),
          concatMap((each) => each)
        )
      ),
      {},
      sim
    )
    expect([items.join(''), sim.now]).toEqual(['abcdefg', 70])
  })

  test('the window under way throws the error of the source, behind its items', () => {
    const inner: unknown[] = []
    const outer = runToEnd(
      attempt(
        forEach(pipe(letters('abc', failing), window(2)), function* (items) {
          inner.push(
            yield* attempt(
              forEach(items, (letter) => {
                inner.push(letter)
              })
            )
          )
        })
      )
    )
    const failed = { status: 'failed', error: failing }
    expect(inner).toEqual(['a', 'b', { status: 'done', value: undefined }, 'c', failed])
    expect(outer).toEqual(failed)
  })

  test('a window is opened once', () => {
    const opened = runToEnd(
      attempt(
        forEach(pipe(letters('a'), window(2)), function* (items) {
          yield* collect(items)
          yield* collect(items)
        })
      )
    )
    expect(opened).toMatchObject({ status: 'failed', error: { code: 'COPPICE_MISUSE' } })
  })

  test('window closes when its time is up, and keeps what nobody has read', () => {
    const windows = runToEnd(function* () {
      const kept = yield* collect(pipe(letters('abcde'), window(10, 15)))
      const items: string[][] = []
      for (const each of kept) items.push(yield* collect(each))
      return items
    })
    expect(windows).toEqual([['a', 'b'], ['c', 'd'], ['e']])
  })

  test('timeoutEach counts from when an item is asked for, not while the consumer is busy', () => {
    expect(timelineOf(pipe(letters('abc'), timeoutEach(15)), 100).map(([, item]) => item)).toEqual([
      'a',
      'b',
      'c',
    ])
    const late = scripted({
      items: [
        [10, 'a'],
        [50, 'b'],
      ],
    })
    expect(timelineOf(pipe(late, timeoutEach(15)))).toEqual([
      [10, 'a'],
      [25, 'TimeoutError: Timed out after 15 ms'],
    ])
  })
})

describe('catchError', () => {
  test('goes on with another stream when what has failed has been released', () => {
    const ledger = new Ledger()
    const stream = pipe(
      ledger.watch(letters('ab', failing)),
      catchError((error) => {
        expect([error, ledger.open]).toEqual([failing, 0])
        return letters('z')
      })
    )
    expect(timelineOf(stream)).toEqual([
      [10, 'a'],
      [20, 'b'],
      [31, 'z'],
    ])
  })

  test('passes on what is thrown there', () => {
    const stream = pipe(
      letters('', failing),
      catchError((error) => {
        throw error
      })
    )
    expect(timelineOf(stream)).toEqual([[0, 'Error: broken']])
  })
})
