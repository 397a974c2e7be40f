/** Context: seen by everything below, restored after, at the same cost at any depth (X1, X2). */
import {
  type Operation,
  all,
  attempt,
  cancel,
  createContext,
  createScope,
  defineEffect,
  ensure,
  map,
  operation,
  pause,
  provide,
  race,
  resource,
  scope,
  select,
  shield,
  sleep,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import { emptySimulation, runAll, runToEnd } from '../virtual.ts'

const user = createContext<string>('user')
const role = createContext('role', 'guest')

describe('X1 a context value is seen by everything below the operation that set it', () => {
  const ways: [string, () => Operation<unknown>, unknown][] = [
    ['the operation itself', () => user.get(), 'ada'],
    ['a generator function', () => user.get(), 'ada'],
    ['a spawned task', () => joined(() => spawn(() => user.get())), 'ada'],
    ['a task of a task', () => joined(() => spawn(() => joined(() => spawn(() => user.get())))), 'ada'],
    ['a scope', () => scope(() => user.get()), 'ada'],
    ['scope.spawn', () => joined(() => scope(opened)), 'ada'],
    [
      'a declared operation',
      () =>
        operation('read', function* () {
          return yield* user.get()
        })(),
      'ada',
    ],
    ['branches of all', () => all([() => user.get(), user.get()]), ['ada', 'ada']],
    ['branches of map', () => map([1], () => user.get()), ['ada']],
    ['a branch of select', () => select({ a: () => user.get() }), { key: 'a', value: 'ada' }],
    ['a branch of race', () => race([() => user.get()]), 'ada'],
    ['timeout', () => timeout(5, () => user.get()), 'ada'],
    ['attempt', () => attempt(() => user.get()), { status: 'done', value: 'ada' }],
    ['shield', () => shield(() => user.get()), 'ada'],
    ['another context', () => role.with('admin', () => user.get()), 'ada'],
    ['provide', () => provide([], () => user.get()), 'ada'],
    [
      'the body of a resource',
      () =>
        resource(function* (provideIt: (value: unknown) => Operation<void>) {
          yield* provideIt(yield* user.get())
        }),
      'ada',
    ],
  ]
  function* joined(make: () => Operation<Operation<unknown>>) {
    return yield* yield* make()
  }
  function* opened(open: { spawn(it: () => Operation<string | undefined>): Operation<unknown> }) {
    const task = open.spawn(() => user.get())
    yield* pause()
    return task
  }

  test.each(ways)('%s', (_, make, expected) => {
    expect(runToEnd(() => user.with('ada', make))).toEqual(expected)
  })

  test('at any depth of tasks, scopes and declared operations', () => {
    const down = operation('down', function* (depth: number): Generator<any, unknown, any> {
      if (depth === 0) return yield* user.get()
      const task = yield* spawn(() => scope(() => down(depth - 1)))
      return yield* task
    })
    expect(runToEnd(() => user.with('ada', () => down(500)))).toBe('ada')
  })

  test('a handler of provide and a cleanup see it', () => {
    const ask = defineEffect('ask', () => 'live')
    const seen: unknown[] = []
    runToEnd(() =>
      user.with('ada', function* () {
        yield* provide([[ask, () => user.get() as Operation<never>]], function* () {
          seen.push(yield* ask())
        })
        yield* scope(function* () {
          yield* ensure(function* () {
            seen.push(yield* user.get())
          })
        })
      })
    )
    expect(seen).toEqual(['ada', 'ada'])
  })

  test('a finally that is entered by cancellation sees it', () => {
    const seen: unknown[] = []
    runToEnd(function* () {
      const task = yield* spawn(() =>
        user.with(
          'ada',
          operation('working', function* () {
            try {
              yield* suspend()
            } finally {
              yield* sleep(1)
              seen.push(yield* user.get())
            }
          })
        )
      )
      yield* pause()
      yield* cancel(task)
    })
    expect(seen).toEqual(['ada'])
  })

  test('a task keeps what held where it was spawned, whatever is set there later', () => {
    const seen = runToEnd(function* () {
      yield* user.set('before')
      const task = yield* spawn(function* () {
        yield* sleep(5)
        return yield* user.get()
      })
      yield* user.set('after')
      return [yield* user.get(), yield* task]
    })
    expect(seen).toEqual(['after', 'before'])
  })
})

describe('X1 a context value is restored after the operation that set it', () => {
  test('when that has returned', () => {
    const seen = runToEnd(function* () {
      const inside = yield* user.with('ada', () => user.get())
      return [inside, yield* user.get()]
    })
    expect(seen).toEqual(['ada', undefined])
  })

  test('when that has failed', () => {
    const seen = runToEnd(() =>
      user.with('outer', function* () {
        yield* attempt(() =>
          user.with('inner', function* () {
            yield* sleep(1)
            throw new Error('boom')
          })
        )
        return yield* user.get()
      })
    )
    expect(seen).toBe('outer')
  })

  test('when that was cancelled by a deadline', () => {
    const seen = runToEnd(() =>
      user.with('outer', function* () {
        yield* attempt(() => timeout(1, () => user.with('inner', suspend)))
        return yield* user.get()
      })
    )
    expect(seen).toBe('outer')
  })

  test('level by level', () => {
    const seen: unknown[] = []
    runToEnd(() =>
      user.with('a', function* () {
        seen.push(yield* user.get())
        yield* user.with('b', function* () {
          seen.push(yield* user.get())
          yield* user.with('c', function* () {
            seen.push(yield* user.get())
          })
          seen.push(yield* user.get())
        })
        seen.push(yield* user.get())
      })
    )
    expect(seen).toEqual(['a', 'b', 'c', 'b', 'a'])
  })

  test('for the others it was never set: siblings and parents do not see it', () => {
    const seen = runToEnd(function* () {
      const inside = yield* spawn(() =>
        user.with('ada', function* () {
          yield* sleep(5)
          return yield* user.get()
        })
      )
      const beside = yield* spawn(function* () {
        yield* sleep(3)
        return yield* user.get()
      })
      yield* sleep(4)
      return [yield* user.get(), yield* beside, yield* inside]
    })
    expect(seen).toEqual([undefined, undefined, 'ada'])
  })

  test('set holds for the rest of the scope, and for what is started in it from then on', () => {
    const seen: unknown[] = []
    runToEnd(() =>
      user.with('outer', function* () {
        yield* scope(function* () {
          const early = yield* spawn(function* () {
            yield* sleep(1)
            seen.push(['early', yield* user.get()])
          })
          yield* user.set('inner')
          yield* spawn(function* () {
            yield* sleep(2)
            seen.push(['late', yield* user.get()])
          })
          seen.push(['body', yield* user.get()])
          yield* early
        })
        seen.push(['after', yield* user.get()])
      })
    )
    expect(seen).toEqual([
      ['body', 'inner'],
      ['early', 'outer'],
      ['late', 'inner'],
      ['after', 'outer'],
    ])
  })

  test('set in a child does not reach its parent', () => {
    const seen = runToEnd(function* () {
      const child = yield* spawn(function* () {
        yield* user.set('child')
        return yield* user.get()
      })
      return [yield* child, yield* user.get()]
    })
    expect(seen).toEqual(['child', undefined])
  })

  test('set inside of with is restored with it', () => {
    const seen = runToEnd(function* () {
      const inside = yield* user.with('ada', function* () {
        yield* user.set('eve')
        return yield* user.get()
      })
      return [inside, yield* user.get()]
    })
    expect(seen).toEqual(['eve', undefined])
  })
})

describe('X1 defaults', () => {
  test('get gives the default, or undefined', () => {
    expect(runToEnd(() => role.get())).toBe('guest')
    expect(runToEnd(() => user.get())).toBe(undefined)
  })

  test('expect gives the value or the default, and fails without both', () => {
    expect(runToEnd(() => role.expect())).toBe('guest')
    expect(runToEnd(() => user.with('ada', () => user.expect()))).toBe('ada')
    expect(runToEnd(() => attempt(() => user.expect()))).toMatchObject({ status: 'failed' })
  })

  test('a value of undefined, null or 0 that was set is a value', () => {
    const any = createContext<unknown>('any', 'default')
    for (const value of [undefined, null, 0, '', false]) {
      expect(runToEnd(() => any.with(value, () => any.get()))).toBe(value)
      expect(runToEnd(() => any.with(value, () => any.expect()))).toBe(value)
    }
  })

  test('two contexts of one name are two contexts', () => {
    const other = createContext<string>('user')
    expect(runToEnd(() => user.with('ada', () => other.get()))).toBe(undefined)
  })

  test('a context has its name', () => {
    expect(user.name).toBe('user')
  })

  test('createScope begins without values', () => {
    const sim = emptySimulation()
    const open = createScope({ interpreter: sim.interpreter })
    const task = open.run(() => role.get())
    runAll(sim)
    expect(task.outcome).toEqual({ status: 'done', value: 'guest' })
    void open.close()
    runAll(sim)
  })

  test('reading, setting and entering are no points of cancellation', () => {
    const seen: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(function* () {
        yield* user.get()
        yield* user.set('ada')
        yield* user.with('eve', function* () {
          seen.push(`entered as ${yield* user.expect()}`)
        })
        seen.push('still here')
        yield* sleep(1)
        seen.push('never')
      })
      yield* cancel(task)
    })
    expect(seen).toEqual(['entered as eve', 'still here'])
  })
})

describe('X2 reading costs the same at any depth', () => {
  /** Milliseconds for many reads at some depth of values, tasks and frames; the best of several rounds. */
  function cost(depth: number): number {
    const contexts = Array.from({ length: 10 }, (_, i) => createContext<number>(`context ${i}`))
    const down = operation('down', function* (left: number): Generator<any, number, any> {
      if (left > 0) return yield* contexts[left % 10]!.with(left, () => scope(() => down(left - 1)))
      let best = Infinity
      for (let round = 0; round < 7; round++) {
        const start = performance.now()
        for (let i = 0; i < 5000; i++) yield* user.get()
        best = Math.min(best, performance.now() - start)
      }
      return best
    })
    return runToEnd(() => user.with('ada', () => down(depth)))
  }

  test('two thousand scopes and values do not make it slower', () => {
    cost(10)
    const shallow = cost(10)
    const deep = cost(2000)
    // A walk would cost two hundred times as much.
    expect(deep).toBeLessThan(shallow * 20 + 1)
  })
})
