/** Runs in which something goes wrong, and programs that have to stand it. */
import {
  MisuseError,
  type Operation,
  ScopeError,
  action,
  all,
  attempt,
  call,
  cancel,
  createScope,
  defineEffect,
  ensure,
  operation,
  pause,
  race,
  resource,
  scope,
  select,
  shield,
  sleep,
  spawn,
  suspend,
  timeout,
  use,
} from 'coppice'
import {
  CheckError,
  type ExploreOptions,
  type Fault,
  FaultError,
  LeakError,
  type Simulation,
  after,
  cancelEverywhere,
  deadlines,
  exhaustive,
  explore,
  pct,
  random,
  replay,
  returns,
  throwEverywhere,
} from '@coppice/testing'
import { grid } from './programs.ts'

const fetchPrice = defineEffect('fetchPrice', async (shop: string) => shop.length)
const priceOf = [['fetchPrice', after(5, returns(7))]] as const

/** A program's runs, one after the other: how each ended, and the steps. */
function runsOf(program: () => Operation<unknown>, options: ExploreOptions<unknown>) {
  const seen: { outcome: Simulation['outcome']; timeline: string }[] = []
  const check = (sim: Simulation) => void seen.push({ outcome: sim.outcome, timeline: sim.timeline() })
  const report = explore(program, { strategy: exhaustive({ bound: 0 }), ...options, check })
  expect(report.failure?.error).toBeUndefined()
  return seen
}

const statusesOf = (program: () => Operation<unknown>, options: ExploreOptions<unknown>) =>
  runsOf(program, options).map(({ outcome }) => outcome!.status)

describe('cancelEverywhere', () => {
  test('cancels the root after each step but the last', () => {
    const program = function* () {
      for (let i = 0; i < 3; i++) yield* sleep(1)
    }
    const runs = runsOf(program, { faults: [cancelEverywhere()] })
    expect(runs.map(({ outcome }) => [outcome!.status, outcome!.at])).toEqual([
      ['done', 3],
      ['cancelled', 0],
      ['cancelled', 1],
      ['cancelled', 2],
    ])
  })

  test('counts the runs, and not the schedules', () => {
    const report = explore(grid(2, 2), { strategy: exhaustive(), faults: [cancelEverywhere()] })
    // Six steps, so five places for each of the six schedules.
    expect(report).toMatchObject({ runs: 36, schedules: 6, complete: true, failure: undefined })
  })

  test('has the request as the very next pick', () => {
    const program = function* main() {
      yield* spawn(() => sleep(10), { name: 'child' })
      yield* sleep(10)
    }
    const timelines = runsOf(program, { faults: [cancelEverywhere()] }).map(({ timeline }) => timeline)
    // After the first step the child is queued; the root goes first all the same.
    expect(timelines[1]!.split('\n').map((line) => line.trim())).toEqual([
      '0  main#1   starts   → sleep(10)',
      '0  main#1   unwinds  → children: child   ! root cancelled',
      '0  child#2  starts   → cancelled: FaultError: The root was cancelled after step 1',
      '0  main#1   closes   → cancelled: FaultError: The root was cancelled after step 1',
    ])
  })

  test('hits every task that waits, at each of its suspensions', () => {
    const hit = new Set<string>()
    const waiting = (name: string) =>
      function* () {
        for (let i = 0; i < 3; i++) {
          let done = false
          try {
            yield* sleep(10)
            done = true
          } finally {
            if (!done) hit.add(`${name} at ${i}`)
          }
        }
      }
    const program = function* () {
      yield* spawn(waiting('a'))
      yield* spawn(waiting('b'))
    }
    runsOf(program, { faults: [cancelEverywhere()] })
    expect([...hit].sort()).toEqual(['a at 0', 'a at 1', 'a at 2', 'b at 0', 'b at 1', 'b at 2'])
  })

  test('finds cleanup that is missing', () => {
    let open = 0
    const program = function* () {
      open = 0
      open++
      yield* sleep(1)
      open--
    }
    const report = explore(program, { faults: [cancelEverywhere()], check: () => open === 0 })
    expect(report).toMatchObject({ runs: 2, schedules: 1 })
    expect(report.failure).toMatchObject({ token: '1..c1', schedule: [] })
    expect(String(report)).toContain('The root was cancelled after step 1.\n')
    expect(replay(program, '1..c1', { check: () => open === 0 }).failure).toEqual(report.failure)
  })

  test('finds cleanup that fails', () => {
    const error = new Error('cleanup')
    const program = function* () {
      try {
        yield* sleep(1)
      } finally {
        // Only a cancelled run comes here at 0.
        yield* fetchPrice('a')
      }
    }
    const answers = [
      [
        'fetchPrice',
        () => {
          throw error
        },
      ],
    ] as const
    expect(explore(program, { faults: [cancelEverywhere()], answers }).failure?.error).toBe(error)
  })

  test('finds listeners that are left behind', () => {
    const { failure } = explore(() => action((resume) => void resume()), {
      faults: [cancelEverywhere()],
      runs: 1,
    })
    expect(failure).toBeUndefined()
    const waiting = function* () {
      yield* select({ heard: action(() => {}), late: sleep(1) })
    }
    expect(explore(waiting, { faults: [cancelEverywhere()] }).failure?.error).toBeInstanceOf(LeakError)
  })

  test('cancels each task by itself as well, wherever it is open, if it is told to', () => {
    const program = function* () {
      for (const name of ['a', 'b']) {
        const child = function* () {
          yield* sleep(1)
          yield* sleep(1)
        }
        yield* spawn(child, { name })
      }
    }
    const whats = (faults: Fault[]) =>
      runsOf(program, { faults }).map(({ timeline }) =>
        timeline
          .split('\n')
          .filter((line) => line.includes('cancelled'))
          .join()
      )
    const root = whats([cancelEverywhere()])
    const each = whats([cancelEverywhere({ each: true })])
    expect(root.filter((line) => /[ab]#\d cancelled/.test(line))).toEqual([])
    expect(each.filter((line) => line.includes('a#2 cancelled')).length).toBeGreaterThan(3)
    expect(each.filter((line) => line.includes('b#3 cancelled')).length).toBeGreaterThan(3)
  })

  test('finds the program that does not stand the cancellation of one of its tasks, and replays it', () => {
    let stock = 0
    const program = function* () {
      stock = 0
      const producer = yield* spawn(
        function* () {
          yield* pause()
          stock++
        },
        { name: 'producer' }
      )
      yield* spawn(function* () {
        yield* attempt(producer)
        stock--
      })
    }
    const check = () => stock === 0
    expect(
      explore(program, { strategy: exhaustive(), faults: [cancelEverywhere()], check }).failure
    ).toBeDefined()
    const report = explore(program, {
      strategy: exhaustive(),
      faults: [cancelEverywhere({ each: true })],
      check,
      runs: 3,
    })
    const { failure } = report
    expect(failure!.error).toBeInstanceOf(CheckError)
    expect(replay(program, failure!.token, { check }).failure).toEqual(failure)
  })

  test('a root that fails with just the cancellation of one of its tasks has behaved', () => {
    const program = function* () {
      const child = yield* spawn(() => sleep(10))
      yield* child
    }
    const report = explore(program, { strategy: exhaustive(), faults: [cancelEverywhere({ each: true })] })
    expect(report.failure).toBeUndefined()
  })

  test('cancels the root again in the middle of the cleanup, if it is told to; cleanup is not cut short (C5)', () => {
    let steps = 0
    const program = function* () {
      steps = 0
      try {
        yield* sleep(10)
      } finally {
        for (let i = 0; i < 3; i++) {
          yield* sleep(1)
          steps++
        }
      }
    }
    const requests: number[] = []
    const check = (sim: Simulation) => {
      requests.push(sim.timeline().split('root cancelled').length - 1)
      return steps === 3
    }
    // The second place is in the finally, which the body has entered by itself: there a request cuts it short (C12).
    const runs = 5
    const report = explore(program, {
      faults: [cancelEverywhere({ times: 2 })],
      strategy: exhaustive(),
      check,
      runs,
    })
    expect(report.failure).toBeUndefined()
    expect(requests).toEqual([0, 1, 2, 2, 2])
  })

  test.each([{ each: 1 }, { times: 1.5 }, { every: 2 }] as object[])('rejects %j', (options) => {
    expect(() => cancelEverywhere(options)).toThrow(MisuseError)
  })
})

describe('throwEverywhere', () => {
  test('fails each outside effect in turn', () => {
    const program = function* () {
      yield* attempt(all([fetchPrice('a'), call(Date.now)]))
      yield* fetchPrice('b')
    }
    const answers = [[/./, 1]] as const
    expect(statusesOf(program, { answers, faults: [throwEverywhere()] })).toEqual([
      'done',
      'done',
      'done',
      'failed',
    ])
  })

  test('counts a root that fails with just that as one that has behaved', () => {
    const single = () => fetchPrice('a')
    expect(
      explore(single, { answers: priceOf, faults: [throwEverywhere()], runs: 4 }).failure
    ).toBeUndefined()
    const several = function* () {
      yield* ensure(() => fetchPrice('cleanup'))
      yield* fetchPrice('a')
    }
    expect(
      explore(several, { answers: priceOf, faults: [throwEverywhere()], runs: 4 }).failure
    ).toBeUndefined()
  })

  test('does not excuse what else a root fails with', () => {
    const program = function* () {
      try {
        yield* fetchPrice('a')
      } catch (cause) {
        throw new TypeError('no price', { cause })
      }
    }
    const { failure } = explore(program, { answers: priceOf, faults: [throwEverywhere()] })
    expect(failure?.error).toBeInstanceOf(TypeError)
    expect((failure?.error as Error).cause).toBeInstanceOf(FaultError)
    expect((failure?.error as Error).cause).toMatchObject({
      code: 'COPPICE_FAULT',
      message: 'Outside effect 1 was made to fail',
    })
    expect(failure?.token).toBe('1..t1')
    expect(failure?.timeline).toContain('! fetchPrice("a") fails')
    expect(replay(program, '1..t1', { answers: priceOf }).failure).toEqual(failure)
  })

  test('does not excuse an error that comes with it', () => {
    const error = new Error('cleanup')
    const program = function* () {
      yield* ensure(() => {
        throw error
      })
      yield* attempt(fetchPrice('a'))
    }
    const both = function* () {
      const outcome = yield* attempt(scope(program))
      yield* ensure(() => {
        if (outcome.status === 'failed') throw outcome.error
      })
      yield* fetchPrice('b')
    }
    const { failure } = explore(both, { answers: priceOf, faults: [throwEverywhere()] })
    expect(failure?.error).toBe(error)
    const scoped = replay(both, '1..t2', { answers: priceOf }).failure?.error
    expect(scoped).toBeInstanceOf(ScopeError)
    expect((scoped as ScopeError).errors).toEqual([expect.any(FaultError), error])
  })

  test('leaves action alone', () => {
    const program = () => action((resume) => resume())
    expect(explore(program, { strategy: exhaustive(), faults: [throwEverywhere()] }).runs).toBe(1)
  })
})

describe('deadlines', () => {
  test('cancels the root at each instant, ahead of all that is due', () => {
    const log: string[] = []
    const program = function* () {
      for (const ms of [10, 20, 0]) {
        yield* sleep(ms)
        log.push(`slept ${ms}`)
      }
    }
    const runs = runsOf(program, { faults: [deadlines()] })
    expect(runs.map(({ outcome }) => [outcome!.status, outcome!.at])).toEqual([
      ['done', 30],
      ['cancelled', 10],
      ['cancelled', 30],
    ])
    expect(log).toEqual(['slept 10', 'slept 20', 'slept 0', 'slept 10'])
  })

  test('has a token, too', () => {
    let open = 0
    const program = function* () {
      open = 1
      yield* sleep(10)
      open = 0
    }
    const check = () => open === 0
    const { failure } = explore(program, { faults: [deadlines()], check })
    expect(failure?.token).toBe('1..d1')
    expect(replay(program, '1..d1', { check }).failure).toEqual(failure)
  })
})

describe('a fault run', () => {
  test('follows its schedule up to the place, and then production with exhaustive', () => {
    const stepping = grid(2, 3)
    const program = function* () {
      yield* spawn(stepping)
      yield* sleep(1)
    }
    const seen = new Set<string>()
    const check = (sim: Simulation) => {
      const lines = sim.timeline().split('\n')
      const place = lines.findIndex((line) => line.includes('root cancelled'))
      const departure = lines.findIndex((line) => line.includes('ahead of'))
      if (place >= 0 && departure >= 0) seen.add(departure < place ? 'before' : 'after')
    }
    explore(program, { strategy: exhaustive({ bound: 1 }), faults: [cancelEverywhere()], check })
    expect([...seen]).toEqual(['before'])
  })

  test.each([random, pct])('goes on with the picks of %p', (strategy) => {
    const after = new Set<string>()
    const program = grid(4, 3)
    const check = (sim: Simulation) => {
      const lines = sim.timeline().split('\n')
      const place = lines.findIndex((line) => line.includes('root cancelled'))
      if (place >= 0) after.add(String(lines.slice(place + 1).some((line) => line.includes('ahead of'))))
    }
    explore(program, { strategy: strategy(), faults: [cancelEverywhere()], check, runs: 300 })
    expect(after).toContain('true')
  })

  test('comes after each schedule, fault by fault, place by place', () => {
    const program = function* () {
      yield* sleep(1)
      yield* attempt(fetchPrice('a'))
    }
    const runs = runsOf(program, {
      answers: priceOf,
      faults: [deadlines(), throwEverywhere(), cancelEverywhere()],
    })
    expect(runs.map(({ outcome }) => [outcome!.status, outcome!.at])).toEqual([
      ['done', 6],
      ['cancelled', 1],
      ['cancelled', 6],
      ['done', 1],
      ['cancelled', 0],
      ['cancelled', 1],
    ])
  })

  test('counts against the limit of runs, and then nothing is complete', () => {
    const options = { strategy: exhaustive(), faults: [cancelEverywhere()], runs: 10 }
    expect(explore(grid(2, 2), options)).toMatchObject({ runs: 10, schedules: 2, complete: false })
  })

  test('is not made for a schedule that fails by itself', () => {
    const program = function* () {
      yield* sleep(1)
      throw new Error('always')
    }
    expect(explore(program, { faults: [cancelEverywhere()] })).toMatchObject({ runs: 1 })
  })

  test('is shortened with its fault in place', () => {
    let open = false
    let isFirst = false
    const program = function* () {
      open = isFirst = false
      yield* spawn(grid(2, 4))
      yield* spawn(function* early() {
        yield* pause()
        yield* pause()
        isFirst = true
      })
      yield* spawn(function* late() {
        yield* pause()
        if (!isFirst) return
        open = true
        yield* sleep(1)
        open = false
      })
      yield* sleep(2)
    }
    const check = () => !open
    const { failure } = explore(program, { strategy: random(), faults: [cancelEverywhere()], check })
    expect(failure?.token).toMatch(/^1\.[\d_-]+\.c\d+$/)
    expect(failure?.schedule.filter((index) => index !== 0).length).toBeLessThan(6)
    expect(replay(program, failure!.token, { check }).failure).toEqual(failure)
  })
})

describe('programs stand every fault', () => {
  /** What is open; a program has to close all of it. */
  let open: string[] = []
  const opened = (name: string) => void open.push(name)
  const closed = (name: string) => void open.splice(open.indexOf(name), 1)

  const connection = (name: string) =>
    resource<string>(function* connection(provide) {
      yield* fetchPrice(name)
      opened(name)
      try {
        yield* provide(name)
      } finally {
        yield* sleep(1)
        closed(name)
      }
    })

  // A finally would be cut short by a cancellation that comes while it runs (C12); ensure is not.
  const worker = operation('worker', function* (name: string) {
    opened(name)
    yield* ensure(function* () {
      yield* sleep(1)
      closed(name)
    })
    yield* sleep(3)
    yield* fetchPrice(name)
  })

  const component = function* () {
    const own = createScope({ name: 'component' })
    yield* ensure(() => void own.close())
    own.run(() => sleep(3))
    yield* sleep(2)
  }

  const programs: Record<string, () => Operation<unknown>> = {
    select: () => select({ a: worker('a'), b: worker('b'), late: sleep(5), task: suspend() }),
    race: () => race([worker('a'), sleep(4), fetchPrice('x')]),
    all: () => all([worker('a'), worker('b'), connection('c')]),
    timeout: () => attempt(timeout(4, connection('a'))),
    'a timeout that just passes': () => timeout(5, fetchPrice('a')),
    *resource() {
      const a = yield* connection('a')
      const b = yield* connection('b')
      yield* worker(a + b)
    },
    *use() {
      opened('disposable')
      yield* use({ [Symbol.dispose]: () => closed('disposable') })
      yield* worker('a')
    },
    *scope() {
      const block = scope(function* (own) {
        own.spawn(worker('a'))
        yield* spawn(worker('b'))
        yield* sleep(2)
        own.cancel('enough')
        yield* sleep(2)
      })
      yield* attempt(block)
    },
    *shield() {
      const a = yield* shield(connection('a'))
      yield* worker(a)
    },
    *cancel() {
      const task = yield* spawn(worker('a'))
      yield* sleep(2)
      yield* cancel(task)
      yield* pause()
    },
    *'graceful cancellation'() {
      const task = yield* spawn(worker('a'))
      yield* cancel(task, { grace: 2 })
    },
    *background() {
      yield* spawn(worker('a'), { background: true })
      yield* sleep(2)
    },
    createScope: component,
    *action() {
      opened('listener')
      yield* select({
        heard: action(() => () => closed('listener')),
        price: fetchPrice('a'),
      })
    },
  }

  test.each(Object.keys(programs))('%s', (name) => {
    const program = () => {
      open = []
      return programs[name]!()
    }
    const options = { answers: priceOf, faults: [cancelEverywhere(), throwEverywhere(), deadlines()] }
    const check = () => expect(open).toEqual([])
    for (const strategy of [exhaustive({ bound: 2 }), random(), pct()]) {
      const report = explore(program, { ...options, strategy, check, runs: 400 })
      if (report.failure !== undefined) throw new Error(String(report), { cause: report.failure.error })
    }
  })
})
