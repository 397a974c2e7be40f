/** S7: what happens many times in a row, or waits at the same time, costs no stack, and each as much as the one before. */
import {
  type Operation,
  type Task,
  action,
  attempt,
  call,
  cancel,
  ensure,
  inspectTree,
  now,
  operation,
  pause,
  run,
  scope,
  select,
  sleep,
  spawn,
  suspend,
  timeout,
  until,
} from 'coppice'
import { expectLinear } from './expect-linear.ts'
import { runAll, runNow, runToEnd, start } from '../virtual.ts'

jest.setTimeout(60_000)

type Body<T = unknown> = Generator<any, T, any>

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
