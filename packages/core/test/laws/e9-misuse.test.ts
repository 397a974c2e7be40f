/** Misuse is caught where it happens, and the message says what to write (E9). Messages are compared in full. */
import {
  MisuseError,
  type Operation,
  type RunOptions,
  all,
  allSettled,
  any,
  attempt,
  call,
  cancel,
  createChannel,
  createContext,
  createEvent,
  createScope,
  defineEffect,
  ensure,
  action,
  map,
  moveOnAfter,
  now,
  operation,
  pause,
  provide,
  race,
  resource,
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
  use,
} from 'coppice'
import { emptySimulation, runAll, runToEnd } from '../virtual.ts'
import { thrownBy } from './timeline.ts'

/** What TypeScript would not let pass. */
const wrong = (value: unknown) => value as never

function messageOf(error: unknown): string {
  expect(error).toBeInstanceOf(MisuseError)
  expect((error as MisuseError).code).toBe('COPPICE_MISUSE')
  return (error as MisuseError).message
}

/** The message of the misuse in a call. */
const misuseOf = (act: () => unknown) => messageOf(thrownBy(act))

/** The message of the misuse in a body. */
const misuseIn = (body: () => Operation<unknown>) => misuseOf(() => runToEnd(body))

/** The message with which an operation fails. */
const misuseBy = (make: () => Operation<unknown>) =>
  misuseIn(function* main() {
    return yield* make()
  })

function* worker(ms = 1) {
  yield* sleep(ms)
  return 'worked'
}

const declared = operation('declared', function* (id: number) {
  yield* sleep(id)
  return id
})

describe('E9 yield without a star', () => {
  const cases: [string, () => unknown, string][] = [
    ['an effect', () => sleep(1), 'yield sleep(1) does nothing. Write yield* sleep(1).'],
    ['an effect that never waits', () => now(), 'yield now() does nothing. Write yield* now().'],
    ['a declared operation', () => declared(3), 'yield declared(3) does nothing. Write yield* declared(3).'],
    ['a generator', () => worker(), 'An operation was yielded. Write yield* instead of yield.'],
    [
      'a promise',
      () => Promise.resolve(),
      'A promise was yielded. Write yield* until(promise), or yield* call(asyncFunction, …args).',
    ],
    ['a number', () => 7, '7 was yielded, which is no effect. Write yield* and an operation.'],
    ['nothing', () => undefined, 'undefined was yielded, which is no effect. Write yield* and an operation.'],
    ['null', () => null, 'null was yielded, which is no effect. Write yield* and an operation.'],
    ['a string', () => 'text', '"text" was yielded, which is no effect. Write yield* and an operation.'],
    ['an object', () => ({ a: 1 }), '{…} was yielded, which is no effect. Write yield* and an operation.'],
    ['a function', () => worker, 'worker was yielded, which is no effect. Write yield* and an operation.'],
    [
      'a symbol',
      () => Symbol('s'),
      'Symbol(s) was yielded, which is no effect. Write yield* and an operation.',
    ],
  ]

  test.each(cases)('of %s', (_, make, message) => {
    const body = function* () {
      yield make()
    }
    expect(misuseIn(wrong(body))).toBe(message)
  })

  test.each(cases)('of %s in a finally, in a declared operation and in a scope', (_, make, message) => {
    const inFinally = function* () {
      try {
        yield* pause()
      } finally {
        yield make()
      }
    }
    expect(misuseIn(wrong(inFinally))).toBe(message)
    expect(misuseIn(operation('wrong', wrong(inFinally)))).toBe(message)
    expect(misuseIn(() => scope(wrong(inFinally)))).toBe(message)
    expect(misuseIn(() => all([wrong(inFinally)]))).toBe(message)
  })

  test('of a task says to join it', () => {
    const message = misuseIn(
      wrong(function* () {
        const task = yield* spawn(worker)
        yield task
      })
    )
    expect(message).toContain('yield*')
    expect(message).not.toContain('until(')
  })

  test('of an array of operations says to use all', () => {
    const message = misuseIn(
      wrong(function* () {
        yield [sleep(1), sleep(2)]
      })
    )
    expect(message).toContain('all(')
  })

  test('what is yielded is named, whatever it is', () => {
    async function* stream() {}
    const message = misuseIn(
      wrong(function* () {
        yield stream()
      })
    )
    expect(message).toMatch(/^\S+ was yielded, which is no effect/)
  })

  test('is thrown at the yield: it can be caught there, and the task goes on', () => {
    const body = function* () {
      const seen: unknown[] = []
      try {
        yield sleep(1)
        seen.push('went on')
      } catch (error) {
        seen.push(messageOf(error))
      }
      yield* sleep(5)
      seen.push(yield* now())
      return seen
    }
    expect(runToEnd(wrong(body))).toEqual(['yield sleep(1) does nothing. Write yield* sleep(1).', 5])
  })

  test('is found while the task unwinds as well', () => {
    const message = misuseIn(function* () {
      const task = yield* spawn(
        wrong(function* () {
          try {
            yield* suspend()
          } finally {
            yield sleep(1)
          }
        })
      )
      yield* pause()
      yield* cancel(task)
    })
    expect(message).toBe('yield sleep(1) does nothing. Write yield* sleep(1).')
  })
})

describe('E9 a generator is used once', () => {
  const cure =
    'Hand over worker or () => worker(1), which make a new one for each use, or declare it with operation(…).'
  const used = `This generator has run already. ${cure}`
  const running = `This generator runs already: it waits at sleep(1). ${cure}`

  test('one that has ended is not run again', () => {
    const generator = worker()
    expect(runToEnd(generator)).toBe('worked')
    expect(misuseOf(() => runToEnd(generator))).toBe(used)
  })

  test.each([
    ['spawn', (it: Operation<unknown>) => spawn(it)],
    ['scope', (it: Operation<unknown>) => scope(it)],
    ['scope, by a function', (it: Operation<unknown>) => scope(() => it)],
    ['spawn, by a function', (it: Operation<unknown>) => spawn(() => it)],
    ['timeout, by a function', (it: Operation<unknown>) => timeout(5, () => it)],
    ['timeout', (it: Operation<unknown>) => timeout(5, it)],
    ['shield', (it: Operation<unknown>) => shield(it)],
    ['all', (it: Operation<unknown>) => all([it])],
    ['race', (it: Operation<unknown>) => race([it])],
    ['select', (it: Operation<unknown>) => select({ it })],
    ['a context', (it: Operation<unknown>) => createContext('user').with('ada', it)],
    ['provide', (it: Operation<unknown>) => provide([], it)],
    ['ensure', (it: Operation<unknown>) => ensure(it)],
  ])('one that has ended, handed to %s', (_, make) => {
    const message = misuseIn(function* () {
      const generator = worker()
      yield* scope(generator)
      yield* make(generator)
      yield* sleep(5)
    })
    expect(message).toBe(used)
  })

  const handMade = (): Iterator<any, void> & Operation<void> => {
    const iterator = {
      [Symbol.iterator]: () => iterator,
      next: () => ({ done: true as const, value: undefined }),
      throw(error: unknown): never {
        throw error
      },
    }
    return iterator
  }

  test('and so is an iterator of any make', () => {
    const iterator = handMade()
    runToEnd(iterator)
    expect(misuseOf(() => runToEnd(iterator))).toBe(used)
  })

  test('but an operation that gives one iterator every time is used as often as one likes', () => {
    const iterator = handMade()
    const again: Operation<void> = { [Symbol.iterator]: () => iterator }
    expect([runToEnd(again), runToEnd(again)]).toEqual([undefined, undefined])
  })

  test('one that has failed is not run again', () => {
    const generator = (function* (): Generator<any, void, any> {
      yield* sleep(1)
      throw new Error('failed')
    })()
    expect(() => runToEnd(generator)).toThrow('failed')
    expect(misuseOf(() => runToEnd(generator))).toBe(used)
  })

  test('one that was started twice, both still running', () => {
    const sim = emptySimulation()
    const generator = worker()
    const first = run(generator, { interpreter: sim.interpreter })
    const second = run(generator, { interpreter: sim.interpreter })
    second.then(undefined, () => {})
    runAll(sim)
    expect(first.outcome).toEqual({ status: 'done', value: 'worked' })
    expect(second.status).toBe('failed')
    expect(
      misuseOf(() =>
        ((): never => {
          throw (second.outcome as { error: unknown }).error
        })()
      )
    ).toBe(running)
  })

  test('one that was spawned twice fails the second task and leaves the first alone', () => {
    const [first, second] = runToEnd(function* () {
      const generator = worker()
      return yield* allSettled([generator, generator])
    })
    expect(first).toEqual({ status: 'done', value: 'worked' })
    expect(second!.status).toBe('failed')
    expect(messageOf((second as { error: unknown }).error)).toBe(running)
  })

  test('one that waits at the same instant in two places', () => {
    const outcomes = runToEnd(function* () {
      const generator = (function* () {
        yield* sleep(1)
        yield* sleep(1)
        return 'worked'
      })()
      const first = yield* spawn(generator)
      yield* sleep(1)
      const second = yield* spawn(() => attempt(generator))
      return [yield* first, yield* second] as const
    })
    expect(outcomes[0]).toBe('worked')
    expect(messageOf((outcomes[1] as { error: unknown }).error)).toBe(running)
  })

  test('one that a task runs and another one delegates to', () => {
    const message = misuseIn(function* () {
      const generator = worker()
      yield* spawn(generator)
      yield* pause()
      yield* generator
    })
    expect(message).toBe(running)
  })

  test('one that spawns itself', () => {
    const itself = (): Operation<unknown> => generator
    const generator: Operation<unknown> = (function* (): Generator<any, void, any> {
      yield* spawn(itself())
      yield* sleep(1)
    })()
    expect(misuseOf(() => runToEnd(generator))).toBe(running)
  })

  test('what operation() gives can be used any number of times', () => {
    const operations = declared(2)
    expect(runToEnd(() => all([operations, operations]))).toEqual([2, 2])
    expect(runToEnd(operations)).toBe(2)
  })

  test('one that a loop goes through by hand inside of a task ends with an error, and not never', () => {
    let turns = 0
    misuseIn(function* () {
      for (const _ of worker()) if (++turns > 100) break
    })
    expect(turns).toBeLessThan(10)
  })
})

describe('E9 waiting for nothing', () => {
  test.each([
    [
      'select({})',
      () => select({}),
      'select has no branches, so it would wait for ever. Give it one, or write yield* suspend().',
    ],
    [
      'select([])',
      () => select([]),
      'select has no branches, so it would wait for ever. Give it one, or write yield* suspend().',
    ],
    [
      'race([])',
      () => race([]),
      'race has no operations, so it would wait for ever. Give it one, or write yield* suspend().',
    ],
    [
      'any([])',
      () => any([]),
      'any has no operations, so it would wait for ever. Give it one, or write yield* suspend().',
    ],
  ])('%s', (_, make, message) => {
    expect(misuseOf(make)).toBe(message)
  })

  test('all, allSettled and map of nothing are done at once, as their Promise namesakes are', () => {
    const results = runToEnd(function* () {
      return [
        yield* all([]),
        yield* all({}),
        yield* allSettled([]),
        yield* allSettled({}),
        yield* map([], worker),
      ]
    })
    expect(results).toEqual([[], {}, [], {}, []])
  })

  test.each([
    ['race', race],
    ['any', any],
    ['all', all],
    ['allSettled', allSettled],
    ['select', select],
  ])('%s with operations as arguments instead of in an array says so', (_, several) => {
    const call = several as (...args: unknown[]) => unknown
    expect(misuseOf(() => call(sleep(1), sleep(2)))).toMatch(/array|\(\[/)
  })

  test.each([
    ['race', race],
    ['any', any],
    ['all', all],
    ['allSettled', allSettled],
    ['select', select],
  ])('%s of undefined, a promise or a function is misuse', (_, several) => {
    for (const value of [undefined, null, Promise.resolve(), worker, 3])
      misuseOf(() => (several as (it: never) => unknown)(wrong(value)))
  })
})

describe('E9 durations', () => {
  const bad: [string, unknown][] = [
    ['-1', -1],
    ['-0.5', -0.5],
    ['-Infinity', -Infinity],
    ['NaN', NaN],
    ['"10"', '10'],
    ['undefined', undefined],
    ['null', null],
    ['{…}', {}],
  ]
  const sim = emptySimulation()
  const task = run(suspend, { interpreter: sim.interpreter })

  const takers: [string, (ms: never) => unknown][] = [
    ['sleep', sleep],
    ['timeout', (ms) => timeout(ms, suspend)],
    ['moveOnAfter', (ms) => moveOnAfter(ms, suspend)],
    ['cancel: grace', (ms) => cancel(task, { grace: ms })],
    ['run: cleanupTimeout', (ms) => run(suspend, { cleanupTimeout: ms, interpreter: sim.interpreter })],
    ['run: cleanupTimeout', (ms) => createScope({ cleanupTimeout: ms, interpreter: sim.interpreter })],
  ]

  describe.each(takers)('%s', (name, take) => {
    // An option that is undefined is one that was not given.
    const values = name.includes(':') ? bad.filter(([, value]) => value !== undefined) : bad
    test.each(values)('refuses %s', (text, value) => {
      expect(misuseOf(() => take(wrong(value)))).toBe(
        `${name} takes milliseconds from 0 on, or Infinity for never; it was given ${text}.`
      )
    })

    test.each([0, 0.5, 2 ** 31, Number.MAX_SAFE_INTEGER, Infinity])('takes %p', (value) => {
      expect(() => take(wrong(value))).not.toThrow()
    })
  })

  test.each(bad.filter(([, value]) => typeof value !== 'number' || Number.isNaN(value)))(
    'sleepUntil refuses %s',
    (text, value) => {
      expect(misuseOf(() => sleepUntil(wrong(value)))).toBe(
        `sleepUntil takes an instant in milliseconds, as now() gives it; it was given ${text}.`
      )
    }
  )

  test('sleepUntil takes an instant that has passed', () => {
    expect(() => sleepUntil(-1)).not.toThrow()
  })
})

describe('E9 numbers', () => {
  test.each([0, -1, NaN, 0.5, -Infinity])('concurrency %p', (value) => {
    for (const [name, make] of [
      ['all', () => all([worker], { concurrency: value })],
      ['allSettled', () => allSettled([worker], { concurrency: value })],
      ['map', () => map([1], worker, { concurrency: value })],
    ] as const) {
      expect(misuseOf(make)).toBe(`${name}: concurrency is a number from 1 on; it was given ${value}.`)
    }
  })

  test.each([-1, 0.5, NaN, -Infinity])('capacity %p', (capacity) => {
    expect(misuseOf(() => createChannel({ capacity }))).toBe(
      `createChannel: capacity is a whole number from 0 on, or Infinity; it was given ${capacity}.`
    )
  })

  test.each([{ steps: 0 }, { steps: -1 }, { steps: NaN }, { ms: -1 }, { ms: NaN }])('budget %p', (budget) => {
    expect(misuseOf(() => run(suspend, { budget, interpreter: emptySimulation().interpreter }))).toBe(
      'run: budget takes steps from 1 on, and ms from 0 on; it was given {…}.'
    )
  })
})

describe('E9 effects run outside a task', () => {
  const context = createContext<string>('user')
  const cases: [string, () => Operation<unknown>, string][] = [
    ['sleep', () => sleep(1), 'sleep(1)'],
    ['now', () => now(), 'now()'],
    ['self', () => self(), 'self()'],
    ['a declared operation', () => declared(1), 'declared(1)'],
    ['a context', () => context.get(), 'user.get()'],
    ['select', () => select({ a: sleep(1) }), 'select(a)'],
    ['attempt', () => attempt(worker), 'attempt(worker)'],
  ]

  test.each(cases)('%s', (_, make, text) => {
    const generator = (function* () {
      return yield* make()
    })()
    expect(misuseOf(() => generator.next())).toBe(
      `${text} was run outside a task. Hand the generator to run(…), or to scope.spawn(…).`
    )
  })

  test('a join', () => {
    const task = run(suspend, { interpreter: emptySimulation().interpreter })
    const generator = (function* () {
      return yield* task
    })()
    expect(misuseOf(() => generator.next())).toBe(
      'join(suspend) was run outside a task. Hand the generator to run(…), or to scope.spawn(…).'
    )
  })

  test('a loop over a generator', () => {
    expect(misuseOf(() => [...worker()])).toBe(
      'sleep(1) was run outside a task. Hand the generator to run(…), or to scope.spawn(…).'
    )
  })

  test('after a task has run as well: nothing stays behind', () => {
    runToEnd(worker)
    thrownBy(() =>
      runToEnd(function* () {
        yield* sleep(1)
        throw new Error('boom')
      })
    )
    expect(misuseOf(() => worker().next())).toContain('was run outside a task')
  })
})

describe('E9 what is no operation', () => {
  const async =
    'Write function* instead of async function and yield* instead of await; to wait for a promise, yield* until(promise) or yield* call(asyncFunction).'
  const takers: [string, (startable: never) => Operation<unknown>][] = [
    ['spawn', spawn],
    ['scope', scope],
    ['timeout', (it) => timeout(1, it)],
    ['moveOnAfter', (it) => moveOnAfter(1, it)],
    ['attempt', attempt],
    ['shield', shield],
    ['all', (it) => all([it])],
    ['allSettled', (it) => allSettled([it])],
    ['race', (it) => race([it])],
    ['any', (it) => any([it])],
    ['select', (it) => select({ it })],
    ['provide', (it) => provide([], it)],
    ['user.with', (it) => createContext('user').with('ada', it)],
  ]
  const things: [string, unknown][] = [
    ['7', 7],
    ['undefined', undefined],
    ['null', null],
    ['{…}', {}],
    ['true', true],
    ['"text"', 'text'],
    ['[sleep(1)]', [sleep(1)]],
  ]

  test.each(things)('run(%s) throws at the call', (text, value) => {
    expect(misuseOf(() => run(wrong(value), { interpreter: emptySimulation().interpreter }))).toBe(
      `run was handed ${text}, which is no operation. Hand over a function*, what it returns, or an effect.`
    )
  })

  test('run(promise) throws at the call', () => {
    expect(misuseOf(() => run(wrong(Promise.resolve())))).toBe(`run was handed a promise. ${async}`)
  })

  test.each(['7', 'undefined', 'null', '{…}', 'true', '"text"', '[sleep(1)]'])(
    '%s is refused by whatever takes an operation',
    (text) => {
      const value = things.find(([name]) => name === text)![1]
      for (const [name, take] of takers) {
        expect(misuseOf(() => take(wrong(value)))).toBe(
          `${name} was handed ${text}, which is no operation. Hand over a function*, what it returns, or an effect.`
        )
      }
    }
  )

  test.each(takers)('%s is not handed a promise', (name, take) => {
    expect(misuseOf(() => take(wrong(Promise.resolve())))).toBe(`${name} was handed a promise. ${async}`)
  })

  test.each([
    ['run', (it: never) => void runToEnd(it)],
    ...takers
      .filter(([name]) => !/attempt|moveOnAfter|allSettled|any/.test(name))
      .map(([name, take]): [string, (it: never) => void] => [
        name,
        (it) =>
          void runToEnd(function* () {
            yield* take(it)
          }),
      ]),
  ])('%s of an async function says to write function*', (_, start) => {
    async function fetchUser() {}
    expect(misuseOf(() => start(wrong(fetchUser)))).toContain(`was handed a promise. ${async}`)
    expect(misuseOf(() => start(wrong(async () => 1)))).toContain(`was handed a promise. ${async}`)
  })

  test('the message of an async function names the function that was given it', () => {
    async function fetchUser() {}
    const message = misuseBy(() => scope(wrong(fetchUser)))
    expect(message).toMatch(/scope|fetchUser/)
  })

  test('a function that returns none, and is named if it has a name', () => {
    const text =
      'a task was handed 3, which is no operation. Hand over a function*, what it returns, or an effect.'
    expect(misuseOf(() => runToEnd(wrong(() => 3)))).toBe(text)
    function three() {
      return 3
    }
    expect(misuseOf(() => runToEnd(wrong(three)))).toBe(`${text} It came from three.`)
    expect(misuseBy(() => spawn(wrong(() => undefined)))).toContain(
      'was handed undefined, which is no operation.'
    )
  })

  test('what gives an iterator that can only go on', () => {
    const handed = { [Symbol.iterator]: () => ({ next: () => ({ done: true }) }) }
    expect(misuseOf(() => runToEnd(wrong(handed)))).toMatch(
      /^a task was handed \{…\}, which is no operation\. Hand over [^.]*\.$/
    )
  })

  test('something else that can be iterated', () => {
    for (const value of [new Map(), new Set([sleep(1)]), [sleep(1)].values()]) {
      expect(misuseOf(() => runToEnd(wrong(value)))).toContain('which is no operation')
      expect(misuseBy(() => spawn(wrong(value)))).toContain('which is no operation')
    }
  })

  test('all of something else that can be iterated is not taken for nothing to do', () => {
    for (const value of [new Set([sleep(1)]), [sleep(1)].values()]) misuseBy(() => all(wrong(value)))
  })

  test('an asynchronous generator is named', () => {
    async function* stream() {}
    expect(misuseOf(() => run(wrong(stream()), { interpreter: emptySimulation().interpreter }))).toMatch(
      /^run was handed \S+, which is no operation/
    )
  })

  test('scope.spawn and createScope().run', () => {
    expect(
      misuseIn(() =>
        scope(function* (block) {
          block.spawn(wrong(7))
        })
      )
    ).toBe('spawn was handed 7, which is no operation. Hand over a function*, what it returns, or an effect.')
    const open = createScope({ interpreter: emptySimulation().interpreter })
    expect(misuseOf(() => open.run(wrong(7)))).toContain('was handed 7, which is no operation.')
  })

  test('map', () => {
    const text = 'map takes the items and a function* that is run on each.'
    expect(misuseOf(() => map([1], wrong(7)))).toBe(text)
    expect(misuseOf(() => map([1], wrong(undefined)))).toBe(text)
    expect(misuseOf(() => map(wrong(3), worker))).toBe(text)
    expect(
      misuseBy(() =>
        map(
          [1],
          wrong(() => 3)
        )
      )
    ).toBe(
      'a task was handed 3, which is no operation. Hand over a function*, what it returns, or an effect.'
    )
  })
})

describe('E9 operation', () => {
  test('takes a generator function', () => {
    const text = 'operation takes a generator function: operation(function* () {…}).'
    for (const value of [7, undefined, null, {}, Promise.resolve(), worker()]) {
      expect(misuseOf(() => operation(wrong(value)))).toBe(text)
      expect(misuseOf(() => operation('name', wrong(value)))).toBe(text)
    }
    expect(misuseOf(() => operation(wrong('name')))).toBe(text)
  })

  test('of an async function says to write function*', () => {
    async function fetchUser() {}
    expect(misuseBy(() => operation(wrong(fetchUser))())).toBe(
      'operation fetchUser was declared with an async function. Write function* instead, and yield* instead of await.'
    )
  })

  test('of a function that returns something else', () => {
    expect(
      misuseBy(() =>
        operation(
          'answer',
          wrong(() => 42)
        )()
      )
    ).toBe('operation answer returned 42. Declare it with function*.')
    expect(
      misuseBy(() =>
        operation(
          'nothing',
          wrong(() => undefined)
        )()
      )
    ).toBe('operation nothing returned undefined. Declare it with function*.')
  })

  test('a function that returns an effect is run or refused, never skipped', () => {
    const nap = operation('nap', () => sleep(5))
    let instant: number
    try {
      instant = runToEnd(function* () {
        yield* nap()
        return yield* now()
      })
    } catch (error) {
      messageOf(error)
      return
    }
    expect(instant).toBe(5)
  })

  test('a function that returns a declared operation is run or refused, never skipped', () => {
    const alias = operation('alias', (id: number) => declared(id))
    let value: number
    try {
      value = runToEnd(alias(5))
    } catch (error) {
      messageOf(error)
      return
    }
    expect(value).toBe(5)
  })

  test('of an async generator function is refused, and does not go on for ever', () => {
    let turns = 0
    const endless = operation(
      'endless',
      wrong(() => {
        const generator = (async function* () {})()
        const counted = (): never => {
          if (++turns > 100) throw new Error('The generator is driven for ever')
          return wrong(Promise.resolve())
        }
        return Object.assign(generator, { next: counted, throw: counted, return: counted })
      })
    ) as unknown as () => Operation<void>
    misuseBy(endless)
    expect(turns).toBeLessThan(10)
  })
})

describe('E9 resources', () => {
  test('that end without providing', () => {
    expect(
      misuseBy(() =>
        resource(function* pool() {
          yield* sleep(1)
        })
      )
    ).toBe('pool#2 ended without yield* provide(value).')
    expect(
      misuseBy(() =>
        resource(function* () {
          yield* sleep(1)
        })
      )
    ).toBe('resource#2 ended without yield* provide(value).')
  })

  test('that call provide without yield*', () => {
    expect(
      misuseBy(() =>
        resource<number>(function* pool(provideIt) {
          void provideIt(1)
        })
      )
    ).toBe('pool#2 ended without yield* provide(value).')
    expect(
      misuseBy(() =>
        resource<number>(
          wrong(function* pool(provideIt: (value: number) => unknown) {
            yield provideIt(1)
          })
        )
      )
    ).toBe('yield provide(1) does nothing. Write yield* provide(1).')
  })

  test('that provide twice, the second time in their finally', () => {
    const message = misuseIn(function* () {
      yield* resource<number>(function* pool(provideIt) {
        try {
          yield* provideIt(1)
        } finally {
          yield* provideIt(2)
        }
      })
    })
    expect(message).toBe('pool#2 provides twice. It has one value to provide.')
  })

  test('that provide twice, the second time after a timeout around the first', () => {
    const message = misuseIn(function* () {
      yield* resource<number>(function* pool(provideIt) {
        yield* attempt(() => timeout(1, provideIt(1)))
        yield* provideIt(2)
      })
      yield* sleep(5)
    })
    expect(message).toBe('pool#2 provides twice. It has one value to provide.')
  })

  test('that provide from elsewhere', () => {
    const inChild = () =>
      resource<number>(function* pool(provideIt) {
        yield* spawn(function* child() {
          yield* provideIt(1)
        })
        yield* sleep(1)
      })
    expect(misuseBy(inChild)).toBe(
      'provide stands in the body of its resource, as yield* provide(value); child#3 is not that.'
    )
    const outside = function* main() {
      let leaked: ((value: number) => Operation<void>) | undefined
      yield* resource<number>(function* pool(provideIt) {
        leaked = provideIt
        yield* provideIt(1)
      })
      yield* leaked!(2)
    }
    expect(misuseIn(outside)).toBe(
      'provide stands in the body of its resource, as yield* provide(value); main#1 is not that.'
    )
  })

  test('without a function', () => {
    const text = 'resource takes a function: resource(function* (provide) {…}).'
    for (const value of [undefined, 7, worker(), Promise.resolve()])
      expect(misuseOf(() => resource(wrong(value)))).toBe(text)
  })

  test('of a function that returns no operation', () => {
    expect(misuseBy(() => resource(wrong(() => 3)))).toContain('was handed 3, which is no operation.')
    expect(misuseBy(() => resource(wrong(async () => 3)))).toContain(
      'was handed a promise. Write function* instead'
    )
  })
})

describe('E9 a scope that is closed', () => {
  const cure = 'any more: it is closed or being torn down. Spawn before its body returns.'

  test('spawns nothing after its end', () => {
    const message = misuseIn(function* () {
      const block = yield* scope(
        function* (open) {
          return open
        },
        { name: 'pool' }
      )
      block.spawn(worker)
    })
    expect(message).toBe(`Nothing can be spawned in pool ${cure}`)
  })

  test('spawns nothing after its end, without a name', () => {
    const message = misuseIn(function* () {
      const block = yield* scope(function* (open) {
        return open
      })
      block.spawn(worker)
    })
    expect(message).toBe(`Nothing can be spawned in a scope ${cure}`)
  })

  test('spawns nothing while it is being torn down', () => {
    const message = misuseBy(() =>
      scope(
        function* (open) {
          yield* ensure(() => void open.spawn(worker))
        },
        { name: 'pool' }
      )
    )
    expect(message).toBe(`Nothing can be spawned in pool ${cure}`)
  })

  test('of createScope, after close()', () => {
    const sim = emptySimulation()
    const open = createScope({ name: 'component', interpreter: sim.interpreter })
    runAll(sim)
    void open.close()
    runAll(sim)
    expect(misuseOf(() => open.run(worker))).toBe(`Nothing can be spawned in component#1 ${cure}`)
  })
})

describe('E9 options', () => {
  test.each<[string, () => unknown]>([
    ['run', () => run(suspend, wrong(5))],
    ['createScope', () => createScope(wrong(5))],
    ['scope', () => scope(declared(1), wrong(5))],
    ['spawn', () => spawn(worker, wrong(5))],
    ['all', () => all([worker], wrong(5))],
  ])('%s', (by, act) => {
    expect(misuseOf(act)).toBe(`${by} takes its options in one object; it was given 5.`)
  })
})

describe('E9 what a tree is given', () => {
  test.each<[RunOptions, string]>([
    [{ observers: wrong(5) }, 'observers is an array; it was given 5.'],
    [{ observers: wrong({}) }, 'observers is an array; it was given {…}.'],
    [{ interpreter: wrong(5) }, 'interpreter is an Interpreter; it was given 5.'],
    [{ interpreter: wrong({}) }, 'interpreter is an Interpreter; it was given {…}.'],
  ])('%j', (options, text) => {
    expect(misuseOf(() => run(suspend, options))).toBe(`run: ${text}`)
  })
})

describe('E9 names', () => {
  test.each([7, null, {}])('%p', (name) => {
    const given = name === null ? 'null' : typeof name === 'object' ? '{…}' : name
    expect(misuseOf(() => createEvent({ name: wrong(name) }))).toBe(
      `createEvent: name is a text; it was given ${given}.`
    )
    expect(misuseOf(() => createContext(wrong(name)))).toBe(
      `createContext: name is a text; it was given ${given}.`
    )
  })
})

describe('E9 arguments', () => {
  test('call', () => {
    const text = 'call takes a function and its arguments, call(fn, …args), or call({ name, args }, fn).'
    for (const args of [
      [],
      [7],
      [undefined],
      [Promise.resolve()],
      [{ name: 'x' }],
      [{}, worker],
      ['x', worker],
    ]) {
      expect(misuseOf(() => (call as (...args: unknown[]) => unknown)(...args))).toBe(text)
    }
    expect(misuseOf(() => call({ name: 'x', args: wrong(3) }, () => 1))).toBe(text)
  })

  test('until', () => {
    const text = (given: string) =>
      `until takes a promise, and call(fn, …args) a function; it was given ${given}.`
    expect(misuseOf(() => until(wrong(undefined)))).toBe(text('undefined'))
    expect(misuseOf(() => until(wrong(7)))).toBe(text('7'))
    expect(misuseOf(() => until(wrong(worker)))).toBe(text('worker'))
    expect(misuseOf(() => until(wrong(sleep(1))))).toBe(text('sleep(1)'))
  })

  test('action', () => {
    const text = 'action takes a function: action((resume, fail) => abort).'
    for (const value of [undefined, 7, Promise.resolve(), worker()])
      expect(misuseOf(() => action(wrong(value)))).toBe(text)
  })

  test('use', () => {
    const text = (given: string) =>
      'use takes what has Symbol.dispose or Symbol.asyncDispose, or a resource, and ensure(() => …) anything else; ' +
      `it was given ${given}.`
    expect(misuseOf(() => use(wrong({})))).toBe(text('{…}'))
    expect(misuseOf(() => use(wrong(7)))).toBe(text('7'))
    expect(misuseOf(() => use(wrong(worker)))).toBe(text('worker'))
    expect(misuseOf(() => use(wrong(Promise.resolve())))).toBe(text('Promise'))
  })

  test('use passes null and undefined through', () => {
    expect(runToEnd(() => use(null))).toBe(null)
    expect(runToEnd(() => use(undefined))).toBe(undefined)
  })

  test('ensure', () => {
    const text = 'ensure takes a function or an operation: ensure(() => close()) or ensure(function* () {…}).'
    for (const value of [undefined, 7, {}, Promise.resolve(), [sleep(1)]])
      expect(misuseOf(() => ensure(wrong(value)))).toBe(text)
  })

  test('cancel', () => {
    for (const [value, printed] of [
      [undefined, 'undefined'],
      [worker, 'worker'],
      [worker(), 'Generator'],
      [sleep(1), 'sleep(1)'],
      [spawn(worker), 'spawn(worker)'],
      [{ cancel() {} }, '{…}'],
    ]) {
      expect(misuseOf(() => cancel(wrong(value)))).toBe(
        `cancel takes a task; it was given ${String(printed)}.`
      )
    }
  })

  test('defineEffect', () => {
    const text = 'defineEffect takes a name and a function: defineEffect("fetchUser", async id => …).'
    const define = defineEffect as (...args: unknown[]) => unknown
    for (const args of [[], ['x'], ['x', 7], [worker], [7, worker]])
      expect(misuseOf(() => define(...args))).toBe(text)
  })

  test('a live function that is a generator function', () => {
    const roll = defineEffect('roll', wrong(worker)) as unknown as () => Operation<unknown>
    expect(misuseBy(roll)).toBe(
      'roll: live is a plain or async function. For an operation, provide a handler.'
    )
  })

  test('provide', () => {
    const text =
      'provide takes pairs of an effect and its handler: provide([[effect, (…args) => …]], operation).'
    const roll = defineEffect('roll', () => 4)
    const handlers: unknown[] = [
      [[roll]],
      [['roll', () => 6]],
      [[roll(), () => 6]],
      [[roll, 6]],
      // The pair without a list around it.
      [roll, () => 6],
      { roll: () => 6 },
      roll,
      undefined,
      // A function that defines no effect would never be asked.
      [[worker, () => 6]],
    ]
    const messages = handlers.map((each) => {
      const error = thrownBy(() => provide(wrong(each), worker))
      return error instanceof MisuseError ? error.message : String(error)
    })
    expect(messages).toEqual(handlers.map(() => text))
  })

  test('a context without a value', () => {
    expect(misuseBy(() => createContext<string>('user').expect())).toBe(
      'The context user has no value here. Set one above with user.with(value, …).'
    )
  })
})
