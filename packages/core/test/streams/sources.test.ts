/** Where items come from: what is opened when, and what becomes of it. */
import {
  EventOverflowError,
  MisuseError,
  type Stream,
  type Subscription,
  action,
  attempt,
  collect,
  createContext,
  ensure,
  events,
  forEach,
  from,
  interval,
  mapEach,
  moveOnAfter,
  now,
  operation,
  pipe,
  produce,
  run,
  scope,
  select,
  sleep,
  spawn,
  suspend,
  take,
} from 'coppice'
import { EventEmitter, once } from 'node:events'
import { runToEnd } from '../virtual.ts'
import { timelineOf } from './scripted.ts'

const failing = new Error('broken')

describe('from an iterable', () => {
  test('opens it anew each time', () => {
    const stream = from(new Set([1, 2]))
    expect(runToEnd(collect(stream))).toEqual([1, 2])
    expect(runToEnd(collect(stream))).toEqual([1, 2])
    expect(runToEnd(collect(from('añ𝒳')))).toEqual(['a', 'ñ', '𝒳'])
  })

  test('tells a generator to return when it is left, and only then', () => {
    const log: string[] = []
    function* numbers() {
      try {
        yield 1
        yield 2
      } finally {
        log.push('returned')
      }
    }
    runToEnd(function* () {
      yield* collect(pipe(from(numbers()), take(1)))
      expect(log).toEqual(['returned'])
      yield* collect(from(numbers()))
      expect(log).toEqual(['returned', 'returned'])
    })
  })

  test('throws what it throws behind the items before, each time', () => {
    function* broken() {
      yield 1
      throw failing
    }
    runToEnd(function* () {
      const subscription = yield* from(broken())
      yield* subscription.next()
      for (let i = 0; i < 2; i++) {
        expect(yield* attempt(subscription.next())).toEqual({ status: 'failed', error: failing })
      }
    })
  })

  test('is not read before it is asked', () => {
    let read = 0
    const counting = {
      *[Symbol.iterator]() {
        for (;;) yield read++
      },
    }
    runToEnd(function* () {
      const subscription = yield* from(counting)
      expect(read).toBe(0)
      yield* subscription.next()
      expect(read).toBe(1)
    })
  })
})

describe('an iterator that is left', () => {
  const rest: IteratorResult<number>[] = [
    { done: false, value: 1 },
    { done: true, value: undefined },
  ]
  let returned = 0
  const synchronous = {
    [Symbol.iterator]() {
      const results = [...rest]
      return { next: () => results.shift()!, return: () => (returned++, rest[1]!) }
    },
  }
  const asynchronous = {
    [Symbol.asyncIterator]() {
      const results = [...rest]
      return { next: async () => results.shift()!, return: async () => (returned++, rest[1]!) }
    },
  }

  test.each<[string, () => Stream<number>]>([
    ['synchronous', () => from(synchronous)],
    ['asynchronous', () => from(asynchronous)],
  ])('%s, is told to return, but not behind its end', async (_, stream) => {
    returned = 0
    await run(collect(stream()))
    expect(returned).toBe(0)
    await run(collect(pipe(stream(), take(1))))
    expect(returned).toBe(1)
  })
})

describe('from an operation', () => {
  const opening = operation('opening', function* () {
    yield* sleep(5)
    const subscription: Subscription<string> = yield* from(['a', 'b'])
    return subscription
  })

  test('that gives a subscription is a stream', () => {
    expect(runToEnd(collect(from(opening())))).toEqual(['a', 'b'])
  })

  test('that gives a value is a stream of that', () => {
    const value = operation('value', function* () {
      yield* sleep(5)
      return 7
    })
    expect(timelineOf(from(value()))).toEqual([[5, 7]])
  })

  test('a stream stays what it is', () => {
    const stream = from([1])
    expect(from(stream)).toBe(stream)
  })
})

describe('from an async iterable', () => {
  const log: string[] = []
  beforeEach(() => void log.splice(0))

  async function* numbers(count = 3) {
    try {
      for (let i = 0; i < count; i++) yield i
    } finally {
      await null
      log.push('returned')
    }
  }

  test('gives its items, and its error behind them', async () => {
    expect(await run(collect(from(numbers())))).toEqual([0, 1, 2])
    async function* broken() {
      yield 1
      throw failing
    }
    const outcome = await run(function* () {
      const subscription = yield* from(broken())
      yield* subscription.next()
      const first = yield* attempt(subscription.next())
      return [first, yield* attempt(subscription.next())]
    })
    const failed = { status: 'failed', error: failing }
    expect(outcome).toEqual([failed, failed])
  })

  test('waits for its return when it is left', async () => {
    await run(function* () {
      yield* collect(pipe(from(numbers()), take(1)))
      expect(log).toEqual(['returned'])
    })
  })

  test('loses no item when a next is cancelled', async () => {
    const gates: (() => void)[] = []
    async function* gated() {
      for (let i = 0; i < 3; i++) {
        await new Promise<void>((resolve) => gates.push(resolve))
        yield i
      }
    }
    const items = await run(function* () {
      const subscription = yield* from(gated())
      const seen: unknown[] = []
      for (let i = 0; i < 3; i++) {
        const cut = yield* moveOnAfter(0, subscription.next())
        expect(cut.status).toBe('cancelled')
        gates.shift()!()
        // It may come while nobody waits for it.
        if (i === 1) yield* sleep(1)
        const result = yield* subscription.next()
        if (!result.done) seen.push(result.value)
      }
      return seen
    })
    expect(items).toEqual([0, 1, 2])
  })
})

describe('from a ReadableStream', () => {
  function readable(log: string[], items = [1, 2]): ReadableStream<number> {
    const rest = [...items]
    return new ReadableStream<number>(
      {
        pull(controller) {
          if (rest.length > 0) controller.enqueue(rest.shift()!)
          else controller.close()
        },
        async cancel() {
          await null
          log.push('cancelled')
        },
      },
      { highWaterMark: 0 }
    )
  }

  test('gives its items, and gives back its lock', async () => {
    const log: string[] = []
    const source = readable(log)
    expect(await run(collect(from(source)))).toEqual([1, 2])
    expect([source.locked, log]).toEqual([false, []])
  })

  test('cancels it when it is left, and waits for that', async () => {
    const log: string[] = []
    const source = readable(log)
    await run(function* () {
      yield* collect(pipe(from<number>(source), take(1)))
      expect([source.locked, log]).toEqual([false, ['cancelled']])
    })
  })

  test('cancels a read that is under way', async () => {
    let cancelled: unknown
    const source = new ReadableStream({ cancel: (reason) => void (cancelled = reason ?? 'no reason') })
    const task = run(collect(from(source)))
    await task.cancel()
    expect([cancelled, source.locked]).toEqual(['no reason', false])
  })
})

describe('interval', () => {
  test('does not drift, and does not make up for what was missed', () => {
    expect(timelineOf(pipe(interval(10), take(3)))).toEqual([
      [10, 0],
      [20, 1],
      [30, 2],
    ])
    expect(timelineOf(pipe(interval(10), take(4)), 12)).toEqual([
      [10, 0],
      [22, 1],
      [34, 2],
      [46, 3],
    ])
    const late: unknown[] = []
    runToEnd(function* () {
      const ticks = yield* interval(10)
      yield* sleep(45)
      for (let i = 0; i < 3; i++) {
        yield* ticks.next()
        late.push(yield* now())
      }
    })
    expect(late).toEqual([45, 50, 60])
  })

  test('loses no tick as the branch of a select that is decided in the same turn', () => {
    const items = runToEnd(function* () {
      const ticks = yield* interval(10)
      const first = yield* select({ item: ticks.next(), timer: sleep(10) })
      return [first.key, yield* ticks.next(), yield* now()]
    })
    expect(items).toEqual(['timer', { done: false, value: 0 }, 10])
  })

  test('counts on when a next was cancelled', () => {
    const items = runToEnd(function* () {
      const ticks = yield* interval(10)
      yield* moveOnAfter(5, ticks.next())
      return [yield* ticks.next(), yield* now()]
    })
    expect(items).toEqual([{ done: false, value: 0 }, 10])
  })
})

describe('events', () => {
  test('of an EventTarget are heard from when the stream is opened until it is left', () => {
    const target = new EventTarget()
    let listeners = 0
    const { addEventListener, removeEventListener } = target
    target.addEventListener = function (...args) {
      listeners++
      return addEventListener.apply(this, args)
    }
    target.removeEventListener = function (...args) {
      listeners--
      return removeEventListener.apply(this, args)
    }
    const ping = (detail: number) => target.dispatchEvent(new CustomEvent('ping', { detail }))
    const seen = runToEnd(function* () {
      ping(0)
      const details = yield* scope(function* () {
        const subscription = yield* pipe(
          events<CustomEvent<number>>(target, 'ping'),
          mapEach((event) => event.detail)
        )
        ping(1)
        ping(2)
        const items = [yield* subscription.next(), yield* subscription.next()]
        yield* spawn(function* () {
          ping(3)
        })
        return [...items, yield* subscription.next()].map((result) => result.value)
      })
      expect(listeners).toBe(0)
      ping(4)
      return details
    })
    expect(seen).toEqual([1, 2, 3])
  })

  test('of an EventEmitter are its first argument, or what is made of all', () => {
    const emitter = new EventEmitter()
    const stream = events<string>(emitter, 'data', { item: (...args) => args.join('-') })
    runToEnd(function* () {
      const all = yield* stream
      const first = yield* events(emitter, 'data')
      emitter.emit('data', 1, 2)
      expect(yield* all.next()).toEqual({ done: false, value: '1-2' })
      expect(yield* first.next()).toEqual({ done: false, value: 1 })
    })
    expect(emitter.listenerCount('data')).toBe(0)
  })

  test('beyond the capacity are an error behind those that are kept, or one is lost', () => {
    const emitter = new EventEmitter()
    const read = (overflow?: 'error' | 'drop-oldest' | 'drop-newest') =>
      runToEnd(function* () {
        const subscription = yield* events<number>(emitter, 'n', {
          capacity: 2,
          ...(overflow && { overflow }),
        })
        for (let i = 0; i < 4; i++) emitter.emit('n', i)
        const seen: unknown[] = []
        for (let i = 0; i < 3; i++) {
          const outcome = yield* moveOnAfter(1, subscription.next())
          if (outcome.status === 'done') seen.push(outcome.value.value)
          if (outcome.status === 'failed') seen.push(outcome.error)
        }
        return seen
      })
    expect(read()).toEqual([0, 1, expect.any(EventOverflowError)])
    expect(read('drop-oldest')).toEqual([2, 3])
    expect(read('drop-newest')).toEqual([0, 1])
  })

  test('that come behind an error are nobody’s', () => {
    const emitter = new EventEmitter()
    runToEnd(function* () {
      const subscription = yield* events<number>(emitter, 'n', { capacity: 1 })
      emitter.emit('n', 0)
      emitter.emit('n', 1)
      expect(yield* subscription.next()).toEqual({ done: false, value: 0 })
      emitter.emit('n', 2)
      expect(yield* attempt(subscription.next())).toMatchObject({ status: 'failed' })
    })
  })

  test('are not lost by operators in a branch that is decided against in the same turn', () => {
    const emitter = new EventEmitter()
    runToEnd(function* () {
      const subscription = yield* pipe(
        events<number>(emitter, 'n'),
        mapEach((n) => 10 * n)
      )
      let decide = () => {}
      yield* spawn(function* () {
        yield* sleep(1)
        emitter.emit('n', 1)
        decide()
      })
      const other = action((resume) => void (decide = resume))
      expect((yield* select({ item: subscription.next(), other })).key).toBe('other')
      emitter.emit('n', 2)
      expect(yield* subscription.next()).toEqual({ done: false, value: 10 })
      expect(yield* subscription.next()).toEqual({ done: false, value: 20 })
    })
  })

  test('an error in making an item is the error of the stream, not of whoever emits', () => {
    const emitter = new EventEmitter()
    const stream = events(emitter, 'n', {
      item: () => {
        throw failing
      },
    })
    runToEnd(function* () {
      const subscription = yield* stream
      emitter.emit('n')
      expect(yield* attempt(subscription.next())).toEqual({ status: 'failed', error: failing })
    })
  })

  test('wake a program that runs live', async () => {
    const emitter = new EventEmitter()
    const task = run(collect(pipe(events(emitter, 'n'), take(2))))
    emitter.emit('n', 1)
    const ended = once(emitter, 'ended')
    void task.then(() => emitter.emit('ended'))
    emitter.emit('n', 2)
    await ended
    expect(await task).toEqual([1, 2])
  })
})

describe('produce', () => {
  test('runs on only when the next item is asked for', () => {
    const log: string[] = []
    const stream = produce<number>(function* (emit) {
      log.push('begins')
      yield* emit(1)
      log.push('goes on')
      yield* emit(2)
    })
    runToEnd(function* () {
      const subscription = yield* stream
      yield* sleep(1)
      expect(log).toEqual([])
      yield* subscription.next()
      yield* sleep(1)
      expect(log).toEqual(['begins'])
      yield* subscription.next()
      expect(log).toEqual(['begins', 'goes on'])
    })
  })

  test('has released all it holds before its end is seen', () => {
    const log: string[] = []
    const stream = produce<number>(function* (emit) {
      yield* ensure(function* () {
        yield* sleep(5)
        log.push('released')
      })
      yield* emit(1)
    })
    runToEnd(function* () {
      const subscription = yield* stream
      yield* subscription.next()
      expect(log).toEqual([])
      expect((yield* subscription.next()).done).toBe(true)
      expect(log).toEqual(['released'])
    })
  })

  test('gives what its tasks have emitted before an error first', () => {
    const stream = produce<string>(function* (emit) {
      yield* spawn(emit('a'))
      yield* spawn(emit('b'))
      yield* sleep(1)
      throw failing
    })
    expect(timelineOf(stream, 10).map(([, item]) => item)).toEqual(['a', 'b', 'Error: broken'])
    const chained = pipe(
      stream,
      mapEach((item) => item)
    )
    expect(timelineOf(chained, 10).map(([, item]) => item)).toEqual(['a', 'b', 'Error: broken'])
  })

  test('sees the context of the place where it is opened', () => {
    const name = createContext('name', 'nobody')
    const stream = produce<string>(function* (emit) {
      yield* emit(yield* name.get())
    })
    expect(runToEnd(name.with('ada', () => collect(stream)))).toEqual(['ada'])
  })
})

describe('misuse', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['from a number', () => from(7 as never), /from takes a stream.*given 7/],
    ['from nothing', () => from(undefined as never), /from takes a stream/],
    ['events of nothing', () => events({} as never, 'x'), /events takes an EventTarget or an EventEmitter/],
    [
      'no capacity',
      () => events(new EventEmitter(), 'x', { capacity: 0 }),
      /capacity is a whole number from 1/,
    ],
    [
      'a wrong overflow',
      () => events(new EventEmitter(), 'x', { overflow: 'drop' as never }),
      /overflow is 'error'/,
    ],
    ['an interval of 0', () => interval(0), /more than 0/],
    ['an interval of NaN', () => interval(NaN), /interval takes milliseconds/],
    [
      'an array where a stream belongs',
      () => collect([1] as never),
      /collect takes a stream.*Write from\(…\)/,
    ],
    ['no function', () => forEach(from([]), 1 as never), /forEach takes a function/],
    [
      'half a worker',
      () => forEach(from([]), () => {}, { concurrency: 0.5 }),
      /concurrency is a whole number/,
    ],
    ['no operator', () => pipe(from([]), 7 as never), /pipe takes operators/],
    ['an operator that gives no stream', () => pipe(from([]), (() => 7) as never), /pipe takes a stream/],
    ['a count of -1', () => take(-1), /take: count is a whole number from 0/],
    ['produce without a function', () => produce(7 as never), /produce takes a function/],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(MisuseError)
    expect(act).toThrow(message)
  })

  test('an operation that is no stream', () => {
    const wrong = sleep(1) as unknown as Stream<number>
    expect(() => runToEnd(collect(wrong))).toThrow(/no subscription.*from\(operation\)/)
  })

  test.each<[string, Stream<unknown>]>([
    [
      'a chain',
      pipe(
        produce(() => suspend()),
        mapEach((n) => n)
      ),
    ],
    [
      'a chain that waits for what a function gave',
      pipe(
        from([1]),
        mapEach(() => suspend())
      ),
    ],
    ['a producer', produce(() => suspend())],
    ['an interval', interval(10)],
    [
      'an async iterable',
      from({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }),
    ],
  ])('two readers at once, of %s', (_, stream) => {
    expect(() =>
      runToEnd(function* () {
        const subscription = yield* stream
        yield* spawn(subscription.next(), { background: true })
        yield* sleep(1)
        yield* subscription.next()
      })
    ).toThrow(/Two tasks read one subscription/)
  })
})
