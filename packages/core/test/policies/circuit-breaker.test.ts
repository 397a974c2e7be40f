/** The circuit breaker, in virtual time. */
import fc from 'fast-check'
import {
  CancelledError,
  CircuitOpenError,
  MisuseError,
  type Operation,
  attempt,
  cancel,
  createCircuitBreaker,
  operation,
  scope,
  sleep,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import { runToEnd } from '../virtual.ts'
import { Timeline, thrownBy } from '../laws/timeline.ts'

const seed = 14

function* works() {
  yield* sleep(1)
  return 'works'
}
function* fails(error: unknown = 'down'): Generator<any, never, any> {
  yield* sleep(1)
  throw error
}
/** The status of the outcome, or `refused`. */
function* tried(operation: Operation<unknown>) {
  const outcome = yield* attempt(operation)
  return outcome.status === 'failed' && outcome.error instanceof CircuitOpenError ? 'refused' : outcome.status
}

describe('a circuit breaker', () => {
  test('is closed at first, and gives values and errors unchanged', () => {
    const breaker = createCircuitBreaker()
    const error = new Error('down')
    expect(runToEnd(breaker.run(works))).toBe('works')
    expect(thrownBy(() => runToEnd(breaker.run(() => fails(error))))).toBe(error)
    expect(breaker.state).toBe('closed')
    expect(breaker.name).toBe('circuit')
    expect(String(createCircuitBreaker({ name: 'prices' }).run(works))).toBe('prices.run(works)')
  })

  test('opens after so many failures in a row, and then calls nothing', () => {
    const breaker = createCircuitBreaker({ failures: 2 })
    const states = runToEnd(function* () {
      const found = [yield* tried(breaker.run(fails)), yield* tried(breaker.run(works))]
      found.push(yield* tried(breaker.run(fails)), breaker.state)
      found.push(yield* tried(breaker.run(fails)), breaker.state)
      found.push(
        yield* tried(
          breaker.run(() => {
            throw new Error('was called')
          })
        )
      )
      return found
    })
    expect(states).toEqual(['failed', 'done', 'failed', 'closed', 'failed', 'open', 'refused'])
  })

  test('says with its error when it lets a probe through, and what opened it', () => {
    const breaker = createCircuitBreaker({ name: 'prices', failures: 1, resetAfter: 100 })
    const down = new Error('down')
    const error = thrownBy(() =>
      runToEnd(function* () {
        yield* attempt(breaker.run(() => fails(down)))
        yield* breaker.run(works)
      })
    )
    expect(error).toBeInstanceOf(CircuitOpenError)
    expect(error).toMatchObject({
      name: 'CircuitOpenError',
      code: 'COPPICE_CIRCUIT_OPEN',
      circuit: 'prices',
      probeAt: 101,
      cause: down,
      message: 'The circuit prices is open: what it protects has failed too often. Nothing was called.',
      taskPath: ['prices.run', expect.stringMatching(/^task /)],
    })
  })

  test('lets one probe through after the time has passed, and closes when that succeeds', () => {
    const breaker = createCircuitBreaker({ failures: 1, resetAfter: 100 })
    const found = runToEnd(function* () {
      yield* tried(breaker.run(fails))
      yield* sleep(99)
      const before = yield* tried(breaker.run(works))
      yield* sleep(1)
      const probe = yield* spawn(() => tried(breaker.run(works)))
      yield* sleep(0)
      return [before, breaker.state, yield* tried(breaker.run(works)), yield* probe, breaker.state]
    })
    expect(found).toEqual(['refused', 'half-open', 'refused', 'done', 'closed'])
  })

  test('stays open for as long again when the probe fails, whatever the number of failures', () => {
    const breaker = createCircuitBreaker({ failures: 3, resetAfter: 100 })
    const found = runToEnd(function* () {
      for (let i = 0; i < 3; i++) yield* tried(breaker.run(fails))
      yield* sleep(100)
      const probe = yield* tried(breaker.run(fails))
      yield* sleep(99)
      const early = yield* tried(breaker.run(works))
      yield* sleep(1)
      return [probe, early, yield* tried(breaker.run(works)), breaker.state]
    })
    expect(found).toEqual(['failed', 'refused', 'done', 'closed'])
  })

  test('a probe that is cancelled has found out nothing: the next call is one', () => {
    const breaker = createCircuitBreaker({ failures: 1, resetAfter: 100 })
    const found = runToEnd(function* () {
      yield* tried(breaker.run(fails))
      yield* sleep(100)
      const cutShort = yield* tried(timeout(5, breaker.run(suspend)))
      const state = breaker.state
      return [cutShort, state, yield* tried(breaker.run(works)), breaker.state]
    })
    expect(found).toEqual(['failed', 'open', 'done', 'closed'])
  })

  test('an operation that was itself cancelled throws a CancelledError, and counts for nothing', () => {
    const breaker = createCircuitBreaker({ failures: 1 })
    const error = thrownBy(() =>
      runToEnd(
        breaker.run(() =>
          scope(function* (block) {
            block.cancel('enough')
            yield* suspend()
          })
        )
      )
    )
    expect(error).toBeInstanceOf(CancelledError)
    expect((error as CancelledError).reason).toBe('enough')
    expect(breaker.state).toBe('closed')
  })

  test('counts only the errors that isFailure says, and takes others for an answer', () => {
    const breaker = createCircuitBreaker({
      failures: 2,
      resetAfter: 100,
      isFailure: (error) => error === 'down',
    })
    const found = runToEnd(function* () {
      yield* tried(breaker.run(fails))
      yield* tried(breaker.run(() => fails('not found')))
      yield* tried(breaker.run(fails))
      const states = [breaker.state]
      yield* tried(breaker.run(fails))
      states.push(breaker.state)
      yield* sleep(100)
      yield* tried(breaker.run(() => fails('not found')))
      return [...states, breaker.state]
    })
    expect(found).toEqual(['closed', 'open', 'closed'])
  })

  test('an isFailure that throws leaves no probe behind', () => {
    let broken = false
    const breaker = createCircuitBreaker({
      failures: 1,
      resetAfter: 100,
      isFailure: () => {
        if (broken) throw new Error('isFailure')
        return true
      },
    })
    const found = runToEnd(function* () {
      yield* tried(breaker.run(fails))
      yield* sleep(100)
      broken = true
      const outcome = yield* attempt(breaker.run(fails))
      return [outcome, breaker.state, yield* tried(breaker.run(works)), breaker.state]
    })
    expect(found).toEqual([{ status: 'failed', error: new Error('isFailure') }, 'open', 'done', 'closed'])
  })

  test('a call that began before the circuit opened says nothing about it', () => {
    const breaker = createCircuitBreaker({ failures: 1, resetAfter: 10 })
    const found = runToEnd(function* () {
      const slow = (ms: number, fail: boolean) =>
        spawn(() =>
          tried(
            breaker.run(function* () {
              yield* sleep(ms)
              if (fail) throw 'down'
            })
          )
        )
      yield* slow(50, false)
      yield* slow(60, true)
      yield* slow(1, true)
      yield* sleep(55)
      const states = [breaker.state]
      yield* tried(breaker.run(works))
      states.push(breaker.state)
      yield* sleep(20)
      return [...states, breaker.state]
    })
    expect(found).toEqual(['open', 'closed', 'closed'])
  })

  test('a call from before the circuit opened that is cancelled ends no probe', () => {
    const breaker = createCircuitBreaker({ failures: 1, resetAfter: 10 })
    const found = runToEnd(function* () {
      const old = yield* spawn(() => breaker.run(suspend))
      yield* tried(breaker.run(fails))
      yield* sleep(10)
      const probe = yield* spawn(() => tried(breaker.run(() => sleep(5))))
      yield* sleep(1)
      yield* cancel(old)
      return [breaker.state, yield* tried(breaker.run(works)), yield* probe, breaker.state]
    })
    expect(found).toEqual(['half-open', 'refused', 'done', 'closed'])
  })

  test('R4 what the operation acquired belongs to the caller', () => {
    const at = new Timeline()
    at.simulate(function* () {
      const child = yield* createCircuitBreaker().run(() => spawn(at.worker('child', 5)))
      at.note(child.status)
      yield* child
    })
    expect(at.lines).toEqual(['0 running', '0 child starts', '5 child cleans up', '5 child ends'])
  })

  test.each<[string, () => unknown, string]>([
    ['failures', () => createCircuitBreaker({ failures: 0 }), 'from 1 on; it was given 0'],
    ['failures', () => createCircuitBreaker({ failures: NaN }), 'from 1 on; it was given NaN'],
    ['resetAfter', () => createCircuitBreaker({ resetAfter: -1 }), 'resetAfter takes milliseconds from 0 on'],
    ['run', () => createCircuitBreaker().run(5 as never), 'circuit.run was handed 5'],
  ])('E9 refuses wrong %s', (_, make, text) => {
    const error = thrownBy(make) as Error
    expect(error).toBeInstanceOf(MisuseError)
    expect(error.message).toContain(text)
  })

  test('follows a plain model, for calls one after the other at random instants', () => {
    const call = fc.record({ pause: fc.nat(60), fails: fc.boolean(), cancelled: fc.boolean() })
    const property = fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.array(call, { maxLength: 20 }),
      (failures, calls) => {
        const resetAfter = 50
        const breaker = createCircuitBreaker({ failures, resetAfter })
        const found: string[] = []
        const at = new Timeline()
        at.simulate(function* () {
          for (const { pause, fails, cancelled } of calls) {
            yield* sleep(pause)
            const work = operation(function* () {
              yield* sleep(1)
              if (cancelled) yield* suspend()
              if (fails) throw 'down'
            })
            const how = yield* tried(timeout(2, breaker.run(work())))
            found.push(`${at.sim.now} ${how} ${breaker.state}`)
          }
        })
        const expected: string[] = []
        let [time, inARow, openSince] = [0, 0, undefined as number | undefined]
        for (const { pause, fails, cancelled } of calls) {
          time += pause
          let how = 'refused'
          if (openSince === undefined || time >= openSince + resetAfter) {
            time += cancelled ? 2 : 1
            how = cancelled || fails ? 'failed' : 'done'
            if (!cancelled && fails && (++inARow >= failures || openSince !== undefined)) openSince = time
            if (how === 'done') [inARow, openSince] = [0, undefined]
          }
          expected.push(`${time} ${how} ${openSince === undefined ? 'closed' : 'open'}`)
        }
        expect(found).toEqual(expected)
      }
    )
    fc.assert(property, { seed, numRuns: 300 })
  })
})
