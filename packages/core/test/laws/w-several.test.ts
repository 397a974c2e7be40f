/** W4: race, any, all, allSettled and map. */
import {
  CancelledError,
  MisuseError,
  type Operation,
  ScopeError,
  type Startable,
  type Task,
  all,
  allSettled,
  any,
  attempt,
  call,
  cancel,
  map,
  now,
  operation,
  pause,
  race,
  resource,
  scope,
  sleep,
  spawn,
  suspend,
} from 'coppice'
import { recorder, runAll, runToEnd, start } from '../virtual.ts'

/** Gives its name after `ms`; if it is cancelled, its cleanup takes `cleanupMs`. */
const work = (name: string, ms: number, log: string[] = [], cleanupMs = 0) =>
  function* () {
    log.push(`${name} starts`)
    let done = false
    try {
      yield* sleep(ms)
      done = true
      log.push(`${name} ends`)
      return name
    } finally {
      if (!done) {
        yield* sleep(cleanupMs)
        log.push(`${name} cleaned up`)
      }
    }
  }

const failing = (error: unknown, ms: number) =>
  function* (): Generator<any, string, any> {
    yield* sleep(ms)
    throw error
  }

const failingCleanup = (error: unknown) =>
  function* () {
    try {
      yield* suspend()
    } finally {
      throw error // eslint-disable-line no-unsafe-finally
    }
  }

/** What a program throws. */
function thrownBy(program: Startable<unknown>): unknown {
  const { task, sim } = start(program)
  runAll(sim)
  expect(task.status).toBe('failed')
  expect(sim.timers).toBe(0)
  return task.outcome?.status === 'failed' ? task.outcome.error : undefined
}

/** A value and the instant at which it came. */
function timed<T>(made: () => Operation<T>): { value: T; at: number } {
  return runToEnd(function* () {
    const value = yield* made()
    return { value, at: yield* now() }
  })
}

/** Operations that know how many of them run. */
class Gauge {
  running = 0
  most = 0
  readonly started: number[] = []

  work(id: number, ms: number): () => Operation<number> {
    const gauge = this
    return function* () {
      gauge.started.push(id)
      gauge.most = Math.max(gauge.most, ++gauge.running)
      try {
        yield* sleep(ms)
        return id
      } finally {
        gauge.running--
      }
    }
  }
}

describe('W4 race settles as the first of them does', () => {
  test('gives the value of the first, at its instant', () => {
    expect(timed(() => race([work('a', 20), work('b', 10)]))).toEqual({ value: 'b', at: 10 })
  })

  test('throws the error of the first', () => {
    const error = new Error('first')
    const log: string[] = []
    expect(thrownBy(() => race([work('a', 20, log), failing(error, 10)]))).toBe(error)
    expect(log).toEqual(['a starts', 'a cleaned up'])
  })

  test('ignores an error that would come later', () => {
    expect(timed(() => race([failing(new Error('late'), 20), work('b', 10)]))).toEqual({ value: 'b', at: 10 })
  })

  test('gives the first written of those that settle at the same instant', () => {
    expect(runToEnd(() => race([work('a', 10), work('b', 10)]))).toBe('a')
  })

  test('gives an immediate winner at once', () => {
    const log: string[] = []
    const value = runToEnd(() =>
      race([
        work('a', 10, log),
        function* () {
          return 'now'
        },
      ])
    )
    expect(value).toBe('now')
    expect(log).toEqual(['a starts', 'a cleaned up'])
  })

  test('waits for the cleanup of the losers', () => {
    const log: string[] = []
    expect(timed(() => race([work('a', 20, log, 5), work('b', 10, log), work('c', 30, log, 7)]))).toEqual({
      value: 'b',
      at: 17,
    })
    expect(log.slice(4)).toEqual(['a cleaned up', 'c cleaned up'])
  })

  test('joins tasks, and does not own them', () => {
    runToEnd(function* () {
      const task = yield* spawn(work('task', 20))
      expect(yield* race([task, work('b', 10)])).toBe('b')
      expect(task.status).toBe('running')
      expect(yield* race([task, suspend()])).toBe('task')
    })
  })

  test('throws the failing cleanup of a loser', () => {
    const error = new Error('cleanup')
    expect(thrownBy(() => race([failingCleanup(error), sleep(1)]))).toBe(error)
  })

  test('throws what fails in the same turn as the first, too', () => {
    const errors = [new Error('a'), new Error('b')]
    const thrown = thrownBy(() => race(errors.map((error) => failing(error, 10)))) as ScopeError
    expect(thrown).toBeInstanceOf(ScopeError)
    expect(thrown.errors).toEqual(errors)
  })

  test('of nothing is a misuse', () => {
    expect(() => runToEnd(() => race([]))).toThrow(MisuseError)
  })
})

describe('W4 any gives the first that succeeds', () => {
  test('whatever failed before', () => {
    const made = () => any([failing(new Error('refused'), 5), work('slow', 20), work('fast', 10)])
    expect(timed(made)).toEqual({ value: 'fast', at: 10 })
  })

  test('whatever fails at once', () => {
    const value = runToEnd(() =>
      any([
        function* () {
          throw new Error('refused')
        },
        work('b', 1),
      ])
    )
    expect(value).toBe('b')
  })

  test('waits for the cleanup of the losers', () => {
    const log: string[] = []
    expect(timed(() => any([work('a', 20, log, 5), work('b', 10, log)]))).toEqual({ value: 'b', at: 15 })
    expect(log.at(-1)).toBe('a cleaned up')
  })

  test('throws an AggregateError of all the errors, in the order of the operations, when none succeeds', () => {
    const errors = [new Error('a'), 'not an error', new Error('c')]
    const thrown = thrownBy(() =>
      any([failing(errors[0], 20), failing(errors[1], 10), failing(errors[2], 15)])
    ) as AggregateError
    expect(thrown).toBeInstanceOf(AggregateError)
    expect(thrown.errors).toEqual(errors)
    expect(thrown.errors[0]).toBe(errors[0])
  })

  test('throws an AggregateError also for one', () => {
    const error = new Error('only')
    const thrown = thrownBy(() => any([failing(error, 1)])) as AggregateError
    expect(thrown).toBeInstanceOf(AggregateError)
    expect(thrown.errors).toEqual([error])
  })

  test('takes the cancellation of a task for a failure', () => {
    runToEnd(function* () {
      const task = yield* spawn(suspend)
      yield* cancel(task)
      try {
        yield* any([task])
        throw new Error('not reached')
      } catch (error) {
        expect(error).toBeInstanceOf(AggregateError)
        expect((error as AggregateError).errors[0]).toBeInstanceOf(CancelledError)
      }
      expect(yield* any([task, work('b', 1)])).toBe('b')
    })
  })

  test('joins tasks, and does not own them', () => {
    runToEnd(function* () {
      const task = yield* spawn(work('task', 20))
      expect(yield* any([task, work('b', 10)])).toBe('b')
      expect(yield* task).toBe('task')
    })
  })

  test('throws the failing cleanup of a loser', () => {
    const error = new Error('cleanup')
    expect(thrownBy(() => any([failingCleanup(error), sleep(1)]))).toBe(error)
  })

  test('of nothing is a misuse', () => {
    expect(() => runToEnd(() => any([]))).toThrow(MisuseError)
  })
})

describe('W4 all gives every value', () => {
  test('in the order of the operations, when the last has ended', () => {
    expect(timed(() => all([work('a', 30), work('b', 10), work('c', 20)]))).toEqual({
      value: ['a', 'b', 'c'],
      at: 30,
    })
  })

  test('in the shape they came in', () => {
    expect(runToEnd(() => all({ b: work('b', 2), a: work('a', 1) }))).toEqual({ b: 'b', a: 'a' })
    const [text, number, nothing] = runToEnd(() => all([work('a', 1), call(() => 7), sleep(1)]))
    expect([text, number, nothing]).toEqual(['a', 7, undefined])
    expect(Object.keys(runToEnd(() => all({ b: work('b', 2), a: work('a', 1) })))).toEqual(['b', 'a'])
  })

  test('of nothing is nothing, at once', () => {
    expect(timed(() => all([]))).toEqual({ value: [], at: 0 })
    expect(timed(() => all({}))).toEqual({ value: {}, at: 0 })
  })

  test('starts them in the order written', () => {
    const log: string[] = []
    runToEnd(() => all([work('a', 3, log), work('b', 2, log), work('c', 1, log)]))
    expect(log.slice(0, 3)).toEqual(['a starts', 'b starts', 'c starts'])
  })

  test('throws the first error, when the others have been cancelled and have closed', () => {
    const log: string[] = []
    const error = new Error('first')
    runToEnd(function* () {
      try {
        yield* all([work('a', 20, log, 5), failing(error, 10), work('c', 30, log, 7), work('d', 1, log)])
      } catch (thrown) {
        expect(thrown).toBe(error)
        log.push(`thrown at ${yield* now()}`)
      }
    })
    expect(log.slice(4)).toEqual(['a cleaned up', 'c cleaned up', 'thrown at 17'])
  })

  test('throws the errors of the cleanup along with the first', () => {
    const [first, second] = [new Error('first'), new Error('cleanup')]
    const thrown = thrownBy(() => all([failingCleanup(second), failing(first, 1)])) as ScopeError
    expect(thrown).toBeInstanceOf(ScopeError)
    expect(thrown.errors).toEqual([first, second])
  })

  test('throws all that fail in the same turn', () => {
    const errors = [new Error('a'), new Error('b')]
    const thrown = thrownBy(() => all(errors.map((error) => failing(error, 10)))) as ScopeError
    expect(thrown).toBeInstanceOf(ScopeError)
    expect(thrown.errors).toEqual(errors)
  })

  test('joins tasks, and does not own them', () => {
    const error = new Error('first')
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(work('task', 20, log))
      try {
        yield* all([task, failing(error, 10)])
      } catch (thrown) {
        expect(thrown).toBe(error)
      }
      expect(task.status).toBe('running')
      expect(yield* all({ task, b: work('b', 1) })).toEqual({ task: 'task', b: 'b' })
    })
  })

  test('throws CancelledError when a task among them was cancelled', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(suspend)
      yield* spawn(function* () {
        yield* sleep(5)
        yield* cancel(task, { reason: 'stop' })
      })
      try {
        yield* all([task, work('b', 10, log)])
        log.push('never')
      } catch (error) {
        expect(error).toBeInstanceOf(CancelledError)
        expect(yield* now()).toBe(5)
      }
    })
    expect(log).toEqual(['b starts', 'b cleaned up'])
  })

  test('is cancelled with all that it owns', () => {
    const log: string[] = []
    const { task, sim } = start(() => all([work('a', 20, log, 5), work('b', 20, log, 5), sleep(20)]))
    sim.advanceTo(10)
    void task.cancel('stop')
    runAll(sim)
    expect(log.slice(2).sort()).toEqual(['a cleaned up', 'b cleaned up'])
    expect(sim.now).toBe(15)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('what they acquired belongs to the caller', () => {
    const log: string[] = []
    const open = (name: string) =>
      resource<string>(function* (provide) {
        try {
          yield* provide(name)
        } finally {
          log.push(`${name} released`)
        }
      })
    runToEnd(() =>
      scope(function* () {
        log.push(...(yield* all([open('a'), open('b')])))
        yield* sleep(1)
        log.push('block ends')
      })
    )
    expect(log.slice(0, 3)).toEqual(['a', 'b', 'block ends'])
    expect(log.slice(3).sort()).toEqual(['a released', 'b released'])
  })

  test('what they acquired is released before the error is thrown', () => {
    const log: string[] = []
    const open = resource<string>(function* (provide) {
      try {
        yield* provide('a')
      } finally {
        yield* sleep(5)
        log.push('released')
      }
    })
    runToEnd(function* () {
      const outcome = yield* attempt(all([open, failing('error', 10)]))
      log.push(`${outcome.status} at ${yield* now()}`)
    })
    expect(log).toEqual(['released', 'failed at 15'])
  })

  test('takes many', () => {
    const values = runToEnd(() => all(Array.from({ length: 10_000 }, (_, i) => work(`${i}`, i % 7))))
    expect(values).toHaveLength(10_000)
    expect(values[9_999]).toBe('9999')
  })
})

describe('W4 allSettled gives every outcome', () => {
  test('in the shape they came in', () => {
    const error = new Error('failed')
    const { value, at } = timed(() => allSettled([work('a', 10), failing(error, 5), sleep(1)]))
    expect(value).toEqual([
      { status: 'done', value: 'a' },
      { status: 'failed', error },
      { status: 'done', value: undefined },
    ])
    expect(at).toBe(10)
    expect(runToEnd(() => allSettled({ a: work('a', 1), b: failing(error, 1) }))).toEqual({
      a: { status: 'done', value: 'a' },
      b: { status: 'failed', error },
    })
  })

  test('of nothing is nothing', () => {
    expect(runToEnd(() => allSettled([]))).toEqual([])
    expect(runToEnd(() => allSettled({}))).toEqual({})
  })

  test('one that fails cancels none of the others', () => {
    const log: string[] = []
    runToEnd(() => allSettled([failing(new Error('early'), 1), work('b', 10, log)]))
    expect(log).toEqual(['b starts', 'b ends'])
  })

  test('gives what was thrown unchanged', () => {
    const [outcome] = runToEnd(() => allSettled([failing('not an error', 1)]))
    expect(outcome).toEqual({ status: 'failed', error: 'not an error' })
  })

  test('a task that was cancelled is cancelled, with its reason', () => {
    const outcomes = runToEnd(function* () {
      const task = yield* spawn(suspend)
      yield* cancel(task, { reason: 'stop' })
      return yield* allSettled([task, work('b', 1)])
    })
    expect(outcomes).toEqual([
      { status: 'cancelled', reason: 'stop' },
      { status: 'done', value: 'b' },
    ])
  })

  test('a task that was cancelled, joined by the code of an operation, is a failure', () => {
    const [outcome] = runToEnd(function* () {
      const task = yield* spawn(suspend)
      yield* cancel(task, { reason: 'stop' })
      return yield* allSettled([
        function* () {
          return yield* task
        },
      ])
    })
    expect(outcome).toEqual({ status: 'failed', error: expect.any(CancelledError) })
  })

  test('does not turn its own cancellation into outcomes', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      yield* allSettled([work('a', 20, log, 5), suspend()])
      log.push('never')
    })
    sim.advanceTo(10)
    void task.cancel('stop')
    runAll(sim)
    expect(log).toEqual(['a starts', 'a cleaned up'])
    expect(sim.now).toBe(15)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('what failed has closed, its children too', () => {
    const log: string[] = []
    const { value, at } = timed(() =>
      allSettled([
        function* () {
          yield* spawn(work('child', 100, log, 5))
          yield* sleep(1)
          throw new Error('failed')
        },
      ])
    )
    expect(value[0].status).toBe('failed')
    expect(log).toEqual(['child starts', 'child cleaned up'])
    expect(at).toBe(6)
  })
})

describe('W4 map runs a function on every item', () => {
  test('and gives the values in the order of the items', () => {
    const made = () =>
      map([30, 10, 20], function* (ms) {
        yield* sleep(ms)
        return ms / 10
      })
    expect(timed(made)).toEqual({ value: [3, 1, 2], at: 30 })
  })

  test('of any iterable', () => {
    const double = function* (n: number) {
      return 2 * n
    }
    expect(runToEnd(() => map(new Set([1, 2]), double))).toEqual([2, 4])
    expect(runToEnd(() => map([], double))).toEqual([])
    expect(
      runToEnd(() =>
        map(
          (function* () {
            yield 1
            yield 2
          })(),
          double
        )
      )
    ).toEqual([2, 4])
  })

  test('takes declared operations', () => {
    const double = operation('double', function* (n: number) {
      yield* sleep(1)
      return 2 * n
    })
    expect(runToEnd(() => map([1, 2], (n) => double(n)))).toEqual([2, 4])
  })

  test('throws the first error, and cancels the others', () => {
    const log: string[] = []
    const error = new Error('item 1')
    const thrown = thrownBy(() =>
      map([0, 1, 2], (n) => (n === 1 ? failing(error, 10)() : work(`${n}`, 20, log)()))
    )
    expect(thrown).toBe(error)
    expect(log.slice(2).sort()).toEqual(['0 cleaned up', '2 cleaned up'])
  })

  test('throws what the function itself throws', () => {
    const error = new Error('fn')
    const thrown = thrownBy(() =>
      map([1], (): Operation<void> => {
        throw error
      })
    )
    expect(thrown).toBe(error)
  })

  test('calls the function only when the turn of the item has come', () => {
    const log: string[] = []
    runToEnd(() =>
      map(
        ['a', 'b'],
        (name) => {
          log.push(`called for ${name}`)
          return work(name, 5, log)()
        },
        { concurrency: 1 }
      )
    )
    expect(log).toEqual(['called for a', 'a starts', 'a ends', 'called for b', 'b starts', 'b ends'])
  })

  test('is cancelled with those that run, and starts no further one', () => {
    const log: string[] = []
    const { task, sim } = start(() =>
      map(['a', 'b', 'c', 'd', 'e'], (name) => work(name, 20, log, 5)(), { concurrency: 2 })
    )
    sim.advanceTo(25)
    void task.cancel('stop')
    runAll(sim)
    expect(log.filter((line) => line.endsWith('starts'))).toEqual(
      ['a', 'b', 'c', 'd'].map((name) => `${name} starts`)
    )
    expect(log.slice(6).sort()).toEqual(['c cleaned up', 'd cleaned up'])
    expect(sim.now).toBe(30)
    expect(task.status).toBe('cancelled')
  })
})

describe('W4 all, allSettled and map take { concurrency }', () => {
  const ids = [0, 1, 2, 3, 4, 5, 6]

  const kinds: [
    string,
    (gauge: Gauge, concurrency: number, ms?: (id: number) => number) => Operation<unknown>,
  ][] = [
    [
      'all',
      (gauge, concurrency, ms = () => 10) =>
        all(
          ids.map((id) => gauge.work(id, ms(id))),
          { concurrency }
        ),
    ],
    [
      'allSettled',
      (gauge, concurrency, ms = () => 10) =>
        allSettled(
          ids.map((id) => gauge.work(id, ms(id))),
          { concurrency }
        ),
    ],
    [
      'map',
      (gauge, concurrency, ms = () => 10) => map(ids, (id) => gauge.work(id, ms(id))(), { concurrency }),
    ],
  ]

  describe.each(kinds)('%s', (kind, make) => {
    const expected = ids.map((id) => (kind === 'allSettled' ? { status: 'done', value: id } : id))

    test.each([
      [1, 70],
      [2, 40],
      [3, 30],
      [7, 10],
      [100, 10],
      [Infinity, 10],
    ])('runs at most %d at once', (concurrency, at) => {
      const gauge = new Gauge()
      expect(timed(() => make(gauge, concurrency))).toEqual({ value: expected, at })
      expect(gauge.most).toBe(Math.min(concurrency, ids.length))
      expect(gauge.started).toEqual(ids)
      expect(gauge.running).toBe(0)
    })

    test('starts the next as soon as one has ended, in order', () => {
      const gauge = new Gauge()
      const ms = (id: number) => (id === 0 ? 60 : 10)
      expect(timed(() => make(gauge, 2, ms))).toEqual({ value: expected, at: 60 })
      expect(gauge.started).toEqual(ids)
      expect(gauge.most).toBe(2)
    })

    test.each([0, -1, NaN])('a concurrency of %d is a misuse', (concurrency) => {
      expect(() => runToEnd(() => make(new Gauge(), concurrency))).toThrow(MisuseError)
    })
  })

  test('gives a place on only when an operation has closed, with its cleanup', () => {
    const log: string[] = []
    runToEnd(() =>
      all(
        [
          function* () {
            yield* spawn(work('child', 10, log))
            log.push('a returns')
          },
          work('b', 1, log),
        ],
        { concurrency: 1 }
      )
    )
    // What is spawned in a branch passes to the caller (R4), so that the place is free when its body has returned.
    expect(log.indexOf('b starts')).toBeGreaterThan(log.indexOf('a returns'))
    expect(log).toContain('child ends')
  })

  test('starts no further one after a failure', () => {
    const log: string[] = []
    const error = new Error('failed')
    for (const make of [
      () => all([work('a', 10, log), failing(error, 5), work('c', 1, log)], { concurrency: 2 }),
      () =>
        map(['a', 'b', 'c'], (name) => (name === 'b' ? failing(error, 5)() : work(name, 10, log)()), {
          concurrency: 2,
        }),
    ]) {
      log.length = 0
      expect(thrownBy(make)).toBe(error)
      expect(log).toEqual(['a starts', 'a cleaned up'])
    }
  })

  test('goes on after a failure in allSettled', () => {
    const { value, at } = timed(() =>
      allSettled([failing('no', 5), work('b', 5), work('c', 5)], { concurrency: 1 })
    )
    expect(value.map((outcome) => outcome.status)).toEqual(['failed', 'done', 'done'])
    expect(at).toBe(15)
  })

  test('takes operations that end at once, one at a time, without growing the stack', () => {
    const order: number[] = []
    const values = runToEnd(() =>
      map(
        Array.from({ length: 20_000 }, (_, i) => i),
        function* (i) {
          order.push(i)
          return i
        },
        { concurrency: 1 }
      )
    )
    expect(values).toHaveLength(20_000)
    expect(order).toEqual(values)
  })

  test('applies to records', () => {
    const log: string[] = []
    const { value, at } = timed(() => all({ a: work('a', 5, log), b: work('b', 5, log) }, { concurrency: 1 }))
    expect(value).toEqual({ a: 'a', b: 'b' })
    expect(at).toBe(10)
    expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends'])
  })

  test('a branch that joins a task takes a place, too', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task: Task<string> = yield* spawn(work('task', 10))
      yield* pause()
      yield* all([task, work('b', 5, log)], { concurrency: 1 })
      expect(yield* now()).toBe(15)
    })
  })
})

describe('W1 any number of branches', () => {
  test('that are answered at once grow no stack (S7)', () => {
    const values = runToEnd(function* () {
      const closed = yield* spawn(function* () {
        return 'value'
      })
      yield* pause()
      return yield* all(new Array<Task<string>>(20_000).fill(closed))
    })
    expect(values).toHaveLength(20_000)
  })

  test('a sleep that has lost is not waited for', () => {
    const { sim } = start(() => race([sleep(1), sleep(10)]))
    runAll(sim)
    expect(sim.now).toBe(1)
    expect(sim.timers).toBe(0)
  })

  test('a branch without a name is anonymous', () => {
    const lines: string[] = []
    const nameless = (function* () {})()
    runToEnd(() => race([nameless]), { name: 'main', observers: [recorder(lines)] })
    expect(lines).toContain('anonymous started')
  })
})
