/** Supervision, in virtual time: OTP's rules, one by one and against a plain model. */
import fc from 'fast-check'
import {
  type ChildEnd,
  type ChildSpec,
  MisuseError,
  RestartIntensityError,
  type SuperviseOptions,
  type Task,
  cancel,
  constant,
  ensure,
  exponential,
  jittered,
  operation,
  self,
  sleep,
  supervise,
  suspend,
  upTo,
} from 'coppice'
import { simulate } from '@coppice/testing'
import { runAll, runNow, start } from '../virtual.ts'
import { Timeline, thrownBy } from '../laws/timeline.ts'

const seed = 13

/** Runs for `ms` each time, then fails; the run after the last time goes on for ever. Its cleanup takes `cleanupMs`. */
function failing(
  at: Timeline,
  name: string,
  times: readonly number[],
  cleanupMs = 0
): () => Generator<any, void, any> {
  let run = 0
  return function* () {
    const ms = times[run++] ?? Infinity
    at.note(`${name}${run} starts`)
    try {
      yield* sleep(ms)
      throw new Error(`${name}${run}`)
    } finally {
      if (ms === Infinity) yield* sleep(cleanupMs)
      at.note(`${name}${run} ends`)
    }
  }
}

/** Supervises three children of which `b` fails after 10 ms, stops all after 100 ms. */
function withStrategy(
  strategy: NonNullable<SuperviseOptions['strategy']>,
  options: SuperviseOptions = {}
): string[] {
  const at = new Timeline()
  const children = { a: failing(at, 'a', [], 1), b: failing(at, 'b', [10], 2), c: failing(at, 'c', [], 4) }
  const task = at.start(supervise(children, { strategy, ...options }))
  at.advance(100)
  void task.cancel('enough')
  at.advance()
  expect(task.status).toBe('cancelled')
  expect(at.sim.timers).toBe(0)
  return at.lines
}

const started = ['0 a1 starts', '0 b1 starts', '0 c1 starts', '10 b1 ends']

describe('supervise', () => {
  test('starts its children in order, and stops them in the reverse order, one after the other', () => {
    expect(withStrategy('one-for-one')).toEqual([
      ...started,
      '10 b2 starts',
      '104 c1 ends',
      '106 b2 ends',
      '107 a1 ends',
    ])
  })

  test('one-for-all restarts all children, after all have been stopped', () => {
    expect(withStrategy('one-for-all')).toEqual([
      ...started,
      '14 c1 ends',
      '15 a1 ends',
      '15 a2 starts',
      '15 b2 starts',
      '15 c2 starts',
      '104 c2 ends',
      '106 b2 ends',
      '107 a2 ends',
    ])
  })

  test('rest-for-one restarts the child and those after it', () => {
    expect(withStrategy('rest-for-one')).toEqual([
      ...started,
      '14 c1 ends',
      '14 b2 starts',
      '14 c2 starts',
      '104 c2 ends',
      '106 b2 ends',
      '107 a1 ends',
    ])
  })

  test('the delay comes after the others have been stopped, and before the first is started', () => {
    expect(withStrategy('one-for-all', { delay: constant(50) }).slice(4, 9)).toEqual([
      '14 c1 ends',
      '15 a1 ends',
      '65 a2 starts',
      '65 b2 starts',
      '65 c2 starts',
    ])
  })

  test('a child in its delay keeps no other from being restarted', () => {
    const at = new Timeline()
    const children = { a: failing(at, 'a', [10]), b: failing(at, 'b', [20]) }
    const task = at.start(supervise(children, { delay: exponential(1000) }))
    at.advance(5000)
    expect(at.lines).toEqual([
      '0 a1 starts',
      '0 b1 starts',
      '10 a1 ends',
      '20 b1 ends',
      '1010 a2 starts',
      '1020 b2 starts',
    ])
    void task.cancel()
  })

  test('each child has its own delays, which begin anew when it has run well', () => {
    const at = new Timeline()
    const times = [1, 1, 1, 1000, 1, 1]
    const task = at.start(
      supervise([failing(at, 'a', times), failing(at, 'b', [5])], {
        delay: exponential(10),
        period: 500,
        intensity: 100,
      })
    )
    at.advance(10_000)
    expect(at.lines.filter((line) => /a\d starts/.test(line))).toEqual([
      '0 a1 starts',
      '11 a2 starts',
      '32 a3 starts',
      '73 a4 starts',
      '1083 a5 starts',
      '1104 a6 starts',
      '1145 a7 starts',
    ])
    expect(at.lines).toContain('15 b2 starts')
    void task.cancel()
  })

  test('draws the jitter of delays from the interpreter', () => {
    const at = new Timeline({ random: () => 0.25 })
    const task = at.start(supervise([failing(at, 'a', [1])], { delay: jittered(constant(100)) }))
    at.advance(1000)
    expect(at.lines.at(-1)).toBe('26 a2 starts')
    void task.cancel()
  })
})

describe('which ends are restarted', () => {
  const ends = {
    done: function* () {
      yield* sleep(1)
    },
    failed: function* () {
      yield* sleep(1)
      throw new Error('broken')
    },
    cancelled: function* () {
      yield* cancel(yield* self(), { reason: 'by itself' })
    },
  }

  test.each([
    ['permanent', 'done', true],
    ['permanent', 'failed', true],
    ['permanent', 'cancelled', true],
    ['transient', 'done', false],
    ['transient', 'failed', true],
    ['transient', 'cancelled', false],
    ['temporary', 'done', false],
    ['temporary', 'failed', false],
    ['temporary', 'cancelled', false],
  ] as const)('a %s child that is %s: %s', (restart, how, restarted) => {
    let runs = 0
    const seen: ChildEnd[] = []
    const child: ChildSpec = {
      restart,
      run: function* () {
        yield* ++runs === 1 ? ends[how]() : suspend()
      },
    }
    const { task, sim } = start(supervise({ child }, { onEnd: (end) => seen.push(end), delay: constant(7) }))
    runAll(sim)
    expect(runs).toBe(restarted ? 2 : 1)
    expect(task.status).toBe(restarted ? 'running' : 'done')
    expect(seen).toMatchObject([
      { child: 'child', outcome: { status: how }, restartIn: restarted ? 7 : undefined },
    ])
    void task.cancel()
    runAll(sim)
  })

  test('it ends when no child is left', () => {
    const at = new Timeline()
    at.simulate(
      supervise([
        { run: () => sleep(5), restart: 'transient' },
        { run: () => sleep(20), restart: 'temporary' },
      ])
    )
    expect(at.sim.now).toBe(20)
    at.simulate(supervise([]))
  })

  test('as in OTP, one-for-all starts a transient child again that had ended, and not a temporary one', () => {
    const at = new Timeline()
    const children: Record<string, ChildSpec> = {
      temporary: { run: at.worker('temporary'), restart: 'temporary' },
      transient: { run: at.worker('transient', 1), restart: 'transient' },
      permanent: { run: failing(at, 'permanent', [10]) },
    }
    const task = at.start(supervise(children, { strategy: 'one-for-all' }))
    at.advance(50)
    expect(at.lines.filter((line) => / starts$/.test(line))).toEqual([
      '0 temporary starts',
      '0 transient starts',
      '0 permanent1 starts',
      '10 transient starts',
      '10 permanent2 starts',
    ])
    expect(at.lines).toContain('10 temporary ends')
    void task.cancel()
    at.advance()
  })
})

describe('restart intensity', () => {
  test('one restart too many within the period fails the supervisor, with the last error as cause', () => {
    const at = new Timeline()
    const children = { a: failing(at, 'a', [], 3), b: failing(at, 'b', [10, 10, 10]) }
    const error = thrownBy(() => at.simulate(supervise(children, { intensity: 2, period: 100 }))) as Error
    expect(error).toBeInstanceOf(RestartIntensityError)
    expect(error).toMatchObject({
      code: 'COPPICE_RESTART_INTENSITY',
      child: 'b',
      cause: new Error('b3'),
      message: 'b is not restarted any more: there were more than 2 restarts within 100 ms.',
      taskPath: ['supervise', 'task supervise#1'],
    })
    expect(at.lines.slice(-2)).toEqual(['30 b3 ends', '33 a1 ends'])
  })

  test('restarts that lie further back do not count', () => {
    const at = new Timeline()
    const options = { intensity: 2, period: 15 }
    const task = at.start(supervise([failing(at, 'a', [10, 10, 10, 10, 10])], options))
    at.advance(1000)
    expect(task.status).toBe('running')
    expect(at.lines.at(-1)).toBe('50 a6 starts')
    void task.cancel()
  })

  test('counts the restarts of all children', () => {
    const at = new Timeline()
    const children = [failing(at, 'a', [10]), failing(at, 'b', [20]), failing(at, 'c', [30])]
    expect(() => at.simulate(supervise(children, { intensity: 2 }))).toThrow(RestartIntensityError)
    expect(at.sim.now).toBe(30)
  })

  test('is 3 within 5 s by default, and 0 restarts nothing', () => {
    const at = new Timeline()
    expect(() => at.simulate(supervise([failing(at, 'a', [1, 1, 1, 1])]))).toThrow(
      /more than 3 restarts within 5000 ms/
    )
    expect(() => at.simulate(supervise([failing(at, 'b', [1])], { intensity: 0 }))).toThrow(
      RestartIntensityError
    )
  })

  test('a permanent child that just ended leaves no cause', () => {
    const error = thrownBy(() => new Timeline().simulate(supervise([() => sleep(1)], { intensity: 0 })))
    expect(error).toBeInstanceOf(RestartIntensityError)
    expect('cause' in (error as Error)).toBe(false)
  })

  test('a policy of delays that stops fails the supervisor, too', () => {
    const at = new Timeline()
    const error = thrownBy(() =>
      at.simulate(supervise([failing(at, 'a', [1, 1])], { delay: upTo(1, constant(5)) }))
    ) as Error
    expect(error.message).toBe('0 is not restarted any more: the policy of its delays has stopped.')
    expect(error.cause).toEqual(new Error('a2'))
  })

  test('reports each end, the last one, too', () => {
    const at = new Timeline()
    const seen: unknown[] = []
    const onEnd = ({ child, outcome, restartIn }: ChildEnd) => seen.push([child, outcome.status, restartIn])
    thrownBy(() => at.simulate(supervise({ a: failing(at, 'a', [1, 1]) }, { intensity: 1, onEnd })))
    expect(seen).toEqual([
      ['a', 'failed', 0],
      ['a', 'failed', undefined],
    ])
  })
})

describe('ready', () => {
  test('a child that takes it holds back those after it until it has called it', () => {
    const at = new Timeline()
    let runs = 0
    function* database(ready: () => void) {
      at.note(`database ${++runs} starts`)
      yield* sleep(10)
      at.note('database is ready')
      ready()
      yield* sleep(runs === 1 ? 5 : Infinity)
      throw new Error('lost')
    }
    const task = at.start(supervise({ database, web: at.worker('web') }, { strategy: 'rest-for-one' }))
    at.advance(100)
    expect(at.lines).toEqual([
      '0 database 1 starts',
      '10 database is ready',
      '10 web starts',
      '15 web cleans up',
      '15 web ends',
      '15 database 2 starts',
      '25 database is ready',
      '25 web starts',
    ])
    void task.cancel()
  })

  test('a child that ends before it is ready holds back nobody', () => {
    const at = new Timeline()
    function* never(_ready: () => void) {
      yield* sleep(5)
    }
    const task = at.start(supervise([{ run: never, restart: 'temporary' }, at.worker('web')]))
    at.advance(10)
    expect(at.lines).toEqual(['5 web starts'])
    void task.cancel()
  })

  test('a child that waits for its turn can be stopped', () => {
    const at = new Timeline()
    const never = (_ready: () => void) => suspend()
    const task = at.start(supervise([never, at.worker('web')]))
    at.advance(10)
    void task.cancel()
    at.advance()
    expect(task.status).toBe('cancelled')
    expect(at.lines).toEqual([])
  })
})

test('a child that is stopped while it waits for its turn leaves nothing behind', () => {
  const sim = simulate(() => supervise({ first: (_ready: () => void) => suspend(), second: suspend }))
  sim.advanceTo(1)
  sim.cancel()
  expect(sim.runToEnd().status).toBe('cancelled')
  expect(sim.leaks()).toEqual([])
})

describe('errors that are not the end of a child', () => {
  test('E3 what the cleanup of a child throws that is stopped fails the supervisor', () => {
    const at = new Timeline()
    function* stubborn() {
      yield* ensure(() => {
        throw new Error('cleanup')
      })
      yield* suspend()
    }
    const children = [failing(at, 'a', [10]), stubborn, at.worker('c', Infinity, 3)]
    const error = thrownBy(() => at.simulate(supervise(children, { strategy: 'one-for-all' })))
    expect(error).toEqual(new Error('cleanup'))
    expect(at.lines.slice(-2)).toEqual(['10 c cleans up', '13 c ends'])
  })

  test('what the cleanup of a child throws that failed is part of its failure', () => {
    const seen: ChildEnd[] = []
    function* child() {
      yield* ensure(() => {
        throw 'cleanup'
      })
      yield* sleep(1)
      throw 'body'
    }
    const { task, sim } = start(
      supervise([{ run: child, restart: 'temporary' }], { onEnd: (end) => seen.push(end) })
    )
    runAll(sim)
    expect(task.status).toBe('done')
    expect(seen[0]!.outcome).toMatchObject({ status: 'failed', error: { errors: ['body', 'cleanup'] } })
  })

  test('what a child leaves behind that returned is torn down with it, and is part of its end', () => {
    const at = new Timeline()
    let runs = 0
    function* child() {
      const run = ++runs
      yield* ensure(() => {
        at.note(`cleanup ${run}`)
        if (run === 1) throw new Error('cleanup')
      })
    }
    at.simulate(supervise([{ run: child, restart: 'transient' }], { delay: constant(5) }))
    expect(at.lines).toEqual(['0 cleanup 1', '5 cleanup 2'])
  })

  test('what onEnd throws fails the supervisor', () => {
    const at = new Timeline()
    const onEnd = () => {
      throw new Error('log')
    }
    expect(() => at.simulate(supervise([failing(at, 'a', [1])], { onEnd }))).toThrow('log')
  })
})

describe('cancelled', () => {
  /** Each instant at which something happens, and those between. */
  const instants = Array.from({ length: 40 }, (_, i) => i)

  test.each(['one-for-one', 'one-for-all', 'rest-for-one'] as const)(
    'at any instant, %s runs every cleanup to its end, last child first',
    (strategy) => {
      for (const instant of instants) {
        const at = new Timeline()
        const running: string[] = []
        const cleaning: string[] = []
        const child = (name: string, times: number[]) => {
          let run = 0
          return function* () {
            running.push(name)
            // A `finally` that the child entered by failing would be cut short by the cancellation (C12).
            yield* ensure(function* () {
              cleaning.push(name)
              yield* sleep(2)
              cleaning.splice(cleaning.indexOf(name), 1)
              at.note(name)
              running.splice(running.indexOf(name), 1)
            })
            yield* sleep(times[run++] ?? Infinity)
            throw new Error(name)
          }
        }
        const children = { a: child('a', [20]), b: child('b', [5, 6]), c: child('c', []) }
        const task = at.start(supervise(children, { strategy, delay: constant(3) }))
        at.advance(instant)
        at.lines.length = 0
        const left = [...running].sort().reverse()
        // One that has ended by itself and cleans up goes on with that.
        const ending = [...cleaning]
        void task.cancel('enough')
        at.advance()
        expect(task.outcome).toEqual({ status: 'cancelled', reason: 'enough' })
        expect(running).toEqual([])
        expect(at.sim.timers).toBe(0)
        const ended = at.lines.map((line) => line.split(' ')[1]!)
        expect([...ended].sort().reverse()).toEqual(left)
        const stopped = (name: string) => !ending.includes(name)
        expect(ended.filter(stopped)).toEqual(left.filter(stopped))
      }
    }
  )
})

test('cancelled while it stops because it gave up, it still stops one child after the other', () => {
  const at = new Timeline()
  const children = [at.worker('a', Infinity, 2), failing(at, 'b', [10]), at.worker('c', Infinity, 2)]
  const task = at.start(supervise(children, { intensity: 0 }))
  at.advance(11)
  void task.cancel('enough')
  at.advance()
  expect(at.lines.slice(-4)).toEqual(['10 c cleans up', '12 c ends', '12 a cleans up', '14 a ends'])
})

describe('E9 refuses at the call', () => {
  const worker = () => suspend()

  test.each<[string, () => unknown, string]>([
    [
      'no children',
      () => supervise(undefined as never),
      'supervise takes its children in one array or record',
    ],
    ['one function', () => supervise(worker as never), 'it was given worker'],
    ['one operation', () => supervise(sleep(1) as never), 'it was given sleep(1)'],
    ['what is no operation', () => supervise([5 as never]), 'supervise was handed undefined'],
    ['null', () => supervise({ a: null as never }), 'supervise was handed undefined'],
    ['a generator', () => supervise([(function* () {})()]), 'supervise was handed a generator'],
    [
      'a kind of restart',
      () => supervise({ a: { run: worker, restart: 'never' as never } }),
      'that of a is "never"',
    ],
    ['a strategy', () => supervise([], { strategy: 'all' as never }), 'it was given "all"'],
    ['an intensity', () => supervise([], { intensity: -1 }), 'from 0 on; it was given -1'],
    ['a period', () => supervise([], { period: NaN }), 'supervise: period takes milliseconds'],
    ['a delay', () => supervise([], { delay: 5 as never }), 'such as constant(5) or'],
  ])('%s', (_, make, text) => {
    const error = thrownBy(make) as Error
    expect(error).toBeInstanceOf(MisuseError)
    expect(error.message).toContain(text)
  })
})

test('children are named after their key, their name, their function, or their place', () => {
  const names: string[] = []
  const observers = [{ started: ({ name }: Task) => void names.push(name) }]
  const load = operation('load', function* () {
    yield* suspend()
  })
  const { task, sim } = start(
    supervise([
      load(),
      function web() {
        return suspend()
      },
      { run: suspend(), name: 'x' },
      () => suspend(),
    ]),
    { observers }
  )
  runNow(sim)
  expect(names.slice(0, 5)).toEqual(['supervise', 'load', 'web', 'x', '3'])
  void task.cancel()
})

interface Life {
  restart: 'permanent' | 'transient' | 'temporary'
  /** How long each run takes, and whether it then fails. The last run goes on for ever. */
  runs: { ms: number; fails: boolean }[]
}

/** OTP's rules in plain words: the instants at which each child starts, and how the supervisor ends. */
function model(
  lives: readonly Life[],
  strategy: SuperviseOptions['strategy'],
  intensity: number,
  period: number
) {
  const starts: number[][] = lives.map(() => [])
  const endsAt: number[] = lives.map(() => Infinity)
  const running = lives.map(() => false)
  let restarts: number[] = []
  const begin = (index: number, at: number) => {
    const life = lives[index]!.runs[starts[index]!.length]
    starts[index]!.push(at)
    running[index] = true
    endsAt[index] = life === undefined ? Infinity : at + life.ms
  }
  lives.forEach((_, index) => begin(index, 0))
  while (running.includes(true)) {
    const at = Math.min(...endsAt)
    if (at === Infinity) return { starts, how: 'running' }
    const index = endsAt.indexOf(at)
    const { restart, runs } = lives[index]!
    const failed = runs[starts[index]!.length - 1]!.fails
    running[index] = false
    endsAt[index] = Infinity
    if (restart === 'temporary' || (restart === 'transient' && !failed)) continue
    restarts = restarts.filter((instant) => at - instant <= period)
    if (restarts.length >= intensity) return { starts, how: 'failed' }
    restarts.push(at)
    lives.forEach((life, other) => {
      const isInGroup =
        other === index || strategy === 'one-for-all' || (strategy === 'rest-for-one' && other > index)
      if (!isInGroup) return
      running[other] = false
      endsAt[other] = Infinity
      if (life.restart !== 'temporary') begin(other, at)
    })
  }
  return { starts, how: 'done' }
}

test('restarts whom OTP restarts, when, and gives up when OTP does', () => {
  const life: fc.Arbitrary<Life> = fc.record({
    restart: fc.constantFrom('permanent', 'transient', 'temporary'),
    runs: fc.array(fc.record({ ms: fc.integer({ min: 1, max: 40 }), fails: fc.boolean() }), { maxLength: 5 }),
  })
  const property = fc.property(
    fc.array(life, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('one-for-one' as const, 'one-for-all' as const, 'rest-for-one' as const),
    fc.nat(6),
    fc.nat(60),
    (lives, strategy, intensity, period) => {
      const at = new Timeline()
      const starts: number[][] = lives.map(() => [])
      let running = 0
      const children = lives.map(({ restart, runs }, index): ChildSpec => ({
        restart,
        *run() {
          const run = runs[starts[index]!.length]
          starts[index]!.push(at.sim.now)
          running++
          try {
            yield* sleep(run?.ms ?? Infinity)
            if (run!.fails) throw new Error(`${index}`)
          } finally {
            running--
          }
        },
      }))
      const task = at.start(supervise(children, { strategy, intensity, period }))
      at.advance(10_000)
      const how = task.status
      if (how !== 'running') expect(running).toBe(0)
      void task.cancel()
      at.advance()
      expect(running).toBe(0)
      expect({ starts, how }).toEqual(model(lives, strategy, intensity, period))
    }
  )
  fc.assert(property, { seed, numRuns: 400 })
})
