/** Interpreters perform what reaches outside (I1, I2); effects are plain descriptors (I3). */
import {
  Effect,
  type Interpreter,
  type Operation,
  abortSignal,
  action,
  all,
  allSettled,
  any,
  attempt,
  call,
  cancel,
  cancelRequested,
  constant,
  createCircuitBreaker,
  createContext,
  deadline,
  defineEffect,
  dropping,
  enqueued,
  ensure,
  keepLatest,
  map,
  moveOnAfter,
  now,
  operation,
  pause,
  provide,
  race,
  random,
  repeat,
  resource,
  restartable,
  retry,
  run,
  scope,
  select,
  self,
  shield,
  sleep,
  sleepUntil,
  spawn,
  suspend,
  timeout,
  until,
  upTo,
  use,
} from 'coppice'
import { type OutsideWait } from 'coppice/kernel'
import { emptySimulation, over, runAll, runNow, runToEnd, start } from '../virtual.ts'

function* worker() {
  yield* sleep(1)
  return 'worked'
}
function close() {}
const disposable = { [Symbol.dispose]() {} }
const promise = Promise.resolve(1)
const load = operation('load', function* (id: number) {
  yield* sleep(id)
  return id
})
const user = createContext<string>('user')
const prices = createCircuitBreaker({ name: 'prices' })
const roll = defineEffect('roll', (sides: number) => sides)
const openPool = function* pool(provideIt: (value: number) => Operation<void>) {
  yield* provideIt(1)
}
const task = start(worker).task
const fetchUser = (id: number) => id

/** Each way to make an effect, and how it is printed. */
const effects: [string, () => Operation<unknown>][] = [
  ['sleep(1000)', () => sleep(1000)],
  ['sleep(Infinity)', () => sleep(Infinity)],
  ['sleepUntil(1000)', () => sleepUntil(1000)],
  ['now()', () => now()],
  ['suspend()', () => suspend()],
  ['pause()', () => pause()],
  ['deadline()', () => deadline()],
  ['self()', () => self()],
  ['abortSignal()', () => abortSignal()],
  ['cancelRequested()', () => cancelRequested()],
  ['spawn(worker)', () => spawn(worker)],
  ['spawn(load(1))', () => spawn(load(1))],
  ['spawn(worker, {…})', () => spawn(worker, { name: 'w' })],
  ['scope(worker)', () => scope(worker)],
  ['timeout(5, worker)', () => timeout(5, worker)],
  ['timeout(5, sleep(1))', () => timeout(5, sleep(1))],
  ['moveOnAfter(5, worker)', () => moveOnAfter(5, worker)],
  ['attempt(worker)', () => attempt(worker)],
  ['shield(worker)', () => shield(worker)],
  ['select(a, b)', () => select({ a: sleep(1), b: worker })],
  ['select(0, 1)', () => select([sleep(1), worker])],
  ['race(2 operations)', () => race([sleep(1), worker])],
  ['any(2 operations)', () => any([sleep(1), worker])],
  ['all(2 operations)', () => all([sleep(1), worker])],
  ['allSettled(2 operations)', () => allSettled([sleep(1), worker])],
  ['map(2 operations)', () => map([1, 2], load)],
  ['fetchUser(7)', () => call(fetchUser, 7)],
  ['fetchUser(7, "x")', () => call({ name: 'fetchUser', args: [7, 'x'] }, close)],
  ['until(Promise)', () => until(promise)],
  ['action(close)', () => action(close)],
  ['ensure(close)', () => ensure(close)],
  ['ensure(sleep(1))', () => ensure(sleep(1))],
  ['use({…})', () => use(disposable)],
  ['cancel(worker)', () => cancel(task)],
  ['load(7)', () => load(7)],
  ['roll(6)', () => roll(6)],
  ['user.get()', () => user.get()],
  ['user.expect()', () => user.expect()],
  ['user.set("ada")', () => user.set('ada')],
  ['user.with("ada", worker)', () => user.with('ada', worker)],
  ['provide([[roll, close]], worker)', () => provide([[roll, close as () => number]], worker)],
  ['pool()', () => resource(openPool)],
  ['random()', () => random()],
  ['retry(worker, constant(5))', () => retry(worker, constant(5))],
  ['repeat(load(1), upTo(3, constant(0)))', () => repeat(load(1), upTo(3))],
  ['restartable(load)', () => restartable(load)],
  ['dropping(load)', () => dropping(load)],
  ['enqueued(load)', () => enqueued(load)],
  ['keepLatest(load)', () => keepLatest(load)],
  ['prices.run(worker)', () => prices.run(worker)],
]

describe('I3 effects are printable', () => {
  test.each(effects)('%s', (text, make) => {
    expect(String(make())).toBe(text)
  })

  test.each(effects)('%s is printed the same in a template and by toString()', (_, make) => {
    const effect = make()
    expect(`${String(effect)}`).toBe((effect as Effect).toString())
  })

  test('arguments are printed short', () => {
    const say = operation('say', function* (..._: unknown[]) {})
    expect(String(say('hi', 1, null, undefined, true, { a: 1 }, [1, 'x'], new Map(), close))).toBe(
      'say("hi", 1, null, undefined, true, {…}, [1, "x"], Map, close)'
    )
    expect(String(say(new Error('boom')))).toBe('say(Error: boom)')
    expect(String(say(Symbol('s')))).toBe('say(Symbol(s))')
    expect(String(say(sleep(1)))).toBe('say(sleep(1))')
    expect(String(say(() => {}))).toBe('say(anonymous)')
    expect(String(say(Object.create(null)))).toBe('say({…})')
  })

  test('arrays in each other are printed a few deep, also one that is in itself', () => {
    const array: unknown[] = [1]
    array.push(array)
    expect(String(call((_: unknown) => {}, array))).toBe('call([1, [1, [1, [1, […]]]]])')
  })

  test('a generator that is handed over is not printed as nothing', () => {
    expect(String(spawn(worker()))).not.toMatch(/\(,|\(\)|, \)/)
    expect(String(timeout(5, worker()))).not.toMatch(/\(,|, \)/)
    expect(String(attempt(worker()))).not.toMatch(/\(\)/)
  })

  test('a task prints its name', () => {
    expect(String(task)).toContain('worker')
  })
})

describe('I3 effects are comparable', () => {
  test.each(effects)('%s equals another one that was made the same way', (_, make) => {
    expect(make()).toEqual(make())
  })

  test('no effect equals one of another kind', () => {
    for (const [i, [first, make]] of effects.entries()) {
      for (const [j, [second, makeOther]] of effects.entries()) {
        if (i === j) continue
        let equal = true
        try {
          expect(make()).not.toEqual(makeOther())
          equal = false
        } catch {
          // Said below, with the names of both.
        }
        if (equal) throw new Error(`${first} equals ${second}`)
      }
    }
  })

  test('effects with other arguments are not equal', () => {
    expect(sleep(1)).not.toEqual(sleep(2))
    expect(load(1)).not.toEqual(load(2))
    expect(roll(1)).not.toEqual(roll(2))
    expect(call(fetchUser, 1)).not.toEqual(call(fetchUser, 2))
    expect(timeout(1, worker)).not.toEqual(timeout(2, worker))
    expect(timeout(1, sleep(1))).not.toEqual(timeout(1, sleep(2)))
    expect(moveOnAfter(1, worker)).not.toEqual(moveOnAfter(2, worker))
    expect(attempt(sleep(1))).not.toEqual(attempt(sleep(2)))
    expect(shield(sleep(1))).not.toEqual(shield(sleep(2)))
    expect(spawn(worker)).not.toEqual(spawn(suspend))
    expect(spawn(worker)).not.toEqual(spawn(worker, { name: 'w' }))
    expect(spawn(worker, { background: true })).not.toEqual(spawn(worker, { background: false }))
    expect(select({ a: sleep(1) })).not.toEqual(select({ b: sleep(1) }))
    expect(select({ a: sleep(1) })).not.toEqual(select({ a: sleep(2) }))
    expect(all([sleep(1)])).not.toEqual(all([sleep(2)]))
    expect(all([sleep(1)])).not.toEqual(all([sleep(1)], { concurrency: 1 }))
    expect(all([sleep(1)])).not.toEqual(race([sleep(1)]))
    expect(map([1], load)).not.toEqual(map([2], load))
    expect(map([1], load)).not.toEqual(map([1], (id) => load(id)))
    expect(user.set('ada')).not.toEqual(user.set('eve'))
    expect(user.with('ada', worker)).not.toEqual(user.with('eve', worker))
    expect(user.get()).not.toEqual(createContext<string>('other').get())
    expect(cancel(task)).not.toEqual(cancel(task, { reason: 'enough' }))
    expect(ensure(close)).not.toEqual(ensure(() => {}))
    expect(provide([[roll, () => 1]], worker)).not.toEqual(provide([], worker))
  })

  test('what a generator yields can be compared step by step', () => {
    const steps: unknown[] = []
    const { sim } = start(
      function* () {
        yield* load(5)
        yield* sleep(7)
      },
      { observers: [{ suspended: (_, effect) => void steps.push(effect) }] }
    )
    runAll(sim)
    expect(steps).toEqual([sleep(5), sleep(7)])
  })
})

describe('I3 effects are reusable', () => {
  test('one effect can be performed any number of times', () => {
    const nap = sleep(5)
    const instants = runToEnd(function* () {
      const seen: number[] = []
      for (let i = 0; i < 3; i++) {
        yield* nap
        seen.push(yield* now())
      }
      return seen
    })
    expect(instants).toEqual([5, 10, 15])
  })

  test('one effect can be performed by several tasks at once, and in several trees', () => {
    const nap = sleep(5)
    const work = load(3)
    const program = function* () {
      yield* all([nap, nap, () => nap, scope(nap)])
      const values = yield* all([work, work, work])
      return [values, yield* now()]
    }
    expect(runToEnd(program)).toEqual([[3, 3, 3], 8])
    expect(runToEnd(program)).toEqual([[3, 3, 3], 8])
  })

  const reusable: [string, () => Operation<unknown>, unknown][] = [
    ['scope', () => scope(worker), 'worked'],
    ['timeout', () => timeout(5, worker), 'worked'],
    ['attempt', () => attempt(worker), { status: 'done', value: 'worked' }],
    ['moveOnAfter', () => moveOnAfter(5, worker), { status: 'done', value: 'worked' }],
    ['shield', () => shield(worker), 'worked'],
    ['select', () => select({ a: worker }), { key: 'a', value: 'worked' }],
    ['race', () => race([worker]), 'worked'],
    ['any', () => any([worker]), 'worked'],
    ['all', () => all({ a: worker, b: sleep(1) }), { a: 'worked', b: undefined }],
    ['allSettled', () => allSettled([worker]), [{ status: 'done', value: 'worked' }]],
    ['map', () => map([1, 2], load, { concurrency: 1 }), [1, 2]],
    ['call', () => call(fetchUser, 7), 7],
    ['a defined effect', () => roll(6), 6],
    ['provide', () => provide([[roll, () => 1]], () => roll(6)), 1],
    ['with', () => user.with('ada', () => user.get()), 'ada'],
    ['resource', () => resource(openPool), 1],
    ['a declared operation', () => load(2), 2],
    ['retry', () => retry(worker, constant(5)), 'worked'],
    ['repeat', () => repeat(load(1), upTo(2)), 1],
    ['run', () => prices.run(worker), 'worked'],
    ['random', () => random(), 0.5],
    ['action', () => action<number>((resume) => resume(1)), 1],
  ]

  test.each(reusable)('%s', (_, make, value) => {
    const effect = make()
    const values = runToEnd(function* () {
      return [yield* effect, yield* effect, ...(yield* all([effect, effect]))]
    })
    expect(values).toEqual([value, value, value, value])
    expect(runToEnd(effect)).toEqual(value)
  })

  test('an effect is what it was before it was performed', () => {
    for (const [, make] of reusable) {
      const effect = make()
      const keys = Object.keys(effect)
      const text = String(effect)
      runToEnd(effect)
      expect(Object.keys(effect)).toEqual(keys)
      expect(String(effect)).toBe(text)
    }
  })

  test('making an effect performs nothing', () => {
    let performed = 0
    const touch = () => void performed++
    call(touch)
    action(touch)
    defineEffect('touch', touch)()
    operation(function* () {
      touch()
    })()
    spawn(function* () {
      touch()
    })
    expect(performed).toBe(0)
  })

  test('an effect frozen by its user works', () => {
    expect(runToEnd(Object.freeze(load(3)))).toBe(3)
    expect(runToEnd(Object.freeze(select({ a: Object.freeze(sleep(1)) })))).toEqual({
      key: 'a',
      value: undefined,
    })
  })
})

describe('I1 the interpreter performs what reaches outside, and nothing else', () => {
  /** Answers all outside effects with their text, and notes what it was asked. */
  function asking() {
    const sim = emptySimulation()
    const asked: string[] = []
    const interpreter = over(sim, {
      perform(effect, wait) {
        asked.push(`perform ${String(effect)}`)
        wait.resume(`answer to ${String(effect)}`)
      },
      setTimer(timer, due) {
        asked.push(`timer for ${due}`)
        return sim.interpreter.setTimer(timer, due)
      },
    })
    return { asked, interpreter, sim }
  }

  /** Keeps the waits, and leaves their answers to the test. */
  function patient() {
    const sim = emptySimulation()
    const waits: OutsideWait[] = []
    const interpreter = over(sim, { perform: (_, wait) => void waits.push(wait) })
    return { waits, interpreter, sim }
  }

  test('calls, promises, callbacks and user-defined effects are performed by it', () => {
    const { asked, interpreter, sim } = asking()
    const program = function* () {
      return [
        yield* call(fetchUser, 7),
        yield* until(promise),
        yield* action(close),
        yield* roll(6),
      ] as unknown[]
    }
    expect(runToEnd(program, {}, sim, interpreter)).toEqual([
      'answer to fetchUser(7)',
      'answer to until(Promise)',
      'answer to action(close)',
      'answer to roll(6)',
    ])
    expect(asked).toEqual([
      'perform fetchUser(7)',
      'perform until(Promise)',
      'perform action(close)',
      'perform roll(6)',
    ])
  })

  test('the effects of the tree never reach it', () => {
    const { asked, interpreter, sim } = asking()
    runToEnd(
      function* () {
        const child = yield* spawn(function* () {
          yield* pause()
          return yield* user.get()
        })
        yield* child
        yield* scope(function* (block) {
          yield* ensure(() => {})
          yield* resource(openPool)
          yield* spawn(suspend, { background: true })
          yield* select({ child, never: suspend })
          block.spawn(pause)
        })
        const other = yield* spawn(suspend)
        yield* cancel(other)
        yield* user.with('ada', () => attempt(() => shield(() => all([self, deadline, pause]))))
        yield* provide([[roll, () => 1]], () => roll(6))
      },
      {},
      sim,
      interpreter
    )
    expect(asked).toEqual([])
  })

  test('a handler answers before the interpreter is asked', () => {
    const { asked, interpreter, sim } = asking()
    const value = runToEnd(() => provide([[roll, (sides) => sides + 1]], () => roll(6)), {}, sim, interpreter)
    expect(value).toBe(7)
    expect(asked).toEqual([])
  })

  test('time is its own', () => {
    const { asked, interpreter, sim } = asking()
    sim.advance(1000)
    const instants = runToEnd(
      function* () {
        const before = yield* now()
        yield* sleep(5)
        yield* sleepUntil(2000)
        return [before, yield* now()]
      },
      {},
      sim,
      interpreter
    )
    expect(instants).toEqual([1000, 2000])
    expect(asked).toEqual(['timer for 1005', 'timer for 2000'])
  })

  test('an interpreter that throws fails the effect', () => {
    const sim = emptySimulation()
    const refusing = over(sim, {
      perform(effect) {
        throw new Error(`I do not know ${String(effect)}`)
      },
    })
    const outcome = runToEnd(() => attempt(call(fetchUser, 7)), {}, sim, refusing)
    expect(outcome).toEqual({ status: 'failed', error: new Error('I do not know fetchUser(7)') })
  })

  test('an answer that comes later resumes the task then, and only the first one counts', () => {
    const { waits, interpreter, sim } = patient()
    const started = run(() => roll(6), { interpreter })
    runNow(sim)
    expect(started.status).toBe('running')
    waits[0]!.resume(1)
    waits[0]!.resume(2)
    waits[0]!.fail(new Error('too late'))
    runNow(sim)
    expect(started.outcome).toEqual({ status: 'done', value: 1 })
  })

  test('an answer to an effect that was cancelled is ignored', () => {
    const { waits, interpreter, sim } = patient()
    const started = run(() => roll(6), { interpreter })
    runNow(sim)
    void started.cancel('enough')
    waits[0]!.resume(1)
    runNow(sim)
    waits[0]!.fail(new Error('too late'))
    runNow(sim)
    expect(started.outcome).toEqual({ status: 'cancelled', reason: 'enough' })
  })
})

describe('I2 the same program runs unchanged under every interpreter', () => {
  const program = function* () {
    const first = yield* select({ slow: load(30), fast: load(3) })
    const value = yield* call(async (id: number) => id * 2, 4)
    const actual = yield* action<string>((resume) => {
      resume('from a callback')
    })
    const outcome = yield* moveOnAfter(5, suspend)
    return [first, value, actual, outcome.status, yield* roll(6)]
  }
  const expected = [{ key: 'fast', value: 3 }, 8, 'from a callback', 'cancelled', 6]

  test('live', async () => {
    expect(await run(program)).toEqual(expected)
  })

  test('in virtual time', async () => {
    const { task: virtual, sim } = start(program)
    for (let i = 0; i < 20 && virtual.outcome === undefined; i++) {
      runAll(sim)
      await Promise.resolve()
    }
    expect(virtual.outcome).toEqual({ status: 'done', value: expected })
  })

  test('an interpreter needs no more than its required members', () => {
    const sim = emptySimulation()
    const { interpreter: virtual } = sim
    const small: Interpreter = {
      now: () => virtual.now(),
      random: () => 0,
      setTimer: (timer, due) => virtual.setTimer(timer, due),
      clearTimer: () => virtual.clearTimer(),
      perform: (effect, wait) => virtual.perform(effect, wait),
      wake: (tree) => virtual.wake(tree),
    }
    const started = run(() => load(5), { interpreter: small })
    runAll(sim)
    expect(started.outcome).toEqual({ status: 'done', value: 5 })
  })
})
