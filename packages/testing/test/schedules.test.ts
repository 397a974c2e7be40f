/** What counts as a schedule, and in which order strategies try them. */
import * as fc from 'fast-check'
import { MisuseError, cancel, pause, sleep, spawn, suspend } from 'coppice'
import { type Simulation, type Strategy, exhaustive, explore, pct, random } from '@coppice/testing'
import { grid, tasksOf } from './programs.ts'

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))
const multinomial = (parts: readonly number[]) =>
  parts.reduce(
    (count, part) => count / factorial(part),
    factorial(parts.reduce((sum, part) => sum + part, 0))
  )

/** A queue of tasks with so many steps left, and nothing of Coppice: how many schedules have at most `bound` departures. */
function countSchedules(queue: readonly { left: number }[], bound: number): number {
  if (queue.length === 0) return 1
  let count = 0
  for (let pick = 0; pick < queue.length && (pick === 0 || bound > 0); pick++) {
    const rest = queue.filter((_, i) => i !== pick)
    const left = queue[pick]!.left - 1
    const next = left > 0 ? [...rest, { left }] : rest
    count += countSchedules(next, queue.length > 1 && pick > 0 ? bound - 1 : bound)
  }
  return count
}

/** What was run, as long as nothing fails: the orders in which the tasks took their steps. */
function ordersOf(tasks: number, steps: number, strategy: Strategy, runs?: number): string[] {
  const orders: string[] = []
  let order: number[] = []
  const program = function* () {
    order = []
    for (let i = 0; i < tasks; i++) {
      yield* spawn(function* () {
        for (let step = 1; step < steps; step++) {
          order.push(i)
          yield* pause()
        }
        order.push(i)
      })
    }
  }
  explore(program, { strategy, check: () => void orders.push(order.join('')), ...(runs && { runs }) })
  return orders
}

describe('exhaustive', () => {
  test.each([
    [2, 2, 6],
    [3, 3, 1_680],
    [3, 4, 34_650],
  ])('%i tasks of %i steps have %i schedules', (tasks, steps, schedules) => {
    const report = explore(grid(tasks, steps), { strategy: exhaustive(), runs: 50_000 })
    expect(report).toMatchObject({ runs: schedules, schedules, complete: true })
  })

  test.each([
    [2, 2, [1, 4, 6, 6]],
    [3, 3, [1, 16, 106]],
  ])('%i tasks of %i steps have %j schedules for bounds from 0 on', (tasks, steps, counts) => {
    const found = counts.map(
      (_, bound) => explore(grid(tasks, steps), { strategy: exhaustive({ bound }) }).schedules
    )
    expect(found).toEqual(counts)
  })

  test('tries each interleaving once', () => {
    const orders = ordersOf(3, 3, exhaustive())
    expect(new Set(orders).size).toBe(orders.length)
    expect(orders.length).toBe(1_680)
  })

  test('tries as many as there are, for tasks of any length', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }), (steps) => {
        fc.pre(multinomial(steps) <= 3_000)
        const report = explore(tasksOf(steps), { strategy: exhaustive() })
        expect(report).toMatchObject({
          schedules: multinomial(steps),
          runs: multinomial(steps),
          complete: true,
        })
      }),
      { numRuns: 50, seed: 1 }
    )
  })

  test('keeps to its bound, for tasks of any length', () => {
    const tasks = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(tasks, fc.integer({ min: 0, max: 3 }), (steps, bound) => {
        const expected = countSchedules(
          steps.map((left) => ({ left })),
          bound
        )
        fc.pre(expected <= 3_000)
        const report = explore(tasksOf(steps), { strategy: exhaustive({ bound }) })
        expect(report).toMatchObject({ schedules: expected, complete: true })
      }),
      { numRuns: 50, seed: 2 }
    )
  })

  test('comes to the schedules with the fewest departures first', () => {
    const departures: number[] = []
    const check = (sim: Simulation) => {
      const steps = sim.timeline({ json: true })
      departures.push(steps.filter(({ notes }) => notes.some((note) => note.startsWith('ahead of'))).length)
    }
    explore(grid(3, 2), { strategy: exhaustive(), check })
    expect(departures).toEqual([...departures].sort((a, b) => a - b))
    expect(Math.max(...departures)).toBe(4)
  })

  test('is complete if the limit of runs is just reached, and not if it is exceeded', () => {
    expect(explore(grid(2, 2), { strategy: exhaustive(), runs: 6 })).toMatchObject({
      runs: 6,
      complete: true,
    })
    expect(explore(grid(2, 2), { strategy: exhaustive(), runs: 5 })).toMatchObject({
      runs: 5,
      complete: false,
    })
  })

  test('tries the orders of what is due at one instant', () => {
    const program = function* () {
      for (let i = 0; i < 3; i++) yield* spawn(() => sleep(10))
    }
    // Three start in any order, and go on in any order.
    expect(explore(program, { strategy: exhaustive() }).schedules).toBe(36)
  })

  test('tries cancellations that overtake what they cancel', () => {
    const seen = new Set<string>()
    let log: string[] = []
    const program = function* () {
      log = []
      const task = yield* spawn(function* () {
        log.push('begins')
        yield* pause()
        log.push('goes on')
        yield* suspend()
      })
      yield* spawn(function* () {
        yield* pause()
        yield* cancel(task)
        log.push('cancelled')
      })
    }
    explore(program, { strategy: exhaustive(), check: () => void seen.add(log.join()) })
    expect([...seen].sort()).toEqual(['begins,cancelled', 'begins,goes on,cancelled'])
  })

  test.each([-1, 1.5, NaN, '2'])('rejects the bound %p', (bound) => {
    expect(() => exhaustive({ bound: bound as number })).toThrow(MisuseError)
  })
})

describe('random', () => {
  test('begins with the order of production', () => {
    expect(ordersOf(3, 2, random(), 1)).toEqual(['012012'])
  })

  test('comes to every schedule, and to none much more often than to others', () => {
    const counts = new Map<string, number>()
    for (const order of ordersOf(2, 2, random(), 6_000)) counts.set(order, (counts.get(order) ?? 0) + 1)
    expect(counts.size).toBe(6)
    // Every entry is equally likely, so a schedule is the likelier the earlier one task is alone: 1/4 or 1/8.
    for (const [order, count] of counts) {
      const expected = order === '0011' || order === '1100' ? 1_500 : 750
      expect(Math.abs(count - expected)).toBeLessThan(150)
    }
  })

  test('counts each schedule once, and never says that it has tried all', () => {
    expect(explore(grid(2, 2), { runs: 500 })).toMatchObject({ runs: 500, schedules: 6, complete: false })
  })

  test('makes 10,000 runs by default', () => {
    expect(explore(grid(1, 1))).toMatchObject({ runs: 10_000, schedules: 1 })
  })

  test('gives the same runs for a seed, and others for another', () => {
    const record = (seed: number) => {
      const orders: string[] = []
      explore(grid(3, 3), { runs: 50, seed, check: (sim) => void orders.push(sim.timeline()) })
      return orders
    }
    expect(record(1)).toEqual(record(1))
    expect(record(1)).not.toEqual(record(2))
  })
})

describe('pct', () => {
  test('begins with the order of production', () => {
    expect(ordersOf(3, 2, pct(), 1)).toEqual(['012012'])
  })

  test('runs tasks to their end, one after the other, at depth 1', () => {
    const [, ...orders] = ordersOf(3, 3, pct({ depth: 1 }), 200)
    expect([...new Set(orders)].sort()).toEqual(
      ['012', '021', '102', '120', '201', '210'].map((order) => order.replace(/./g, '$&$&$&'))
    )
  })

  test('lets the running task fall to the end as often as the depth says, less one', () => {
    const [, ...orders] = ordersOf(2, 3, pct({ depth: 2 }), 500)
    const switches = orders.map(
      (order) => [...order].filter((task, i) => i > 0 && task !== order[i - 1]).length
    )
    // One switch when a task ends, and one more if it falls before.
    expect(Math.max(...switches)).toBe(2)
    expect(new Set(switches)).toEqual(new Set([1, 2]))
  })

  test('has a cancellation count as a task of its own', () => {
    let log: string[] = []
    const program = function* () {
      log = []
      const target = yield* spawn(function* () {
        try {
          yield* sleep(1)
          log.push('target')
          yield* suspend()
        } finally {
          log.push('unwinds')
        }
      })
      yield* spawn(function* () {
        yield* sleep(1)
        log.push('other')
        yield* sleep(1)
        log.push('again')
      })
      yield* sleep(2)
      log.push('cancels')
      yield* cancel(target)
    }
    const seen = new Set<string>()
    explore(program, { strategy: pct({ depth: 1 }), runs: 300, check: () => void seen.add(log.join()) })
    // The target is ahead of the other one, and its cancellation behind.
    expect(seen).toContain('target,other,cancels,again,unwinds')
    expect(seen).toContain('other,target,cancels,unwinds,again')
  })

  test('finds a bug of its depth', () => {
    let order: string[] = []
    const task = (name: string, steps: number) =>
      function* () {
        for (let i = 0; i < steps; i++) {
          order.push(name)
          yield* pause()
        }
      }
    const program = function* () {
      order = []
      yield* spawn(task('a', 20))
      yield* spawn(task('b', 20))
    }
    // All of b between two steps of a: for this, random picks would need 2^20 runs or so.
    const check = () => !/a(b{20})a/.test(order.join(''))
    expect(explore(program, { strategy: pct({ depth: 2 }), runs: 500, check }).failure).toBeDefined()
    expect(explore(program, { strategy: random(), runs: 500, check }).failure).toBeUndefined()
  })

  test.each([0, 1.5, NaN])('rejects the depth %p', (depth) => {
    expect(() => pct({ depth })).toThrow(MisuseError)
  })
})
