/** A simulation driven step by step, looked into between the steps, and put together as a test needs it. */
import {
  MisuseError,
  type Observer,
  action,
  call,
  cancel,
  pause,
  random as randomNumber,
  run,
  sleep,
  spawn,
  suspend,
  timeout,
  until,
} from 'coppice'
import { DeadlockError, LimitError, after, live, sequence, simulate } from '@coppice/testing'

describe('sim.jump', () => {
  test('moves the clock to the next timer and runs nothing', () => {
    const log: string[] = []
    const sim = simulate(function* () {
      yield* sleep(10)
      log.push('woke')
      yield* sleep(10)
    })
    sim.step()
    expect([sim.nextTimer, sim.timers, sim.ready]).toEqual([10, 1, 0])
    expect(sim.jump()).toBe(true)
    expect([sim.now, sim.nextTimer, sim.timers, sim.ready, log]).toEqual([10, Infinity, 0, 1, []])
    sim.step()
    expect(log).toEqual(['woke'])
  })

  test('lets a cancellation come after the answer, so that the answer is seen (C2)', () => {
    const log: string[] = []
    const sim = simulate(function* () {
      yield* sleep(10)
      log.push('seen')
      yield* sleep(10)
      log.push('not seen')
    })
    sim.step()
    sim.jump()
    sim.cancel('late')
    expect(sim.runToEnd()).toEqual({ status: 'cancelled', reason: 'late', at: 10 })
    expect(log).toEqual(['seen'])
  })

  test('goes to an instant, by way of all those before it', () => {
    const log: string[] = []
    const sim = simulate(function* () {
      for (const ms of [20, 10]) {
        yield* spawn(function* () {
          yield* sleep(ms)
          log.push(`${ms}`)
        })
      }
      yield* timeout(15, suspend)
    })
    while (sim.ready > 0) sim.step()
    expect(sim.jump(25)).toBe(true)
    expect([sim.now, sim.ready]).toEqual([25, 3])
    expect(sim.runToEnd()).toMatchObject({ status: 'failed', at: 25 })
    expect(log).toEqual(['10', '20'])
  })

  test('is false if no timer is set', () => {
    const sim = simulate(suspend)
    sim.step()
    expect(sim.jump()).toBe(false)
    expect(sim.now).toBe(0)
  })

  test('takes no instant that has passed, and none beyond maxTime', () => {
    const sim = simulate(() => sleep(50), { maxTime: 20 })
    sim.advanceTo(10)
    expect(() => sim.jump(9)).toThrow(
      new MisuseError(
        'jump takes an instant from now on, and it is 10; it was given 9. To run it all, runToEnd().'
      )
    )
    expect(() => sim.jump()).toThrow(LimitError)
    expect(sim.now).toBe(10)
  })
})

describe('sim.root, sim.steps, sim.interpreter', () => {
  test('the root is the task of the program, and steps are counted', () => {
    const sim = simulate(function* main() {
      yield* pause()
      return 'value'
    })
    expect([sim.root.name, sim.root.status, sim.steps]).toEqual(['main', 'running', 0])
    sim.runToEnd()
    expect([sim.root.outcome, sim.steps]).toEqual([{ status: 'done', value: 'value' }, 2])
  })

  test('the interpreter takes programs that are started from outside, under the same clock', () => {
    const sim = simulate(() => sleep(5))
    const other = run(() => sleep(20), { interpreter: sim.interpreter })
    expect(sim.runToEnd()).toMatchObject({ at: 5 })
    expect(other.status).toBe('running')
    while (sim.step());
    expect([other.status, sim.now]).toEqual(['done', 20])
  })
})

describe('simulate takes', () => {
  test('name, observers and signal, as run does', () => {
    const seen: string[] = []
    const observer: Observer = { closed: (task) => void seen.push(`${task.name} ${task.status}`) }
    const controller = new AbortController()
    const sim = simulate(suspend, {
      name: 'given',
      observers: [observer],
      signal: controller.signal,
    })
    sim.step()
    controller.abort('from outside')
    expect(sim.runToEnd()).toEqual({ status: 'cancelled', reason: 'from outside', at: 0 })
    expect(seen).toEqual(['given cancelled'])
  })

  test('pick: which entry runs next, asked only when there are several', () => {
    const order: string[] = []
    const counts: number[] = []
    const sim = simulate(
      function* () {
        for (const name of ['a', 'b', 'c']) {
          yield* spawn(function* () {
            order.push(name)
          })
        }
      },
      {
        pick(count) {
          counts.push(count)
          return count - 1
        },
      }
    )
    sim.runToEnd()
    expect(order).toEqual(['c', 'b', 'a'])
    expect(counts).toEqual([3, 2])
  })

  test.each([-1, 2, 0.5, NaN, '0'])('no pick that gives %p of two', (index) => {
    const sim = simulate(
      function* () {
        yield* spawn(suspend)
        yield* spawn(suspend)
      },
      { pick: () => index as number }
    )
    sim.step()
    expect(() => sim.step()).toThrow(/pick gives an index from 0 to 1, since 2 entries can run; it gave/)
  })

  test('random: the numbers that programs see', () => {
    const numbers = [0.25, 0.75]
    const sim = simulate(
      function* () {
        return [yield* randomNumber(), yield* randomNumber()]
      },
      { random: () => numbers.shift()! }
    )
    expect(sim.runToEnd()).toMatchObject({ value: [0.25, 0.75] })
  })

  test.each(['random', 'pick'])('%s as a function only', (name) => {
    expect(() => simulate(suspend, { [name]: 7 })).toThrow(
      new MisuseError(`simulate: ${name} takes a function; it was given 7.`)
    )
  })
})

describe('live', () => {
  test('performs the effect as it is, synchronously if it is', () => {
    const sim = simulate(() => call(Math.abs, -3), { answers: [['abs', live()]] })
    expect(sim.runToEnd()).toMatchObject({ status: 'done', value: 3 })
    expect(sim.effects().map(String)).toEqual(['abs(-3)'])
  })

  test('fails the effect with what it throws', () => {
    const error = new Error('thrown')
    const fail = () => {
      throw error
    }
    expect(simulate(() => call(fail), { answers: [['fail', live()]] }).runToEnd()).toMatchObject({ error })
  })

  test('has its promises waited for by settle, and the clock does not jump meanwhile', async () => {
    const load = () => new Promise((resolve) => setTimeout(() => resolve('loaded'), 5))
    const sim = simulate(() => timeout(1000, call(load)), { answers: [['load', live()]] })
    expect(await sim.settle()).toEqual({ status: 'done', value: 'loaded', at: 0 })
  })

  test('hints at settle when a synchronous run would have to wait', () => {
    const never = new Promise(() => {})
    const sim = simulate(() => until(never), { answers: [['until', live()]] })
    expect(() => sim.runToEnd()).toThrow(/await sim\.settle\(\)/)
  })

  test('aborts what it began when the effect is cancelled, and nobody waits for that any more', () => {
    let aborted = 0
    const load = (_: string, signal: AbortSignal) => {
      signal.addEventListener('abort', () => aborted++)
      return new Promise(() => {})
    }
    const sim = simulate(
      function* () {
        const task = yield* spawn(call(load, 'a'))
        yield* sleep(1)
        yield* cancel(task)
        yield* suspend()
      },
      { answers: [['load', live()]] }
    )
    const stuck = () => sim.runToEnd()
    expect(stuck).toThrow(DeadlockError)
    expect(stuck).not.toThrow(/settle/)
    expect(aborted).toBe(1)
  })

  test('can come later, or in a sequence', () => {
    const sim = simulate(
      function* () {
        return [
          yield* call(Math.abs, -1),
          yield* call(Math.abs, -2),
          yield* action<number>((give) => give(3)),
        ]
      },
      { answers: [['abs', sequence(after(5, live()), 7)]] }
    )
    expect(sim.runToEnd()).toMatchObject({ value: [1, 7, 3], at: 5 })
  })
})
