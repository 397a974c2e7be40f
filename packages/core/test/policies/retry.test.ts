/** Running again: what retry and repeat do with a policy, in virtual time. */
import {
  CancelledError,
  MisuseError,
  type Operation,
  type Policy,
  constant,
  ensure,
  exponential,
  jittered,
  onlyIf,
  operation,
  random,
  repeat,
  resource,
  retry,
  scope,
  sleep,
  spawn,
  suspend,
  timeout,
  upTo,
  within,
} from 'coppice'
import { runAll, runToEnd, start } from '../virtual.ts'
import { Timeline, thrownBy } from '../laws/timeline.ts'

/** Fails with each of the errors in turn, then gives a value. */
function failing(at: Timeline, errors: readonly unknown[], ms = 0) {
  let attempts = 0
  return function* flaky(): Generator<any, string, any> {
    at.note(`attempt ${++attempts}`)
    if (ms > 0) yield* sleep(ms)
    if (attempts <= errors.length) throw errors[attempts - 1]
    return `attempt ${attempts}`
  }
}

describe('retry', () => {
  test('gives the first value, after the delays of its policy', () => {
    const at = new Timeline()
    const value = at.simulate(retry(failing(at, ['a', 'b'], 3), exponential(10)))
    expect(value).toBe('attempt 3')
    expect(at.lines).toEqual(['0 attempt 1', '13 attempt 2', '36 attempt 3'])
  })

  test('E5 throws the last error unchanged when the policy stops', () => {
    const at = new Timeline()
    const last = new Error('last')
    expect(thrownBy(() => at.simulate(retry(failing(at, [1, 2, last]), upTo(2, constant(5)))))).toBe(last)
    expect(at.lines).toEqual(['0 attempt 1', '5 attempt 2', '10 attempt 3'])
    expect(thrownBy(() => at.simulate(retry(failing(at, [undefined]), upTo(0))))).toBeUndefined()
  })

  test('retries only the errors that its policy lets through', () => {
    const at = new Timeline()
    const busy = onlyIf(({ error }) => error === 'busy', constant(5))
    expect(thrownBy(() => at.simulate(retry(failing(at, ['busy', 'broken']), busy)))).toBe('broken')
    expect(at.lines).toEqual(['0 attempt 1', '5 attempt 2'])
  })

  test('counts the time of attempts for within', () => {
    const at = new Timeline()
    const policy = within(100, constant(10))
    expect(thrownBy(() => at.simulate(retry(failing(at, [1, 2, 3, 4], 40), policy)))).toBe(3)
    expect(at.lines).toEqual(['0 attempt 1', '50 attempt 2', '100 attempt 3'])
  })

  test('draws the jitter from the interpreter', () => {
    const numbers = [0.25, 0.75]
    const at = new Timeline({ random: () => numbers.shift()! })
    at.simulate(retry(failing(at, ['a', 'b']), jittered(constant(100))))
    expect(at.lines).toEqual(['0 attempt 1', '25 attempt 2', '100 attempt 3'])
  })

  test('runs a descriptor many times, each from the start', () => {
    const at = new Timeline()
    let failures = 0
    const flaky = operation('flaky', function* () {
      if (failures++ % 2 === 0) throw failures
      return failures
    })
    const effect = retry(flaky(), upTo(1, constant(5)))
    expect(
      at.simulate(function* () {
        return [yield* effect, yield* effect]
      })
    ).toEqual([2, 4])
    expect(at.sim.now).toBe(10)
  })

  test('R4 hands what the successful attempt acquired to the caller', () => {
    const at = new Timeline()
    let attempts = 0
    at.simulate(function* () {
      const connection = yield* retry(function* () {
        const opened = yield* open(at, `connection ${++attempts}`)
        yield* spawn(at.worker(`child ${attempts}`, 50))
        yield* sleep(1)
        if (attempts < 3) throw new Error('broken')
        return opened
      }, constant(10))
      at.note(`uses ${connection}`)
      yield* sleep(5)
      at.note('body ends')
    })
    expect(at.lines.slice(-7)).toEqual([
      '26 child 3 starts',
      '27 uses connection 3',
      '32 body ends',
      '76 child 3 cleans up',
      '76 child 3 ends',
      '76 connection 3 closes',
      '78 connection 3 closed',
    ])
  })

  test('a failed attempt is torn down before the delay begins', () => {
    const at = new Timeline()
    let attempts = 0
    at.simulate(
      retry(function* () {
        yield* open(at, `connection ${++attempts}`)
        if (attempts === 1) throw new Error('broken')
      }, constant(10))
    )
    expect(at.lines).toEqual([
      '0 connection 1 opens',
      '0 connection 1 closes',
      '2 connection 1 closed',
      '12 connection 2 opens',
      '12 connection 2 closes',
      '14 connection 2 closed',
    ])
  })

  test('an attempt whose cleanup fails, too, has failed with both', () => {
    const seen: unknown[] = []
    const policy = onlyIf(({ error }) => seen.push(error) < 0, constant(1))
    const error = thrownBy(() =>
      runToEnd(
        retry(function* () {
          yield* ensure(() => {
            throw 'cleanup'
          })
          throw 'body'
        }, policy)
      )
    )
    expect((error as AggregateError).errors).toEqual(['body', 'cleanup'])
    expect(seen).toEqual([error])
  })

  test('does not retry what was itself cancelled', () => {
    let attempts = 0
    const error = thrownBy(() =>
      runToEnd(
        retry(
          () =>
            scope(function* (block) {
              attempts++
              block.cancel('enough')
              yield* suspend()
            }),
          constant(1)
        )
      )
    )
    expect(error).toBeInstanceOf(CancelledError)
    expect((error as CancelledError).reason).toBe('enough')
    expect(attempts).toBe(1)
  })

  test('T6 retries a CancelledError that a join threw, as any error', () => {
    const at = new Timeline()
    at.simulate(function* () {
      const task = yield* spawn(suspend)
      void task.cancel('gone')
      let attempts = 0
      yield* retry(function* () {
        if (++attempts < 3) yield* task
      }, constant(5))
    })
    expect(at.sim.now).toBe(10)
  })

  test('does not retry a MisuseError', () => {
    const at = new Timeline()
    const generator = failing(at, ['a', 'b'])()
    const error = thrownBy(() => at.simulate(retry(() => generator, constant(1))))
    expect(error).toBeInstanceOf(MisuseError)
    expect(at.lines).toEqual(['0 attempt 1'])
  })

  test('can be bounded as a whole by a timeout, and each attempt by its own', () => {
    const at = new Timeline()
    const error = thrownBy(() =>
      at.simulate(
        timeout(
          100,
          retry(() => timeout(20, suspend()), constant(10))
        )
      )
    )
    expect(String(error)).toBe('TimeoutError: Timed out after 100 ms')
    expect(at.sim.now).toBe(100)
  })

  test.each([
    ['an attempt', 2, ['0 attempt 1', '2 cleanup', '7 cleaned up']],
    ['the cleanup of a failed attempt', 5, ['0 attempt 1', '4 cleanup', '9 cleaned up']],
    ['the delay', 12, ['0 attempt 1', '4 cleanup', '9 cleaned up']],
  ])('cancelled during %s it ends, and its cleanup has run', (_, when, lines) => {
    const at = new Timeline()
    let attempts = 0
    const task = at.start(
      retry(function* () {
        at.note(`attempt ${++attempts}`)
        yield* ensure(function* () {
          at.note('cleanup')
          yield* sleep(5)
          at.note('cleaned up')
        })
        yield* sleep(4)
        throw new Error('broken')
      }, constant(10))
    )
    at.advance(when)
    void task.cancel('enough')
    at.advance()
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'enough' })
    expect(at.lines).toEqual(lines)
    expect(at.sim.timers).toBe(0)
  })

  test('says in which task it waits for the next attempt', () => {
    const { task, sim } = start(retry(failing(new Timeline(), ['a']), constant(5)))
    sim.advanceTo(0)
    expect(task.name).toBe('retry')
    runAll(sim)
    expect(task.status).toBe('done')
  })
})

describe('repeat', () => {
  test('gives the last value, after the delays of its policy', () => {
    const at = new Timeline()
    let runs = 0
    const value = at.simulate(
      repeat(
        function* () {
          at.note(`run ${++runs}`)
          yield* sleep(2)
          return runs
        },
        upTo(2, constant(10))
      )
    )
    expect(value).toBe(3)
    expect(at.lines).toEqual(['0 run 1', '12 run 2', '24 run 3'])
  })

  test('goes on as long as its policy lets the value through', () => {
    const states = ['pending', 'pending', 'ready', 'never']
    const poll = function* () {
      return states.shift()!
    }
    const pending: Policy<string> = onlyIf(({ value }) => value === 'pending', constant(1000))
    const at = new Timeline()
    expect(at.simulate(repeat(poll, pending))).toBe('ready')
    expect(at.sim.now).toBe(2000)
  })

  test('throws what a run throws, and runs nothing after that', () => {
    const at = new Timeline()
    const error = new Error('broken')
    expect(thrownBy(() => at.simulate(repeat(failing(at, [error]), constant(1))))).toBe(error)
    expect(at.lines).toEqual(['0 attempt 1'])
  })

  test('each run ends with its children and resources, the last one, too', () => {
    const at = new Timeline()
    let runs = 0
    at.simulate(
      repeat(
        function* () {
          yield* open(at, `connection ${++runs}`)
          yield* spawn(at.worker(`child ${runs}`, 5))
        },
        upTo(1, constant(10))
      )
    )
    expect(at.lines).toEqual([
      '0 connection 1 opens',
      '0 child 1 starts',
      '5 child 1 cleans up',
      '5 child 1 ends',
      '5 connection 1 closes',
      '7 connection 1 closed',
      '17 connection 2 opens',
      '17 child 2 starts',
      '22 child 2 cleans up',
      '22 child 2 ends',
      '22 connection 2 closes',
      '24 connection 2 closed',
    ])
  })

  test.each([
    ['a run', 1],
    ['the cleanup of a run', 4],
    ['the delay', 10],
  ])('cancelled during %s it ends', (_, when) => {
    const at = new Timeline()
    const task = at.start(
      repeat(function* () {
        at.note('run')
        yield* open(at, 'connection')
        yield* sleep(3)
      }, constant(10))
    )
    at.advance(when)
    void task.cancel('enough')
    at.advance()
    expect(task.status).toBe('cancelled')
    const closes = Math.min(when, 3)
    expect(at.lines).toEqual([
      '0 run',
      '0 connection opens',
      `${closes} connection closes`,
      `${closes + 2} connection closed`,
    ])
    expect(at.sim.timers).toBe(0)
  })

  test('passes nothing to what it repeats', () => {
    const seen: unknown[][] = []
    runToEnd(
      repeat(
        function* (...args: unknown[]): Generator<any, void, any> {
          seen.push(args)
        } as () => Operation<void>,
        upTo(1)
      )
    )
    expect(seen).toEqual([[], []])
  })
})

describe('E9 what runs only once is refused at the call', () => {
  function* worker() {}

  test.each([
    ['retry', retry],
    ['repeat', repeat],
  ])('%s of a generator, a task, a promise', (name, again: typeof retry) => {
    const generator = thrownBy(() => again(worker(), constant(1)))
    expect(generator).toBeInstanceOf(MisuseError)
    expect((generator as Error).message).toBe(
      `${name} was handed a generator, which runs only once. Hand over a function that makes one, ${name}(worker, …) or ` +
        `${name}(() => worker(1), …), or declare worker with operation(function* …).`
    )
    const { task } = start(worker)
    expect(String(thrownBy(() => again(task, constant(1))))).toContain(`${name} was handed a task`)
    expect(String(thrownBy(() => again(Promise.resolve() as never, constant(1))))).toContain('a promise')
  })

  test('effects, declared operations and objects with an iterator of their own can run many times', () => {
    const own = { *[Symbol.iterator]() {} }
    for (const each of [sleep(1), operation(worker)(), own as Operation<void>]) {
      expect(runToEnd(repeat(each, upTo(2)))).toBeUndefined()
    }
  })
})

describe('random', () => {
  test('comes from the interpreter, and is no point of cancellation', () => {
    const at = new Timeline({ random: () => 0.125 })
    expect(String(random())).toBe('random()')
    const task = at.start(function* () {
      return yield* random()
    })
    void task.cancel()
    at.advance()
    expect(task.outcome).toEqual({ status: 'done', value: 0.125 })
  })
})

const open = (at: Timeline, name: string) =>
  resource<string>(function* (provide) {
    at.note(`${name} opens`)
    try {
      yield* provide(name)
    } finally {
      at.note(`${name} closes`)
      yield* sleep(2)
      at.note(`${name} closed`)
    }
  })
