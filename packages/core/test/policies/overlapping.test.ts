/** How overlapping calls of one operation behave, in virtual time. */
import fc from 'fast-check'
import {
  CancelledError,
  JoinCycleError,
  MisuseError,
  OverlappedCall,
  type Overlapping,
  type Task,
  attempt,
  createContext,
  dropping,
  enqueued,
  keepLatest,
  operation,
  restartable,
  run,
  scope,
  sleep,
  suspend,
  timeout,
} from 'coppice'
import { simulate } from '@coppice/testing'
import { runAll, runNow, runToEnd } from '../virtual.ts'
import { Timeline, thrownBy } from '../laws/timeline.ts'

const seed = 12
const kinds = { restartable, dropping, enqueued, keepLatest }
type Kind = keyof typeof kinds
const each = Object.entries(kinds) as [Kind, typeof restartable][]

/** An operation whose runs take 10 ms, and 3 ms to clean up when they are cut short. */
const work = (at: Timeline) =>
  operation('work', function* (name: string) {
    at.note(`${name} starts`)
    let done = false
    try {
      yield* sleep(10)
      done = true
      return name
    } finally {
      if (!done) yield* sleep(3)
      at.note(`${name} ${done ? 'ends' : 'cleaned up'}`)
    }
  })

/** What became of a call. */
const fate = ({ outcome }: Task) =>
  outcome?.status === 'cancelled' && outcome.reason instanceof OverlappedCall
    ? outcome.reason.kind
    : outcome?.status === 'done'
      ? outcome.value
      : outcome?.status

/** Calls `a` at 0, `b` at 4, `c` at 5, and waits for all of them. */
function threeCalls(make: typeof restartable) {
  const at = new Timeline()
  const fates = at.simulate(function* () {
    const call = yield* make(work(at))
    const tasks = [call('a')]
    yield* sleep(4)
    tasks.push(call('b'))
    yield* sleep(1)
    tasks.push(call('c'))
    yield* call.idle()
    return tasks.map(fate)
  })
  return { fates, lines: at.lines }
}

describe('three calls that overlap', () => {
  test('restartable: each replaces the one before, after its cleanup', () => {
    expect(threeCalls(restartable)).toEqual({
      fates: ['replaced', 'replaced', 'c'],
      lines: ['0 a starts', '7 a cleaned up', '7 c starts', '17 c ends'],
    })
  })

  test('dropping: all but the first are dropped', () => {
    expect(threeCalls(dropping)).toEqual({
      fates: ['a', 'dropped', 'dropped'],
      lines: ['0 a starts', '10 a ends'],
    })
  })

  test('enqueued: one after the other', () => {
    expect(threeCalls(enqueued)).toEqual({
      fates: ['a', 'b', 'c'],
      lines: ['0 a starts', '10 a ends', '10 b starts', '20 b ends', '20 c starts', '30 c ends'],
    })
  })

  test('keepLatest: the latest replaces the one that waits', () => {
    expect(threeCalls(keepLatest)).toEqual({
      fates: ['a', 'replaced', 'c'],
      lines: ['0 a starts', '10 a ends', '10 c starts', '20 c ends'],
    })
  })
})

describe.each(each)('%s', (name, make) => {
  test('a call that finds none runs at once, and gives its value', () => {
    const at = new Timeline()
    const values = at.simulate(function* () {
      const call = yield* make(work(at))
      return [yield* call('a'), yield* call('b')]
    })
    expect(values).toEqual(['a', 'b'])
    expect(at.lines).toEqual(['0 a starts', '10 a ends', '10 b starts', '20 b ends'])
  })

  test('can be called from outside of tasks, and starts synchronously', async () => {
    const log: string[] = []
    let call!: Overlapping<[string], string>
    const task = run(
      function* () {
        call = yield* make(function* (text: string) {
          log.push(text)
          return text
        })
        yield* suspend()
      },
      { budget: { ms: Infinity } }
    )
    const first = call('a')
    expect(log).toEqual(['a'])
    expect(await first).toBe('a')
    await task.cancel()
    expect(() => call('b')).toThrow(MisuseError)
    expect(log).toEqual(['a'])
  })

  test('cancels what still runs or waits with the scope that owns it, and the scope waits for the cleanup', () => {
    const at = new Timeline()
    const tasks: Task[] = []
    at.simulate(function* () {
      yield* scope(function* () {
        const call = yield* make(work(at))
        tasks.push(call('a'), call('b'))
        yield* sleep(4)
      })
      at.note('left')
    })
    // What is called from inside is not started before the caller waits, so the first one may be replaced before that.
    const runner = name === 'restartable' ? 'b' : 'a'
    expect(at.lines).toEqual([`0 ${runner} starts`, `7 ${runner} cleaned up`, '7 left'])
    expect(tasks.every(({ status }) => status === 'cancelled')).toBe(true)
  })

  test('R4 passes to the caller with what an operation acquired', () => {
    const at = new Timeline()
    const value = at.simulate(function* () {
      const call = yield* timeout(5, make(work(at)))
      return yield* call('a')
    })
    expect(value).toBe('a')
  })

  test('E1 a call that fails fails the scope, with its own error', () => {
    const error = new Error('broken')
    expect(
      thrownBy(() =>
        runToEnd(function* () {
          const call = yield* make(function* () {
            yield* sleep(1)
            throw error
          })
          call()
          yield* suspend()
        })
      )
    ).toBe(error)
  })

  test('E4 with attempt in the operation, a failure is the outcome of the call', () => {
    const at = new Timeline()
    const outcomes = at.simulate(function* () {
      const call = yield* make((text: string) =>
        attempt(function* () {
          yield* sleep(1)
          if (text === 'bad') throw text
          return text
        })
      )
      return [yield* call('bad'), yield* call('good')]
    })
    expect(outcomes).toEqual([
      { status: 'failed', error: 'bad' },
      { status: 'done', value: 'good' },
    ])
  })

  test('a call can be cancelled by its task, also while it waits, and the next one has its turn', () => {
    const at = new Timeline()
    at.simulate(function* () {
      const call = yield* make(work(at))
      const a = call('a')
      const b = call('b')
      yield* sleep(2)
      void b.cancel()
      void a.cancel()
      yield* call.idle()
      yield* call('d')
    })
    expect(at.lines.slice(-2)).toEqual(['5 d starts', '15 d ends'])
    expect(at.lines).not.toContain('b starts')
  })

  test('cancelAll cancels all calls with a reason, and later calls run', () => {
    const at = new Timeline()
    const outcomes = at.simulate(function* () {
      const call = yield* make(work(at))
      call('a')
      call('b')
      yield* sleep(2)
      const { tasks } = call
      call.cancelAll('reset')
      yield* call.idle()
      return [tasks.map(({ outcome }) => outcome), yield* call('c')]
    })
    const cancelled = { status: 'cancelled', reason: 'reset' }
    const expected = name === 'dropping' || name === 'restartable' ? [cancelled] : [cancelled, cancelled]
    expect(outcomes).toEqual([expected, 'c'])
  })

  test('lists its calls, oldest first, and is named after its operation', () => {
    runToEnd(function* () {
      const call = yield* make(work(new Timeline()))
      expect(call.name).toBe('work')
      expect(call.tasks).toEqual([])
      const tasks = [call('a'), call('b')]
      expect(tasks.map((task) => task.name)).toEqual(['work', 'work'])
      expect(call.tasks).toEqual(name === 'dropping' ? [tasks[0]] : tasks)
      call.cancelAll()
    })
    expect(String(make(work(new Timeline())))).toBe(`${name}(work)`)
    runToEnd(function* () {
      expect((yield* make(() => sleep(1))).name).toBe(name)
    })
  })

  test('X1 sees the contexts of where it was made', () => {
    const user = createContext<string>('user')
    const seen = runToEnd(function* () {
      const call = yield* user.with(
        'ada',
        make(() => user.get())
      )
      return yield* user.with('bob', function* () {
        return yield* call()
      })
    })
    expect(seen).toBe('ada')
  })

  test('a run may call its own operation, if it does not wait for that', () => {
    const at = new Timeline()
    at.simulate(function* () {
      let depth = 0
      const call: Overlapping<[], void> = yield* make(function* () {
        at.note(`run ${++depth}`)
        if (depth < 3) call()
        yield* sleep(5)
      })
      call()
      yield* call.idle()
    })
    const runs = name === 'dropping' ? 1 : 3
    const step = name === 'restartable' ? 0 : 5
    expect(at.lines).toEqual(Array.from({ length: runs }, (_, i) => `${i * step} run ${i + 1}`))
  })

  test('idle called from inside of a run throws instead of waiting for itself', () => {
    const error = thrownBy(() =>
      runToEnd(function* () {
        const call: Overlapping<[], void> = yield* make(function* () {
          yield* call.idle()
        })
        call()
        yield* suspend()
      })
    )
    expect(error).toBeInstanceOf(JoinCycleError)
  })

  test('E9 it takes a function', () => {
    const error = thrownBy(() => make(sleep(1) as never)) as Error
    expect(error).toBeInstanceOf(MisuseError)
    expect(error.message).toContain(
      `yield* ${name}(search), and not ${name}(search(…)); it was given sleep(1)`
    )
    expect(() =>
      runToEnd(function* () {
        const call = yield* make((() => 5) as never)
        yield* call()
      })
    ).toThrow(MisuseError)
  })
})

test.each(each)('%s: a call that is cancelled in line leaves nothing behind', (_, make) => {
  const sim = simulate(function* () {
    const call = yield* make(function* (ms: number) {
      yield* sleep(ms)
    })
    for (let calls = 0; calls < 3; calls++) {
      call(10)
      yield* sleep(1)
    }
    yield* suspend()
  })
  sim.advanceTo(5)
  sim.cancel()
  expect(sim.runToEnd().status).toBe('cancelled')
  expect(sim.leaks()).toEqual([])
})

describe('a call that was overtaken', () => {
  test.each([
    ['dropped', dropping, /work.* was cancelled: dropped, because another call was running$/],
    ['replaced', restartable, /work.* was cancelled: replaced by a later call$/],
    ['replaced', keepLatest, /work.* was cancelled: replaced by a later call$/],
  ] as const)('T6 says that it was %s to whoever joins it', (kind, make, message) => {
    const error = thrownBy(() =>
      runToEnd(function* () {
        const call = yield* make(work(new Timeline()))
        const [, b] = [call('a'), call('b'), call('c')]
        return yield* b
      })
    ) as CancelledError
    expect(error).toBeInstanceOf(CancelledError)
    expect(error.reason).toEqual(new OverlappedCall(kind))
    expect(error.message).toMatch(message)
  })
})

describe('restartable, in callbacks', () => {
  /** However busy the machine is, `run` comes to the first wait. */
  const unhurried = { budget: { ms: Infinity } }

  test('a call made from the cleanup of the one it replaces comes last', async () => {
    const log: string[] = []
    const task = run(function* () {
      const call: Overlapping<[string], void> = yield* restartable(function* (name: string) {
        log.push(`${name} starts`)
        try {
          yield* suspend()
        } finally {
          log.push(`${name} ends`)
          if (name === 'a') call('from a')
        }
      })
      yield* handOver(call)
    }, unhurried)
    made!('a')
    const b = made!('b')
    expect(log).toEqual(['a starts', 'a ends', 'from a starts'])
    expect(fate(b)).toBe('replaced')
    await task.cancel()
    expect(log.at(-1)).toBe('from a ends')
  })

  test('a run that replaces itself in its first step is cancelled at its first wait', async () => {
    const log: string[] = []
    const task = run(function* () {
      const call: Overlapping<[string], void> = yield* restartable(function* (name: string) {
        log.push(`${name} starts`)
        if (name === 'a') call('b')
        yield* suspend()
        log.push(`${name} goes on`)
      })
      yield* handOver(call)
    }, unhurried)
    expect(fate(made!('a'))).toBe('replaced')
    expect(log).toEqual(['a starts', 'b starts'])
    await task.cancel()
  })

  let made: Overlapping<[string], void> | undefined
  function* handOver(call: Overlapping<[string], void>) {
    made = call
    yield* suspend()
  }
})

interface Plan {
  at: number
  ms: number
  cleanupMs: number
  /** When it is cancelled by its task, after its call, if it is. */
  cancelMs: number | undefined
}

interface Fate {
  started: number | undefined
  closed: number
  how: string
}

/** The rules, in plain words and without tasks. */
function model(kind: Kind, plans: readonly Plan[]): Fate[] {
  const fates: Fate[] = plans.map(() => ({ started: undefined, closed: NaN, how: 'done' }))
  const ends: number[] = []
  let line: number[] = []
  const startNext = (at: number) => {
    const first = line[0]
    if (first === undefined) return
    fates[first]!.started = at
    ends[first] = at + plans[first]!.ms
  }
  const settle = (until: number) => {
    for (let first = line[0]; first !== undefined && ends[first]! <= until; first = line[0]) {
      fates[first]!.closed = ends[first]!
      line.shift()
      startNext(ends[first]!)
    }
  }
  const cutShort = (index: number, at: number, how: string) => {
    if (!line.includes(index) || fates[index]!.how !== 'done') return
    fates[index]!.how = how
    if (line[0] === index) ends[index] = at + plans[index]!.cleanupMs
    else {
      fates[index]!.closed = at
      line = line.filter((other) => other !== index)
    }
  }
  const events = plans.flatMap((plan, index) => [
    { at: plan.at, act: 'call', index },
    ...(plan.cancelMs === undefined ? [] : [{ at: plan.at + plan.cancelMs, act: 'cancel', index }]),
  ])
  for (const { at, act, index } of events.sort((a, b) => a.at - b.at)) {
    settle(at)
    if (act === 'cancel') cutShort(index, at, 'cancelled')
    else if (kind === 'dropping' && line.length > 0) {
      fates[index]!.how = 'dropped'
      fates[index]!.closed = at
    } else {
      if (kind === 'restartable') [...line].reverse().forEach((other) => cutShort(other, at, 'replaced'))
      if (kind === 'keepLatest') line.slice(1).forEach((other) => cutShort(other, at, 'replaced'))
      line.push(index)
      if (line[0] === index) startNext(at)
    }
  }
  settle(Infinity)
  return fates
}

/** The same with tasks: what became of each call, and how many ran at once. */
function execute(kind: Kind, plans: readonly Plan[], fromCallbacks: boolean) {
  const at = new Timeline()
  const { sim } = at
  const started: number[] = []
  const closed = new Map<Task, number>()
  const tasks: Task[] = []
  let running = 0
  let most = 0
  let call!: Overlapping<[number], void>
  const events = plans
    .flatMap(({ at: when, cancelMs = Infinity }, index) => [
      { when, act: () => void (tasks[index] = call(index)) },
      { when: when + cancelMs, act: () => void tasks[index]!.cancel() },
    ])
    .filter(({ when }) => when < Infinity)
    .sort((a, b) => a.when - b.when)

  function* work(index: number) {
    const { ms, cleanupMs } = plans[index]!
    started[index] = sim.now
    most = Math.max(most, ++running)
    let done = false
    try {
      yield* sleep(ms)
      done = true
    } finally {
      if (!done) yield* sleep(cleanupMs)
      running--
    }
  }
  const root = at.start(
    function* () {
      call = yield* kinds[kind](work)
      for (const { when, act } of fromCallbacks ? [] : events) {
        yield* sleep(when - sim.now)
        act()
      }
      yield* suspend()
    },
    { observers: [{ closed: (task) => void closed.set(task, sim.now) }] }
  )
  runNow(sim)
  for (const { when, act } of fromCallbacks ? events : []) {
    sim.advanceTo(when)
    act()
  }
  runAll(sim)
  void root.cancel()
  runAll(sim)
  const fates = tasks.map((task, index): Fate => {
    const { outcome } = task
    const how = outcome?.status === 'cancelled' ? (fate(task) as string) : outcome!.status
    return { started: started[index], closed: closed.get(task)!, how }
  })
  return { fates, most }
}

/** No two things happen at the same instant: each time has a binary digit of its own. */
const anyPlans = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 1, max: 20 }),
      ms: fc.nat(30),
      cleanupMs: fc.nat(10),
      cancelMs: fc.option(fc.nat(40), { nil: undefined, freq: 3 }),
    }),
    { minLength: 1, maxLength: 8 }
  )
  .map((list) => {
    let at = 0
    return list.map(({ gap, ms, cleanupMs, cancelMs }, i): Plan => {
      at += gap
      const digit = (n: number) => 2 ** -(3 * i + n)
      return {
        at,
        ms: ms + digit(1),
        cleanupMs: cleanupMs + digit(2),
        cancelMs: cancelMs === undefined ? undefined : cancelMs + digit(3),
      }
    })
  })

describe.each(each)('%s, called at random', (name) => {
  test.each([
    ['from inside', false],
    ['from callbacks', true],
  ])('%s does what its rule says, and never runs two at once', (_, fromCallbacks) => {
    const property = fc.property(anyPlans, (plans) => {
      const { fates, most } = execute(name, plans, fromCallbacks)
      expect(fates).toEqual(model(name, plans))
      expect(most).toBeLessThanOrEqual(1)
    })
    fc.assert(property, { seed, numRuns: 300 })
  })
})
