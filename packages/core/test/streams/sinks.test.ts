/** Where items go: into functions, arrays, and back into what the host knows. */
import {
  type Stream,
  type Task,
  attempt,
  collect,
  ensure,
  filter,
  forEach,
  from,
  interval,
  mapEach,
  now,
  pipe,
  produce,
  run,
  sleep,
  spawn,
  suspend,
  toAsyncIterable,
  toReadableStream,
} from 'coppice'
import { emptySimulation, runAll, runNow, runToEnd } from '../virtual.ts'
import { Ledger } from './scripted.ts'

const failing = new Error('broken')

describe('forEach', () => {
  test('waits for what its function gives before the next item is asked for', () => {
    const log: string[] = []
    const stream = produce<number>(function* (emit) {
      for (let i = 0; i < 2; i++) {
        log.push(`emits ${i}`)
        yield* emit(i)
      }
    })
    runToEnd(
      forEach(stream, function* (n, index) {
        yield* sleep(5)
        log.push(`saw ${n} ${index}`)
      })
    )
    expect(log).toEqual(['emits 0', 'saw 0 0', 'emits 1', 'saw 1 1'])
  })

  test.each([1, 2])(
    'releases what an item acquired, and waits for what it spawned, with the item; %s at once',
    (concurrency) => {
      const log: string[] = []
      runToEnd(
        forEach(
          from([0, 1, 2]),
          function* (n) {
            yield* ensure(() => void log.push(`released ${n}`))
            yield* spawn(function* () {
              yield* sleep(5)
              log.push(`child of ${n}`)
            })
          },
          { concurrency }
        )
      )
      const own = (n: number) => log.filter((line) => line.endsWith(String(n)))
      for (const n of [0, 1, 2]) expect(own(n)).toEqual([`child of ${n}`, `released ${n}`])
      expect(log.indexOf('released 0')).toBeLessThan(log.indexOf('child of 2'))
    }
  )

  test('an error cancels the others, and is thrown when all have been released', () => {
    const ledger = new Ledger()
    const log: string[] = []
    const outcome = runToEnd(function* () {
      const result = yield* attempt(
        forEach(
          ledger.watch(from([50, 10])),
          function* (ms) {
            try {
              yield* sleep(ms)
              throw failing
            } finally {
              log.push(`left ${ms} at ${yield* now()}`)
            }
          },
          { concurrency: 2 }
        )
      )
      expect(ledger.open).toBe(0)
      return result
    })
    expect(outcome).toEqual({ status: 'failed', error: failing })
    expect(log).toEqual(['left 10 at 10', 'left 50 at 10'])
  })

  test('runs side by side without bound if that is asked for', () => {
    const end = runToEnd(function* () {
      yield* forEach(from([10, 20, 30, 5]), (ms) => sleep(ms), { concurrency: Infinity })
      return yield* now()
    })
    expect(end).toBe(30)
  })

  test('needs no task for what is done at once', () => {
    const seen: number[] = []
    runToEnd(forEach(from([1, 2]), (n) => seen.push(n), { concurrency: 4 }))
    expect(seen).toEqual([1, 2])
  })
})

describe('a stream that never has to wait', () => {
  function* endless() {
    for (;;) yield 1
  }
  const streams: [string, () => Stream<number>][] = [
    ['an iterable', () => from(endless())],
    [
      'a chain',
      () =>
        pipe(
          from(endless()),
          mapEach((n) => n)
        ),
    ],
    [
      'a chain that lets nothing through',
      () =>
        pipe(
          from(endless()),
          filter(() => false)
        ),
    ],
    [
      'a producer',
      () =>
        produce<number>(function* (emit) {
          for (;;) yield* emit(1)
        }),
    ],
  ]

  test.each(streams)('%s leaves the host its turn', async (_, stream) => {
    const task = run(
      forEach(stream(), () => {}),
      { budget: { steps: 50 } }
    )
    await new Promise((resolve) => setTimeout(resolve, 1))
    await task.cancel()
    expect(task.status).toBe('cancelled')
  })

  test('is left at the item at which its own task is cancelled', () => {
    const seen: number[] = []
    function* numbers() {
      for (let i = 0; ; i++) yield i
    }
    const outcome = runToEnd(function* () {
      const reader: Task<void> = yield* spawn(
        forEach(from(numbers()), (n) => {
          seen.push(n)
          if (n === 3) void reader.cancel()
        })
      )
      return yield* attempt(reader)
    })
    expect([outcome.status, seen]).toEqual(['cancelled', [0, 1, 2, 3]])
  })
})

describe('collect', () => {
  test('gives the items when the stream has been released', () => {
    const ledger = new Ledger()
    runToEnd(function* () {
      expect(yield* collect(ledger.watch(from([1, 2])))).toEqual([1, 2])
      expect(ledger.open).toBe(0)
    })
  })
})

describe('toAsyncIterable', () => {
  function watched(stream = interval(1)) {
    const ledger = new Ledger()
    return { ledger, iterable: toAsyncIterable(ledger.watch(stream)) }
  }

  test('gives items to for await, and waits for the cleanup when the loop is left', async () => {
    const { ledger, iterable } = watched()
    const seen: number[] = []
    for await (const n of iterable) {
      seen.push(n)
      if (n === 2) break
    }
    expect([seen, ledger.opened, ledger.open]).toEqual([[0, 1, 2], 1, 0])
  })

  test('begins anew with each iteration, and opens nothing before the first next', async () => {
    const { ledger, iterable } = watched(from([1, 2]) as never)
    const iterator = iterable[Symbol.asyncIterator]()
    expect(ledger.opened).toBe(0)
    expect(await iterator.next()).toEqual({ done: false, value: 1 })
    for (let i = 0; i < 2; i++) {
      const seen: number[] = []
      for await (const n of iterable) seen.push(n)
      expect(seen).toEqual([1, 2])
    }
    await iterator.return()
    expect([ledger.opened, ledger.open]).toEqual([3, 0])
  })

  test('asks for no more than its consumer does, and answers several requests in order', async () => {
    let emitted = 0
    const stream = produce<number>(function* (emit) {
      for (;;) yield* emit(emitted++)
    })
    const iterator = toAsyncIterable(stream)[Symbol.asyncIterator]()
    const results = await Promise.all([iterator.next(), iterator.next()])
    expect(results.map(({ value }) => value)).toEqual([0, 1])
    await new Promise((resolve) => setImmediate(resolve))
    expect(emitted).toBe(2)
    await iterator.return()

    const ticks = toAsyncIterable(interval(1))[Symbol.asyncIterator]()
    const requested = await Promise.all([ticks.next(), ticks.next(), ticks.next()])
    expect(requested.map(({ value }) => value)).toEqual([0, 1, 2])
    await ticks.return()
  })

  test('throws what the stream throws behind the items before it, then is over', async () => {
    const stream = produce<number>(function* (emit) {
      yield* emit(1)
      throw failing
    })
    const iterator = toAsyncIterable(stream)[Symbol.asyncIterator]()
    const results = [iterator.next(), iterator.next(), iterator.next()]
    expect(await Promise.allSettled(results)).toEqual([
      { status: 'fulfilled', value: { done: false, value: 1 } },
      { status: 'rejected', reason: failing },
      { status: 'fulfilled', value: { done: true, value: undefined } },
    ])
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  test('return ends a next that waits, and gives the error of the cleanup to it', async () => {
    const ledger = new Ledger()
    const iterator = toAsyncIterable(ledger.watch(produce<never>(() => suspend())))[Symbol.asyncIterator]()
    const waiting = iterator.next()
    expect(await iterator.return()).toEqual({ done: true, value: undefined })
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(ledger.open).toBe(0)

    const broken = toAsyncIterable(
      produce<number>(function* (emit) {
        yield* ensure(() => {
          throw failing
        })
        yield* emit(1)
      })
    )[Symbol.asyncIterator]()
    await broken.next()
    await expect(broken.return()).rejects.toBe(failing)
    expect(await broken.next()).toEqual({ done: true, value: undefined })
  })

  describe.each([
    ['the next to ask', (items: AsyncIterator<number>) => items.next()],
    ['whoever leaves', (items: AsyncIterator<number>) => items.return!()],
  ])('E3 what fails in it while nobody waits for an item', (whom, tell) => {
    test(`is told to ${whom}, once`, async () => {
      const stream: Stream<number> = {
        *[Symbol.iterator]() {
          yield* spawn(function* () {
            yield* sleep(5)
            throw failing
          })
          return yield* from([1, 2, 3])
        },
      }
      const sim = emptySimulation()
      const items = toAsyncIterable(stream, { interpreter: sim.interpreter })[Symbol.asyncIterator]()
      const first = items.next()
      runNow(sim)
      expect(await first).toEqual({ done: false, value: 1 })
      runAll(sim)
      await Promise.resolve()
      await expect(tell(items)).rejects.toBe(failing)
      expect(await items.next()).toEqual({ done: true, value: undefined })
    })
  })

  test('return before the first next opens nothing', async () => {
    const { ledger, iterable } = watched()
    const iterator = iterable[Symbol.asyncIterator]()
    await iterator.return()
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(ledger.opened).toBe(0)
  })

  test('is left by await using', async () => {
    const { ledger, iterable } = watched()
    {
      await using iterator = iterable[Symbol.asyncIterator]()
      await iterator.next()
      expect(ledger.open).toBe(1)
    }
    expect(ledger.open).toBe(0)
  })

  test('takes the options of run: a signal ends it, an interpreter drives it', async () => {
    const controller = new AbortController()
    const sim = emptySimulation()
    const iterator = toAsyncIterable(interval(1000), {
      signal: controller.signal,
      interpreter: sim.interpreter,
    })[Symbol.asyncIterator]()
    const first = iterator.next()
    sim.advanceTo(1000)
    expect(await first).toEqual({ done: false, value: 0 })
    const second = iterator.next()
    controller.abort()
    sim.advanceTo(1000)
    expect(await second).toEqual({ done: true, value: undefined })
  })
})

describe('toReadableStream', () => {
  test('gives the items, and nothing ahead of its reader', async () => {
    let emitted = 0
    const stream = produce<number>(function* (emit) {
      while (emitted < 2) yield* emit(emitted++)
    })
    const reader = toReadableStream(stream).getReader()
    await new Promise((resolve) => setImmediate(resolve))
    expect(emitted).toBe(0)
    expect(await reader.read()).toEqual({ done: false, value: 0 })
    expect(await reader.read()).toEqual({ done: false, value: 1 })
    expect(await reader.read()).toEqual({ done: true, value: undefined })
  })

  test('cancel waits for the cleanup', async () => {
    const ledger = new Ledger()
    const readable = toReadableStream(ledger.watch(interval(1)))
    const reader = readable.getReader()
    await reader.read()
    await reader.cancel()
    expect([ledger.opened, ledger.open]).toEqual([1, 0])
  })

  test('its error is the error of the stream', async () => {
    const broken = pipe(
      from([1]),
      mapEach((): number => {
        throw failing
      })
    )
    await expect(toReadableStream(broken).getReader().read()).rejects.toBe(failing)
  })

  test('says what to write on a host that has no ReadableStream', () => {
    const { ReadableStream } = globalThis
    globalThis.ReadableStream = undefined as never
    try {
      expect(() => toReadableStream(from([1]))).toThrow(/Write toAsyncIterable\(stream\)/)
    } finally {
      globalThis.ReadableStream = ReadableStream
    }
  })
})
