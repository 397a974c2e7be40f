/** Events, deferreds and watches: what tasks wait for without taking it from each other. */
import {
  all,
  attempt,
  cancel,
  createDeferred,
  createEvent,
  createWatch,
  formatTree,
  pause,
  run,
  select,
  sleep,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import { runAll, runNow, runToEnd, start } from '../virtual.ts'

describe('an event', () => {
  test('lets all go on that wait, and whoever comes while it is set', () => {
    const log: string[] = []
    runToEnd(function* () {
      const event = createEvent()
      for (const name of ['a', 'b'])
        yield* spawn(function* () {
          yield* event.wait()
          log.push(name)
        })
      yield* pause()
      expect([event.isSet, log]).toEqual([false, []])
      event.set()
      yield* event.wait()
      expect(event.isSet).toBe(true)
    })
    expect(log).toEqual(['a', 'b'])
  })

  test('that is reset while those it let go on wake lets all of them go on, and none that come after', () => {
    const log: string[] = []
    const { sim } = start(function* () {
      const event = createEvent()
      for (const name of ['a', 'b', 'c'])
        yield* spawn(function* () {
          yield* event.wait()
          log.push(name)
          event.reset()
          yield* event.wait()
          log.push(`${name} again`)
        })
      yield* pause()
      event.set()
    })
    runAll(sim)
    expect(log).toEqual(['a', 'b', 'c'])
  })

  test('that is reset from inside a wake outside of tasks does so, too', () => {
    const log: string[] = []
    const event = createEvent()
    const tasks = ['a', 'b'].map((name) =>
      run(
        function* () {
          for (let round = 1; ; round++) {
            yield* event.wait()
            event.reset()
            log.push(`${name} ${round}`)
          }
        },
        { budget: { ms: Infinity } }
      )
    )
    event.set()
    expect([log, event.isSet]).toEqual([['a 1', 'b 1'], false])
    event.set()
    expect(log).toEqual(['a 1', 'b 1', 'a 2', 'b 2'])
    for (const task of tasks) void task.cancel()
  })

  test('set twice is set once', () => {
    runToEnd(function* () {
      const event = createEvent()
      event.set()
      event.set()
      event.reset()
      const outcome = yield* attempt(timeout(10, event.wait()))
      expect(outcome.status).toBe('failed')
    })
  })
})

describe('a deferred', () => {
  test('gives its value to all that wait, and to whoever comes later', () => {
    runToEnd(function* () {
      const deferred = createDeferred<number>()
      const waiting = [yield* spawn(deferred), yield* spawn(deferred)]
      yield* pause()
      deferred.resolve(1)
      expect(yield* all(waiting)).toEqual([1, 1])
      expect(yield* deferred).toBe(1)
    })
  })

  test('throws its error, unchanged, to all that wait, and to whoever comes later', () => {
    runToEnd(function* () {
      const error = { not: 'an Error' }
      const deferred = createDeferred<number>()
      const waiting = yield* spawn(attempt(deferred))
      yield* pause()
      deferred.reject(error)
      expect(yield* waiting).toEqual({ status: 'failed', error })
      expect(yield* attempt(deferred)).toEqual({ status: 'failed', error })
    })
  })

  test('keeps its first result', () => {
    runToEnd(function* () {
      const deferred = createDeferred<number>()
      deferred.resolve(1)
      deferred.resolve(2)
      deferred.reject(new Error('late'))
      expect(yield* deferred).toBe(1)
    })
  })

  test('loses a race without leaving anything behind, and wins it', () => {
    runToEnd(function* () {
      const [a, b] = [createDeferred<string>(), createDeferred<string>()]
      const task = yield* spawn(select({ a, b }))
      yield* pause()
      b.resolve('b')
      a.resolve('a')
      expect(yield* task).toEqual({ key: 'b', value: 'b' })
      expect(yield* select({ a, b })).toEqual({ key: 'a', value: 'a' })
    })
  })

  test('is seen, although who waited was cancelled after it was resolved; and not before', () => {
    const seen: string[] = []
    runToEnd(function* () {
      const deferred = createDeferred<string>()
      const waits = function* () {
        seen.push(yield* deferred)
        yield* suspend()
      }
      const before = yield* spawn(waits)
      const after = yield* spawn(waits)
      yield* pause()
      void before.cancel()
      deferred.resolve('value')
      yield* cancel(after)
    })
    expect(seen).toEqual(['value'])
  })

  test('wakes 100,000 waiters, of whom every second was cancelled, in linear time', () => {
    let woken = 0
    runToEnd(function* () {
      const deferred = createDeferred()
      const body = function* () {
        yield* deferred
        woken++
      }
      const tasks = []
      for (let i = 0; i < 100_000; i++) tasks.push(yield* spawn(body))
      yield* pause()
      for (let i = 0; i < 100_000; i += 2) void tasks[i]!.cancel()
      deferred.resolve()
    })
    expect(woken).toBe(50_000)
  })
})

describe('a watch', () => {
  test('holds the latest value, and tells all that wait for the next', () => {
    runToEnd(function* () {
      const watch = createWatch(1)
      const waiting = [yield* spawn(watch.next()), yield* spawn(watch.next())]
      yield* pause()
      watch.set(2)
      expect(watch.value).toBe(2)
      expect(yield* all(waiting)).toEqual([2, 2])
    })
  })

  test('gives next() nothing that was set before', () => {
    runToEnd(function* () {
      const watch = createWatch(1)
      watch.set(2)
      expect((yield* attempt(timeout(10, watch.next()))).status).toBe('failed')
    })
  })

  test('gives the changes from the opening on, and of several the latest', () => {
    const seen: number[] = []
    runToEnd(function* () {
      const watch = createWatch(0)
      watch.set(1)
      const changes = yield* watch.changes
      watch.set(2)
      watch.set(3)
      seen.push((yield* changes.next()).value!)
      yield* spawn(function* () {
        yield* sleep(10)
        watch.set(4)
      })
      seen.push((yield* changes.next()).value!)
    })
    expect(seen).toEqual([3, 4])
  })

  test('never loses the latest value to a slow watcher, whenever it is set', () => {
    runToEnd(function* () {
      const watch = createWatch(0)
      let latest = 0
      const watcher = yield* spawn(
        function* () {
          const changes = yield* watch.changes
          for (;;) {
            latest = (yield* changes.next()).value!
            yield* pause()
          }
        },
        { background: true }
      )
      yield* pause()
      for (let i = 1; i < 10; i++) {
        watch.set(i)
        if (i % 3 === 0) yield* pause()
      }
      for (let i = 0; i < 4; i++) yield* pause()
      expect(latest).toBe(9)
      yield* cancel(watcher)
    })
  })

  test('set from inside a wake outside of tasks gives the others what is latest by then', () => {
    const watch = createWatch(0)
    const seen: string[] = []
    const unhurried = { budget: { ms: Infinity } }
    void run(function* () {
      yield* watch.next()
      watch.set(2)
    }, unhurried)
    void run(function* () {
      const changes = yield* watch.changes
      for (let i = 0; i < 2; i++) seen.push(`${(yield* changes.next()).value}`)
    }, unhurried)
    watch.set(1)
    watch.set(3)
    expect(seen).toEqual(['2', '3'])
  })
})

test('waits print what they wait for', () => {
  const { task, sim } = start(function* () {
    yield* spawn(createEvent({ name: 'ready' }).wait())
    yield* spawn(createDeferred({ name: 'answer' }))
    yield* spawn(createDeferred())
    yield* spawn(createWatch(1, { name: 'config' }).next())
  })
  runNow(sim)
  for (const printed of ['wait(ready)', 'deferred(answer)', 'deferred()', 'next(config)'])
    expect(formatTree(task)).toContain(printed)
  void task.cancel()
  runNow(sim)
})
