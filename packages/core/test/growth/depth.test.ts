/** S7: depth costs no stack, and each level as much as the one above it. */
import {
  type Operation,
  attempt,
  cancel,
  createContext,
  ensure,
  formatTree,
  inspectTree,
  now,
  operation,
  pause,
  resource,
  scope,
  select,
  shield,
  sleep,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import { expectLinear } from './expect-linear.ts'
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
