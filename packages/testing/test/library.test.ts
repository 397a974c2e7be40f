/** What the library is made of, cancelled at any moment, in any order: nothing is left open, held or behind. */
import {
  type Operation,
  type Stream,
  all,
  attempt,
  catchError,
  collect,
  combineLatest,
  constant,
  createBroadcast,
  createLimiter,
  createMutex,
  createSemaphore,
  debounce,
  enqueued,
  flatMap,
  forEach,
  keepLatest,
  map,
  merge,
  pause,
  pipe,
  produce,
  race,
  resource,
  restartable,
  retry,
  retryStream,
  scope,
  select,
  share,
  sleep,
  spawn,
  supervise,
  switchMap,
  take,
  takeUntil,
  timeout,
  timeoutEach,
  upTo,
  window,
  zip,
} from 'coppice'
import { cancelEverywhere, explore, pct, random } from '@coppice/testing'

/** How many of these are open. */
let open = 0
/** Says after a run what is not as it was. */
let leftover: () => unknown = () => undefined

const held = () =>
  resource<void>(function* (provide) {
    open++
    try {
      yield* provide()
    } finally {
      yield* sleep(1)
      open--
    }
  })

const source = (count: number): Stream<number> =>
  produce<number>(function* (emit) {
    yield* held()
    for (let i = 0; i < count; i++) {
      yield* sleep(1)
      yield* emit(i)
    }
  })

function* work(ms: number) {
  yield* held()
  yield* sleep(ms)
}

function* failingTwice(state: { runs: number }) {
  yield* work(1)
  if (++state.runs <= 2) throw new Error('again')
}

const streams: Record<string, () => Stream<unknown>> = {
  merge: () => pipe(source(2), merge(source(2), source(1)), take(4)),
  flatMap: () =>
    pipe(
      source(3),
      flatMap(() => source(2), { concurrency: 2 }),
      take(5)
    ),
  switchMap: () =>
    pipe(
      source(3),
      switchMap(() => source(3))
    ),
  takeUntil: () => pipe(source(9), takeUntil(sleep(5))),
  zip: () => pipe(source(3), zip(source(2), source(4))),
  combineLatest: () => pipe(source(3), combineLatest(source(2), source(0))),
  debounce: () => pipe(source(4), debounce(1)),
  window: () =>
    pipe(
      source(4),
      window(2, 2),
      flatMap((items) => items)
    ),
  timeoutEach: () => pipe(source(2), timeoutEach(5)),
  retryStream: () => {
    const state = { runs: 0 }
    return pipe(
      produce<never>(() => failingTwice(state)),
      retryStream(upTo(3, constant(1)))
    )
  },
  catchError: () =>
    pipe(
      produce<number>(() => failingTwice({ runs: 0 })),
      catchError(() => source(2))
    ),
}

const programs: Record<string, () => Operation<unknown>> = {
  'permits that are used': function* () {
    const semaphore = createSemaphore(2)
    leftover = () => semaphore.available !== 2
    for (const n of [1, 2, 1])
      yield* spawn(() =>
        attempt(
          timeout(
            3,
            scope(function* () {
              yield* semaphore.use(n)
              yield* work(1)
            })
          )
        )
      )
  },
  'permits that are acquired in a select': function* () {
    const semaphore = createSemaphore(2)
    leftover = () => semaphore.available !== 2
    for (const n of [0, 1, 2])
      yield* spawn(function* () {
        const first = yield* select({ permit: semaphore.acquire(), late: sleep(n) })
        if (first.key === 'late') return
        try {
          yield* sleep(1)
        } finally {
          semaphore.release()
        }
      })
  },
  'a lock that is raced for': function* () {
    const mutex = createMutex()
    let inside = 0
    leftover = () => mutex.isLocked
    for (let i = 0; i < 3; i++)
      yield* spawn(
        scope(function* () {
          yield* race([mutex.use(), sleepAndUse(mutex)])
          if (inside++ > 0) throw new Error('two hold the lock')
          try {
            yield* sleep(1)
          } finally {
            inside--
          }
        })
      )
  },
  'a limiter': function* () {
    const limiter = createLimiter({ rate: 1, intervalMs: 2, concurrency: 1 })
    leftover = () => limiter.waiting
    for (let i = 0; i < 3; i++)
      yield* spawn(
        scope(function* () {
          yield* select({ turn: limiter.use(), late: sleep(3) })
          yield* work(1)
        })
      )
  },
  'a broadcast': function* () {
    const news = createBroadcast<number>({ capacity: 1, overflow: 'wait' })
    leftover = () => news.subscribers
    for (const count of [1, 2]) yield* spawn(collect(pipe(news, take(count))), { background: true })
    yield* pause()
    for (let i = 0; i < 3; i++) yield* timeout(10, news.send(i))
  },
  share: function* () {
    const shared = pipe(source(4), share({ capacity: 1 }))
    yield* all([collect(shared), collect(pipe(shared, take(2))), attempt(timeout(2, collect(shared)))])
  },
  'forEach with concurrency': () => forEach(source(5), () => work(2), { concurrency: 2 }),
  'map with concurrency': () => scope(() => map([1, 2, 3, 4], work, { concurrency: 2 })),
  retry: () => {
    const state = { runs: 0 }
    return scope(() => retry(() => failingTwice(state), upTo(3, constant(1))))
  },
  supervise: () => {
    const state = { runs: 0 }
    const flaky = { run: () => failingTwice(state), restart: 'transient' } as const
    const other = { run: () => work(3), restart: 'temporary' } as const
    return supervise([flaky, other], { strategy: 'one-for-all', delay: constant(1) })
  },
  ...Object.fromEntries(
    Object.entries({ enqueued, keepLatest, restartable }).map(([name, make]) => [
      name,
      () =>
        scope(function* () {
          const call = yield* make(work)
          call(2)
          const second = call(2)
          yield* sleep(1)
          call(1)
          void second.cancel()
          yield* call.idle()
        }),
    ])
  ),
  ...Object.fromEntries(Object.entries(streams).map(([name, make]) => [name, () => collect(make())])),
}

function* sleepAndUse(mutex: { use(): Operation<void> }) {
  yield* sleep(1)
  yield* mutex.use()
}

test.each(Object.entries(programs))('%s leaves nothing behind', (_, program) => {
  for (const strategy of [random(), pct()]) {
    const report = explore(
      () => {
        open = 0
        leftover = () => undefined
        return program()
      },
      {
        strategy,
        runs: 200,
        faults: [cancelEverywhere({ times: 2 })],
        check: () => expect({ open, leftover: leftover() || undefined }).toEqual({ open: 0 }),
      }
    )
    if (report.failure !== undefined) throw new Error(String(report))
  }
})
