/** Limiters: how often, and how many at once, by the interpreter's clock. */
import {
  MisuseError,
  type Limiter,
  type Task,
  attempt,
  cancel,
  createLimiter,
  formatTree,
  pause,
  run,
  select,
  sleep,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import fc from 'fast-check'
import { Timeline, thrownBy } from '../laws/timeline.ts'
import { emptySimulation, runNow, runToEnd, start } from '../virtual.ts'

/** When each of several uses, asked for at instant 0, has its turn. */
function turns(limiter: Limiter, uses: readonly number[]): number[] {
  const at: number[] = []
  const sim = emptySimulation()
  runToEnd(
    function* () {
      for (const [index, n] of uses.entries())
        yield* spawn(function* () {
          yield* limiter.use(n)
          at[index] = sim.now
        })
    },
    {},
    sim
  )
  expect(sim.timers).toBe(0)
  return at
}

describe('a rate', () => {
  test('lets a burst in at once, and the rest evenly', () => {
    expect(turns(createLimiter({ rate: 10 }), Array(13).fill(1))).toEqual([
      ...Array(10).fill(0),
      100,
      200,
      300,
    ])
  })

  test('without a burst is even from the start', () => {
    expect(turns(createLimiter({ rate: 4, burst: 1 }), [1, 1, 1, 1])).toEqual([0, 250, 500, 750])
  })

  test('counts by another interval', () => {
    expect(turns(createLimiter({ rate: 2, intervalMs: 60_000 }), [1, 1, 1])).toEqual([0, 0, 30_000])
  })

  test('lets a use count as several, and nobody overtake it', () => {
    expect(turns(createLimiter({ rate: 10, burst: 5 }), [3, 5, 1])).toEqual([0, 300, 400])
  })

  test('below one in an interval works, too', () => {
    expect(turns(createLimiter({ rate: 0.5 }), [1, 1])).toEqual([0, 2000])
  })

  test('refills in a quiet time up to the burst and no further', () => {
    const time = new Timeline()
    time.simulate(function* () {
      const limiter = createLimiter({ rate: 10, burst: 2 })
      yield* sleep(10_000)
      for (let i = 0; i < 3; i++) {
        yield* limiter.use()
        time.note('turn')
      }
      yield* sleep(150)
      yield* limiter.use()
      time.note('turn')
    })
    expect(time.lines).toEqual(['10000 turn', '10000 turn', '10100 turn', '10250 turn'])
  })

  test('holds nothing for the scope in which it is used', () => {
    runToEnd(function* () {
      const limiter = createLimiter({ rate: 1e9 })
      const before = process.memoryUsage().heapUsed
      for (let i = 0; i < 200_000; i++) yield* limiter.use()
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(30e6)
    })
  })

  test('is never exceeded, and no turn comes later than it must, whatever is asked for and when', () => {
    const request = fc.record({ at: fc.nat(50), uses: fc.integer({ min: 1, max: 4 }) })
    fc.assert(
      fc.property(fc.array(request, { maxLength: 12 }), fc.integer({ min: 4, max: 6 }), (requests, burst) => {
        requests.sort((a, b) => a.at - b.at)
        const sim = emptySimulation()
        const limiter = createLimiter({ rate: 1, intervalMs: 10, burst })
        const at: number[] = []
        runToEnd(
          function* () {
            for (const [index, { at: asked, uses }] of requests.entries())
              yield* spawn(function* () {
                yield* sleep(asked)
                yield* limiter.use(uses)
                at[index] = sim.now
              })
          },
          {},
          sim
        )
        // A bucket of whole tokens in tenths, filled millisecond by millisecond.
        let tokens = burst * 10
        let next = 0
        const expected: number[] = []
        for (let instant = 0; next < requests.length; instant++) {
          for (; next < requests.length; next++) {
            const { at: asked, uses } = requests[next]!
            if (asked > instant || tokens < uses * 10) break
            tokens -= uses * 10
            expected[next] = instant
          }
          tokens = Math.min(burst * 10, tokens + 1)
        }
        expect(at).toEqual(expected)
      }),
      { numRuns: 500, seed: 1, verbose: true }
    )
  })
})

describe('a concurrency', () => {
  test('lets so many be under way at once, each until its scope is torn down', () => {
    const time = new Timeline()
    time.simulate(function* () {
      const limiter = createLimiter({ concurrency: 2 })
      for (const name of ['a', 'b', 'c'])
        yield* spawn(function* () {
          yield* limiter.use()
          time.note(name)
          yield* sleep(10)
        })
    })
    expect(time.lines).toEqual(['0 a', '0 b', '10 c'])
  })

  test('together with a rate holds both', () => {
    const time = new Timeline()
    time.simulate(function* () {
      const limiter = createLimiter({ concurrency: 1, rate: 10, burst: 1 })
      for (const [name, ms] of [
        ['a', 20],
        ['b', 250],
        ['c', 1],
      ] as const)
        yield* spawn(function* () {
          yield* limiter.use()
          time.note(name)
          yield* sleep(ms)
        })
    })
    expect(time.lines).toEqual(['0 a', '100 b', '350 c'])
  })

  test('tells who would wait for itself', () => {
    runToEnd(function* () {
      const limiter = createLimiter({ concurrency: 1, name: 'api' })
      yield* limiter.use()
      const outcome = yield* attempt(limiter.use())
      expect(outcome.status === 'failed' && outcome.error).toBeInstanceOf(MisuseError)
    })
  })
})

describe('C2, W3 who is cancelled while it waits', () => {
  test('uses nothing up and leaves no timer', () => {
    const { task, sim } = start(function* () {
      const limiter = createLimiter({ rate: 1 })
      yield* limiter.use()
      const waiting = yield* spawn(limiter.use())
      const next = yield* spawn(timeout(1000, limiter.use()))
      yield* pause()
      yield* cancel(waiting)
      yield* next
      const first = yield* select({ turn: limiter.use(), late: sleep(10) })
      expect(first.key).toBe('late')
    })
    sim.advanceTo(1010)
    expect(sim.timers).toBe(0)
    expect(task.outcome).toMatchObject({ status: 'done' })
  })

  test('does so when it is cancelled from outside of tasks, and the next one has its turn', () => {
    let large!: Task
    const { task, sim } = start(function* () {
      const limiter = createLimiter({ rate: 1, burst: 2 })
      yield* limiter.use(2)
      large = yield* spawn(limiter.use(2))
      yield* spawn(limiter.use())
    })
    sim.advanceTo(500)
    void large.cancel()
    expect(sim.timers).toBe(1)
    sim.advanceTo(999)
    expect(task.status).toBe('running')
    sim.advanceTo(1000)
    expect([task.status, sim.timers]).toEqual(['done', 0])
  })

  test('does so under the live interpreter', async () => {
    const limiter = createLimiter({ rate: 100, burst: 2 })
    const root = run(function* () {
      yield* limiter.use(2)
      const large = yield* spawn(limiter.use(2), { background: true })
      yield* spawn(limiter.use(), { name: 'small' })
      setTimeout(() => void large.cancel())
    })
    await root
    expect(limiter.waiting).toBe(0)
  })
})

describe('misuse', () => {
  test.each([
    [{}, 'limits nothing'],
    [{ rate: 0 }, 'rate is a positive number'],
    [{ rate: 1, burst: NaN }, 'burst is a positive number'],
    [{ concurrency: -1 }, 'concurrency is a positive number'],
    [{ rate: 1, intervalMs: '1' as unknown as number }, 'intervalMs is a positive number'],
    [{ concurrency: 1.5 }, 'concurrency is a whole number'],
    [{ rate: 1, intervalMs: Infinity }, 'Give a finite intervalMs'],
    [{ concurrency: 1, intervalMs: Infinity }, 'Give a finite intervalMs'],
    [undefined as unknown as object, 'limits nothing'],
  ])('%p is rejected', (options, message) => {
    expect(() => createLimiter(options)).toThrow(message)
  })

  test.each([0, -1, NaN, 3])('a use of %p of a burst of 2 is rejected', (n) => {
    expect(thrownBy(() => createLimiter({ rate: 2 }).use(n))).toBeInstanceOf(MisuseError)
  })
})

test('prints what waits for it', () => {
  const { task, sim } = start(function* () {
    const limiter = createLimiter({ concurrency: 1, name: 'api' })
    yield* spawn(function* () {
      yield* limiter.use()
      yield* suspend()
    })
    yield* spawn(limiter.use())
  })
  runNow(sim)
  expect(formatTree(task)).toContain('acquire(api)')
  void task.cancel()
  runNow(sim)
})
