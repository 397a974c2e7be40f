/** A program under a virtual clock, driven from outside. */
import {
  MisuseError,
  type Operation,
  action,
  all,
  call,
  cancel,
  createScope,
  defineEffect,
  ensure,
  now,
  pause,
  run,
  select,
  sleep,
  sleepUntil,
  spawn,
  suspend,
  timeout,
  until,
} from 'coppice'
import { ImmediateEffect, type Task, answer } from 'coppice/kernel'
import {
  DeadlockError,
  LimitError,
  type SimulateOptions,
  UnansweredEffectError,
  after,
  never,
  returns,
  sequence,
  simulate,
  throws,
} from '@coppice/testing'
import { expectLinear } from '../../core/test/growth/expect-linear.ts'

const fetchPrice = defineEffect('fetchPrice', async (shop: string) => shop.length)
/** Programs reach the random source through operations such as a jittered retry; this is the shortest of them. */
class RandomNumber extends ImmediateEffect<number> {
  readonly name = 'randomNumber'

  perform(task: Task) {
    return answer(task.tree.interpreter.random())
  }
}
const randomNumber: Operation<number> = new RandomNumber()
const HOUR = 3_600_000

function thrownBy(act: () => unknown): any {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown')
}

/** How a program ends. */
const end = <T>(program: () => Operation<T>, options: SimulateOptions = {}) =>
  simulate(program, options).runToEnd()

describe('a simulation', () => {
  test('runs nothing until it is driven', () => {
    const log: string[] = []
    const sim = simulate(function* () {
      log.push('begun')
    })
    expect([log, sim.outcome, sim.now]).toEqual([[], undefined, 0])
    sim.runToEnd()
    expect(log).toEqual(['begun'])
  })

  test('ends with a value, and the instant', () => {
    const program = function* () {
      yield* sleep(HOUR)
      return 'rested'
    }
    expect(end(program)).toEqual({ status: 'done', value: 'rested', at: HOUR })
  })

  test('ends with the very error that was thrown', () => {
    const error = { not: 'an Error' }
    const result = end(function* () {
      yield* sleep(1)
      throw error
    })
    expect(result).toEqual({ status: 'failed', error, at: 1 })
    expect(result.status === 'failed' && result.error).toBe(error)
  })

  test('gives the same outcome again, once there is one', () => {
    const sim = simulate(() => sleep(1))
    expect(sim.runToEnd()).toEqual(sim.runToEnd())
    expect(sim.outcome).toEqual({ status: 'done', value: undefined, at: 1 })
  })

  test('passes an hour of ticks at once', () => {
    let ticks = 0
    const sim = simulate(function* () {
      for (; ticks < 3600; ticks++) yield* sleep(1000)
    })
    const begun = performance.now()
    expect(sim.runToEnd().at).toBe(HOUR)
    expect(performance.now() - begun).toBeLessThan(1000)
  })

  test('goes through sleeps that are longer than hosts can', () => {
    expect(end(() => sleep(2 ** 40)).at).toBe(2 ** 40)
  })

  test('never turns the clock back', () => {
    const program = function* () {
      yield* sleep(10)
      yield* sleepUntil(3)
      return yield* now()
    }
    expect(end(program)).toMatchObject({ value: 10 })
  })

  test('has a random source that its seed determines', () => {
    const draw = (seed: number) =>
      end(
        function* () {
          return [yield* randomNumber, yield* randomNumber]
        },
        { seed }
      )
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)).not.toEqual(draw(2))
  })

  test('runs what the program starts beside itself, too', () => {
    const log: string[] = []
    const sim = simulate(function* () {
      const component = createScope()
      yield* ensure(() => void component.close())
      component.run(function* () {
        yield* sleep(500)
        log.push(`component at ${yield* now()}`)
      })
      run(function* () {
        yield* sleep(100)
        log.push(`other at ${yield* now()}`)
      })
      yield* sleep(1000)
    })
    sim.runToEnd()
    expect(log).toEqual(['other at 100', 'component at 500'])
  })
})

describe('sim.advanceTo', () => {
  const ticker = (log: number[]) =>
    function* () {
      for (;;) {
        yield* sleep(100)
        log.push(yield* now())
      }
    }

  test('runs all that is due up to and with the instant, and leaves the clock there', () => {
    const log: number[] = []
    const sim = simulate(ticker(log))
    sim.advanceTo(250)
    expect([log, sim.now]).toEqual([[100, 200], 250])
    sim.advanceTo(300)
    expect([log, sim.now]).toEqual([[100, 200, 300], 300])
  })

  test('is what sim.advance does by so many milliseconds', () => {
    const log: number[] = []
    const sim = simulate(ticker(log))
    sim.advance(99)
    sim.advance(1)
    expect([log, sim.now]).toEqual([[100], 100])
  })

  test('gives the outcome once there is one', () => {
    const sim = simulate(() => sleep(10))
    expect(sim.advanceTo(9)).toBeUndefined()
    expect(sim.advanceTo(20)).toEqual({ status: 'done', value: undefined, at: 10 })
  })

  test.each([NaN, -1, Infinity, '5'])('rejects %p', (instant) => {
    expect(() => simulate(suspend).advanceTo(instant as number)).toThrow(MisuseError)
    expect(() => simulate(suspend).advance(instant as number)).toThrow(MisuseError)
  })

  test('rejects an instant that has passed, and names the present one', () => {
    const sim = simulate(suspend)
    sim.advance(10)
    expect(() => sim.advanceTo(5)).toThrow(
      'advanceTo takes an instant from now on, and it is 10; it was given 5.'
    )
  })
})

describe('sim.step', () => {
  test('takes one step, and lets the clock jump first if nothing can run', () => {
    const sim = simulate(function* () {
      yield* sleep(10)
      yield* pause()
    })
    const seen: [boolean, number, boolean][] = []
    for (let i = 0; i < 4; i++) seen.push([sim.step(), sim.now, sim.outcome !== undefined])
    expect(seen).toEqual([
      [true, 0, false],
      [true, 10, false],
      [true, 10, true],
      [false, 10, true],
    ])
  })
})

describe('sim.cancel', () => {
  test('requests, and what follows happens when the simulation is driven', () => {
    const log: string[] = []
    const sim = simulate(function* () {
      try {
        yield* suspend()
      } finally {
        yield* sleep(10)
        log.push('cleaned up')
      }
    })
    sim.advance(5)
    sim.cancel('enough')
    expect([log, sim.outcome]).toEqual([[], undefined])
    expect(sim.runToEnd()).toEqual({ status: 'cancelled', reason: 'enough', at: 15 })
    expect(log).toEqual(['cleaned up'])
  })
})

describe('sim.when', () => {
  const program = function* () {
    yield* sleep(10)
    yield* fetchPrice('a')
    yield* suspend()
  }
  const answers = [['fetchPrice', after(5)]] as const

  test.each([
    ['a name', 'fetchPrice'],
    ['a RegExp', /^fetchPrice\("a"\)$/g],
    ['a predicate', (effect: { name: string }) => effect.name.startsWith('fetch')],
  ])('acts after the step that performed an effect of %s', (_, matcher) => {
    const sim = simulate(program, { answers })
    const seen: [string, number][] = []
    sim.when(matcher, (effect) => {
      seen.push([String(effect), sim.now])
      sim.cancel('now')
    })
    expect(sim.runToEnd()).toEqual({ status: 'cancelled', reason: 'now', at: 10 })
    expect(seen).toEqual([['fetchPrice("a")', 10]])
  })

  test('acts on whatever a task waits for', () => {
    const sim = simulate(program, { answers })
    sim.when(/suspend/, () => sim.cancel())
    expect(sim.runToEnd().at).toBe(15)
  })

  test('acts on effects that are answered at once, and on branches', () => {
    const seen: string[] = []
    const sim = simulate(
      function* () {
        yield* fetchPrice('a')
        yield* select({ price: fetchPrice('b'), late: sleep(1) })
      },
      { answers: [['fetchPrice', sequence(1, never())]] }
    )
    sim.when('fetchPrice', (effect) => seen.push(String(effect)))
    sim.runToEnd()
    expect(seen).toEqual(['fetchPrice("a")', 'fetchPrice("b")'])
  })

  test('gives a function that ends it', () => {
    const seen: number[] = []
    const sim = simulate(function* () {
      for (let i = 0; i < 4; i++) yield* sleep(1)
    })
    const stop = sim.when('sleep', () => seen.push(sim.now))
    sim.advance(1)
    stop()
    sim.runToEnd()
    expect(seen).toEqual([0, 1])
  })

  test('ends one act, also if it is told to twice', () => {
    const seen: string[] = []
    const sim = simulate(() => sleep(1))
    const stop = sim.when('sleep', () => seen.push('ended'))
    sim.when('sleep', () => seen.push('goes on'))
    stop()
    stop()
    sim.runToEnd()
    expect(seen).toEqual(['goes on'])
  })

  test('an act that was ended by another is not told any more', () => {
    const seen: string[] = []
    const sim = simulate(() => sleep(1))
    sim.when('sleep', () => {
      seen.push('first')
      stop()
    })
    const stop = sim.when('sleep', () => seen.push('ended'))
    sim.runToEnd()
    expect(seen).toEqual(['first'])
  })

  test('hears nothing of what was performed before it listened', () => {
    const seen: string[] = []
    const sim = simulate(
      function* () {
        yield* fetchPrice('early')
        yield* sleep(1)
        yield* fetchPrice('late')
      },
      { answers: [['fetchPrice', 1]] }
    )
    sim.when('fetchPrice', () => {})()
    sim.advance(0)
    sim.when('fetchPrice', (effect) => seen.push(String(effect)))
    sim.runToEnd()
    expect(seen).toEqual(['fetchPrice("late")'])
  })

  test('rejects what is no matcher and no function', () => {
    const sim = simulate(suspend)
    expect(() => sim.when(7 as never, () => {})).toThrow('when takes a matcher: the name of an effect')
    expect(() => sim.when('sleep', 'cancel' as never)).toThrow('when takes a matcher and a function')
  })
})

describe('answers', () => {
  const price = (answer: unknown, shop = 'a') =>
    end(() => fetchPrice(shop), { answers: [['fetchPrice', answer]] })

  test('returns answers at once with a value', () => {
    expect(price(returns(7))).toEqual({ status: 'done', value: 7, at: 0 })
    expect(price(7)).toEqual({ status: 'done', value: 7, at: 0 })
  })

  test('throws fails the effect with the very error', () => {
    const error = new Error('closed')
    expect(price(throws(error))).toMatchObject({ status: 'failed', error })
  })

  test('after answers later, in virtual time', () => {
    expect(price(after(50, returns(7)))).toEqual({ status: 'done', value: 7, at: 50 })
    expect(price(after(50))).toEqual({ status: 'done', value: undefined, at: 50 })
    expect(price(after(50, throws('no')))).toEqual({ status: 'failed', error: 'no', at: 50 })
    expect(
      price(
        after(
          20,
          after(30, (shop: string) => shop)
        )
      )
    ).toEqual({ status: 'done', value: 'a', at: 50 })
  })

  test('after fails the effect with what its function throws', () => {
    const error = new Error('no such shop')
    const lookUp = () => {
      throw error
    }
    expect(price(after(1, lookUp))).toMatchObject({ status: 'failed', error, at: 1 })
    expect(price(lookUp)).toMatchObject({ status: 'failed', error, at: 0 })
  })

  test('after answers nobody that was cancelled, and leaves no timer', () => {
    const sim = simulate(() => timeout(10, fetchPrice('a')), {
      answers: [['fetchPrice', after(50, returns(7))]],
    })
    expect(sim.runToEnd()).toMatchObject({ status: 'failed', at: 10 })
    expect(sim.step()).toBe(false)
    expect(sim.now).toBe(10)
  })

  test('sequence gives one answer after the other, then the next entry has its turn', () => {
    const program = () => all([fetchPrice('a'), fetchPrice('b'), fetchPrice('c')])
    const answers = [
      ['fetchPrice', sequence(1, returns(2))],
      [/"c"/, 9],
    ] as const
    expect(end(program, { answers })).toMatchObject({ value: [1, 2, 9] })
    // It starts over in each simulation.
    expect(end(program, { answers })).toMatchObject({ value: [1, 2, 9] })
  })

  test('a function of the arguments answers with what it gives', () => {
    expect(price((shop: string) => `${shop}!`)).toMatchObject({ value: 'a!' })
    expect(price(() => returns(8))).toMatchObject({ value: 8 })
    expect(price((shop: string) => after(5, shop))).toEqual({ status: 'done', value: 'a', at: 5 })
  })

  test('a function is given the arguments of a call, and the promise of until', () => {
    const add = (a: number, b: number) => a + b
    const given: unknown[][] = []
    const note = (...args: unknown[]) => void given.push(args)
    const promise = Promise.resolve()
    end(
      function* () {
        yield* call(add, 1, 2)
        yield* call({ name: 'load', args: [7] }, String)
        yield* until(promise)
      },
      { answers: [[() => true, note]] }
    )
    expect(given).toEqual([[1, 2], [7], [promise]])
    expect(given[2]![0]).toBe(promise)
  })

  test('an operation runs in virtual time, and is cancelled with its effect', () => {
    const log: string[] = []
    const slow = function* (shop: string) {
      try {
        yield* sleep(30)
        return shop
      } finally {
        log.push('over')
      }
    }
    expect(price(slow)).toEqual({ status: 'done', value: 'a', at: 30 })
    expect(price(sleep(20))).toEqual({ status: 'done', value: undefined, at: 20 })
    const cut = simulate(() => timeout(10, fetchPrice('a')), { answers: [['fetchPrice', slow]] })
    expect(cut.runToEnd()).toMatchObject({ status: 'failed', at: 10 })
    while (cut.step());
    expect(log).toEqual(['over', 'over'])
  })

  test('an operation that fails, fails the effect', () => {
    const error = new Error('closed')
    expect(
      price(function* () {
        yield* sleep(1)
        throw error
      })
    ).toMatchObject({ status: 'failed', error, at: 1 })
  })

  test('never answers', () => {
    const result = end(() => timeout(1000, fetchPrice('a')), { answers: [['fetchPrice', never()]] })
    expect(result.at).toBe(1000)
  })

  test('the first that matches answers', () => {
    const answers = [
      [/"b"/, 2],
      ['fetchPrice', 1],
    ] as const
    expect(end(() => all([fetchPrice('a'), fetchPrice('b')]), { answers })).toMatchObject({ value: [1, 2] })
  })

  test('an effect without one throws, and the message shows the line to add', () => {
    const result = end(() => fetchPrice('a'), { answers: [['fetchPrize', 1]] })
    const error = result.status === 'failed' && (result.error as UnansweredEffectError)
    expect(error).toBeInstanceOf(UnansweredEffectError)
    expect(error).toMatchObject({ code: 'COPPICE_UNANSWERED_EFFECT' })
    expect((error as Error).message).toContain('Nothing answers fetchPrice("a").')
    expect((error as Error).message).toContain("\n  answers: [['fetchPrice', returns(…)]]\n")
  })

  test('a sequence that is used up says so in the same way', () => {
    const used = end(() => all([fetchPrice('a'), fetchPrice('b')]), {
      answers: [['fetchPrice', sequence(1)]],
    })
    expect(used.status === 'failed' && String(used.error)).toContain('Nothing answers fetchPrice("b")')
    const late = end(() => fetchPrice('a'), { answers: [['fetchPrice', after(1, sequence())]] })
    expect(late.status === 'failed' && String(late.error)).toContain('Nothing answers fetchPrice("a")')
  })

  test('action needs none: it runs as written', () => {
    expect(end(() => action<number>((resume) => resume(7)))).toMatchObject({ value: 7 })
  })

  test.each([[{ fetchPrice: 1 }], [[['fetchPrice']]], [[[7, returns()]]], [[['fetchPrice', undefined]]]])(
    'rejects %j',
    (answers) => {
      expect(() => simulate(suspend, { answers: answers as never })).toThrow(MisuseError)
    }
  )

  test('rejects a delay that is no duration', () => {
    expect(() => after(-1)).toThrow('after takes milliseconds from 0 on')
  })

  test('that are operations cost the same for each, however many were given before', () => {
    expectLinear(40_000, (size) => {
      const program = function* () {
        for (let i = 0; i < size; i++) yield* fetchPrice('a')
      }
      const sim = simulate(program, { answers: [['fetchPrice', () => sleep(1)]] })
      expect(sim.runToEnd()).toMatchObject({ status: 'done', at: size })
    })
  })
})

describe('sim.effects', () => {
  test('lists what reached outside, in order, as plain effects', () => {
    const sim = simulate(
      function* () {
        yield* sleep(1)
        yield* action((resume) => resume())
        yield* fetchPrice('b')
        yield* call(Date.now)
      },
      { answers: [[/./, 1]] }
    )
    sim.runToEnd()
    expect(sim.effects().map(String)).toEqual(['fetchPrice("b")', 'now()'])
    expect(sim.effects('fetchPrice')).toEqual([fetchPrice('b')])
    expect(sim.effects(/^f/)).toHaveLength(1)
    expect(() => sim.effects(null as never)).toThrow(MisuseError)
  })
})

describe('sim.settle', () => {
  const later = (value: unknown) => new Promise((resolve) => setImmediate(resolve, value))

  test('waits for real promises, and does not let the clock jump meanwhile', async () => {
    const sim = simulate(() => timeout(1000, fetchPrice('a')), { answers: [['fetchPrice', () => later(7)]] })
    expect(await sim.settle()).toEqual({ status: 'done', value: 7, at: 0 })
  })

  test('fails the effect with what the promise rejects with', async () => {
    const sim = simulate(() => fetchPrice('a'), {
      answers: [['fetchPrice', async () => Promise.reject('no')]],
    })
    expect(await sim.settle()).toEqual({ status: 'failed', error: 'no', at: 0 })
  })

  test('gives callbacks of the host their turn before the clock jumps', async () => {
    const sim = simulate(() =>
      timeout(
        10,
        action<number>((resume) => void Promise.resolve().then(() => resume(7)))
      )
    )
    expect(await sim.settle()).toEqual({ status: 'done', value: 7, at: 0 })
  })

  test('lets the clock jump without a promise that takes too long', async () => {
    const sim = simulate(() => timeout(10, fetchPrice('a')), {
      answers: [['fetchPrice', () => new Promise(() => {})]],
    })
    expect(await sim.settle({ patienceMs: 5 })).toMatchObject({ status: 'failed', at: 10 })
  })

  test('throws DeadlockError if nothing can ever run again', async () => {
    await expect(simulate(suspend).settle()).rejects.toBeInstanceOf(DeadlockError)
  })
})

describe('a synchronous run that waits for a real promise', () => {
  test('says that it can not', () => {
    const sim = simulate(() => fetchPrice('a'), { answers: [['fetchPrice', async () => 1]] })
    expect(() => sim.runToEnd()).toThrow(
      'A real promise is under way, which a synchronous run can not wait for'
    )
  })
})

describe('LimitError', () => {
  test('says which task spins, and on which effect', () => {
    const sim = simulate(
      function* main() {
        yield* spawn(function* spinner() {
          for (;;) yield* pause()
        })
      },
      { maxSteps: 100 }
    )
    const error = thrownBy(() => sim.runToEnd())
    expect(error).toBeInstanceOf(LimitError)
    expect(error.code).toBe('COPPICE_LIMIT')
    expect(error.message).toBe(
      'Still running after 100 steps and 0 outside effects, at 0 ms. Of the last 32 steps, most were by spinner#2 (32, at ' +
        'pause()). If that is right, raise maxSteps, which is 100.'
    )
  })

  test('names effects that take no time', () => {
    const sim = simulate(
      function* main() {
        for (;;) yield* sleep(0)
      },
      { maxSteps: 10 }
    )
    expect(thrownBy(() => sim.runToEnd()).message).toContain('most were by main#1 (10, at sleep(0))')
  })

  test('bounds the clock', () => {
    const sim = simulate(
      function* main() {
        for (;;) yield* sleep(HOUR)
      },
      { maxTime: 2.5 * HOUR }
    )
    const error = thrownBy(() => sim.runToEnd())
    expect(error).toBeInstanceOf(LimitError)
    expect(error.message).toContain('Still running at 7200000 ms, and the next timer is due at 10800000 ms')
    expect(error.message).toContain('main#1 (3, at sleep(3600000))')
  })

  test('bounds loops of effects that are answered at once', () => {
    const sim = simulate(
      function* () {
        for (;;) yield* fetchPrice('a')
      },
      { answers: [['fetchPrice', 1]], maxSteps: 100 }
    )
    expect(thrownBy(() => sim.runToEnd())).toBeInstanceOf(LimitError)
  })

  test('bounds loops that wait for the clock without waiting', () => {
    const result = end(function* () {
      while ((yield* now()) < 10);
    })
    expect(result.status === 'failed' && result.error).toBeInstanceOf(LimitError)
    expect(result.status === 'failed' && String(result.error)).toContain('Virtual time stands still')
  })

  test('is not thrown by a program that takes exactly so many steps', () => {
    const sim = simulate(() => sleep(1), { maxSteps: 2 })
    expect(sim.runToEnd().at).toBe(1)
  })
})

describe('DeadlockError', () => {
  test('names every task that waits, on what, and who could end it', () => {
    const sim = simulate(function* main() {
      const server = yield* spawn(suspend, { name: 'server' })
      yield* spawn(() => server, { name: 'client' })
      yield* spawn(() => action(() => {}), { name: 'listener' })
    })
    const error = thrownBy(() => sim.runToEnd())
    expect(error).toBeInstanceOf(DeadlockError)
    expect(error.code).toBe('COPPICE_DEADLOCK')
    expect(error.waiting).toEqual([
      { name: 'main', on: 'children: server, client, listener' },
      { name: 'server', on: 'suspend()' },
      { name: 'client', on: 'join(server)' },
      { name: 'listener', on: 'action' },
    ])
    expect(error.message).toContain('client#3 waits on join(server), which server#2 could end\n')
    expect(error.message).toContain('listener#4 waits on action\n')
    expect(error.tree).toContain('├─ server#2 ● running · suspend()')
  })

  test('counts tasks of other trees', () => {
    const sim = simulate(function* main() {
      createScope({ name: 'component' }).run(suspend, { name: 'inner' })
      yield* suspend()
    })
    expect(thrownBy(() => sim.runToEnd()).waiting.map(({ name }: { name: string }) => name)).toEqual([
      'main',
      'component',
      'inner',
    ])
  })
})

describe('sim.leaks', () => {
  test('names actions that were cancelled and had returned no abort', () => {
    const sim = simulate(function* main() {
      yield* select({ forgotten: action(() => {}), kept: action(() => () => {}), late: sleep(1) })
    })
    sim.runToEnd()
    expect(sim.leaks()).toEqual([{ kind: 'action', task: 'main', on: 'action' }])
  })

  test('counts no action that has ended by itself', () => {
    const sim = simulate(() => action((resume) => resume()))
    sim.runToEnd()
    expect(sim.leaks()).toEqual([])
  })

  test('names tasks that were abandoned after cleanupTimeout', () => {
    const sim = simulate(
      function* main() {
        const stuck = yield* spawn(function* stuck() {
          try {
            yield* suspend()
          } finally {
            yield* suspend()
          }
        })
        yield* pause()
        yield* cancel(stuck)
      },
      { cleanupTimeout: 10 }
    )
    sim.runToEnd()
    expect(sim.leaks()).toEqual([{ kind: 'abandoned', task: 'stuck', on: 'suspend()' }])
  })

  test('names scopes that nobody has closed, once the root has', () => {
    const sim = simulate(function* () {
      createScope({ name: 'component' })
      void createScope({ name: 'closed' }).close()
      yield* pause()
    })
    sim.step()
    expect(sim.leaks()).toEqual([])
    sim.runToEnd()
    expect(sim.leaks()).toEqual([{ kind: 'scope', task: 'component', on: 'close()' }])
  })
})

describe('sim.tree', () => {
  test('draws all trees as they are now', () => {
    const sim = simulate(function* main() {
      createScope({ name: 'component' })
      yield* sleep(100)
    })
    sim.advance(30)
    expect(sim.tree()).toBe(
      'main#1 ● running · sleep(100) for 30 ms\ncomponent#1 ● running · suspend() for 30 ms'
    )
  })
})

describe('options', () => {
  test.each([
    [{ maxTime: -1 }, 'simulate: maxTime takes a number from 0 on; it was given -1.'],
    [{ maxSteps: NaN }, 'simulate: maxSteps takes a number from 1 on; it was given NaN.'],
    [{ seed: 0.5 }, 'simulate: seed takes an integer; it was given 0.5.'],
    [
      { answer: [] },
      'simulate has no option answer; it has answers, seed, random, pick, maxTime, maxSteps, cleanupTimeout, name, observers, signal, budget.',
    ],
    [7, 'simulate takes its options as an object, { answers: … }; it was given 7.'],
  ])('that are bad are rejected: %j', (options, message) => {
    expect(() => simulate(suspend, options as never)).toThrow(new MisuseError(message))
  })

  test('must come with an operation', () => {
    expect(() => simulate(7 as never)).toThrow(MisuseError)
  })
})
