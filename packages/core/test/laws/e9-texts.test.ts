/** E9: what errors of the library say, to the letter. People read the message, programs the name and the code. */
import {
  CancelledError,
  CleanupTimeoutError,
  JoinCycleError,
  MisuseError,
  NestedCleanupError,
  ScopeError,
  type Task,
  TimeoutError,
  attempt,
  cancel,
  ensure,
  pause,
  scope,
  self,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import { runAll, runNow, runToEnd, start } from '../virtual.ts'

/** What a program fails with. */
function errorOf(program: () => Generator<any, any, any>, options = {}): any {
  const { task, sim } = start(program, options)
  runAll(sim)
  return task.outcome?.status === 'failed' ? task.outcome.error : undefined
}

describe('E9 an error of the library has its name, its code, no path before it left a task, and a message', () => {
  test.each([
    {
      name: 'CancelledError',
      code: 'COPPICE_CANCELLED',
      error: new CancelledError('Task worker#2', undefined),
      message: 'Task worker#2 was cancelled',
    },
    {
      name: 'TimeoutError',
      code: 'COPPICE_TIMEOUT',
      error: new TimeoutError(5),
      message: 'Timed out after 5 ms',
    },
    {
      name: 'ScopeError',
      code: 'COPPICE_SCOPE',
      error: new ScopeError([new Error('a'), 'b']),
      message: '2 errors: Error: a; b',
    },
    {
      name: 'JoinCycleError',
      code: 'COPPICE_JOIN_CYCLE',
      error: new JoinCycleError('a#1', 'a#1'),
      message:
        "Task a#1 can't join itself: that ends only after the join. Return the value instead, or join from outside.",
    },
    {
      name: 'NestedCleanupError',
      code: 'COPPICE_NESTED_CLEANUP',
      error: new NestedCleanupError('sleep(1)'),
      message:
        'sleep(1) stands in the finally of a generator that another one delegates to with yield*: on cancellation the outer cleanup would be ' +
        'lost. Declare the inner one with operation(function* …), or put its cleanup into ensure(…).',
    },
    {
      name: 'CleanupTimeoutError',
      code: 'COPPICE_CLEANUP_TIMEOUT',
      error: new CleanupTimeoutError(5, [
        { task: 'a#1', on: 'sleep(9)' },
        { task: 'b#2', on: 'suspend()' },
      ]),
      message:
        'Cleanup did not end within 5 ms and was abandoned. It waited in a#1 on sleep(9), b#2 on suspend()',
    },
    { name: 'MisuseError', code: 'COPPICE_MISUSE', error: new MisuseError('no'), message: 'no' },
  ])('$name', ({ error, ...said }) => {
    expect(error).toMatchObject({ ...said, taskPath: [] })
    expect(error).toBeInstanceOf(Error)
  })
})

describe('E9 a message says what was done, and what to write', () => {
  test('of a join of an ancestor', () => {
    const error = errorOf(function* main() {
      const main = yield* self()
      yield* spawn(() => main, { name: 'child' })
    })
    expect(error.message).toBe(
      "Task child#2 can't join its ancestor main#1: that ends only after the join. Return the value instead, or join from outside."
    )
  })

  test.each([
    [undefined, 'worker#2 was cancelled'],
    ['enough', 'worker#2 was cancelled: enough'],
    [new TypeError('odd'), 'worker#2 was cancelled: TypeError: odd'],
  ])('of a join of a task that was cancelled with %p', (reason, message) => {
    const error = errorOf(function* () {
      const worker = yield* spawn(suspend, { name: 'worker' })
      yield* pause()
      yield* cancel(worker, { reason })
      yield* worker
    })
    expect(error).toMatchObject({ message: expect.stringContaining(message), reason })
    expect(error.message).toMatch(/[^:]$/)
  })

  test.each([
    [function load() {}, ' It came from load.'],
    [() => undefined, ''],
  ])('of a function that gives no operation', (given, source) => {
    const anonymous = (() => given)()
    if (source === '') Object.defineProperty(anonymous, 'name', { value: '' })
    const error = errorOf(function* () {
      yield* spawn(anonymous as never)
    })
    expect(error.message).toBe(
      `a task was handed undefined, which is no operation. Hand over a function*, what it returns, or an effect.${source}`
    )
  })

  test('of something that can be iterated, and has no way to be cancelled', () => {
    const error = errorOf(function* () {
      yield* spawn({ [Symbol.iterator]: () => ({ next: () => ({ done: true }) }) } as never)
    })
    expect(error.message).toMatch(
      /^a task was handed Object|^a task was handed \{…\}, which is no operation\./
    )
  })

  test('of a reason that can not be printed', () => {
    const reason = Object.create(null)
    const error = errorOf(function* () {
      const worker: Task = yield* spawn(suspend, { name: 'worker' })
      yield* pause()
      yield* cancel(worker, { reason })
      yield* worker
    })
    expect(error.message).toContain('worker#2 was cancelled: [object Object]')
  })
})

describe('T6 a CancelledError is a cancellation only where it comes from', () => {
  test('one that went through the code of a generator is an error like any other', () => {
    const value = runToEnd(function* () {
      const worker = yield* spawn(suspend)
      yield* pause()
      yield* cancel(worker, { reason: 'enough' })
      const direct = yield* attempt(worker)
      const through = yield* attempt(function* () {
        return yield* worker
      })
      return [direct.status, through.status]
    })
    expect(value).toEqual(['cancelled', 'failed'])
  })
})

describe('E2 the same error', () => {
  test.each([['a string'], [5], [null], [undefined]])(
    'counts once if it is an object, and each time if it is %p',
    (thrown) => {
      const failing = (error: unknown) =>
        scope(function* () {
          for (let i = 0; i < 2; i++)
            yield* ensure(() => {
              throw error
            })
        })
      const same = new Error('same')
      expect(runToEnd(() => attempt(failing(same)))).toEqual({ status: 'failed', error: same })
      const outcome = runToEnd(() => attempt(failing(thrown)))
      expect(outcome).toMatchObject({ error: { errors: [thrown, thrown] } })
    }
  )
})

test('E7 what times out while nothing else is due says after how long', () => {
  const { task, sim } = start(() => timeout(5, suspend))
  runNow(sim)
  runAll(sim)
  expect(task.outcome).toMatchObject({
    status: 'failed',
    error: { message: 'Timed out after 5 ms', timeoutMs: 5 },
  })
})
