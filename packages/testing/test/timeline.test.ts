/** A run as text. */
import {
  MisuseError,
  attempt,
  cancel,
  createScope,
  defineEffect,
  now,
  operation,
  scope,
  select,
  shield,
  sleep,
  spawn,
  suspend,
} from 'coppice'
import {
  DeadlockError,
  after,
  cancelEverywhere,
  explore,
  returns,
  sequence,
  simulate,
  throws,
} from '@coppice/testing'

const fetchPrice = defineEffect('fetchPrice', async (shop: string) => shop.length)

/** A program with a bit of everything. */
const main = operation('main', function* () {
  const worker = yield* spawn(
    function* worker() {
      try {
        yield* fetchPrice('a')
        yield* fetchPrice('b')
      } finally {
        yield* sleep(5)
      }
    },
    { background: true }
  )
  yield* spawn(function* buyer() {
    try {
      yield* fetchPrice('c')
    } catch {
      yield* fetchPrice('d')
    }
  })
  yield* select({ worker, late: sleep(20) })
  yield* cancel(worker, { reason: 'too late' })
  yield* attempt(
    scope(function* () {
      yield* spawn(() => sleep(1), { name: 'child' })
    })
  )
  throw new TypeError('the end')
})

const run = () => {
  const sim = simulate(main, {
    answers: [
      [/"a"/, returns(1)],
      [/"b"/, after(100)],
      [/"c"/, after(3, throws(new Error('closed\nfor today')))],
      [/"d"/, sequence(2)],
    ],
  })
  sim.runToEnd()
  return sim
}

const lines = (text: string) => text.split('\n').map((line) => line.trimEnd())

describe('sim.timeline', () => {
  test('has a line for each step, with the time, the task, how it began and where it stands', () => {
    expect(lines(run().timeline())).toMatchInlineSnapshot(`
      [
        " 0  main#1    starts                        → select(worker, late)",
        " 0  worker#2  starts                        → fetchPrice("a"), fetchPrice("b")",
        " 0  buyer#3   starts                        → fetchPrice("c")",
        " 3  buyer#3   gets Error: closed for today  → fetchPrice("d"), done",
        "20  main#1    goes on                       → cancel(worker)",
        "20  worker#2  unwinds                       → sleep(5)",
        "25  worker#2  goes on                       → cancelled: too late",
        "25  main#1    goes on                       → children: child",
        "25  child#4   starts                        → sleep(1)",
        "26  child#4   goes on                       → done",
        "26  main#1    closes                        → failed: TypeError: the end",
      ]
    `)
  })

  test('is the same in each run', () => {
    expect(run().timeline()).toBe(run().timeline())
  })

  test('can be plain data', () => {
    const [, second] = run().timeline({ json: true })
    expect(second).toEqual({
      at: 0,
      task: 'worker',
      id: 2,
      began: 'starts',
      effects: ['fetchPrice("a")', 'fetchPrice("b")'],
      ended: 'fetchPrice("b")',
      notes: [],
    })
  })

  test.each([
    [{ task: 'buyer' }, 2],
    [{ task: /^(worker|child)$/g }, 5],
    [{ grep: /closed/ }, 1],
    [{ from: 20 }, 7],
    [{ from: 3, to: 20 }, 3],
    [{ to: -1 }, 0],
  ])('shows a part of it: %j', (options, count) => {
    expect(run().timeline({ ...options, json: true })).toHaveLength(count)
  })

  test('rejects an option that it does not have', () => {
    expect(() => simulate(suspend).timeline({ name: 'x' } as never)).toThrow(
      new MisuseError('timeline has no option name; it has task, grep, from, to, json.')
    )
  })

  test('does not let one long error push the others aside', () => {
    const sim = simulate(
      function* () {
        try {
          yield* fetchPrice('a')
        } catch {}
      },
      { answers: [['fetchPrice', after(1, throws(new Error('e'.repeat(100))))]] }
    )
    sim.runToEnd()
    expect(lines(sim.timeline())[0]).toBe('0  anonymous#1  starts  → fetchPrice("a")')
  })

  test('has the tasks of all trees', () => {
    const sim = simulate(function* main() {
      void createScope({ name: 'component' }).close()
      yield* sleep(1)
    })
    sim.runToEnd()
    expect(sim.timeline({ task: 'component' })).toBe('0  component#1  starts  → cancelled')
  })
})

describe('the timeline of a failure', () => {
  test('marks what was decided from outside', () => {
    const { failure } = explore(
      function* main() {
        try {
          yield* sleep(10)
        } finally {
          if ((yield* now()) === 0) yield* fetchPrice('a')
        }
      },
      { answers: [['fetchPrice', throws('closed')]], faults: [cancelEverywhere()] }
    )
    expect(lines(failure!.timeline)).toEqual([
      '0  main#1  starts   → sleep(10)',
      '0  main#1  unwinds  → fetchPrice("a"), failed: closed   ! root cancelled',
    ])
  })
})

describe('a deadlock', () => {
  test('shows tasks that wait inside of blocks, and for the losers of a select', () => {
    const sim = simulate(function* main() {
      yield* scope(function* () {
        yield* spawn(suspend, { name: 'inner' })
        yield* select({
          *stuck() {
            try {
              yield* suspend()
            } finally {
              yield* shield(suspend)
            }
          },
          won: sleep(1),
        })
      })
    })
    let error: unknown
    try {
      sim.runToEnd()
    } catch (thrown) {
      error = thrown
    }
    expect((error as DeadlockError).waiting).toEqual([
      { name: 'main', on: 'select(stuck, won)' },
      { name: 'inner', on: 'suspend()' },
      { name: 'stuck', on: 'suspend()' },
    ])
  })
})
