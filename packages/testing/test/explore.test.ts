/** What a run fails with, and what a report says of it. */
import {
  MisuseError,
  ScopeError,
  action,
  attempt,
  cancel,
  createScope,
  defineEffect,
  ensure,
  operation,
  pause,
  run,
  scope,
  select,
  sleep,
  spawn,
  suspend,
  until,
} from 'coppice'
import { ImmediateEffect, type Task, answer } from 'coppice/kernel'
import {
  CheckError,
  DeadlockError,
  LeakError,
  LimitError,
  NondeterminismError,
  type Simulation,
  exhaustive,
  explore,
  pct,
  random,
  replay,
  returns,
  sequence,
} from '@coppice/testing'
import { bank, grid } from './programs.ts'

const strategies = [
  ['random', random],
  ['pct', pct],
  ['exhaustive', exhaustive],
] as const

describe.each(strategies)('explore with %s', (_name, strategy) => {
  test('finds nothing where nothing is wrong', () => {
    const report = explore(grid(2, 2), { strategy: strategy(), runs: 50, check: () => true })
    expect(report.failure).toBeUndefined()
    expect(report).toMatchObject({ complete: report.runs < 50 })
  })

  test('finds a lost update', () => {
    const { program, check } = bank()
    const { failure } = explore(program, { strategy: strategy(), check })
    expect(failure?.error).toBeInstanceOf(CheckError)
    expect(failure?.error).toMatchObject({ code: 'COPPICE_CHECK' })
  })

  test('gives the same report every time', () => {
    const report = () => {
      const { program, check } = bank()
      const found = explore(program, { strategy: strategy(), check, seed: 5 })
      return [String(found), { ...found, failure: { ...found.failure, error: 0 } }]
    }
    expect(report()).toEqual(report())
  })

  test('shortens to departures of which each matters', () => {
    const { program, check } = bank()
    const { failure } = explore(program, { strategy: strategy(), check, seed: 3 })
    const { schedule } = failure!
    expect(schedule.at(-1)).not.toBe(0)
    expect(replay(program, failure!.token, { check }).failure?.schedule).toEqual(schedule)
    for (const [decision, index] of schedule.entries()) {
      if (index === 0) continue
      const token = `1.${replaced(schedule, decision)}.`
      expect(replay(program, token, { check }).failure).toBeUndefined()
    }
  })
})

function replaced(schedule: readonly number[], decision: number): string {
  return schedule.map((index, i) => (i === decision ? 0 : index)).join('_')
}

describe('a run fails', () => {
  test('when the root does, with that very error', () => {
    const error = { not: 'an Error' }
    const { failure, runs } = explore(function* () {
      yield* pause()
      throw error
    })
    expect(failure?.error).toBe(error)
    expect(runs).toBe(1)
  })

  test.each([undefined, null, 0, 'text'])('when the root does with %p', (error) => {
    const report = explore(function* () {
      throw error
    })
    expect(report.failure).toBeDefined()
    expect(report.failure!.error).toBe(error)
  })

  test('not when the root is cancelled', () => {
    const program = function* () {
      const root = yield* spawn(suspend)
      yield* pause()
      yield* cancel(root)
    }
    expect(explore(program, { strategy: exhaustive() }).failure).toBeUndefined()
    expect(explore(() => action((_, fail) => fail(1)), { runs: 1 }).failure).toBeDefined()
  })

  test('when nothing can run, no timer is set and the root is open', () => {
    const { failure } = explore(function* main() {
      yield* spawn(suspend, { name: 'idle' })
    })
    expect(failure?.error).toBeInstanceOf(DeadlockError)
    expect(failure?.error).toMatchObject({
      waiting: [
        { name: 'main', on: 'children: idle' },
        { name: 'idle', on: 'suspend()' },
      ],
    })
  })

  test('when something outlives the root', () => {
    const { failure } = explore(function* main() {
      yield* select({ forgotten: action(() => {}), late: sleep(1) })
    })
    expect(failure?.error).toBeInstanceOf(LeakError)
    expect(failure?.error).toMatchObject({
      code: 'COPPICE_LEAK',
      leaks: [{ kind: 'action', task: 'main', on: 'action' }],
    })
    expect(String(failure?.error)).toContain(
      'an action in main was cancelled and returned no abort: return a function that undoes it, or () => {} if there is nothing to undo'
    )
  })

  test('when a scope is never closed', () => {
    const { failure } = explore(function* () {
      createScope({ name: 'component' })
    })
    expect(failure?.error).toMatchObject({ leaks: [{ kind: 'scope', task: 'component', on: 'close()' }] })
    expect(String(failure?.error)).toContain('the scope component of createScope() was never closed')
  })

  test('when cleanup is abandoned and nobody fails for it', () => {
    const stuck = function* stuck() {
      try {
        yield* suspend()
      } finally {
        yield* suspend()
      }
    }
    const program = function* () {
      yield* attempt(
        scope(function* () {
          const task = yield* spawn(stuck)
          yield* pause()
          yield* cancel(task)
        })
      )
    }
    const { failure } = explore(program, { cleanupTimeout: 100 })
    expect(failure?.error).toMatchObject({ leaks: [{ kind: 'abandoned', task: 'stuck', on: 'suspend()' }] })
    expect(String(failure?.error)).toContain('stuck was abandoned while its cleanup waited on suspend()')
  })

  test('when it takes more than maxSteps', () => {
    const spinning = function* spinning() {
      for (;;) yield* pause()
    }
    const { failure } = explore(spinning)
    expect(failure?.error).toBeInstanceOf(LimitError)
    expect(String(failure?.error)).toContain('Still running after 10000 steps')
    expect(explore(grid(1, 5), { maxSteps: 7, runs: 1 }).failure).toBeUndefined()
    expect(explore(grid(1, 5), { maxSteps: 6, runs: 1 }).failure?.error).toBeInstanceOf(LimitError)
  })

  test('when its clock goes beyond maxTime', () => {
    expect(explore(() => sleep(11), { maxTime: 10 }).failure?.error).toBeInstanceOf(LimitError)
    expect(explore(() => sleep(10), { maxTime: 10, runs: 1 }).failure).toBeUndefined()
  })

  test('when check throws, with that error, or returns exactly false', () => {
    const error = new Error('wrong')
    const check = () => {
      throw error
    }
    expect(explore(grid(1, 1), { check }).failure?.error).toBe(error)
    const returned = explore(grid(1, 1), { check: () => false }).failure?.error
    expect(returned).toBeInstanceOf(CheckError)
    expect(String(returned)).toBe('CheckError: check returned false after step 3, at 0 ms.')
    for (const value of [undefined, null, 0, ''])
      expect(
        explore(grid(1, 1), { runs: 1, check: () => value as unknown as boolean }).failure
      ).toBeUndefined()
  })

  test('when invariant does not hold, at the very step', () => {
    let state = 0
    const program = function* () {
      state = 0
      for (let i = 0; i < 5; i++) {
        yield* pause()
        state++
      }
    }
    const { failure } = explore(program, { invariant: () => state < 3 })
    expect(String(failure?.error)).toBe('CheckError: invariant returned false after step 4, at 0 ms.')
    expect(failure?.timeline.split('\n')).toHaveLength(4)
  })

  test('when a tree beside the program fails and nobody waits for it', () => {
    const error = new Error('lost')
    const { failure } = explore(function* () {
      run(function* () {
        throw error
      })
      yield* sleep(1)
    })
    expect(failure?.error).toBe(error)
  })
})

describe('check and invariant', () => {
  test('see the simulation', () => {
    const seen: unknown[] = []
    const program = function* main() {
      yield* sleep(5)
      return 7
    }
    const check = (sim: Simulation<number>) => {
      seen.push(sim.outcome, sim.now, sim.timeline(), sim.leaks(), sim.effects(), sim.runToEnd())
    }
    const outcome = { status: 'done', value: 7, at: 5 }
    expect(explore(program, { runs: 1, check }).failure).toBeUndefined()
    const timeline = '0  main#1  starts   → sleep(5)\n5  main#1  goes on  → done'
    expect(seen).toEqual([outcome, 5, timeline, [], [], outcome])
  })

  test('see each state between two steps', () => {
    const states: number[] = []
    let state = 0
    const program = function* () {
      state = 1
      yield* pause()
      state = 2
      state = 3
      yield* sleep(1)
      state = 4
    }
    explore(program, { runs: 1, invariant: () => void states.push(state) })
    expect(states).toEqual([1, 3, 4])
  })

  test('can not drive it', () => {
    const { failure } = explore(grid(1, 2), { invariant: (sim) => sim.step() })
    expect(String(failure?.error)).toContain('explore and replay drive it')
  })

  test('need not name it to see what happened', () => {
    const seen: string[] = []
    const look = (...sims: Simulation[]) => void seen.push(sims[0]!.timeline())
    for (const strategy of [random(), pct(), exhaustive()]) {
      seen.length = 0
      const report = explore(grid(2, 2), { check: look, invariant: look, strategy, runs: 6 })
      expect(report).toMatchObject({ runs: 6, failure: undefined })
      // Six steps and the end, and one more time the first step, for which nobody had written down anything.
      expect(seen.length).toBe(6 * 7)
      expect(seen.filter((timeline) => timeline.split('\n').length === 6)).toHaveLength(12)
    }
  })

  test('are called for cancelled roots, too', () => {
    const statuses: (string | undefined)[] = []
    const program = () => scope((own) => (own.cancel(), suspend()))
    explore(() => attempt(program()), { runs: 1, check: (sim) => void statuses.push(sim.outcome?.status) })
    expect(statuses).toEqual(['done'])
  })
})

describe('mayFail', () => {
  const flaky = new Error('on purpose')
  const program = (...errors: unknown[]) =>
    function* () {
      for (const error of errors) {
        yield* ensure(() => {
          throw error
        })
      }
      yield* pause()
    }

  test('admits a root that fails with what it may fail with, and goes on', () => {
    let runs = 0
    const report = explore(program(flaky), {
      runs: 5,
      strategy: random(),
      check: () => void runs++,
      mayFail: (error) => error === flaky,
    })
    expect(report.failure).toBeUndefined()
    expect(runs).toBe(report.runs)
  })

  test('is asked for each of several errors', () => {
    const other = new Error('another')
    const options = { mayFail: (error: unknown) => error === flaky || error === other }
    expect(explore(program(flaky, other), options).failure).toBeUndefined()
    const { failure } = explore(program(flaky, new Error('unknown'), other), options)
    expect(failure!.error).toBeInstanceOf(ScopeError)
    expect(replay(program(flaky, new Error('unknown')), failure!.token, options).failure).toBeDefined()
    expect(replay(program(flaky, other), failure!.token, options).failure).toBeUndefined()
  })

  test('says nothing about a program that hangs or leaks', () => {
    const mayFail = () => true
    expect(explore(suspend, { mayFail }).failure?.error).toBeInstanceOf(DeadlockError)
  })

  test('takes a function only', () => {
    expect(() => explore(suspend, { mayFail: 7 as never })).toThrow(
      new MisuseError('explore: mayFail takes a function; it was given 7.')
    )
  })
})

describe('answers', () => {
  const next = defineEffect('next', () => 0)

  test('of a sequence start over in every run', () => {
    const program = function* () {
      const values = [yield* next(), yield* next()]
      if (values.join() !== '1,2') throw new Error(values.join())
    }
    expect(explore(program, { runs: 10, answers: [['next', sequence(1, 2)]] }).failure).toBeUndefined()
  })

  test('that are real promises can not be waited for', () => {
    const { failure } = explore(() => until(Promise.resolve()), {
      answers: [['until', (promise: unknown) => promise]],
    })
    expect(failure?.error).toBeInstanceOf(DeadlockError)
    expect(String(failure?.error)).toContain('A real promise is under way')
  })
})

describe('a run that can not be had again', () => {
  test('is a NondeterminismError, with the first error as cause', () => {
    let runs = 0
    const error = new Error('the third time')
    const { failure, runs: counted } = explore(function* () {
      if (++runs === 3) throw error
    })
    expect(counted).toBe(3)
    expect(failure?.error).toBeInstanceOf(NondeterminismError)
    expect(failure?.error).toMatchObject({ code: 'COPPICE_NONDETERMINISM', cause: error })
    expect(String(failure?.error)).toMatch(/did not fail .*state .*outside .*Date\.now\(\), Math\.random\(\)/)
  })

  test('is one also if it fails in another way', () => {
    let runs = 0
    const { failure } = explore(function* () {
      throw new Error(`run ${++runs}`)
    })
    expect(String(failure?.error)).toContain('failed in another way')
  })

  test('is noticed by exhaustive when it goes on otherwise than it began', () => {
    let tasks = 3
    const { failure } = explore(
      function* () {
        for (let i = 0; i < tasks; i++) yield* spawn(pause)
        tasks = 2
      },
      { strategy: exhaustive() }
    )
    expect(failure?.error).toBeInstanceOf(NondeterminismError)
  })
})

describe('a report', () => {
  test('shows the error, the timeline, the pick that matters and the line to paste', () => {
    const { program, check } = bank()
    const report = explore(program, { check, strategy: exhaustive() })
    expect(String(report)).toMatchInlineSnapshot(`
      "Found in 8 runs of 8 schedules: CheckError: check returned false after step 10, at 0 ms.

      0  bank#1     starts   → children: deposit, deposit, deposit
      0  deposit#3  starts   → pause()   ! ahead of deposit#2
      0  deposit#3  goes on  → pause()   ! ahead of deposit#2
      0  deposit#2  starts   → done
      0  deposit#4  starts   → pause()
      0  deposit#3  goes on  → done
      0  deposit#4  goes on  → pause()
      0  deposit#4  goes on  → pause()
      0  deposit#4  goes on  → done
      0  bank#1     closes   → done

      The pick that matters: at 0 ms, deposit#3 ran ahead of deposit#2.
      To have this run again:
        replay(bank, '1.1_2.', { check })"
    `)
  })

  test('says what was tried when nothing was found', () => {
    expect(String(explore(grid(2, 2), { strategy: exhaustive() }))).toBe(
      'Nothing found in 6 runs of 6 schedules: these are all that there are.'
    )
    expect(String(explore(grid(1, 1), { runs: 1 }))).toBe('Nothing found in 1 run of 1 schedule.')
  })

  test('is the same on every host', () => {
    const { program, check } = bank()
    const { runs, schedules, failure } = explore(program, { check, seed: 12345 })
    expect([runs, schedules, failure?.token]).toEqual([3, 3, '1.0_1_1.'])
  })
})

describe('replay', () => {
  const { program, check } = bank()

  test('has the same failure again', () => {
    const found = explore(program, { check })
    const again = replay(program, found.failure!.token, { check })
    expect(again).toMatchObject({ runs: 1, schedules: 1, complete: false })
    expect(again.failure).toEqual(found.failure)
    expect(String(again.failure?.error)).toBe(String(found.failure?.error))
    expect(found.failure?.token).toMatch(/^[\w.~@+-]+$/)
  })

  test('finds nothing once the bug is fixed', () => {
    const { token } = explore(program, { check }).failure!
    expect(replay(grid(3, 2), token, { check: () => true }).failure).toBeUndefined()
  })

  test.each([
    [
      'an index that is too large picks the last entry',
      '1.9.',
      'decision 0 has fewer entries than it picks from',
    ],
    ['a schedule that is too long', `1.${'0_'.repeat(40)}1.`, 'the run has only 3 decisions'],
    ['a fault whose place does not come', '1..c99', 'the run does not come to the place of its fault'],
  ])('says where a token no longer fits: %s', (_, token, where) => {
    const report = replay(grid(2, 2), token)
    expect(report.failure).toBeUndefined()
    expect(String(report)).toContain(`The program has changed since, and the token no longer fits: ${where}.`)
  })

  test('picks the last entry where an index is too large', () => {
    expect(replay(grid(3, 1), '1.9.', { check: () => false }).failure?.schedule).toEqual([2])
  })

  test('says nothing of the kind of one that fits', () => {
    expect(String(replay(grid(2, 2), '1.1.c2'))).toBe('Nothing found in 1 run of 0 schedules.')
  })

  test('needs no seed, also for programs that use the random source', () => {
    class RandomNumber extends ImmediateEffect<number> {
      readonly name = 'randomNumber'
      perform(task: Task) {
        return answer(task.tree.interpreter.random())
      }
    }
    const drawing = function* () {
      const drawn: number = yield* new RandomNumber() as Iterable<any> as any
      if (drawn > 0.9) throw new Error(String(drawn))
    }
    const found = explore(drawing, { seed: 4 })
    expect(found.failure).toBeDefined()
    expect(found.failure!.token).toMatch(/^1\.\.\.\w+$/)
    expect(replay(drawing, found.failure!.token).failure?.error).toEqual(found.failure!.error)
  })

  test.each(['', '1', '2.0_1.', '1.x.', '1.0 1.', '1.0_.', '1..z1', 7])('rejects the token %p', (token) => {
    expect(() => replay(program, token as string)).toThrow(
      new MisuseError(
        `replay takes the token of a report, as in replay(program, '1.0_1.'); it was given ${JSON.stringify(token)}.`
      )
    )
  })

  test('keeps long runs of zeros short', () => {
    let order: number[] = []
    const late = function* () {
      order = []
      for (let i = 0; i < 2; i++)
        yield* spawn(function* () {
          for (let k = 0; k < 20; k++) {
            order.push(i)
            yield* pause()
          }
        })
    }
    // The first departure comes in the twelfth round.
    const found = explore(late, {
      strategy: exhaustive({ bound: 1 }),
      check: () =>
        order.slice(24, 26).join() !== '1,0' || order.slice(0, 24).join() !== '0,1,'.repeat(12).slice(0, -1),
    })
    expect(found.failure?.token).toBe('1.0-24_1.')
    expect(replay(late, '1.0-24_1.').failure).toBeUndefined()
  })
})

describe('explore', () => {
  test.each([
    [{ runs: 0 }, 'explore: runs takes a whole number from 1 on; it was given 0.'],
    [{ runs: 1.5 }, 'explore: runs takes a whole number from 1 on; it was given 1.5.'],
    [{ seed: 'x' }, 'explore: seed takes an integer; it was given "x".'],
    [{ strategy: random }, 'explore: strategy takes random(), pct() or exhaustive(); it was given random.'],
    [
      { faults: 'all' },
      'explore: faults takes an array of cancelEverywhere(), throwEverywhere(), deadlines(); it was given "all".',
    ],
    [{ check: true }, 'explore: check takes a function; it was given true.'],
    [{ invariant: 7 }, 'explore: invariant takes a function; it was given 7.'],
    [{ maxSteps: 0 }, 'explore: maxSteps takes a number from 1 on; it was given 0.'],
    [
      { checks: () => true },
      /^explore has no option checks; it has strategy, runs, seed, faults, answers, check, /,
    ],
    [{ answers: {} }, /^answers are pairs of a matcher and an answer: /],
  ])('rejects bad options before any run: %j', (options, message) => {
    let runs = 0
    const program = function* () {
      runs++
    }
    expect(() => explore(program, options as never)).toThrow(MisuseError)
    expect(() => explore(program, options as never)).toThrow(message)
    expect(runs).toBe(0)
  })

  test('rejects a program that would be used up by its first run', () => {
    for (const program of [grid(1, 1)(), sleep(1), undefined]) {
      expect(() => explore(program as never)).toThrow(
        'explore takes a function that makes the program anew for each run'
      )
      expect(() => replay(program as never, '1..')).toThrow(MisuseError)
    }
  })

  test('calls the program once a run', () => {
    let calls = 0
    const stepping = grid(2, 2)
    explore(() => (calls++, stepping()), { strategy: exhaustive() })
    expect(calls).toBe(6)
  })

  test('takes a declared operation', () => {
    expect(explore(operation('declared', grid(2, 2)), { strategy: exhaustive() }).schedules).toBe(6)
  })

  test('prints nothing and throws nothing that the program did', () => {
    const log = jest.spyOn(console, 'log')
    const error = jest.spyOn(console, 'error')
    explore(function* () {
      throw new ScopeError([])
    })
    expect(log).not.toHaveBeenCalled()
    expect(error).not.toHaveBeenCalled()
    jest.restoreAllMocks()
  })

  test('leaves the interpreter of other programs alone', async () => {
    explore(grid(1, 1), { runs: 1, answers: [['x', returns()]] })
    expect(await run(() => ensure(() => {}))).toBeUndefined()
  })
})
