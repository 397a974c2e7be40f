/** What a program leaves behind, beyond what outlives its root. */
import {
  createBroadcast,
  createChannel,
  createLimiter,
  createMutex,
  createScope,
  createSemaphore,
  pause,
  resource,
  run,
  scope,
  sleep,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import { explore, matchers, simulate, simulateToEnd } from '@coppice/testing'

expect.extend(matchers)

function leaksOf(program: Parameters<typeof simulate>[0]) {
  const sim = simulate(program)
  sim.runToEnd()
  return sim.leaks()
}

describe('sim.leaks names', () => {
  test('permits that were acquired and never released, by who made the semaphore', () => {
    const program = function* main() {
      const pool = createSemaphore(3, { name: 'pool' })
      yield* pool.acquire(2)
      yield* spawn(
        function* worker() {
          const own = createSemaphore(1)
          own.tryAcquire()
          yield* pause()
        },
        { name: 'worker' }
      )
    }
    expect(leaksOf(program)).toEqual([
      { kind: 'permits', task: 'main', on: '2 permits of pool' },
      { kind: 'permits', task: 'worker', on: '1 permit of semaphore' },
    ])
    expect(program).not.toLeakNothing()
  })

  test('a lock and a use that a task of another tree still has', () => {
    const leaks = leaksOf(function* main() {
      const lock = createMutex({ name: 'account' })
      const limiter = createLimiter({ concurrency: 2, name: 'api' })
      run(function* beside() {
        yield* lock.use()
        yield* limiter.use()
        yield* sleep(1000)
      })
      yield* sleep(1)
    })
    expect(leaks).toEqual([
      { kind: 'task', task: 'beside', on: 'sleep(1000)' },
      { kind: 'lock', task: 'main', on: 'account' },
      { kind: 'permits', task: 'main', on: '1 permit of api' },
    ])
  })

  test('items that were sent and that nobody can receive any more', () => {
    const leaks = leaksOf(function* main() {
      const jobs = createChannel<string>({ capacity: 8, name: 'jobs' })
      const closed = createChannel<string>({ capacity: 1 })
      yield* jobs.send('sweep')
      yield* jobs.send('wash')
      yield* jobs.send('cook')
      yield* jobs.receive()
      closed.trySend('late')
      closed.close()
    })
    expect(leaks).toEqual([
      { kind: 'items', task: 'main', on: '2 items of jobs' },
      { kind: 'items', task: 'main', on: '1 item of channel' },
    ])
  })

  test('tasks of other trees, with the timer or whatever else they wait for', () => {
    const leaks = leaksOf(function* main() {
      run(
        () =>
          scope(function* () {
            yield* spawn(suspend, { name: 'child' })
          }),
        { name: 'parent' }
      )
      void run(() => sleep(10), { name: 'cancelled' }).cancel()
      run(() => sleep(0), { name: 'quick' })
      yield* sleep(5)
    })
    expect(leaks).toEqual([{ kind: 'task', task: 'parent', on: 'children: child' }])
  })
})

describe('sim.leaks does not name', () => {
  test('what was given back, received, or released with its scope', () => {
    const leaks = leaksOf(function* main() {
      const pool = createSemaphore(2)
      const lock = createMutex()
      const channel = createChannel<number>({ capacity: 1 })
      const news = createBroadcast<number>()
      yield* pool.use(2)
      yield* lock.use()
      yield* channel.send(1)
      yield* channel.receive()
      yield* news
      yield* news.send(1)
      yield* timeout(
        10,
        resource(function* (provide) {
          yield* provide(1)
        })
      )
    })
    expect(leaks).toEqual([])
  })

  test('anything that the program has while its root is open', () => {
    const sim = simulate(function* main() {
      const pool = createSemaphore(1)
      yield* pool.acquire()
      createChannel({ capacity: 1 }).trySend(1)
      run(suspend)
      yield* pause()
      pool.release()
    })
    sim.step()
    expect(sim.leaks()).toEqual([])
    sim.runToEnd()
    expect(sim.leaks().map(({ kind }) => kind)).toEqual(['task', 'items'])
  })

  test('what was made outside of the program, and can still be used', () => {
    const pool = createSemaphore(1)
    const channel = createChannel<number>({ capacity: 1 })
    const leaks = leaksOf(function* main() {
      yield* pool.acquire()
      yield* channel.send(1)
    })
    expect(leaks).toEqual([])
  })

  test('items that may be dropped for newer ones', () => {
    const leaks = leaksOf(function* () {
      createChannel({ capacity: 1, overflow: 'drop-oldest' }).trySend(1)
      createChannel({ capacity: 1, overflow: 'drop-newest', name: 'kept' }).trySend(1)
      yield* pause()
    })
    expect(leaks).toMatchObject([{ on: '1 item of kept' }])
  })
})

test('what is made beside all tasks, while the simulation is driven, is made outside', () => {
  const sim = simulate(() => sleep(1))
  sim.when('sleep', () => void createSemaphore(1).tryAcquire())
  sim.runToEnd()
  expect(sim.leaks()).toEqual([{ kind: 'permits', task: 'outside', on: '1 permit of semaphore' }])
})

describe('an exploration', () => {
  const program = function* main() {
    yield* createSemaphore(1).acquire()
  }

  test('leaves it to check whether permits, items and tasks may stay', () => {
    expect(explore(program, { runs: 3 })).toFindNothing()
    expect(() => simulateToEnd(program)).not.toThrow()
    const { failure } = explore(program, { runs: 3, check: (sim) => sim.leaks().length === 0 })
    expect(failure?.schedule).toEqual([])
  })

  test('begins each run with nothing left', () => {
    const counts: number[] = []
    explore(program, { runs: 3, check: (sim) => void counts.push(sim.leaks().length) })
    expect(counts).toEqual([1, 1, 1])
  })

  test('finds a scope that stays open, as ever', () => {
    const { failure } = explore(function* () {
      createScope({ name: 'component' })
      yield* createSemaphore(1).acquire()
    })
    expect(failure?.error).toMatchObject({ leaks: [{ kind: 'scope', task: 'component', on: 'close()' }] })
  })
})
