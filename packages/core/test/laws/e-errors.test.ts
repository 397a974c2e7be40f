/** Errors: what fails what, what is thrown from where, and that nothing is lost (E1–E5). */
/* eslint-disable no-unsafe-finally -- Cleanup that fails is what these tests are about. */
import {
  CancelledError,
  CleanupTimeoutError,
  JoinCycleError,
  MisuseError,
  NestedCleanupError,
  type Operation,
  type Outcome,
  ScopeError,
  TimeoutError,
  all,
  allSettled,
  attempt,
  cancel,
  ensure,
  moveOnAfter,
  operation,
  pause,
  race,
  resource,
  run,
  scope,
  select,
  self,
  shield,
  sleep,
  spawn,
  suspend,
  timeout,
  use,
} from 'coppice'
import { runToEnd } from '../virtual.ts'
import { Timeline, thrownBy } from './timeline.ts'

const fails = (ms: number, error: unknown) =>
  function* failing(): Generator<any, never, any> {
    yield* sleep(ms)
    throw error
  }

/** Fails with `error` when it is cancelled, `ms` milliseconds after its cleanup has begun. */
const failsInCleanup = (error: unknown, ms = 0) =>
  function* failingInCleanup(): Generator<any, void, any> {
    try {
      yield* suspend()
    } finally {
      if (ms > 0) yield* sleep(ms)
      throw error
    }
  }

describe('E1 an uncaught error of a child cancels the rest of its scope and is thrown from it', () => {
  test('unwinds a body that joins the failing child; its catch blocks see nothing', () => {
    const line = new Timeline()
    const boom = new Error('boom')
    const caught = line.simulate(function* () {
      try {
        yield* scope(function* () {
          const child = yield* spawn(fails(5, boom))
          try {
            yield* child
            line.note('joined')
          } catch {
            line.note('caught inside')
          } finally {
            line.note('finally inside')
          }
          line.note('after')
        })
      } catch (error) {
        line.note('caught around')
        return error
      }
      return undefined
    })
    expect(caught).toBe(boom)
    expect(line.lines).toEqual(['5 finally inside', '5 caught around'])
  })

  test('closes the body first, then the others newest first, and waits for all of them before it throws', () => {
    const line = new Timeline()
    line.simulate(function* () {
      const outcome = yield* attempt(
        scope(function* () {
          yield* spawn(line.worker('old', Infinity, 20))
          yield* spawn(fails(10, new Error('boom')))
          yield* spawn(line.worker('new', Infinity, 10))
          yield* operation(line.worker('body', Infinity, 5))()
        })
      )
      line.note(outcome.status)
    })
    expect(line.lines).toEqual([
      '0 body starts',
      '0 old starts',
      '0 new starts',
      '10 body cleans up',
      '15 body ends',
      '15 new cleans up',
      '15 old cleans up',
      '25 new ends',
      '35 old ends',
      '35 failed',
    ])
  })

  test('throws also when the body has returned already', () => {
    const line = new Timeline()
    const boom = new Error('boom')
    const thrown = thrownBy(() =>
      line.simulate(function* () {
        yield* spawn(fails(10, boom))
        yield* spawn(line.worker('sibling', Infinity, 5))
        return 'a result'
      })
    )
    expect(thrown).toBe(boom)
    expect(line.lines).toEqual(['0 sibling starts', '10 sibling cleans up', '15 sibling ends'])
  })

  test('throws when a child fails in its first step, after a body that never waited', () => {
    const boom = new Error('boom')
    const thrown = thrownBy(() =>
      runToEnd(function* () {
        yield* spawn(function* () {
          throw boom
        })
        return 'a result'
      })
    )
    expect(thrown).toBe(boom)
  })

  test('an error of the body cancels the children', () => {
    const line = new Timeline()
    const boom = new Error('boom')
    const thrown = thrownBy(() =>
      line.simulate(function* () {
        yield* spawn(line.worker('child', Infinity, 5))
        yield* sleep(10)
        throw boom
      })
    )
    expect(thrown).toBe(boom)
    expect(line.lines).toEqual(['0 child starts', '10 child cleans up', '15 child ends'])
  })

  test('a background child that fails cancels its scope like any other', () => {
    const line = new Timeline()
    const boom = new Error('boom')
    const thrown = thrownBy(() =>
      line.simulate(function* () {
        yield* spawn(fails(10, boom), { background: true })
        yield* line.worker('body')()
      })
    )
    expect(thrown).toBe(boom)
    expect(line.lines).toEqual(['0 body starts', '10 body cleans up', '10 body ends'])
  })

  test('goes up task by task: each level is closed before the next is cancelled', () => {
    const line = new Timeline()
    const boom = new Error('boom')
    const thrown = thrownBy(() =>
      line.simulate(function* () {
        yield* spawn(line.worker('uncle'))
        yield* spawn(function* () {
          yield* spawn(line.worker('sibling', Infinity, 7))
          yield* spawn(fails(10, boom))
          yield* operation(line.worker('parent', Infinity, 3))()
        })
        yield* line.worker('root')()
      })
    )
    expect(thrown).toBe(boom)
    expect(line.lines).toEqual([
      '0 root starts',
      '0 uncle starts',
      '0 parent starts',
      '0 sibling starts',
      '10 parent cleans up',
      '13 parent ends',
      '13 sibling cleans up',
      '20 sibling ends',
      '20 root cleans up',
      '20 root ends',
      '20 uncle cleans up',
      '20 uncle ends',
    ])
  })

  test('stops at a scope around which it is caught: what is outside goes on', () => {
    const line = new Timeline()
    line.simulate(function* () {
      yield* spawn(line.worker('outside', 20))
      yield* attempt(() => scope(fails(10, new Error('boom'))))
      line.note('goes on')
    })
    expect(line.lines).toEqual(['0 outside starts', '10 goes on', '20 outside cleans up', '20 outside ends'])
  })

  test('a joiner outside of the scope gets the error thrown', () => {
    const line = new Timeline()
    const boom = new Error('boom')
    let outer: Operation<never> | undefined
    line.simulate(function* () {
      yield* attempt(
        scope(function* (inner) {
          const failing = inner.spawn(fails(10, boom))
          yield* spawn(line.worker('inside', Infinity, 5))
          outer = failing
          yield* suspend()
        })
      )
      line.note('scope has thrown')
      try {
        yield* outer!
      } catch (error) {
        line.note(`joiner caught ${String(error)}`)
        expect(error).toBe(boom)
      }
    })
    expect(line.lines).toEqual([
      '0 inside starts',
      '10 inside cleans up',
      '15 inside ends',
      '15 scope has thrown',
      '15 joiner caught Error: boom',
    ])
  })
  test('a joiner outside gets the error while the scope is still being torn down', () => {
    const line = new Timeline()
    const boom = new Error('boom')
    line.simulate(function* () {
      yield* scope(function* (outside) {
        yield* attempt(
          scope(function* (inner) {
            const failing = inner.spawn(fails(10, boom))
            yield* spawn(line.worker('sibling', Infinity, 5))
            outside.spawn(function* joiner() {
              const outcome = yield* attempt(failing)
              line.note(`joiner: ${outcome.status}`)
            })
            yield* suspend()
          })
        )
        line.note('scope has thrown')
      })
    })
    expect(line.lines).toEqual([
      '0 sibling starts',
      '10 joiner: failed',
      '10 sibling cleans up',
      '15 sibling ends',
      '15 scope has thrown',
    ])
  })

  test('a shielded operation of the body is finished first', () => {
    const line = new Timeline()
    const boom = new Error('boom')
    const thrown = thrownBy(() =>
      line.simulate(function* () {
        yield* spawn(fails(10, boom))
        yield* shield(function* () {
          yield* sleep(30)
          line.note('shielded part done')
        })
        line.note('sees the value')
        yield* sleep(1)
        line.note('never')
      })
    )
    expect(thrown).toBe(boom)
    expect(line.lines).toEqual(['30 shielded part done', '30 sees the value'])
  })

  test('a body whose wait has been answered takes its step before it unwinds', () => {
    const line = new Timeline()
    const boom = new Error('boom')
    const thrown = thrownBy(() =>
      line.simulate(function* () {
        yield* spawn(fails(10, boom))
        yield* pause()
        try {
          yield* sleep(10)
          line.note('has its value')
          yield* sleep(1)
          line.note('never')
        } finally {
          line.note('unwinds')
        }
      })
    )
    expect(thrown).toBe(boom)
    expect(line.lines).toEqual(['10 has its value', '10 unwinds'])
  })

  test('a child that fails while its scope is torn down is thrown from it as well', () => {
    const boom = new Error('boom')
    const thrown = thrownBy(() =>
      runToEnd(function* () {
        yield* scope(function* (block) {
          yield* spawn(failsInCleanup(boom))
          yield* pause()
          block.cancel('enough')
          yield* suspend()
        })
      })
    )
    expect(thrown).toBe(boom)
  })

  test('an error that is caught in the child fails nothing', () => {
    const result = runToEnd(function* () {
      yield* spawn(function* () {
        try {
          yield* fails(5, new Error('boom'))()
        } catch {
          yield* sleep(5)
        }
      })
      yield* sleep(20)
      return 'fine'
    })
    expect(result).toBe('fine')
  })
})

describe('E2 one failure keeps its identity, several become one ScopeError', () => {
  test('one error is the same object through any number of scopes and tasks', () => {
    const boom = new Error('boom')
    const nested = operation('nested', function* (depth: number): Generator<any, void, any> {
      if (depth === 0) throw boom
      yield* scope(() => nested(depth - 1))
    })
    const thrown = thrownBy(() =>
      runToEnd(function* () {
        yield* spawn(() => nested(10))
      })
    )
    expect(thrown).toBe(boom)
  })

  test('errors stand in the order in which they occurred, and the first is the cause', () => {
    const [a, b, c] = [new Error('a'), new Error('b'), new Error('c')]
    const thrown = thrownBy(() =>
      runToEnd(function* () {
        yield* spawn(failsInCleanup(b, 20))
        yield* spawn(failsInCleanup(c, 5))
        yield* spawn(fails(10, a))
      })
    ) as ScopeError
    expect(thrown).toBeInstanceOf(ScopeError)
    expect(thrown).toBeInstanceOf(AggregateError)
    expect(thrown.errors).toEqual([a, c, b])
    expect(thrown.errors[0]).toBe(a)
    expect(thrown.errors[1]).toBe(c)
    expect(thrown.cause).toBe(a)
    expect(thrown.name).toBe('ScopeError')
    expect(thrown.code).toBe('COPPICE_SCOPE')
    expect(thrown.message).toBe('3 errors: Error: a; Error: c; Error: b')
  })

  test('two children that fail in the same turn are both in it', () => {
    const [a, b] = [new Error('a'), new Error('b')]
    const thrown = thrownBy(() =>
      runToEnd(function* () {
        yield* spawn(fails(10, a))
        yield* spawn(fails(10, b))
        yield* suspend()
      })
    ) as ScopeError
    expect(thrown).toBeInstanceOf(ScopeError)
    expect(thrown.errors).toEqual([a, b])
  })

  test('the error of a body stands beside those of the cleanup of its children', () => {
    const [a, b] = [new Error('a'), new Error('b')]
    const thrown = thrownBy(() =>
      runToEnd(function* () {
        yield* spawn(failsInCleanup(b))
        yield* sleep(1)
        throw a
      })
    ) as ScopeError
    expect(thrown).toBeInstanceOf(ScopeError)
    expect(thrown.errors).toEqual([a, b])
    expect(thrown.cause).toBe(a)
  })

  test('the errors of two cleanups of one scope stand in one ScopeError', () => {
    const [a, b] = [new Error('a'), new Error('b')]
    const thrown = thrownBy(() =>
      runToEnd(function* () {
        yield* ensure(() => {
          throw b
        })
        yield* ensure(() => {
          throw a
        })
      })
    ) as ScopeError
    expect(thrown).toBeInstanceOf(ScopeError)
    expect(thrown.errors).toEqual([a, b])
  })

  test('what is no object counts as often as it was thrown', () => {
    const error = thrownBy(() =>
      runToEnd(function* () {
        yield* spawn(fails(1, 'the same'))
        yield* spawn(fails(1, 'the same'))
      })
    )
    expect((error as ScopeError).errors).toEqual(['the same', 'the same'])
  })

  test('values that are no errors are kept as they are', () => {
    const thrown = thrownBy(() =>
      runToEnd(function* () {
        yield* spawn(failsInCleanup('b'))
        yield* spawn(failsInCleanup(undefined))
        yield* sleep(1)
        throw 'a'
      })
    ) as ScopeError
    expect(thrown.errors).toEqual(['a', undefined, 'b'])
    expect(thrown.cause).toBe('a')
  })
})

describe('E3 no error is lost', () => {
  test('cleanup of a cancelled task fails its owner, not the one that cancelled', () => {
    const line = new Timeline()
    const boom = new Error('boom')
    line.simulate(function* () {
      yield* scope(function* (outside) {
        const outcome = yield* attempt(
          scope(function* () {
            const task = yield* spawn(failsInCleanup(boom, 5))
            yield* spawn(line.worker('sibling', Infinity, 5))
            outside.spawn(function* () {
              yield* sleep(10)
              yield* cancel(task)
              line.note('cancelled without an error')
            })
            yield* suspend()
          })
        )
        line.note(outcome.status === 'failed' && outcome.error === boom ? 'the owner has failed' : 'lost')
      })
    })
    expect(line.lines).toEqual([
      '0 sibling starts',
      '15 cancelled without an error',
      '15 sibling cleans up',
      '20 sibling ends',
      '20 the owner has failed',
    ])
  })

  test('a failing release fails a scope whose body has returned a value', () => {
    const boom = new Error('boom')
    const thrown = thrownBy(() =>
      runToEnd(function* () {
        yield* resource<number>(function* (provide) {
          try {
            yield* provide(1)
          } finally {
            yield* sleep(5)
            throw boom
          }
        })
        return 'a result'
      })
    )
    expect(thrown).toBe(boom)
  })

  test('a disposable that throws fails its scope', () => {
    const [a, b] = [new Error('a'), new Error('b')]
    const thrown = thrownBy(() =>
      runToEnd(function* () {
        yield* use({
          [Symbol.dispose]() {
            throw b
          },
        })
        yield* ensure(function* () {
          yield* sleep(1)
          throw a
        })
      })
    ) as ScopeError
    expect(thrown.errors).toEqual([a, b])
  })

  test('a task that nobody joined fails its scope', () => {
    const boom = new Error('boom')
    expect(
      thrownBy(() =>
        runToEnd(function* () {
          yield* spawn(fails(1, boom))
        })
      )
    ).toBe(boom)
  })

  test('an error in the cleanup of a loser is thrown by select, race and timeout', () => {
    const boom = new Error('boom')
    const programs: Record<string, () => Operation<unknown>> = {
      select: () => select({ winner: sleep(1), loser: failsInCleanup(boom) }),
      race: () => race([sleep(1), failsInCleanup(boom)]),
      all: () => all([fails(1, 'first'), failsInCleanup(boom)]),
    }
    expect(thrownBy(() => runToEnd(programs.select!))).toBe(boom)
    expect(thrownBy(() => runToEnd(programs.race!))).toBe(boom)
    expect((thrownBy(() => runToEnd(programs.all!)) as ScopeError).errors).toEqual(['first', boom])
  })

  test('a loser that fails in the turn of the winner is not lost', () => {
    const boom = new Error('boom')
    const winner = function* () {
      yield* sleep(10)
      return 'won'
    }
    expect(thrownBy(() => runToEnd(() => race([winner, fails(10, boom)])))).toBe(boom)
    expect(thrownBy(() => runToEnd(() => select({ winner, loser: fails(10, boom) })))).toBe(boom)
  })

  test.each([
    ['race', (a: unknown, b: unknown): Operation<unknown> => race([fails(10, a), fails(10, b)])],
    ['all', (a: unknown, b: unknown): Operation<unknown> => all([fails(10, a), fails(10, b)])],
    ['select', (a: unknown, b: unknown): Operation<unknown> => select({ a: fails(10, a), b: fails(10, b) })],
  ])('two branches of %s that fail in the same turn are both thrown, in order', (_, several) => {
    const [a, b] = [new Error('a'), new Error('b')]
    const thrown = thrownBy(() => runToEnd(() => several(a, b))) as ScopeError
    expect(thrown).toBeInstanceOf(ScopeError)
    expect(thrown.errors).toEqual([a, b])
    expect(thrown.cause).toBe(a)
  })

  test.each([
    ['race', (a: unknown, b: unknown): Operation<unknown> => race([fails(10, a), failsInCleanup(b)])],
    ['all', (a: unknown, b: unknown): Operation<unknown> => all([fails(10, a), failsInCleanup(b)])],
    [
      'select',
      (a: unknown, b: unknown): Operation<unknown> => select({ a: fails(10, a), b: failsInCleanup(b) }),
    ],
  ])('the cleanup of a loser of %s fails after the branch that failed first', (_, several) => {
    const [a, b] = [new Error('a'), new Error('b')]
    const thrown = thrownBy(() => runToEnd(() => several(a, b))) as ScopeError
    expect(thrown).toBeInstanceOf(ScopeError)
    expect(thrown.errors).toEqual([a, b])
  })

  test('cleanup of a cancelled root makes it fail', () => {
    const line = new Timeline()
    const boom = new Error('boom')
    const task = line.start(failsInCleanup(boom))
    task.then(undefined, () => {})
    line.advance(1)
    void task.cancel('enough')
    line.advance(2)
    expect(task.outcome).toEqual({ status: 'failed', error: boom })
  })

  test('an error that a finally replaces is the only one that JavaScript loses', () => {
    const thrown = thrownBy(() =>
      runToEnd(function* () {
        try {
          throw new Error('first')
        } finally {
          yield* sleep(1)
          throw new Error('second')
        }
      })
    )
    expect(thrown).toEqual(new Error('second'))
  })

  test('errors of a resource that fails after it was provided reach its owner', () => {
    const line = new Timeline()
    const boom = new Error('boom')
    const thrown = thrownBy(() =>
      line.simulate(function* () {
        yield* resource<void>(function* (provide) {
          yield* spawn(fails(10, boom))
          yield* provide()
        })
        yield* line.worker('body')()
      })
    )
    expect(thrown).toBe(boom)
    expect(line.lines).toEqual(['0 body starts', '10 body cleans up', '10 body ends'])
  })
})

describe('E4 attempt turns success, failure and cancellation into a value', () => {
  test('gives done with the value', () => {
    const outcome = runToEnd(() => attempt(fullOf(7)))
    expect(outcome).toEqual({ status: 'done', value: 7 })
  })
  const fullOf = (value: number) =>
    function* () {
      yield* sleep(1)
      return value
    }

  test('gives failed with the error itself', () => {
    const boom = new Error('boom')
    const outcome = runToEnd(() => attempt(fails(1, boom)))
    expect(outcome).toEqual({ status: 'failed', error: boom })
    expect(outcome.status === 'failed' && outcome.error).toBe(boom)
  })

  test('gives cancelled for a task that was cancelled, with its reason', () => {
    const outcome = runToEnd(function* () {
      const task = yield* spawn(suspend)
      yield* pause()
      yield* cancel(task, { reason: 'enough' })
      return yield* attempt(task)
    })
    expect(outcome).toEqual({ status: 'cancelled', reason: 'enough' })
  })

  test('gives cancelled for a scope that was cancelled', () => {
    const outcome = runToEnd(() =>
      attempt(
        scope(function* (block) {
          yield* spawn(function* () {
            yield* sleep(1)
            block.cancel('enough')
          })
          yield* suspend()
        })
      )
    )
    expect(outcome).toEqual({ status: 'cancelled', reason: 'enough' })
  })

  test("a CancelledError that came through the operation's own code is a failure", () => {
    const outcome = runToEnd(function* () {
      const task = yield* spawn(suspend)
      yield* pause()
      yield* cancel(task)
      return yield* attempt(function* () {
        yield* task
      })
    })
    expect(outcome.status).toBe('failed')
    expect(outcome.status === 'failed' && outcome.error).toBeInstanceOf(CancelledError)
  })

  test('a child that attempts fails without failing its scope', () => {
    const boom = new Error('boom')
    const result = runToEnd(function* () {
      const child = yield* spawn(() => attempt(fails(5, boom)))
      yield* sleep(10)
      return yield* child
    })
    expect(result).toEqual({ status: 'failed', error: boom })
  })

  test('children of the operation are closed before it gives the value, when it fails', () => {
    const line = new Timeline()
    line.simulate(function* () {
      const outcome = yield* attempt(function* () {
        yield* spawn(line.worker('child', Infinity, 5))
        yield* sleep(10)
        throw new Error('boom')
      })
      line.note(outcome.status)
    })
    expect(line.lines).toEqual(['0 child starts', '10 child cleans up', '15 child ends', '15 failed'])
  })

  test('several errors come as one ScopeError', () => {
    const [a, b] = [new Error('a'), new Error('b')]
    const outcome = runToEnd(() =>
      attempt(function* () {
        yield* spawn(failsInCleanup(b))
        yield* sleep(1)
        throw a
      })
    )
    expect(outcome.status).toBe('failed')
    expect((outcome as { error: ScopeError }).error.errors).toEqual([a, b])
  })

  test('does not turn the cancellation of its caller into a value', () => {
    const line = new Timeline()
    line.simulate(function* () {
      const task = yield* spawn(function* () {
        try {
          yield* attempt(line.worker('attempted', Infinity, 5))
          line.note('never')
        } finally {
          line.note('unwinds')
        }
      })
      yield* sleep(10)
      yield* cancel(task)
      line.note(task.status)
    })
    expect(line.lines).toEqual([
      '0 attempted starts',
      '10 attempted cleans up',
      '15 attempted ends',
      '15 unwinds',
      '15 cancelled',
    ])
  })

  test('a cleanup that fails while the caller is cancelled is not swallowed', () => {
    const boom = new Error('boom')
    const thrown = thrownBy(() =>
      runToEnd(function* () {
        yield* scope(function* (block) {
          yield* spawn(() => attempt(failsInCleanup(boom)))
          yield* pause()
          block.cancel()
          yield* suspend()
        })
      })
    )
    expect(thrown).toBe(boom)
  })

  test('every outcome in the library has one of the same three shapes', () => {
    const boom = new Error('boom')
    const outcomes = runToEnd(function* () {
      const all: Outcome<unknown>[] = []
      for (const work of [() => sleep(1), fails(1, boom)]) {
        const task = yield* spawn(() => attempt(work))
        all.push(
          yield* attempt(work),
          yield* moveOnAfter(5, work),
          ...(yield* allSettled([work])),
          yield* task
        )
      }
      return all
    })
    const done = { status: 'done', value: undefined }
    const failed = { status: 'failed', error: boom }
    expect(outcomes).toStrictEqual([done, done, done, done, failed, failed, failed, failed])
  })

  test('cancelled outcomes have a reason, also when none was given', () => {
    const [fromAttempt, ofTask, fromAllSettled] = runToEnd(function* () {
      const task = yield* spawn(suspend)
      yield* pause()
      yield* cancel(task)
      return [yield* attempt(task), task.outcome, (yield* allSettled([task]))[0]]
    })
    const cancelled = { status: 'cancelled', reason: undefined }
    expect(fromAttempt).toStrictEqual(cancelled)
    expect(ofTask).toStrictEqual(cancelled)
    expect(fromAllSettled).toStrictEqual(cancelled)
  })
})

describe('E5 whatever was thrown arrives unchanged', () => {
  const frozen = Object.freeze(new Error('frozen'))
  const values: [string, unknown][] = [
    ['a string', 'boom'],
    ['undefined', undefined],
    ['null', null],
    ['zero', 0],
    ['a symbol', Symbol('boom')],
    ['a function', () => {}],
    ['an object', { code: 7 }],
    ['a frozen object', Object.freeze({ code: 7 })],
    ['a frozen error', frozen],
    ['an object that pretends to be a promise', { then: 1 }],
    [
      'an object with a stack that throws',
      Object.defineProperty(new Error('x'), 'stack', { get: thrower, set: thrower }),
    ],
  ]
  function thrower(): never {
    throw new Error('the stack was touched')
  }

  test.each(values)('%s, thrown by a body', (_, value) => {
    expect(
      thrownBy(() =>
        runToEnd(function* () {
          yield* sleep(1)
          throw value
        })
      )
    ).toBe(value)
  })

  test.each(values)('%s, thrown by a grandchild, a declared operation and a cleanup', (_, value) => {
    const failing = operation('failing', function* (): Generator<any, void, any> {
      yield* sleep(1)
      throw value
    })
    const tree = function* () {
      yield* spawn(function* () {
        yield* scope(function* () {
          yield* spawn(failing)
        })
      })
    }
    const inCleanup = function* () {
      yield* ensure(failing)
    }
    expect(thrownBy(() => runToEnd(tree))).toBe(value)
    expect(thrownBy(() => runToEnd(inCleanup))).toBe(value)
    expect(runToEnd(() => attempt(failing))).toEqual({ status: 'failed', error: value })
  })

  test.each(values)('%s, seen by whoever awaits a live root', async (_, value) => {
    const task = run(function* () {
      throw value
    })
    const seen = await task.then(
      () => 'nothing was thrown',
      (error: unknown) => ({ error })
    )
    expect(seen).toEqual({ error: value })
    expect((seen as { error: unknown }).error).toBe(value)
  })
})

describe('E7 timeout throws TimeoutError only if the deadline really cancelled the operation', () => {
  test('throws when the deadline has cancelled it, after its cleanup has ended', () => {
    const line = new Timeline()
    const thrown = thrownBy(() =>
      line.simulate(() => timeout(10, line.worker('work', 50, 5)))
    ) as TimeoutError
    expect(thrown).toBeInstanceOf(TimeoutError)
    expect(thrown.message).toBe('Timed out after 10 ms')
    expect(thrown.timeoutMs).toBe(10)
    expect(thrown.code).toBe('COPPICE_TIMEOUT')
    expect(line.lines).toEqual(['0 work starts', '10 work cleans up', '15 work ends'])
    expect(line.sim.now).toBe(15)
  })

  test('gives a result that came in time, and forgets the deadline', () => {
    const line = new Timeline()
    const result = line.simulate(function* () {
      const value = yield* timeout(10, line.worker('work', 5))
      yield* sleep(50)
      return value
    })
    expect(result).toBe('work')
    expect(line.sim.timers).toBe(0)
  })

  test('a result that came at the instant of the deadline is a result, whichever timer was set first', () => {
    expect(
      runToEnd(() =>
        timeout(10, function* () {
          yield* sleep(10)
          return 'a result'
        })
      )
    ).toBe('a result')
  })

  test('a body that catches up in its last step returns its result', () => {
    const line = new Timeline()
    const result = line.simulate(() =>
      timeout(10, function* () {
        try {
          return yield* shield(function* () {
            yield* sleep(30)
            return 'late, but there'
          })
        } finally {
          line.note('leaves')
        }
      })
    )
    expect(result).toBe('late, but there')
    expect(line.lines).toEqual(['30 leaves'])
  })

  test('an error that was thrown before the deadline is thrown as it is', () => {
    const boom = new Error('boom')
    expect(thrownBy(() => runToEnd(() => timeout(10, fails(5, boom))))).toBe(boom)
  })

  test('holds both if the cleanup failed after the deadline', () => {
    const boom = new Error('boom')
    const thrown = thrownBy(() => runToEnd(() => timeout(10, failsInCleanup(boom, 5)))) as ScopeError
    expect(thrown).toBeInstanceOf(ScopeError)
    expect(thrown.errors).toHaveLength(2)
    expect(thrown.errors[0]).toBeInstanceOf(TimeoutError)
    expect(thrown.errors[1]).toBe(boom)
    expect(thrown.cause).toBe(thrown.errors[0])
  })

  test('the cancellation of the caller throws no TimeoutError, also when the deadline passes during cleanup', () => {
    const line = new Timeline()
    line.simulate(function* () {
      const task = yield* spawn(() => timeout(10, line.worker('work', Infinity, 20)))
      yield* sleep(5)
      yield* cancel(task, { reason: 'enough' })
      line.note(task.status)
    })
    expect(line.lines).toEqual(['0 work starts', '5 work cleans up', '25 work ends', '25 cancelled'])
  })

  test('the outer deadline throws the outer error', () => {
    const thrown = thrownBy(() => runToEnd(() => timeout(10, () => timeout(20, suspend)))) as TimeoutError
    expect(thrown.timeoutMs).toBe(10)
  })

  test('the inner deadline can be caught, and the outer still holds', () => {
    const line = new Timeline()
    const thrown = thrownBy(() =>
      line.simulate(() =>
        timeout(20, function* () {
          const outcome = yield* attempt(() => timeout(5, suspend))
          line.note(outcome.status)
          yield* suspend()
        })
      )
    ) as TimeoutError
    expect(thrown.timeoutMs).toBe(20)
    expect(line.lines).toEqual(['5 failed'])
    expect(line.sim.now).toBe(20)
  })

  test('Infinity sets no deadline, and 0 leaves only what need not wait', () => {
    const line = new Timeline()
    expect(line.simulate(() => timeout(Infinity, line.worker('work', 5)))).toBe('work')
    expect(line.sim.timers).toBe(0)
    expect(
      runToEnd(() =>
        timeout(0, function* () {
          return 'at once'
        })
      )
    ).toBe('at once')
    expect(thrownBy(() => runToEnd(() => timeout(0, suspend)))).toBeInstanceOf(TimeoutError)
  })

  test('a join is left when the deadline passes, and the task goes on', () => {
    const line = new Timeline()
    line.simulate(function* () {
      const task = yield* spawn(line.worker('work', 50))
      const outcome = yield* attempt(() => timeout(10, task))
      line.note(outcome.status)
      line.note(yield* task)
    })
    expect(line.lines).toEqual(['0 work starts', '10 failed', '50 work cleans up', '50 work ends', '50 work'])
  })

  test('moveOnAfter gives the TimeoutError as the reason of a cancelled outcome', () => {
    const outcome = runToEnd(() => moveOnAfter(10, suspend))
    expect(outcome.status).toBe('cancelled')
    const { reason } = outcome as { reason: TimeoutError }
    expect(reason).toBeInstanceOf(TimeoutError)
    expect(reason.timeoutMs).toBe(10)
  })

  test('moveOnAfter gives failed if the cleanup failed after the deadline', () => {
    const boom = new Error('boom')
    const outcome = runToEnd(() => moveOnAfter(10, failsInCleanup(boom)))
    expect(outcome.status).toBe('failed')
  })
})

describe('errors of the library', () => {
  function* stuck() {
    try {
      yield* suspend()
    } finally {
      yield* suspend()
    }
  }
  const joined = (reason?: unknown) =>
    function* () {
      const child = yield* spawn(suspend, { name: 'child' })
      yield* cancel(child, { reason })
      yield* child
    }
  const cancelledScope = (reason?: unknown) =>
    scope(function* (inner) {
      inner.cancel(reason)
      yield* suspend()
    })
  const cycle = 'that ends only after the join. Return the value instead, or join from outside.'

  type Class = abstract new (...args: any) => Error & { code: string }
  const errors: [Class, string, string | RegExp, () => Operation<unknown>][] = [
    [CancelledError, 'COPPICE_CANCELLED', 'Task child#2 was cancelled', joined()],
    [CancelledError, 'COPPICE_CANCELLED', 'Task child#2 was cancelled: enough', joined('enough')],
    [CancelledError, 'COPPICE_CANCELLED', 'The scope was cancelled', () => cancelledScope()],
    [
      CancelledError,
      'COPPICE_CANCELLED',
      'The scope was cancelled: [object Object]',
      () => cancelledScope(Object.create(null)),
    ],
    [
      CancelledError,
      'COPPICE_CANCELLED',
      'The scope was cancelled: TypeError: no',
      () => cancelledScope(new TypeError('no')),
    ],
    [TimeoutError, 'COPPICE_TIMEOUT', 'Timed out after 5 ms', () => timeout(5, suspend())],
    [MisuseError, 'COPPICE_MISUSE', /^sleep takes milliseconds/, () => sleep(-1)],
    [
      JoinCycleError,
      'COPPICE_JOIN_CYCLE',
      `Task main#1 can't join itself: ${cycle}`,
      function* () {
        yield* yield* self()
      },
    ],
    [
      JoinCycleError,
      'COPPICE_JOIN_CYCLE',
      `Task child#2 can't join its ancestor main#1: ${cycle}`,
      function* () {
        const main = yield* self()
        const child = yield* spawn(() => attempt(main), { name: 'child' })
        const outcome = yield* child
        if (outcome.status === 'failed') throw outcome.error
      },
    ],
    [
      JoinCycleError,
      'COPPICE_JOIN_CYCLE',
      `Task main#1 can't join itself: ${cycle}`,
      function* () {
        return yield* select([yield* self()])
      },
    ],
    [
      NestedCleanupError,
      'COPPICE_NESTED_CLEANUP',
      /^suspend\(\) stands in the finally of a generator/,
      () =>
        scope(function* (inner) {
          inner.cancel()
          yield* stuck() // eslint-disable-line coppice/cleanup-in-raw-generator -- That is the misuse.
        }),
    ],
    [
      CleanupTimeoutError,
      'COPPICE_CLEANUP_TIMEOUT',
      'Cleanup did not end within 100 ms and was abandoned. It waited in one#2 on suspend(), two#3 on suspend()',
      () =>
        scope(function* (inner) {
          yield* spawn(stuck, { name: 'one' })
          yield* spawn(stuck, { name: 'two' })
          yield* pause()
          inner.cancel()
        }),
    ],
  ]

  test.each(errors.map(([type, ...rest]) => [type.name, ...rest, type] as const))(
    '%s has a name, the code %s and says what happened: %s',
    (name, code, message, program, type) => {
      const error = runToEnd(
        function* main() {
          try {
            return yield* program()
          } catch (error) {
            const { constructor, name, code, message } = error as InstanceType<Class>
            return { constructor, name, code, message }
          }
        },
        { cleanupTimeout: 100 }
      )
      expect(error).toEqual({
        constructor: type,
        name,
        code,
        message: typeof message === 'string' ? message : expect.stringMatching(message),
      })
    }
  )

  test('have come through nothing as long as they are in the task where they were thrown', () => {
    const several = () =>
      scope(function* () {
        yield* ensure(() => {
          throw new Error('released')
        })
        throw new Error('body')
      })
    const paths = runToEnd(function* main() {
      const seen: (readonly string[])[] = []
      for (const program of [several, () => sleep(-1)]) {
        try {
          yield* program()
        } catch (error) {
          seen.push((error as ScopeError | MisuseError).taskPath)
        }
      }
      return seen
    })
    expect(paths).toEqual([[], []])
  })
})
