import {
  type Operation,
  type Task,
  action,
  attempt,
  call,
  cancel,
  createContext,
  ensure,
  formatTree,
  inspectTree,
  now,
  operation,
  pause,
  resource,
  run,
  scope,
  select,
  shield,
  sleep,
  spawn,
  suspend,
  timeout,
  until,
} from 'coppice'
import { expectLinear } from '../growth.ts'
import { emptySimulation, runAll, runNow, runToEnd, start, stepNow } from '../virtual.ts'

jest.setTimeout(60_000)

type Body<T = unknown> = Generator<any, T, any>

/** As deep as `levels`, with `bottom` at the end. */
function nested<T>(levels: number, bottom: () => Operation<T>, left?: () => void): Operation<T> {
  const level: (n: number) => Operation<T> = operation('level', function* (n: number): Generator<
    any,
    T,
    any
  > {
    try {
      return n === 0 ? yield* bottom() : yield* level(n - 1)
    } finally {
      left?.()
    }
  })
  return level(levels)
}

describe('S7 1,000,000 nested declared operations', () => {
  const depth = 1_000_000

  test('return a value', () => {
    expectLinear(depth, (size, sim) => {
      const down = operation('down', function* (n: number): Generator<any, number, any> {
        return n === 0 ? 0 : 1 + (yield* down(n - 1))
      })
      expect(runToEnd(down(size), {}, sim)).toBe(size)
    })
  })

  test('wait at the bottom', () => {
    expectLinear(depth, (size, sim) => {
      let left = 0
      const value = runToEnd(
        nested(
          size,
          () => at(sleep(10)),
          () => left++
        ),
        {},
        sim
      )
      expect(value).toBe(10)
      expect(left).toBe(size + 1)
    })
  })

  function* at(wait: Operation<void>): Generator<any, number, any> {
    yield* wait
    return yield* now()
  }

  test('throw from the bottom', () => {
    expectLinear(depth, (size, sim) => {
      let left = 0
      const error = { message: 'bottom' }
      const { task } = start(
        nested(
          size,
          function* (): Generator<any, void, any> {
            yield* sleep(10)
            throw error
          },
          () => left++
        ),
        {},
        sim
      )
      runAll(sim)
      expect(task.outcome?.status).toBe('failed')
      expect(left).toBe(size + 1)
    })
  })

  test('throw an Error from the bottom, which names its path', () => {
    expectLinear(depth, (size, sim) => {
      const error = new Error('bottom')
      const { task } = start(
        nested(size, function* (): Generator<any, void, any> {
          throw error
        }),
        {},
        sim
      )
      runAll(sim)
      expect(task.outcome).toEqual({ status: 'failed', error })
    })
  })

  test('unwind when they are cancelled', () => {
    expectLinear(depth, (size, sim) => {
      let left = 0
      const { task } = start(
        nested(size, suspend, () => left++),
        {},
        sim
      )
      runNow(sim)
      expect(left).toBe(0)
      void task.cancel()
      runAll(sim)
      expect(task.status).toBe('cancelled')
      expect(left).toBe(size + 1)
    })
  })

  test('resume at the same cost at any depth', () => {
    const resumes = 10_000
    const cost = (levels: number) => {
      const wakes = function* (): Body<void> {
        for (let i = 0; i < resumes; i++) yield* pause()
      }
      const sim = emptySimulation({ maxSteps: Infinity })
      start(
        nested(levels, function* (): Body<void> {
          yield* sleep(1)
          yield* wakes()
        }),
        {},
        sim
      )
      sim.advanceTo(0.5)
      const begin = performance.now()
      sim.advanceTo(1)
      return performance.now() - begin
    }
    cost(10)
    const shallow = cost(10)
    const deep = cost(100_000)
    // Walking 100,000 frames at each of 10,000 resumes would take seconds; returning through them once does not.
    expect(deep).toBeLessThan(40 * shallow + 1000)
  })
})

describe('S7 blocks and regions in each other', () => {
  const depth = 100_000

  const value = createContext('value', 0)

  const kinds: [string, (inner: () => Operation<number>) => Operation<number>][] = [
    ['scope', (inner) => scope(inner)],
    ['timeout', (inner) => timeout(1000, inner)],
    ['shield', (inner) => shield(inner)],
    ['context', (inner) => value.with(1, inner)],
  ]

  test.each(kinds)('%s: the value comes up, and cancelling goes down', (_, around) => {
    expectLinear(depth, (size, sim) => {
      let left = 0
      const level = (n: number): Operation<number> =>
        around(function* (): Generator<any, number, any> {
          try {
            if (n > 0) return 1 + (yield* level(n - 1))
            yield* sleep(10)
            return 0
          } finally {
            left++
          }
        })
      expect(runToEnd(level(size), {}, sim)).toBe(size)
      expect(left).toBe(size + 1)
      left = 0
      const { task } = start(level(size), {}, sim)
      runNow(sim)
      void task.cancel()
      runAll(sim)
      expect(left).toBe(size + 1)
      expect(task.outcome).toBeDefined()
    })
  })

  test('attempt and select: the value comes up', () => {
    expectLinear(depth, (size, sim) => {
      function* level(n: number): Generator<any, number, any> {
        if (n === 0) {
          yield* sleep(10)
          return 0
        }
        const { value } = yield* select({ value: () => attempt(() => level(n - 1)) })
        return value.status === 'done' ? value.value + 1 : -1
      }
      expect(runToEnd(() => level(size), {}, sim)).toBe(size)
    })
  })
  test('what passes out of one region after the other passes in linear time', () => {
    expectLinear(depth, (size, sim) => {
      let released = 0
      runToEnd(
        function* () {
          for (let i = 0; i < size; i++) {
            yield* timeout(1000, function* () {
              yield* ensure(() => void released++)
            })
          }
          expect(released).toBe(0)
        },
        {},
        sim
      )
      expect(released).toBe(size)
    })
  })

  test('resources that each acquire the next are released', () => {
    expectLinear(50_000, (size, sim) => {
      let released = 0
      const open = (n: number): Operation<number> =>
        resource<number>(function* (provide) {
          const below: number = n === 0 ? 0 : yield* open(n - 1)
          try {
            yield* provide(below + 1)
          } finally {
            released++
          }
        })
      expect(
        runToEnd(
          function* () {
            return yield* open(size)
          },
          {},
          sim
        )
      ).toBe(size + 1)
      expect(released).toBe(size + 1)
    })
  })
})

describe('S7 100,000 tasks, each the child of the last', () => {
  const depth = 100_000

  function* descend(
    n: number,
    bottom: () => Operation<unknown>,
    left?: () => void
  ): Generator<any, void, any> {
    if (n === 0) {
      yield* bottom()
      return
    }
    yield* spawn(() => descend(n - 1, bottom, left), { name: 'level' })
    if (left === undefined) return
    try {
      yield* suspend()
    } finally {
      left()
    }
  }

  test('close from the inside out', () => {
    expectLinear(depth, (size, sim) => {
      let closed = 0
      const { task } = start(
        () => descend(size, () => sleep(10)),
        { observers: [{ closed: () => void closed++ }] },
        sim
      )
      sim.advanceTo(9)
      expect(closed).toBe(0)
      runAll(sim)
      expect(task.status).toBe('done')
      expect(closed).toBe(size + 1)
    })
  })

  test('unwind when the first is cancelled', () => {
    expectLinear(depth, (size, sim) => {
      let left = 0
      const { task } = start(() => descend(size, suspend, () => left++), {}, sim)
      runNow(sim)
      void task.cancel()
      runAll(sim)
      expect(task.status).toBe('cancelled')
      expect(left).toBe(size)
    })
  })

  test('unwind when the first is cancelled before the others have started', () => {
    expectLinear(depth, (size, sim) => {
      const { task } = start(() => descend(size, suspend), {}, sim)
      for (let i = 0; i < size / 2; i++) stepNow(sim)
      void task.cancel()
      runAll(sim)
      expect(task.outcome).toBeDefined()
      expect(inspectTree(task).children).toEqual([])
    })
  })

  test('fail when the last fails', () => {
    expectLinear(depth, (size, sim) => {
      let left = 0
      const error = new Error('bottom')
      const { task } = start(
        () =>
          descend(
            size,
            function* (): Body<void> {
              yield* sleep(10)
              throw error
            },
            () => left++
          ),
        {},
        sim
      )
      runAll(sim)
      expect(task.outcome).toEqual({ status: 'failed', error })
      expect(left).toBe(size)
    })
  })

  test('are listed', () => {
    const { task, sim } = start(() => descend(depth, suspend))
    runNow(sim)
    let levels = 0
    for (let node = inspectTree(task).children[0]; node !== undefined; node = node.children[0]) levels++
    expect(levels).toBe(depth)
  })

  test('are printed', () => {
    const { task, sim } = start(() => descend(2000, suspend))
    runNow(sim)
    expect(formatTree(task).split('\n').length).toBeGreaterThanOrEqual(2001)
  })

  test('hear of a cancellation that was announced', () => {
    expectLinear(depth, (size, sim) => {
      const { task } = start(
        function* () {
          const top = yield* spawn(() => descend(size, suspend))
          yield* sleep(1)
          yield* cancel(top, { grace: 100 })
          expect(yield* now()).toBe(101)
        },
        {},
        sim
      )
      runAll(sim)
      expect(task.status).toBe('done')
    })
  })
})

describe('S7 100,000 joins and wakes in a row', () => {
  const length = 100_000

  /** Tasks of which each joins the one before it; the first is `first`. */
  function* chain(
    n: number,
    first: Operation<number>,
    left?: () => void
  ): Generator<any, Task<number>[], any> {
    const tasks = [yield* spawn(first)]
    for (let i = 1; i < n; i++) {
      const before = tasks[i - 1]!
      tasks.push(
        yield* spawn(function* () {
          try {
            return (yield* before) + 1
          } finally {
            left?.()
          }
        })
      )
    }
    return tasks
  }

  function* after(ms: number): Generator<any, number, any> {
    yield* sleep(ms)
    return 1
  }

  test('a chain of tasks that each join the one before', () => {
    expectLinear(length, (size, sim) => {
      const value = runToEnd(
        function* () {
          const tasks = yield* chain(size, operation('first', after)(10))
          return yield* tasks[size - 1]!
        },
        {},
        sim
      )
      expect(value).toBe(size)
    })
  })

  test('the same chain, cancelled', () => {
    expectLinear(length, (size, sim) => {
      let left = 0
      const { task } = start(
        function* () {
          yield* chain(size, suspend(), () => left++)
          yield* suspend()
        },
        {},
        sim
      )
      runNow(sim)
      void task.cancel()
      runAll(sim)
      expect(task.status).toBe('cancelled')
      expect(left).toBe(size - 1)
    })
  })

  test('the same chain, when the first is cancelled: the error comes through all of them', () => {
    expectLinear(length, (size, sim) => {
      const seen = runToEnd(
        function* () {
          let before: Task = yield* spawn(suspend())
          const first = before
          for (let i = 1; i < size; i++) {
            const previous = before
            before = yield* spawn(function* () {
              try {
                yield* previous
              } catch {}
            })
          }
          yield* pause()
          yield* cancel(first)
          yield* before
          return before.status
        },
        {},
        sim
      )
      expect(seen).toBe('done')
    })
  })

  test('tasks that each cancel the one before', () => {
    expectLinear(length, (size, sim) => {
      let left = 0
      const { task } = start(
        function* () {
          let before = yield* spawn(suspend())
          for (let i = 1; i < size; i++) {
            const previous: Task = before
            before = yield* spawn(function* (): Body<never> {
              try {
                return yield* suspend()
              } finally {
                yield* cancel(previous)
                left++
              }
            })
          }
          yield* pause()
          yield* cancel(before)
        },
        {},
        sim
      )
      runAll(sim)
      expect(task.status).toBe('done')
      expect(left).toBe(size - 1)
    })
  })

  test('one task that joins many which have closed', () => {
    expectLinear(length, (size, sim) => {
      const sum = runToEnd(
        function* () {
          const tasks: Task<number>[] = []
          for (let i = 0; i < size; i++) {
            tasks.push(
              yield* spawn(function* () {
                return 1
              })
            )
          }
          yield* pause()
          let sum = 0
          for (const task of tasks) sum += yield* task
          return sum
        },
        {},
        sim
      )
      expect(sum).toBe(size)
    })
  })

  test('many tasks that join one, of which all are woken, or all are cancelled', () => {
    for (const cancelled of [false, true]) {
      expectLinear(length, (size, sim) => {
        let joined = 0
        const { task } = start(
          function* () {
            const one = yield* spawn(sleep(10), { background: true })
            for (let i = 0; i < size; i++) {
              yield* spawn(function* () {
                yield* one
                joined++
              })
            }
            yield* suspend()
          },
          {},
          sim
        )
        sim.advanceTo(5)
        if (cancelled) void task.cancel()
        runAll(sim)
        expect(joined).toBe(cancelled ? 0 : size)
        expect(task.status).toBe(cancelled ? 'cancelled' : 'running')
      })
    }
  })

  test('cancelling many joiners of one task one by one, in any order', () => {
    for (const oldestFirst of [true, false]) {
      expectLinear(length, (size, sim) => {
        const { task } = start(
          function* () {
            const one = yield* spawn(sleep(10), { background: true })
            const joiners: Task[] = []
            for (let i = 0; i < size; i++) joiners.push(yield* spawn(() => one))
            yield* sleep(1)
            if (!oldestFirst) joiners.reverse()
            for (const joiner of joiners) void joiner.cancel()
          },
          {},
          sim
        )
        runAll(sim)
        expect(task.status).toBe('done')
      })
    }
  })

  test('tasks that each wake the next through a callback', () => {
    expectLinear(length, (size, sim) => {
      let woken = 0
      const { task } = start(
        function* () {
          const resumes: (() => void)[] = []
          for (let i = 0; i < size; i++) {
            yield* spawn(function* () {
              yield* action<void>((resume) => {
                resumes[i] = resume
              })
              woken++
              resumes[i + 1]?.()
            })
          }
          yield* pause()
          resumes[0]!()
        },
        {},
        sim
      )
      runAll(sim)
      expect(task.status).toBe('done')
      expect(woken).toBe(size)
    })
  })

  test('… and live, where a wake from outside drains at once', async () => {
    let woken = 0
    let first: (() => void) | undefined
    const task = run(function* () {
      const resumes: (() => void)[] = []
      for (let i = 0; i < length; i++) {
        yield* spawn(function* () {
          yield* action<void>((resume) => {
            resumes[i] = resume
            if (i === 0) first = resume
          })
          woken++
          resumes[i + 1]?.()
        })
      }
    })
    // A tree of this size starts in several turns of the host.
    await new Promise((resolve) => setTimeout(resolve, 5))
    while (first === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    first()
    await task
    expect(woken).toBe(length)
  })

  test('trees that each wake the next, live', async () => {
    const trees = 20_000
    const resumes: (() => void)[] = []
    let woken = 0
    const tasks = Array.from({ length: trees }, (_, i) =>
      run(function* () {
        yield* action<void>((resume) => {
          resumes[i] = resume
        })
        woken++
        resumes[i + 1]?.()
      })
    )
    resumes[0]!()
    await Promise.all(tasks)
    expect(woken).toBe(trees)
  })

  test('trees that each start the next, live', async () => {
    const trees = 20_000
    let started = 0
    await new Promise<void>((resolve) => {
      const next = (): void => {
        run(function* () {
          started++
          if (started < trees) next()
          else resolve()
        })
      }
      next()
    })
    expect(started).toBe(trees)
  })

  test.each<[string, (i: number) => Operation<unknown>]>([
    ['pauses', () => pause()],
    ['sleeps', () => sleep(1)],
    ['callbacks that come at once', () => action<void>((resume) => resume())],
    ['synchronous calls', () => call(() => {})],
    ['effects that never wait', () => now()],
    [
      'selects with an immediate winner',
      () => select({ a: action<void>((resume) => resume()), b: suspend() }),
    ],
    ['scopes that return at once', () => scope(function* () {})],
    ['attempts at an error', () => attempt(() => throws())],
    ['children that are joined at once', () => joined()],
  ])('1,000,000 waits in a row of one task: %s', (kind, wait) => {
    const costly = /select|attempt|scope|children/.test(kind)
    expectLinear(costly ? 300_000 : 1_000_000, (size, sim) => {
      let waits = 0
      runToEnd(
        function* () {
          for (; waits < size; waits++) yield* wait(waits)
        },
        {},
        sim
      )
      expect(waits).toBe(size)
    })
  })

  function* throws(): Body<never> {
    throw 'nothing of weight'
  }
  function* joined(): Body<void> {
    yield* yield* spawn(pause())
  }

  test('100,000 settled promises in a row, live', async () => {
    const promise = Promise.resolve(1)
    const sum = await run(function* () {
      let sum = 0
      for (let i = 0; i < length; i++) sum += yield* until(promise)
      return sum
    })
    expect(sum).toBe(length)
  })

  test('100,000 cleanups of one scope', () => {
    for (const cancelled of [false, true]) {
      expectLinear(length, (size, sim) => {
        let cleaned = 0
        const { task } = start(
          function* () {
            for (let i = 0; i < size; i++) yield* ensure(() => void cleaned++)
            yield* sleep(10)
          },
          {},
          sim
        )
        sim.advanceTo(5)
        if (cancelled) void task.cancel()
        runAll(sim)
        expect(task.status).toBe(cancelled ? 'cancelled' : 'done')
        expect(cleaned).toBe(size)
      })
    }
  })

  test('100,000 siblings that come and go in any order leave nothing behind', () => {
    expectLinear(length, (size, sim) => {
      const { task } = start(
        function* () {
          for (let i = 0; i < size; i++) yield* spawn(sleep((i * 7919) % 1000))
          yield* suspend()
        },
        {},
        sim
      )
      runAll(sim)
      expect(inspectTree(task).children).toEqual([])
    })
  })
})

describe('S7 1,000,000 timers pending', () => {
  const count = 1_000_000

  /** In an order that is neither sorted nor repeated. */
  const due = (i: number) => (i * 7919) % 1_000_003

  test('fire, each at its instant', () => {
    expectLinear(count, (size, sim) => {
      let fired = 0
      let last = -1
      let inOrder = true
      const seen = () => {
        fired++
        if (sim.now < last) inOrder = false
        last = sim.now
      }
      const { task } = start(
        function* () {
          for (let i = 0; i < size; i++) yield* spawn(sleep(due(i)))
          yield* pause()
          expect(sim.timers).toBeGreaterThanOrEqual(size)
        },
        {
          observers: [
            {
              closed: ({ id }) => {
                if (id !== 1) seen()
              },
            },
          ],
        },
        sim
      )
      runAll(sim)
      expect(task.status).toBe('done')
      expect(fired).toBe(size)
      expect(inOrder).toBe(true)
    })
  })

  test('are taken back when the tree is cancelled', () => {
    expectLinear(count, (size, sim) => {
      const { task } = start(
        function* () {
          for (let i = 0; i < size; i++) yield* spawn(sleep(due(i)))
        },
        {},
        sim
      )
      sim.advanceTo(0)
      void task.cancel()
      runNow(sim)
      expect(task.outcome).toBeDefined()
      expect(sim.timers).toBeLessThanOrEqual(size / 2)
      runAll(sim)
      expect(sim.now).toBe(0)
    })
  })

  test('as the branches of one select', () => {
    expectLinear(count / 10, (size, sim) => {
      const { key } = runToEnd(
        () => select(Array.from({ length: size }, (_, i) => sleep(1 + due(i)))),
        {},
        sim
      )
      expect(key).toBe(0)
    })
  })

  test('one after the other, taken back each time', () => {
    expectLinear(count / 2, (size, sim) => {
      runToEnd(
        function* () {
          for (let i = 0; i < size; i++) yield* timeout(1000, pause())
          expect(sim.timers).toBeLessThanOrEqual(1000)
        },
        {},
        sim
      )
    })
  })
})
