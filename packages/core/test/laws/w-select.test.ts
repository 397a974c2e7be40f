/** Waiting for the first of several: W1, W2, W3, and what losers fail with. */
import {
  CancelledError,
  MisuseError,
  ScopeError,
  type Startable,
  type Task,
  action,
  attempt,
  call,
  cancel,
  ensure,
  now,
  operation,
  pause,
  resource,
  scope,
  select,
  shield,
  sleep,
  sleepUntil,
  spawn,
  suspend,
  until,
} from 'coppice'
import { emptySimulation, runAll, runNow, runToEnd, start } from '../virtual.ts'

/** Gives its name after `ms`; if it is cancelled, its cleanup takes `cleanupMs`. */
const branch = (log: string[], name: string, ms: number, cleanupMs = 0) =>
  function* () {
    log.push(`${name} starts`)
    let done = false
    try {
      yield* sleep(ms)
      done = true
      return name
    } finally {
      if (!done) {
        yield* sleep(cleanupMs)
        log.push(`${name} cleaned up`)
      }
    }
  }

const immediate = (log: string[], name: string) =>
  function* () {
    log.push(`${name} starts`)
    return name
  }

/** What a program throws. */
function thrownBy(program: Startable<unknown>): unknown {
  const { task, sim } = start(program)
  runAll(sim)
  expect(task.status).toBe('failed')
  return task.outcome?.status === 'failed' ? task.outcome.error : undefined
}

describe('W1 select gives the first branch to settle', () => {
  test('as its key and its value, at the very instant', () => {
    runToEnd(function* () {
      const first = yield* select({ slow: branch([], 'slow', 20), fast: branch([], 'fast', 10) })
      expect(first).toEqual({ key: 'fast', value: 'fast' })
      expect(yield* now()).toBe(10)
    })
  })

  test('by its index, when the branches stand in an array', () => {
    const first = runToEnd(() => select([sleep(20), branch([], 'fast', 10)]))
    expect(first).toEqual({ key: 1, value: 'fast' })
  })

  test('also when there is only one', () => {
    expect(runToEnd(() => select({ only: branch([], 'only', 5) }))).toEqual({ key: 'only', value: 'only' })
  })

  test('whatever form the branches have', () => {
    const declared = operation('declared', branch([], 'declared', 1))
    const forms: [string, () => Startable<unknown>, unknown][] = [
      ['an effect', () => sleep(1), undefined],
      ['a generator', () => branch([], 'generator', 1)(), 'generator'],
      ['a generator function', () => branch([], 'function', 1), 'function'],
      ['a function that gives an operation', () => () => sleep(1), undefined],
      ['a declared operation', () => declared(), 'declared'],
      ['the function of a declared operation', () => declared, 'declared'],
    ]
    for (const [form, make, value] of forms) {
      const first = runToEnd(() => select({ never: suspend(), form: make() }))
      expect([form, first]).toEqual([form, { key: 'form', value }])
    }
  })

  test('starts the branches in the order written', () => {
    const log: string[] = []
    runToEnd(() => select({ c: branch(log, 'c', 1), a: branch(log, 'a', 2), b: branch(log, 'b', 3) }))
    expect(log.slice(0, 3)).toEqual(['c starts', 'a starts', 'b starts'])
  })

  test('starts nothing after a branch that wins at once', () => {
    const log: string[] = []
    const first = runToEnd(() =>
      select({
        before: branch(log, 'before', 10),
        winner: immediate(log, 'winner'),
        after: immediate(log, 'after'),
        later: branch(log, 'later', 1),
      })
    )
    expect(first).toEqual({ key: 'winner', value: 'winner' })
    expect(log).toEqual(['before starts', 'winner starts', 'before cleaned up'])
  })

  test('starts nothing after a branch that fails at once', () => {
    const log: string[] = []
    const error = new Error('refused')
    const thrown = thrownBy(() =>
      select({
        failing: function* () {
          throw error
        },
        after: immediate(log, 'after'),
      })
    )
    expect(thrown).toBe(error)
    expect(log).toEqual([])
  })

  test('starts nothing after a task that has closed', () => {
    const log: string[] = []
    const first = runToEnd(function* () {
      const task = yield* spawn(immediate([], 'closed'))
      yield* task
      return yield* select({ task, after: immediate(log, 'after') })
    })
    expect(first).toEqual({ key: 'task', value: 'closed' })
    expect(log).toEqual([])
  })

  test('performs no call after a branch that wins at once', () => {
    const log: string[] = []
    const first = runToEnd(() =>
      select({
        a: call(() => log.push('a')),
        b: call(() => log.push('b')),
      })
    )
    expect(first).toEqual({ key: 'a', value: 1 })
    expect(log).toEqual(['a'])
  })

  test('gives the first written of several that settle at the same instant', () => {
    const branches: [string, Record<string, Startable<unknown>>][] = [
      ['timers', { a: sleep(10), b: sleepUntil(10) }],
      ['operations', { a: branch([], 'a', 10), b: branch([], 'b', 10) }],
      ['immediate ones', { a: immediate([], 'a'), b: immediate([], 'b') }],
      ['a timer and an operation', { a: sleep(10), b: branch([], 'b', 10) }],
    ]
    for (const [what, record] of branches) {
      const first = runToEnd(() => select(record))
      expect([what, first.key]).toEqual([what, 'a'])
    }
  })

  test('gives the first written of several tasks that have closed', () => {
    runToEnd(function* () {
      const tasks: Task<string>[] = []
      for (const name of ['x', 'y']) tasks.push(yield* spawn(immediate([], name)))
      yield* sleep(1)
      const [x, y] = tasks as [Task<string>, Task<string>]
      expect(yield* select({ y, x })).toEqual({ key: 'y', value: 'y' })
      expect(yield* select({ x, y })).toEqual({ key: 'x', value: 'x' })
      expect(yield* select({ late: sleep(0), y, x })).toEqual({ key: 'y', value: 'y' })
    })
  })

  test('throws the error of a branch that fails first', () => {
    const error = new Error('first')
    const log: string[] = []
    runToEnd(function* () {
      try {
        yield* select({
          good: branch(log, 'good', 20, 5),
          *bad() {
            yield* sleep(10)
            throw error
          },
        })
      } catch (thrown) {
        expect(thrown).toBe(error)
        expect(yield* now()).toBe(15)
        log.push('caught')
      }
    })
    expect(log).toEqual(['good starts', 'good cleaned up', 'caught'])
  })

  test('nests', () => {
    const log: string[] = []
    const first = runToEnd(() =>
      select({
        outer: branch(log, 'outer', 30),
        inner: select({ a: branch(log, 'a', 20), b: branch(log, 'b', 10) }),
      })
    )
    expect(first).toEqual({ key: 'inner', value: { key: 'b', value: 'b' } })
    expect(log.slice(3)).toEqual(['a cleaned up', 'outer cleaned up'])
  })

  test('can be run many times from one description', () => {
    const effect = select({ a: sleep(10), b: sleep(20) })
    runToEnd(function* () {
      expect((yield* effect).key).toBe('a')
      expect((yield* effect).key).toBe('a')
      expect(yield* now()).toBe(20)
    })
  })

  test('without a branch is a misuse', () => {
    for (const program of [() => select({}), () => select([])]) {
      expect(() => runToEnd(program)).toThrow(MisuseError)
    }
  })
})

describe('W2 a branch that is a task is joined; any other is owned', () => {
  test('a task that loses goes on', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(branch(log, 'task', 20))
      const first = yield* select({ task, late: sleep(10) })
      expect(first.key).toBe('late')
      expect(task.status).toBe('running')
      expect(yield* task).toBe('task')
      expect(yield* now()).toBe(20)
    })
    expect(log).toEqual(['task starts'])
  })

  test('a task that wins gives its value to every select', () => {
    runToEnd(function* () {
      const task = yield* spawn(branch([], 'task', 10))
      for (let i = 0; i < 2; i++) {
        yield* spawn(function* () {
          expect(yield* select({ task, never: suspend() })).toEqual({ key: 'task', value: 'task' })
        })
      }
    })
  })

  test('a task that was cancelled throws CancelledError', () => {
    runToEnd(function* () {
      const task = yield* spawn(suspend)
      yield* spawn(function* () {
        yield* sleep(5)
        yield* cancel(task, { reason: 'stop' })
      })
      try {
        yield* select({ task, late: sleep(10) })
        throw new Error('not reached')
      } catch (error) {
        expect(error).toBeInstanceOf(CancelledError)
        expect((error as CancelledError).reason).toBe('stop')
        expect(yield* now()).toBe(5)
      }
    })
  })

  test('a task goes on when the select is cancelled', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(branch(log, 'task', 20))
      const selecting = yield* spawn(() => select({ task, owned: branch(log, 'owned', 30) }))
      yield* sleep(5)
      yield* cancel(selecting)
      expect(task.status).toBe('running')
      log.push('cancelled')
    })
    expect(log).toEqual(['task starts', 'owned starts', 'owned cleaned up', 'cancelled'])
  })

  test('a function that gives a task, too, only joins it', () => {
    runToEnd(function* () {
      const task = yield* spawn(branch([], 'task', 20))
      yield* select({ joined: () => task, late: sleep(10) })
      expect(task.status).toBe('running')
    })
  })

  test('losers are cancelled, and their cleanup has ended, before it returns', () => {
    const log: string[] = []
    runToEnd(function* () {
      const first = yield* select({
        winner: branch(log, 'winner', 10),
        a: branch(log, 'a', 20, 7),
        b: branch(log, 'b', 20, 3),
      })
      log.push(`returns ${first.key} at ${yield* now()}`)
    })
    expect(log.slice(3)).toEqual(['b cleaned up', 'a cleaned up', 'returns winner at 17'])
  })

  test('losers unwind together, the newest begins first', () => {
    const log: string[] = []
    const loser = (name: string) =>
      function* () {
        try {
          yield* suspend()
        } finally {
          log.push(`${name} begins`)
          yield* sleep(10)
          log.push(`${name} ends`)
        }
      }
    runToEnd(function* () {
      yield* select({ a: loser('a'), b: loser('b'), c: loser('c'), done: sleep(1) })
      expect(yield* now()).toBe(11)
    })
    expect(log.slice(0, 3)).toEqual(['c begins', 'b begins', 'a begins'])
    expect(log.slice(3).sort()).toEqual(['a ends', 'b ends', 'c ends'])
  })

  test('everything below a loser has closed as well', () => {
    const log: string[] = []
    runToEnd(function* () {
      yield* select({
        *loser() {
          yield* spawn(branch(log, 'child', 100, 5))
          yield* ensure(function* () {
            yield* sleep(2)
            log.push('ensured')
          })
          yield* suspend()
        },
        winner: sleep(10),
      })
      log.push(`returns at ${yield* now()}`)
    })
    expect(log).toEqual(['child starts', 'ensured', 'child cleaned up', 'returns at 17'])
  })

  test('waits for a loser that is shielded', () => {
    const log: string[] = []
    runToEnd(function* () {
      yield* select({
        *loser() {
          yield* shield(sleep(30))
          log.push('shield ended')
          yield* sleep(1)
          log.push('never')
        },
        winner: sleep(10),
      })
      expect(yield* now()).toBe(30)
    })
    expect(log).toEqual(['shield ended'])
  })

  test('is cancelled with all the branches that it owns', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      try {
        yield* select({ a: branch(log, 'a', 20, 5), b: branch(log, 'b', 20, 3), c: sleep(20) })
        log.push('never')
      } finally {
        log.push('finally')
      }
    })
    sim.advanceTo(10)
    void task.cancel('stop')
    expect(sim.timers).toBeLessThanOrEqual(2)
    runAll(sim)
    expect(log.slice(2)).toEqual(['b cleaned up', 'a cleaned up', 'finally'])
    expect(sim.now).toBe(15)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('is cancelled while its losers clean up: their cleanup is not cut short', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      yield* select({ loser: branch(log, 'loser', 50, 20), winner: sleep(10) })
      yield* sleep(1)
      log.push('never')
    })
    sim.advanceTo(15)
    void task.cancel('stop')
    runAll(sim)
    expect(log).toEqual(['loser starts', 'loser cleaned up'])
    expect(sim.now).toBe(30)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('what the winner acquired belongs to the caller; what losers acquired is released', () => {
    const log: string[] = []
    const open = (name: string, ms: number) =>
      resource<string>(function* (provide) {
        try {
          yield* sleep(ms)
          yield* provide(name)
        } finally {
          log.push(`${name} released`)
        }
      })
    runToEnd(function* () {
      yield* scope(function* () {
        const first = yield* select({
          a: open('a', 10),
          *b() {
            yield* open('b', 5)
            return yield* suspend()
          },
          c: open('c', 20),
        })
        log.push(`got ${first.value}`)
        yield* sleep(10)
        log.push('block ends')
      })
    })
    expect(log.slice(0, 2).sort()).toEqual(['b released', 'c released'])
    expect(log.slice(2)).toEqual(['got a', 'block ends', 'a released'])
  })

  const failing = (error: unknown, cleanupMs = 0) =>
    function* () {
      try {
        yield* suspend()
      } finally {
        yield* sleep(cleanupMs)
        throw error // eslint-disable-line no-unsafe-finally
      }
    }

  test('the failing cleanup of a loser is thrown (E3)', () => {
    const error = new Error('cleanup')
    const log: string[] = []
    const thrown = thrownBy(() =>
      select({ loser: failing(error, 5), other: branch(log, 'other', 20, 10), winner: sleep(1) })
    )
    expect(thrown).toBe(error)
    expect(log).toEqual(['other starts', 'other cleaned up'])
  })

  test('the failing cleanups of several losers become one ScopeError, in the order in which they occurred', () => {
    const [late, early] = [new Error('late'), new Error('early')]
    const thrown = thrownBy(() =>
      select({ a: failing(early, 5), b: failing(late, 10), winner: sleep(1) })
    ) as ScopeError
    expect(thrown).toBeInstanceOf(ScopeError)
    expect(thrown.errors).toEqual([early, late])
    expect(thrown.cause).toBe(early)
  })

  test('a winner that fails and a loser whose cleanup fails become one ScopeError', () => {
    const [first, second] = [new Error('winner'), new Error('cleanup')]
    const thrown = thrownBy(() =>
      select({
        loser: failing(second),
        *winner() {
          yield* sleep(1)
          throw first
        },
      })
    ) as ScopeError
    expect(thrown).toBeInstanceOf(ScopeError)
    expect(thrown.errors).toEqual([first, second])
  })

  test("a loser that fails in the winner's turn is not lost (E3)", () => {
    const error = new Error('same turn')
    const thrown = thrownBy(() =>
      select({
        winner: branch([], 'winner', 10),
        *loser() {
          yield* sleep(10)
          throw error
        },
      })
    )
    expect(thrown).toBe(error)
  })

  test('two branches that fail in the same turn become one ScopeError', () => {
    const errors = [new Error('a'), new Error('b')]
    const thrown = thrownBy(() =>
      select(
        errors.map(
          (error) =>
            function* () {
              yield* sleep(10)
              throw error
            }
        )
      )
    ) as ScopeError
    expect(thrown).toBeInstanceOf(ScopeError)
    expect(thrown.errors).toEqual(errors)
  })

  test("a loser that returns in the winner's turn changes nothing", () => {
    const log: string[] = []
    const first = runToEnd(() =>
      select({
        winner: branch(log, 'winner', 10),
        *loser() {
          yield* sleep(10)
          log.push('loser returns')
          return 'loser'
        },
      })
    )
    expect(first).toEqual({ key: 'winner', value: 'winner' })
  })

  test('the failing cleanup of a loser fails a cancelled select as well', () => {
    const error = new Error('cleanup')
    const { task, sim } = start(() => select({ a: failing(error), b: sleep(10) }))
    runNow(sim)
    void task.cancel()
    runAll(sim)
    expect(task.outcome).toEqual({ status: 'failed', error })
  })
})

describe('W3 at most one branch commits', () => {
  interface Bridge {
    give(value: string): void
    refuse(error: unknown): void
    readonly aborted: number
  }

  /** A wait that is answered from outside. */
  function bridge(): [Bridge, Startable<string>] {
    const state = { give: (_: string) => {}, refuse: (_: unknown) => {}, aborted: 0 }
    const wait = action<string>((resume, fail) => {
      state.give = resume
      state.refuse = fail
      return () => void state.aborted++
    })
    return [state, wait]
  }

  test('the first that was answered, of several that are answered in one turn', () => {
    const [a, waitA] = bridge()
    const [b, waitB] = bridge()
    const { task, sim } = start(() => select({ a: waitA, b: waitB }))
    runNow(sim)
    a.give('from a')
    b.give('from b')
    runNow(sim)
    expect(task.outcome).toEqual({ status: 'done', value: { key: 'a', value: 'from a' } })
    expect([a.aborted, b.aborted]).toEqual([0, 1])
  })

  test('the same the other way round: exactly one takes effect, the other is aborted', () => {
    const [a, waitA] = bridge()
    const [b, waitB] = bridge()
    const { task, sim } = start(() => select({ a: waitA, b: waitB }))
    runNow(sim)
    b.give('from b')
    a.give('from a')
    runNow(sim)
    const { outcome } = task as Task<{ key: string; value: string }>
    if (outcome?.status !== 'done') throw new Error('It did not settle')
    expect(outcome.value.value).toBe(`from ${outcome.value.key}`)
    expect(outcome.value.key === 'a' ? [a.aborted, b.aborted] : [b.aborted, a.aborted]).toEqual([0, 1])
  })

  test('an error that comes after the winner in one turn commits nothing', () => {
    const [a, waitA] = bridge()
    const [b, waitB] = bridge()
    const { task, sim } = start(() => select({ a: waitA, b: waitB }))
    runNow(sim)
    a.give('from a')
    b.refuse(new Error('from b'))
    runNow(sim)
    expect(task.outcome).toEqual({ status: 'done', value: { key: 'a', value: 'from a' } })
    expect(b.aborted).toBe(1)
  })

  test('none when it is cancelled before an answer, and late answers are ignored', () => {
    const [a, waitA] = bridge()
    const [b, waitB] = bridge()
    const { task, sim } = start(() => select({ a: waitA, b: waitB }))
    runNow(sim)
    void task.cancel('stop')
    a.give('late')
    b.give('late')
    runNow(sim)
    expect([a.aborted, b.aborted]).toEqual([1, 1])
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('the winner is delivered when a request comes after the answer', () => {
    const [a, waitA] = bridge()
    const [b, waitB] = bridge()
    const { task, sim } = start(() => select({ a: waitA, b: waitB }))
    runNow(sim)
    b.give('from b')
    void task.cancel('stop')
    runNow(sim)
    expect(task.outcome).toEqual({ status: 'done', value: { key: 'b', value: 'from b' } })
    expect([a.aborted, b.aborted]).toEqual([1, 0])
  })

  test('no timer of a loser is left', () => {
    const sim = emptySimulation()
    const { task } = start(
      function* () {
        yield* select({ a: sleep(1), b: sleep(100), c: sleepUntil(50), d: branch([], 'd', 70) })
        expect(sim.timers).toBe(0)
        return yield* now()
      },
      {},
      sim
    )
    runAll(sim)
    expect(task.outcome).toEqual({ status: 'done', value: 1 })
    expect(sim.now).toBe(1)
  })

  test('no wake of a task is lost to a select that another branch won', () => {
    runToEnd(function* () {
      const task = yield* spawn(branch([], 'task', 10))
      const plain = yield* spawn(function* () {
        return yield* task
      })
      const first = yield* select({ timer: sleepUntil(10), task })
      expect(['timer', 'task']).toContain(first.key)
      expect(yield* task).toBe('task')
      expect(yield* plain).toBe('task')
    })
  })

  test('a promise that settles after the winner wakes nobody', async () => {
    let resolve!: (value: string) => void
    const promise = new Promise<string>((done) => (resolve = done))
    const log: string[] = []
    const { task, sim } = start(function* () {
      const first = yield* select({ promise: until(promise), timer: sleep(10) })
      log.push(first.key)
      yield* suspend()
      log.push('never')
    })
    runAll(sim)
    resolve('late')
    await promise
    await null
    runAll(sim)
    expect(log).toEqual(['timer'])
    expect(task.status).toBe('running')
    void task.cancel()
    runAll(sim)
  })

  test('a branch of a select that is cancelled from inside another turn is aborted once', () => {
    const [a, waitA] = bridge()
    const outcome = runToEnd(function* () {
      const task = yield* spawn(() => attempt(select({ a: waitA, b: suspend() })))
      yield* pause()
      void task.cancel('first')
      void task.cancel('second')
      yield* cancel(task)
      return task.outcome
    })
    expect(a.aborted).toBe(1)
    expect(outcome).toEqual({ status: 'cancelled', reason: 'first' })
  })
})
