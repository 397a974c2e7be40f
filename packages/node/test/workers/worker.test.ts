/** Real threads: a slow test. */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { MessageChannel } from 'node:worker_threads'
import { ProcessError, WorkerError, type WorkerOptions, serveWorker, transfer, worker } from '@coppice/node'
import {
  CancelledError,
  MisuseError,
  ScopeError,
  type Operation,
  TimeoutError,
  all,
  attempt,
  cancel,
  operation,
  run,
  scope,
  shield,
  sleep,
  spawn,
  timeout,
  until,
} from 'coppice'
import { type Told, jobs } from './jobs.worker.ts'
import { compiled, isNode, leavingNothing, sharedMemory, started, untilSet, watchThreads } from './threads.ts'

jest.setTimeout(60_000)

const files = compiled('jobs', 'twice')
watchThreads()

/** Limits, options of node, and what becomes of a file that throws while it serves, are those of Node. */
const testOnNode: (title: string, body: () => Promise<void>) => void = isNode ? test : () => {}

const job = (told: Told['do'], input?: unknown, options?: WorkerOptions) =>
  worker<typeof jobs>(files.url('jobs'), { do: told, with: input }, options)

const outcomeOf = (told: Told['do'], input?: unknown, options?: WorkerOptions) =>
  leavingNothing(() => attempt(job(told, input, options)))

const failureOf = async (told: Told['do'], input?: unknown, options?: WorkerOptions): Promise<any> => {
  const outcome = await outcomeOf(told, input, options)
  if (outcome.status !== 'failed') throw new Error(`it is ${outcome.status}`)
  return outcome.error
}

describe('worker', () => {
  test('gives the value of the program for an input', async () => {
    expect(await leavingNothing(() => job('double', 21))).toBe(42)
  })

  test('copies what can be copied, both ways', async () => {
    const input = {
      map: new Map([[1, { date: new Date(0) }]]),
      bytes: new Uint8Array([1, 2]),
      none: undefined,
    }
    expect(await leavingNothing(() => job('give', input))).toEqual(input)
  })

  test('leaves this thread free', async () => {
    const order: string[] = []
    await leavingNothing(function* () {
      yield* spawn(function* () {
        yield* job('block', 300)
        order.push('blocked')
      })
      yield* sleep(5)
      order.push('free')
    })
    expect(order).toEqual(['free', 'blocked'])
  })

  test('is an operation like any other: a value that can be run again', async () => {
    const twice = job('double', 1)
    expect(await leavingNothing(() => twice)).toBe(2)
    expect(await leavingNothing(() => timeout(20_000, twice))).toBe(2)
    expect(started).toHaveLength(1)
  })

  test('takes a path, or a URL as a text', async () => {
    const url = files.url('jobs')
    for (const file of [url.pathname, url.href])
      expect(await run(worker(file, { do: 'double', with: 3 }))).toBe(6)
  })

  testOnNode('has the environment, the options of node and the limits that it was given', async () => {
    const options = {
      env: { A: '1' },
      execArgv: ['--no-warnings'],
      resourceLimits: { maxOldGenerationSizeMb: 50 },
    }
    expect(await leavingNothing(() => job('environment', undefined, options))).toMatchObject({
      env: { A: '1' },
      execArgv: ['--no-warnings'],
      limits: { maxOldGenerationSizeMb: 50 },
    })
    const outcome = await outcomeOf('double', 1, { execArgv: ['--no-such-option'] })
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'ERR_WORKER_INVALID_EXEC_ARGV' } })
  })

  test('does not mind what the program says through its parentPort', async () => {
    expect(await leavingNothing(() => job('chat'))).toBe('genuine')
  })

  test('runs TypeScript, with the options of node for that', async () => {
    const register = pathToFileURL(path.resolve(__dirname, '../../../../scripts/register-ts.mjs')).href
    const file = path.join(__dirname, 'jobs.worker.ts')
    const execArgv = ['--import', register]
    expect(await leavingNothing(() => worker(file, { do: 'double', with: 4 }, { execArgv }))).toBe(8)
  })
})

describe('an error of the program', () => {
  test('arrives with its type, message, cause, the stack of the thread, and the tasks of both sides', async () => {
    const error = await failureOf('fail', 'type')
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ name: 'TypeError', message: 'no type' })
    expect(error.cause).toBeInstanceOf(RangeError)
    expect(error.cause).toMatchObject({ message: 'its cause', cause: 'the end' })
    expect(error.stack).toMatch(/^TypeError: no type\n {4}at .*jobs\.worker/)
    expect(error.stack).toMatch(/in failing\n {4}in fail\n {4}in task jobs#1$/m)
  })

  test('names the tasks of the thread, and then those of this one', async () => {
    const program = operation('inner', function* () {
      yield* job('fail', 'type')
    })
    const error = await run(program, { name: 'outer' }).then(undefined, (error) => error)
    const path = (error as Error).stack!.split('\n').filter((line) => line.startsWith('    in '))
    expect(path.map((line) => line.slice(7))).toEqual([
      'failing',
      'fail',
      'task jobs#1',
      'job',
      'worker',
      'inner',
      'task outer#1',
    ])
  })

  test('has the properties that its class has given it, as far as they can be sent', async () => {
    const error = await failureOf('fail', 'hash')
    expect(error).toMatchObject({ name: 'HashError', code: 'HASH', data: new Map([['a', 1]]) })
    expect(error.unsendable).toMatch('[Function')
    expect(error).toBeInstanceOf(TypeError)
  })

  test('is called after its class if that has not set a name', async () => {
    expect(String(await failureOf('fail', 'unnamed'))).toBe('Unnamed: no name')
    expect(String(await failureOf('fail', 'odd'))).toBe('Odd: odd')
  })

  test('is of the nearest class that both sides have', async () => {
    const error = await failureOf('fail', 'named')
    expect(error).toBeInstanceOf(ProcessError)
    expect(error).toMatchObject({ name: 'Named', command: 'ls', exitCode: 2, code: 'COPPICE_PROCESS_FAILED' })
    const bare = await failureOf('fail', 'bare')
    expect(bare).toBeInstanceOf(Error)
    expect(bare.stack).toMatch(/^its stack/)
  })

  test('may stand for several, or in a circle', async () => {
    const several = await failureOf('fail', 'several')
    expect(several).toBeInstanceOf(AggregateError)
    expect(several.errors).toEqual([expect.any(TypeError), 'two'])
    const circle = await failureOf('fail', 'circle')
    expect(circle.cause).toBe(circle)
  })

  test('is one of ours if it was one of ours there', async () => {
    const scope = await failureOf('failInChildren')
    expect(scope).toBeInstanceOf(ScopeError)
    expect(scope).toMatchObject({
      code: 'COPPICE_SCOPE',
      errors: [{ message: 'a child' }, { message: 'its cleanup' }],
    })
    expect(scope.errors[1]).toBeInstanceOf(RangeError)
    const late = await failureOf('timeOut')
    expect(late).toBeInstanceOf(TimeoutError)
    expect(late).toMatchObject({ code: 'COPPICE_TIMEOUT', timeoutMs: 1, name: 'TimeoutError' })
    expect(late.taskPath.slice(0, 2)).toEqual(['timeOut', 'task jobs#1'])
  })

  test('keeps the tasks of the thread in its task path, before those of this one', async () => {
    const error = await run(job('timeOut'), { name: 'outer' }).then(undefined, (error) => error)
    expect(error.taskPath).toEqual(['timeOut', 'task jobs#1', 'job', 'worker', 'task outer#1'])
  })

  test('need not be an Error', async () => {
    expect(await failureOf('fail', 'number')).toBe(42)
    expect(await failureOf('fail', 'nothing')).toBe(undefined)
  })

  test('is a CancelledError if the program has cancelled itself', async () => {
    const error = await failureOf('cancelItself')
    expect(error).toBeInstanceOf(CancelledError)
    expect(error.reason).toEqual({ why: 'enough' })
    expect(error.message).toMatch(/^jobs\.worker\.mjs was cancelled/)
  })
})

describe('what can not be sent', () => {
  test('is refused where it was to be sent: an input', async () => {
    const outcome = await leavingNothing(() => attempt(job('give', { method() {} })))
    const { error } = outcome as { error: MisuseError }
    expect(error).toBeInstanceOf(MisuseError)
    expect(error.message).toMatch(
      /^The input of jobs\.worker\.mjs can't be sent to its thread: .* cloned\. Plain objects, arrays/s
    )
    expect(error.cause).toMatchObject({ name: 'DataCloneError' })
  })

  test.each([
    [
      'a value',
      'giveFunction',
      undefined,
      /^What was returned by jobs\.worker\.mjs can't be sent .*: .* cloned\. Plain/s,
    ],
    ['what was thrown', 'fail', 'function', /^What was thrown by .* it is \[Function: unsendable\]\./],
  ] as const)('fails the task that waits for it: %s', async (_, told, input, message) => {
    const error = await failureOf(told, input)
    expect(error).toBeInstanceOf(MisuseError)
    expect(error.message).toMatch(message)
  })

  test('is reported also if the host finds that out only when it reads: what was handed over before', async () => {
    expect(await failureOf('giveDetached')).toMatchObject({
      code: 'COPPICE_MISUSE',
      message: expect.stringMatching(
        /^What was (sent|returned) by jobs\.worker\.mjs can't be .*handed over before\.$/
      ),
    })
    const numbers = new Float64Array(1)
    structuredClone(numbers, { transfer: [numbers.buffer] })
    expect(await failureOf('sum', numbers, { transferList: [numbers.buffer] })).toMatchObject({
      code: 'COPPICE_MISUSE',
      message: expect.stringMatching(
        /^(What was sent to|The input of) jobs\.worker\.mjs can't be .*handed over before\.$/
      ),
    })
  })
})

describe('what is handed over', () => {
  test('is the memory of an input, which is gone here', async () => {
    const numbers = new Float64Array([1, 2, 3])
    expect(await leavingNothing(() => job('sum', numbers, { transferList: [numbers.buffer] }))).toBe(6)
    expect(numbers.length).toBe(0)
  })

  test('is the memory of a value', async () => {
    const numbers = (await leavingNothing(() => job('giveNumbers', 1000))) as Float64Array
    expect(numbers).toHaveLength(1000)
    expect(numbers[999]).toBe(1)
  })

  test('is a port, through which both sides talk', async () => {
    const { port1, port2 } = new MessageChannel()
    const heard = await leavingNothing(function* () {
      const task = yield* spawn(job('converse', port2, { transferList: [port2] }))
      const greeting = yield* until(new Promise((resolve) => port1.once('message', resolve)))
      port1.postMessage(`${greeting} yourself`)
      const heard = yield* task
      port1.close()
      return heard
    })
    expect(heard).toBe('hello yourself')
  })
})

describe('a cancellation', () => {
  test('runs each finally of the program, and waits for it', async () => {
    const shared = sharedMemory()
    const status = await leavingNothing(function* () {
      const task = yield* spawn(job('guarded', { shared, ms: 50 }))
      yield* untilSet(shared, 0)
      yield* cancel(task)
      expect([...shared].slice(1)).toEqual([1, 1])
      return task.status
    })
    expect(status).toBe('cancelled')
  })

  test('is heard by a program that computes, and pauses now and then', async () => {
    const shared = sharedMemory()
    await leavingNothing(function* () {
      const task = yield* spawn(job('computes', shared, { grace: Infinity }))
      yield* untilSet(shared, 0)
      yield* cancel(task)
    })
    expect(shared[1]).toBe(1)
  })

  test('comes from above, as to any task', async () => {
    const shared = sharedMemory()
    const outcome = await leavingNothing(() =>
      attempt(timeout(300, () => both(job('guarded', { shared, ms: 5 }), untilSet(shared, 0))))
    )
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'COPPICE_TIMEOUT' } })
    // On a busy machine the program may not have begun by then.
    expect(shared[2]).toBe(shared[0] === 0 ? 0 : 1)
  })

  test.each([
    ['a cleanup that hangs', 'guarded', 100],
    ['a program that never waits', 'blocks', 100],
    ['a program that never waits, without a grace', 'blocks', 0],
  ] as const)('terminates the thread after the grace: %s', async (_, told, grace) => {
    const shared = sharedMemory()
    await leavingNothing(function* () {
      const input = told === 'guarded' ? { shared, ms: 60_000 } : shared
      const task = yield* spawn(job(told, input, { grace }))
      yield* untilSet(shared, 0)
      const start = performance.now()
      yield* cancel(task)
      expect(performance.now() - start).toBeGreaterThan(grace - 5)
      expect(task.status).toBe('cancelled')
    })
    expect(shared[2]).toBe(0)
  })

  test('fails the task with what the cleanup in the thread throws', async () => {
    const shared = sharedMemory()
    const outcome = await leavingNothing(() =>
      attempt(cancelledWhenSet(job('failsInCleanup', shared), shared))
    )
    expect(outcome).toMatchObject({ status: 'failed', error: { message: 'no cleanup' } })
    expect((outcome as { error: unknown }).error).toBeInstanceOf(TypeError)
  })

  test('fails the task if its cleanup ends the thread', async () => {
    const shared = sharedMemory()
    const outcome = await leavingNothing(() =>
      attempt(cancelledWhenSet(job('exitsInCleanup', shared), shared))
    )
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'COPPICE_WORKER_EXITED', exitCode: 4 } })
  })

  test('with a grace is announced to the program, which may finish by itself', async () => {
    const shared = sharedMemory()
    const value = await leavingNothing(function* () {
      const task = yield* spawn(job('finishes', shared))
      yield* untilSet(shared, 0)
      yield* cancel(task, { reason: { why: 'shutdown' }, grace: 60_000 })
      return yield* task
    })
    expect(value).toEqual({ why: 'shutdown' })
  })

  test('with a grace cancels the program when that has passed', async () => {
    const shared = sharedMemory()
    await leavingNothing(function* () {
      const task = yield* spawn(job('guarded', { shared, ms: 0 }))
      yield* untilSet(shared, 0)
      yield* cancel(task, { reason: () => {}, grace: 50 })
      expect(task.status).toBe('cancelled')
    })
    expect(shared[2]).toBe(1)
  })

  test('with a grace that has passed before anybody could tell cancels the program', async () => {
    const shared = sharedMemory()
    await leavingNothing(function* () {
      const task = yield* spawn(job('guarded', { shared, ms: 0 }))
      yield* untilSet(shared, 0)
      yield* spawn(cancel(task, { grace: 5 }))
      yield* spawn(function* () {
        for (const end = performance.now() + 30; performance.now() < end;);
      })
      expect(yield* attempt(task)).toMatchObject({ status: 'cancelled' })
    })
    expect(shared[2]).toBe(1)
  })

  test('C13: that is abandoned ends the thread', async () => {
    const shared = sharedMemory()
    const outcome = await leavingNothing(
      () => attempt(cancelledWhenSet(job('blocks', shared, { grace: Infinity }), shared)),
      { cleanupTimeout: 100 }
    )
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'COPPICE_CLEANUP_TIMEOUT' } })
  })

  test('that is shielded waits for the value', async () => {
    const value = await leavingNothing(function* () {
      let value: unknown
      const task = yield* spawn(function* () {
        value = yield* shield(job('sleep', 20))
        yield* sleep(1)
        value = 'never'
      })
      yield* sleep(1)
      yield* cancel(task)
      return value
    })
    expect(value).toEqual(expect.any(Number))
  })

  test('at any moment leaves no thread', async () => {
    // Between any two turns of the event loop, from before its first step to after its end.
    for (let turns = 0; turns < 25; turns++) {
      await leavingNothing(function* () {
        const task = yield* spawn(() => attempt(job('double', 1)))
        for (let turn = 0; turn < turns; turn++) yield* sleep(turn % 5)
        yield* cancel(task)
      })
      if (turns > 3) expect(started).toHaveLength(1)
    }
  })
})

const both = operation('both', function* (one: Operation<unknown>, two: Operation<unknown>) {
  yield* all([one, two])
})

/** Cancels a task when it has begun; what its cleanup throws fails this one. */
const cancelledWhenSet = operation(
  'cancelledWhenSet',
  function* (work: Operation<unknown>, shared: Int32Array<SharedArrayBuffer>) {
    yield* scope(function* () {
      const task = yield* spawn(work)
      yield* untilSet(shared, 0)
      yield* cancel(task)
    })
  }
)

describe('a thread that ends before its program has', () => {
  test.each([
    [
      'by process.exit',
      'exit',
      3,
      { code: 'COPPICE_WORKER_EXITED', exitCode: 3 },
      /mjs has ended its thread with exit code 3$/,
    ],
    ['by process.exit(0)', 'exit', 0, { code: 'COPPICE_WORKER_EXITED', exitCode: 0 }, /exit code 0$/],
    [
      'by an error that nobody caught',
      'crash',
      undefined,
      { code: 'COPPICE_WORKER_CRASHED', exitCode: 1 },
      /mjs has crashed in its thread: nobody catches this$/,
    ],
    [
      'by a rejection that nobody awaited',
      'reject',
      undefined,
      { code: 'COPPICE_WORKER_CRASHED' },
      /nobody awaits this$/,
    ],
  ] as const)('fails the task: %s', async (_, told, input, shape, message) => {
    const error = await failureOf(told, input)
    expect(error).toBeInstanceOf(WorkerError)
    expect(error).toMatchObject({ name: 'WorkerError', ...shape })
    expect(error.message).toMatch(message)
    if (told === 'crash')
      expect(error.cause).toMatchObject({ name: 'TypeError', message: 'nobody catches this' })
  })

  testOnNode('fails the task: by using up its memory', async () => {
    const error = await failureOf('exhaust', undefined, { resourceLimits: { maxOldGenerationSizeMb: 20 } })
    expect(error).toMatchObject({
      code: 'COPPICE_WORKER_OUT_OF_MEMORY',
      message: 'jobs.worker.mjs has used up the memory of its thread',
      cause: { code: 'ERR_WORKER_OUT_OF_MEMORY' },
    })
  })

  test.each([
    ['a file that is not there', undefined, /^file\.mjs could not be loaded in a thread: Cannot find module/],
    ['what is no program', 'const', /^file\.mjs could not be loaded in a thread: ./],
    [
      'a file that throws',
      'throw new Error("no start")',
      /^file\.mjs could not be loaded in a thread: no start$/,
    ],
  ])('fails the task: %s', async (_, text, message) => {
    const url = text === undefined ? new URL('file:///no/such/file.mjs') : files.write('file.mjs', text)
    const outcome = await leavingNothing(() => attempt(worker(url, 1)))
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'COPPICE_WORKER_NOT_LOADED', message: expect.stringMatching(message) },
    })
  })

  test('gives its last word all the same, also if its end is heard of first', async () => {
    const shared = sharedMemory()
    const value = await leavingNothing(function* () {
      const task = yield* spawn(job('giveAndExit', shared))
      while (started.length === 0) yield* sleep(1)
      const listeners = started[0]!.listeners('exit')
      started[0]!.removeAllListeners('exit')
      // This thread hears nothing until the other one has gone.
      for (const end = performance.now() + 10_000; shared[0] === 0 && performance.now() < end;);
      for (const listener of listeners) listener(5)
      while (started[0]!.threadId !== -1) yield* sleep(1)
      return yield* task
    })
    expect(value).toBe('last word')
  })

  test('says so if it serves nothing', async () => {
    const outcome = await leavingNothing(() => attempt(worker(files.write('nothing.mjs', ''), 1)))
    expect(outcome).toMatchObject({
      status: 'failed',
      error: {
        code: 'COPPICE_MISUSE',
        message:
          'nothing.mjs serves nothing to its thread. Write serveWorker(function* (input) {…}) at its top level.',
      },
    })
  })

  testOnNode('says so if it serves twice', async () => {
    const outcome = await leavingNothing(() => attempt(worker(files.url('twice'), 1)))
    const { error } = outcome as { error: WorkerError }
    expect(error.message).toMatch(/twice\.worker\.mjs serves two programs/)
    expect(error.cause).toMatchObject({ name: 'MisuseError', code: 'COPPICE_MISUSE' })
  })
})

describe('a program that is served', () => {
  test('runs also without a thread', async () => {
    expect(await run(jobs({ do: 'double', with: 2 }))).toBe(4)
    expect(await run(jobs({ do: 'thread' }))).toBe(0)
    expect(await run(jobs({ do: 'giveNumbers', with: 2 }))).toEqual(new Float64Array([1, 1]))
  })
})

describe('misuse', () => {
  test.each([
    [
      'a path that is not absolute',
      () => worker('./hash.js', 1),
      /new URL\('\.\/hash\.js', import\.meta\.url\).*given '\.\/hash/,
    ],
    ['what is no file', () => worker(7 as never, 1), /it was given 7\./],
    ['a file elsewhere', () => worker(new URL('https://example.com/hash.js'), 1), /given https:\/\/example/],
    ['a negative grace', () => worker('/hash.js', 1, { grace: -1 }), /worker: grace takes milliseconds/],
    [
      'a transferList that is none',
      () => worker('/hash.js', 1, { transferList: 7 as never }),
      /worker: transferList is an array/,
    ],
    ['a program that is none', () => serveWorker(7 as never), /serveWorker takes a program.* given 7\./],
    [
      'to hand over what is no list',
      () => transfer(1, 2 as never),
      /transfer: transferList is an array.* was 2\./,
    ],
  ] as [string, () => unknown, RegExp][])('%s is refused where it was written', (_, act, message) => {
    expect(act).toThrow(MisuseError)
    expect(act).toThrow(message)
  })
})
