/** Broken objects are found, and their histories shown. */
import * as fc from 'fast-check'
import {
  MisuseError,
  type Operation,
  type TaskEvent,
  createEvent,
  createSemaphore,
  pause,
  sleep,
  until,
} from 'coppice'
import {
  History,
  LinearizabilityError,
  LinearizableReport,
  type Scenario,
  type SequentialModel,
  cancelEverywhere,
  exhaustive,
  explore,
  exploreLinearizable,
  linearizable,
  matchers,
  record,
  simulate,
  wouldBlock,
} from '@coppice/testing'
import { counter, queue } from './written.ts'

expect.extend(matchers)

const SEED = Number(process.env.COPPICE_SEED ?? 1)

/** Reads, waits, and writes. */
const brokenCounter = () => ({
  value: 0,
  *increment() {
    const seen = this.value
    yield* pause()
    return (this.value = seen + 1)
  },
  get() {
    return this.value
  },
})

const counterInOneStep = () => ({
  value: 0,
  *increment() {
    yield* pause()
    return ++this.value
  },
  get() {
    return this.value
  },
})

/** Looks at the first item, waits, and takes the first one by then. */
const brokenQueue = () => ({
  items: [] as number[],
  push(item: number) {
    this.items.push(item)
  },
  *tryShift() {
    const [first] = this.items
    if (first === undefined) return null
    yield* pause()
    this.items.shift()
    return first
  },
})

/** Whoever waits is woken, and takes the lock without looking again. */
const brokenLock = () => ({
  isLocked: false,
  waiting: [] as TaskEvent[],
  *acquire() {
    if (this.isLocked) {
      const turn = createEvent()
      this.waiting.push(turn)
      yield* turn.wait()
    }
    yield* pause()
    this.isLocked = true
  },
  release() {
    this.isLocked = false
    this.waiting.shift()?.set()
  },
})

const lock: SequentialModel<boolean> = {
  initial: false,
  operations: {
    acquire: (isLocked) => (isLocked ? wouldBlock : { state: true }),
    release: () => ({ state: false }),
  },
}

/** Takes the permit of whoever is woken, and is cancelled. */
const brokenSemaphore = () => ({
  free: 1,
  waiting: [] as TaskEvent[],
  *acquire() {
    if (this.free > 0) return void this.free--
    const turn = createEvent()
    this.waiting.push(turn)
    // A permit that was handed over to a task which is cancelled before it is in line for nothing: it stays in the line.
    yield* turn.wait()
  },
  release() {
    const next = this.waiting.shift()
    if (next === undefined) this.free++
    else next.set()
  },
  *tryAcquire() {
    if (this.free === 0) return false
    this.free--
    return true
  },
})

const permits: SequentialModel<number> = {
  initial: 1,
  cancelled: 'nothing',
  operations: {
    acquire: (free) => (free === 0 ? wouldBlock : { state: free - 1 }),
    tryAcquire: (free) => (free === 0 ? { value: false } : { state: free - 1, value: true }),
    release: (free) => ({ state: free + 1 }),
  },
}

/** Wakes only the first that waits, although it has room for all. */
const brokenGate = () => ({
  isOpen: false,
  waiting: [] as TaskEvent[],
  *pass() {
    if (this.isOpen) return
    const turn = createEvent()
    this.waiting.push(turn)
    yield* turn.wait()
  },
  open() {
    this.isOpen = true
    this.waiting.shift()?.set()
  },
})

const gate: SequentialModel<boolean> = {
  initial: false,
  operations: { open: () => ({ state: true }), pass: (isOpen) => (isOpen ? {} : wouldBlock) },
}

const lines = (text: unknown) =>
  String(text)
    .split('\n')
    .map((line) => line.trimEnd())

function failureOf(report: LinearizableReport) {
  expect(report.failure?.error).toBeInstanceOf(LinearizabilityError)
  return report.failure!
}

describe('exploreLinearizable finds', () => {
  test('a lost update of a counter, and shows it', () => {
    const report = exploreLinearizable(brokenCounter, counter, {
      tasks: [[['increment']], [['increment']], [['get']]],
    })
    failureOf(report)
    expect(lines(report)).toMatchInlineSnapshot(`
      [
        "Found in 1 run of 1 schedule: LinearizabilityError: No order of these calls gives what they gave:",
        "",
        "a               b               c",
        "┌ increment()",
        "│               ┌ increment()",
        "│               │               get() → 0",
        "└ 1             │",
        "                └ 1",
        "",
        "As far as the model can follow:",
        "  get() of c, increment() of a; the state is then 1",
        "  increment() of b gives 1, where it gives 2",
        "",
        "0  scenario#1  starts   → select(ended, stuck)",
        "0  a#2         starts   → pause()",
        "0  b#3         starts   → pause()",
        "0  c#4         starts   → done",
        "0  a#2         goes on  → done",
        "0  b#3         goes on  → done",
        "0  scenario#1  goes on  → done",
        "",
        "To have this run again:",
        "  exploreLinearizable(make, model, { tasks: [[["increment"]], [["increment"]], [["get"]]], token: "1.." })",
      ]
    `)
  })

  test('an item of a queue that two have seen', () => {
    const tasks: Scenario = [[['push', 1], ['tryShift']], [['tryShift']]]
    const report = exploreLinearizable(brokenQueue, queue, { tasks, strategy: exhaustive() })
    failureOf(report)
    expect(lines(report.failure!.error)).toMatchInlineSnapshot(`
      [
        "LinearizabilityError: No order of these calls gives what they gave:",
        "",
        "a                b",
        "push(1) → done",
        "                 ┌ tryShift()",
        "┌ tryShift()     │",
        "│                └ 1",
        "└ 1",
        "",
        "As far as the model can follow:",
        "  push(1) of a, tryShift() of b; the state is then []",
        "  tryShift() of a gives 1, where it gives null",
      ]
    `)
  })

  test('a lock that two hold', () => {
    const tasks: Scenario = [[['acquire'], ['release']], [['acquire']]]
    failureOf(exploreLinearizable(brokenLock, lock, { tasks, strategy: exhaustive() }))
  })

  test('a permit that goes to a task which was cancelled', () => {
    const tasks: Scenario = [[['acquire'], ['release'], ['tryAcquire']], [['acquire']]]
    const whole = exploreLinearizable(brokenSemaphore, permits, { tasks, strategy: exhaustive() })
    expect(whole).toFindNothing()
    const faults = [cancelEverywhere({ each: true })]
    failureOf(exploreLinearizable(brokenSemaphore, permits, { tasks, strategy: exhaustive(), faults }))
    const mended = exploreLinearizable(() => createSemaphore(1), permits, {
      tasks,
      strategy: exhaustive(),
      faults,
    })
    expect(mended).toFindNothing()
  })

  test('a wake-up that is lost', () => {
    const tasks: Scenario = [[['pass']], [['pass']], [['open']]]
    const report = exploreLinearizable(brokenGate, gate, { tasks })
    expect(String(failureOf(report).error)).toContain('pass() of b waits for ever, where it gives nothing')
  })
})

describe('exploreLinearizable', () => {
  test('finds nothing where there is nothing, and says when it has tried all', () => {
    const tasks: Scenario = [[['increment'], ['get']], [['increment']]]
    const report = exploreLinearizable(counterInOneStep, counter, { tasks, strategy: exhaustive() })
    expect(report).toFindNothing()
    expect(report.complete).toBe(true)
    expect(report.schedules).toBeGreaterThan(5)
    expect(report.tasks).toBe(tasks)
    expect(report.history.calls).toHaveLength(3)
  })

  test('has tasks take turns between their calls', () => {
    const values = new Set<string>()
    const make = () => ({
      value: 0,
      set(value: number) {
        this.value = value
      },
      get() {
        values.add(`${this.value}`)
        return this.value
      },
    })
    const model = {
      initial: 0,
      operations: {
        set: (_: number, value: number) => ({ state: value }),
        get: (value: number) => ({ value }),
      },
    }
    const report = exploreLinearizable(make, model, {
      tasks: [
        [
          ['set', 1],
          ['set', 2],
        ],
        [['get']],
      ],
      strategy: exhaustive(),
    })
    expect(report.failure).toBeUndefined()
    expect([...values].sort()).toEqual(['0', '1', '2'])
  })

  test('lets calls wait for each other for ever, if the model does', () => {
    const report = exploreLinearizable(() => createSemaphore(1), permits, {
      tasks: [[['acquire']], [['acquire']]],
      runs: 100,
    })
    expect(report).toFindNothing()
    expect(report.history.calls.map(({ outcome }) => outcome?.status)).toEqual(['done', undefined])
  })

  test('goes on after a call that fails', () => {
    const make = () => ({
      fail() {
        throw new Error('no')
      },
      *failLater() {
        yield* sleep(1)
        throw new Error('no')
      },
    })
    const model = {
      initial: 0,
      operations: { fail: () => ({ error: 'no' }), failLater: () => ({ error: /no/ }) },
    }
    const tasks: Scenario = [[['fail'], ['failLater'], ['fail']]]
    const report = exploreLinearizable(make, model, { tasks, runs: 10 })
    expect(report).toFindNothing()
    expect(report.history.calls).toHaveLength(3)
  })

  test('takes an operation that makes the object', () => {
    const make = function* () {
      yield* sleep(5)
      return counterInOneStep()
    }
    expect(exploreLinearizable(make, counter, { tasks: [[['increment']]], runs: 2 })).toFindNothing()
  })

  test('has the run of a token again', () => {
    const tasks: Scenario = [[['push', 1], ['tryShift']], [['tryShift']]]
    const { failure } = exploreLinearizable(brokenQueue, queue, { tasks })
    const again = exploreLinearizable(brokenQueue, queue, { tasks, token: failure!.token })
    expect(again.runs).toBe(1)
    expect(again.failure).toEqual(failure)
    expect(
      exploreLinearizable(counterInOneStep, counter, { tasks: [[['increment']]], token: '1..' })
    ).toFindNothing()
  })
})

describe('scenarios that are made up', () => {
  const calls = [['increment'], ['get']] as const

  test('are made smaller once one fails', () => {
    const report = exploreLinearizable(brokenCounter, counter, { generate: { calls }, seed: SEED })
    failureOf(report)
    expect(report.tasks.flat()).toHaveLength(2)
    expect(String(report)).toContain(
      `tasks: ${JSON.stringify(report.tasks).replaceAll(',', ', ')}, token: "${report.failure!.token}"`
    )
    expect(report.history.calls).toHaveLength(2)
  })

  test('keep what they need to fail', () => {
    const generate = { calls: [['push', 1], ['push', 2], ['tryShift']] as const, tasks: 4, length: 4 }
    const report = exploreLinearizable(brokenQueue, queue, { generate, seed: SEED })
    failureOf(report)
    const names = report.tasks.flat().map(([name]) => name)
    expect(names.sort()).toEqual(['push', 'tryShift', 'tryShift'])
  })

  test('are the same for the same seed', () => {
    const search = () =>
      exploreLinearizable(brokenQueue, queue, {
        generate: { calls: [['push', 1], ['tryShift']] },
        seed: SEED,
      })
    expect(String(search())).toBe(String(search()))
  })

  test('share the runs, and are never all that there are', () => {
    const generate = { calls, scenarios: 10, tasks: 2, length: 1 }
    const report = exploreLinearizable(counterInOneStep, counter, {
      generate,
      runs: 50,
      strategy: exhaustive(),
    })
    expect(report).toFindNothing()
    expect(report.runs).toBeLessThanOrEqual(50)
    expect(report.runs).toBeGreaterThan(10)
    expect(report.complete).toBe(false)
  })

  test('can come from fast-check as well', () => {
    const call = fc.constantFrom(['increment'] as const, ['get'] as const)
    const tasks = fc.array(fc.array(call, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 3 })
    const holds = (make: () => object) =>
      fc.check(
        fc.property(
          tasks,
          (tasks) => exploreLinearizable(make, counter, { tasks, runs: 20 }).failure === undefined
        ),
        { seed: SEED, numRuns: 30 }
      )
    expect(holds(counterInOneStep).failed).toBe(false)
    expect(holds(brokenCounter).counterexample![0].flat()).toHaveLength(2)
  })
})

describe('record', () => {
  test('has every call of a program, by the task that called', () => {
    let history = new History()
    const program = function* main() {
      history = new History()
      const permits = record(createSemaphore(2), history)
      yield* permits.acquire()
      permits.tryAcquire()
      permits.release(2)
      // What is no method passes through.
      expect(permits.available).toBe(2)
    }
    expect(simulate(program)).toComplete()
    const calls = history.calls.map(({ task, name, args, outcome }) => ({ task, name, args, outcome }))
    expect(calls).toEqual([
      { task: 'main#1', name: 'acquire', args: [], outcome: { status: 'done', value: undefined } },
      { task: 'main#1', name: 'tryAcquire', args: [], outcome: { status: 'done', value: true } },
      { task: 'main#1', name: 'release', args: [2], outcome: { status: 'done', value: undefined } },
    ])
    record(createSemaphore(1), history).tryAcquire()
    expect(history.calls[3]).toMatchObject({ task: 'outside', outcome: { value: true } })
  })

  test('begins a call when it takes its first step, also if the same operation runs twice', () => {
    let history = new History()
    const program = function* () {
      history = new History()
      const permits = record(createSemaphore(2), history)
      const acquire = permits.acquire()
      yield* acquire
      yield* acquire
    }
    expect(simulate(program)).toComplete()
    expect(history.calls.map(({ from, to }) => to - from)).toEqual([1, 1])
  })

  test('begins a call before whatever it calls itself', () => {
    const history = new History()
    const inner = record({ get: () => 1 }, history, 'inner')
    record({ get: () => inner.get() }, history, 'outer').get()
    const [outer, nested] = history.calls
    expect(outer).toMatchObject({ task: 'outer' })
    expect(nested).toMatchObject({ task: 'inner' })
    expect(outer!.from < nested!.from && nested!.to < outer!.to).toBe(true)
  })

  test('has errors, and calls that are cancelled, after their cleanup', () => {
    let history = new History()
    const boom = new Error('boom')
    const object = {
      *fails() {
        yield* sleep(1)
        throw boom
      },
      throws() {
        throw boom
      },
      *stuck(): Operation<void> {
        try {
          yield* sleep(Infinity)
        } finally {
          yield* sleep(10)
          history.begin('cleanup', 'ended').done(0)
        }
      },
    }
    const program = function* main() {
      history = new History()
      const recorded = record(object, history)
      for (const act of [() => recorded.fails(), () => recorded.throws()]) {
        try {
          yield* act() as Operation<void>
        } catch (error) {
          expect(error).toBe(boom)
        }
      }
      // What is recorded is a frame of its own, so that even the cleanup of a plain generator may wait.
      // eslint-disable-next-line coppice/cleanup-in-raw-generator
      yield* recorded.stuck()
    }
    const sim = simulate(program)
    sim.advance(5)
    sim.cancel()
    expect(sim.runToEnd()).toMatchObject({ status: 'cancelled', at: 15 })
    expect(history.calls.map(({ name, outcome }) => [name, outcome?.status])).toEqual([
      ['fails', 'failed'],
      ['throws', 'failed'],
      ['stuck', 'cancelled'],
      ['ended', 'done'],
    ])
    expect(history.calls[2]!.to).toBeGreaterThan(history.calls[3]!.to)
  })

  test('makes a check for explore', () => {
    let history = new History()
    const program = function* () {
      history = new History()
      const shared = record(brokenCounter(), history, 'me')
      yield* shared.increment()
      shared.get()
    }
    const check = () => linearizable(history, counter).mustHold()
    expect(explore(program, { check, runs: 10 })).toFindNothing()
  })
})

describe('misuse', () => {
  const tasks: Scenario = [[['get']]]
  test.each<[string, () => unknown, RegExp]>([
    [
      'of make',
      () => exploreLinearizable({} as never, counter, { tasks }),
      /takes a function that makes the object anew/,
    ],
    [
      'of the model',
      () => exploreLinearizable(brokenCounter, {} as never, { tasks }),
      /takes a sequential model/,
    ],
    [
      'of an option',
      () => exploreLinearizable(brokenCounter, counter, { tasks, check: () => true } as never),
      /has no option check/,
    ],
    [
      'of no tasks',
      () => exploreLinearizable(brokenCounter, counter, {}),
      /tasks takes a list of calls for each task/,
    ],
    [
      'of tasks',
      () => exploreLinearizable(brokenCounter, counter, { tasks: [['get']] as never }),
      /tasks takes a list of calls/,
    ],
    [
      'of both',
      () => exploreLinearizable(brokenCounter, counter, { tasks, generate: { calls: [['get']] } }),
      /leave tasks out/,
    ],
    [
      'of a token for no tasks',
      () => exploreLinearizable(brokenCounter, counter, { token: '1..', generate: { calls: [['get']] } }),
      /leave token out/,
    ],
    [
      'of no calls',
      () => exploreLinearizable(brokenCounter, counter, { generate: { calls: [] } }),
      /at least one call/,
    ],
    [
      'of a number',
      () => exploreLinearizable(brokenCounter, counter, { generate: { calls: [['get']], tasks: 0 } }),
      /tasks takes a whole number from 1 on/,
    ],
    [
      'of infinity',
      () => exploreLinearizable(brokenCounter, counter, { generate: { calls: [['get']], length: Infinity } }),
      /length is finite/,
    ],
    ['of record', () => record(1 as never, new History()), /record takes an object and a history/],
    ['of record without a history', () => record({}, [] as never), /record takes an object and a history/],
    [
      'of an asynchronous method',
      () => record({ get: async () => 1 }, new History()).get(),
      /get gave a promise/,
    ],
  ])('%s is told', (_title, act, message) => {
    expect(act).toThrow(MisuseError)
    expect(act).toThrow(message)
  })

  test('of a method that is not there is the failure of the report', () => {
    const report = exploreLinearizable(brokenCounter, counter, { tasks: [[['reset']]] })
    expect(report.failure?.error).toBeInstanceOf(MisuseError)
    expect(String(report)).toContain('The object has no method reset')
  })

  test('of outside effects needs answers, as everywhere', () => {
    const make = () => ({ get: () => until(Promise.resolve(0)) })
    const report = exploreLinearizable(make, counter, { tasks, answers: [['until', 0]], runs: 10 })
    expect(report).toFindNothing()
  })
})
