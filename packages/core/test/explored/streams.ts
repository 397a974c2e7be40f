/** Rows for streams: whoever reads, leaves or is cancelled, what a stream holds has been released before anything goes on. */
import {
  type Operation,
  type Stream,
  buffer,
  catchError,
  collect,
  combineLatest,
  concat,
  concatMap,
  constant,
  debounce,
  distinct,
  distinctUntilChanged,
  drop,
  ensure,
  events,
  filter,
  flatMap,
  forEach,
  from,
  interval,
  mapEach,
  merge,
  operation,
  pipe,
  pause,
  produce,
  race,
  retryStream,
  scan,
  scope,
  share,
  sleep,
  spawn,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  throttle,
  timeoutEach,
  toAsyncIterable,
  toReadableStream,
  upTo,
  window,
  zip,
  all,
} from 'coppice'
import { live } from '@coppice/testing'
import type { Ledger } from './ledger.ts'
import { type Row, row } from './row.ts'

/** Items that come every two milliseconds from something that is open meanwhile. */
function source<T>(ledger: Ledger, items: readonly T[], error?: unknown): Stream<T> {
  return produce<T>(function* (emit) {
    yield* ledger.hold()
    for (const item of items) {
      yield* sleep(2)
      yield* emit(item)
    }
    if (error !== undefined) throw error
  })
}

/** Collects in a scope; when that has ended, all that was open has been released. */
const collected = operation('collected', function* (ledger: Ledger, stream: Stream<unknown>) {
  const before = ledger.open
  const items = yield* scope(collect(stream))
  if (ledger.open > before) throw new Error('The stream has been left, and something is still open')
  return items
})

type Make = (ledger: Ledger) => Stream<unknown>

const collects = (covers: string, make: Make, gives: unknown, more?: Parameters<typeof row>[3]): Row =>
  row(`${covers} collect`, (ledger) => collected(ledger, make(ledger)), gives, more)

/** Of one source with the items 1, 2, 3. */
const operator = (
  covers: string,
  apply: (stream: Stream<number>, ledger: Ledger) => Stream<unknown>,
  gives: unknown,
  more?: Parameters<typeof row>[3]
): Row => collects(`${covers} pipe`, (ledger) => apply(source(ledger, [1, 2, 3]), ledger), gives, more)

/** An asynchronous iterable whose promises are settled already: what a program does, it does in its steps. */
function thenables(ledger: Ledger, items: readonly number[]): AsyncIterable<number> {
  const now = <T>(value: T) =>
    ({
      then(resolve: (value: T) => void) {
        resolve(value)
      },
    }) as Promise<T>
  return {
    [Symbol.asyncIterator]() {
      let next = 0
      ledger.open++
      let isOpen = true
      const end = () => {
        if (isOpen) ledger.open--
        isOpen = false
        return now<IteratorResult<number>>({ done: true, value: undefined })
      }
      return {
        next: () =>
          next < items.length ? now<IteratorResult<number>>({ done: false, value: items[next++]! }) : end(),
        return: end,
      }
    },
  }
}

/** Calls its listeners when a task tells it to. */
class Bell {
  readonly listeners = new Set<(n: number) => void>()

  on(_: string, listener: (n: number) => void): void {
    this.listeners.add(listener)
  }

  off(_: string, listener: (n: number) => void): void {
    this.listeners.delete(listener)
  }

  ring(n: number): void {
    for (const listener of [...this.listeners]) listener(n)
  }
}

const sources: readonly Row[] = [
  row(
    'from',
    function* () {
      const items: number[] = []
      yield* forEach(from(new Set([1, 2])), function* (item) {
        yield* pause()
        items.push(item)
      })
      return items
    },
    [1, 2],
    { how: 'of an iterable' }
  ),
  row(
    'from',
    function* (ledger) {
      const items: number[] = []
      yield* scope(
        forEach(from(thenables(ledger, [1, 2])), function* (item) {
          yield* pause()
          items.push(item)
        })
      )
      return items
    },
    [1, 2],
    { how: 'of an asynchronous iterable', answers: [[() => true, live()]] }
  ),
  collects('from', (ledger) => from(ledger.work('value', 2)), ['value'], { how: 'of an operation' }),
  collects('produce', (ledger) => source(ledger, [1, 2]), [1, 2]),
  collects('interval take pipe', () => pipe(interval(5), take(2)), [0, 1]),
  row(
    'events',
    function* (ledger) {
      const bell = new Bell()
      ledger.inTheEnd('nobody listens', () => bell.listeners.size === 0)
      const listening = yield* spawn(scope(() => collect(pipe(events<number>(bell, 'ring'), take(2)))))
      for (let n = 1; n <= 4; n++) {
        yield* sleep(1)
        bell.ring(n)
      }
      return yield* listening
    },
    [1, 2],
    { mayStarve: true }
  ),
]

const sinks: readonly Row[] = [
  row(
    'forEach',
    function* (ledger) {
      const seen: number[] = []
      yield* forEach(
        source(ledger, [1, 2, 3]),
        function* (n) {
          yield* ledger.work(n, 3)
          seen.push(n)
        },
        { concurrency: 2 }
      )
      return seen.sort()
    },
    [1, 2, 3]
  ),
  row(
    'toAsyncIterable',
    function* (ledger) {
      const iterator = toAsyncIterable(source(ledger, [1, 2, 3]))[Symbol.asyncIterator]()
      yield* ensure(function* () {
        void iterator.return()
        // Promises are not waited for in a simulation; what it held takes a moment to release.
        while (ledger.open > 0) yield* sleep(1)
      })
      void iterator.next()
      yield* sleep(3)
      void iterator.next()
      yield* sleep(1)
      return 'left'
    },
    'left'
  ),
  row(
    'toReadableStream',
    function* (ledger) {
      const stream = toReadableStream(source(ledger, [1, 2, 3])) as ReadableStream<number>
      yield* ensure(function* () {
        void stream.cancel()
        while (ledger.open > 0) yield* sleep(1)
      })
      yield* sleep(3)
      return 'left'
    },
    'left'
  ),
]

const ofOneSource: readonly Row[] = [
  operator(
    'mapEach',
    (stream) =>
      pipe(
        stream,
        mapEach((n) => n * 2)
      ),
    [2, 4, 6]
  ),
  operator(
    'mapEach',
    (stream, ledger) =>
      pipe(
        stream,
        mapEach((n) => ledger.work(n * 2, 1))
      ),
    [2, 4, 6],
    {
      how: 'with an operation',
    }
  ),
  operator(
    'filter',
    (stream, ledger) =>
      pipe(
        stream,
        filter((n) => ledger.work(n !== 2, 1))
      ),
    [1, 3]
  ),
  operator('take', (stream) => pipe(stream, take(2)), [1, 2]),
  operator(
    'takeWhile',
    (stream) =>
      pipe(
        stream,
        takeWhile((n) => n < 2)
      ),
    [1]
  ),
  operator('drop', (stream) => pipe(stream, drop(2)), [3]),
  operator('takeUntil', (stream, ledger) => pipe(stream, takeUntil(ledger.work('over', 5))), [1, 2]),
  operator(
    'scan',
    (stream, ledger) =>
      pipe(
        stream,
        scan((sum, n) => ledger.work(sum + n, 1), 0)
      ),
    [1, 3, 6]
  ),
  operator(
    'distinct',
    (stream) =>
      pipe(
        stream,
        distinct((n) => n % 2)
      ),
    [1, 2]
  ),
  operator(
    'distinctUntilChanged',
    (stream) =>
      pipe(
        stream,
        distinctUntilChanged((a, b) => a + b === 3)
      ),
    [1, 3]
  ),
  operator('buffer', (stream) => pipe(stream, buffer(2, 50)), [[1, 2], [3]]),
  operator(
    'window',
    (stream) =>
      pipe(
        stream,
        window(2, 50),
        concatMap((items) => pipe(items, take(1)))
      ),
    [1, 3]
  ),
  operator('debounce', (stream) => pipe(stream, debounce(3)), [3]),
  operator(
    'throttle',
    (stream) => pipe(stream, throttle(3)),
    (items: number[]) => items[0] === 1
  ),
  operator('timeoutEach', (stream) => pipe(stream, timeoutEach(5)), [1, 2, 3]),
  operator(
    'timeoutEach catchError',
    (stream) =>
      pipe(
        stream,
        timeoutEach(1),
        catchError(() => [0])
      ),
    [0],
    {
      how: 'that is too short',
    }
  ),
  collects(
    'catchError',
    (ledger) =>
      pipe(
        source<number>(ledger, [1], 'broken'),
        catchError(() => source(ledger, [8, 9]))
      ),
    [1, 8, 9],
    { errors: ['broken'] }
  ),
  row(
    'retryStream',
    (ledger) => {
      let opened = 0
      const flaky = produce<number>(function* (emit) {
        yield* ledger.hold()
        yield* emit(++opened)
        if (opened < 3) throw 'broken'
      })
      return collected(ledger, pipe(flaky, retryStream(upTo(5, constant(1)))))
    },
    [1, 2, 3],
    { errors: ['broken'] }
  ),
]

const ofSeveral: readonly Row[] = [
  operator(
    'merge',
    (stream, ledger) => pipe(stream, merge(source(ledger, [7, 8]))),
    (items: number[]) => items.sort().join() === '1,2,3,7,8'
  ),
  operator('concat', (stream, ledger) => pipe(stream, concat(source(ledger, [7]))), [1, 2, 3, 7]),
  operator('zip', (stream, ledger) => pipe(stream, zip(source(ledger, ['a', 'b']))), [
    [1, 'a'],
    [2, 'b'],
  ]),
  operator(
    'combineLatest',
    (stream, ledger) => pipe(stream, combineLatest(source(ledger, ['a']))),
    (items: unknown[][]) => items.at(-1)!.join() === '3,a'
  ),
  operator(
    'flatMap',
    (stream, ledger) =>
      pipe(
        stream,
        flatMap((n) => source(ledger, [n, 10 * n]), { concurrency: 2 })
      ),
    (items: number[]) => items.sort((a, b) => a - b).join() === '1,2,3,10,20,30'
  ),
  operator(
    'concatMap',
    (stream, ledger) =>
      pipe(
        stream,
        concatMap((n) => source(ledger, [n, 10 * n]))
      ),
    [1, 10, 2, 20, 3, 30]
  ),
  operator(
    'switchMap',
    (stream, ledger) =>
      pipe(
        stream,
        switchMap((n) => source(ledger, [n, 10 * n]))
      ),
    (items: number[]) => items.slice(-2).join() === '3,30'
  ),
  row(
    'share',
    function* (ledger) {
      const shared = pipe(source(ledger, [1, 2, 3]), share())
      const first: Operation<unknown[]> = scope(() => collect(pipe(shared, take(1))))
      const [one, all3] = yield* all([first, scope(() => collect(shared))])
      return [one, all3, ledger.open]
    },
    [[1], [1, 2, 3], 0],
    { mayStarve: true }
  ),
  row(
    'share',
    function* (ledger) {
      const shared = pipe(source(ledger, [1, 2, 3]), share())
      const left = yield* race([collect(shared), ledger.work('left', 3)])
      return [left, ledger.open]
    },
    ['left', 0],
    { how: 'that its last consumer leaves' }
  ),
]

export const streams: readonly Row[] = [...sources, ...sinks, ...ofOneSource, ...ofSeveral]
