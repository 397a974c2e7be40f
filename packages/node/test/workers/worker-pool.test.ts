/** Real threads: a slow test. */
import os from 'node:os'
import process from 'node:process'
import { type JobOptions, type WorkerPool, type WorkerPoolOptions, workerPool } from '@coppice/node'
import {
  MisuseError,
  type Operation,
  type Task,
  all,
  attempt,
  cancel,
  createDeferred,
  map,
  moveOnAfter,
  operation,
  scope,
  sleep,
  spawn,
  timeout,
  until,
} from 'coppice'
import fc from 'fast-check'
import { start } from '../program.ts'
import type { Told, jobs } from './jobs.worker.ts'
import { compiled, isNode, leavingNothing, sharedMemory, started, untilSet, watchThreads } from './threads.ts'

jest.setTimeout(120_000)

const files = compiled('jobs', 'printing')
watchThreads()

type Pool = WorkerPool<typeof jobs>

const open = (options?: WorkerPoolOptions) => workerPool<typeof jobs>(files.url('jobs'), options)
const job = (pool: Pool, told: Told['do'], input?: unknown, options?: JobOptions) =>
  pool.run({ do: told, with: input }, options)

/** Runs a program that has a pool, and sees to it that no thread is left. */
const withPool = <T>(options: WorkerPoolOptions, body: (pool: Pool) => Operation<T>): Promise<T> =>
  leavingNothing(() => having(options, body) as Operation<T>)

const having = operation(
  'having',
  function* (options: WorkerPoolOptions, body: (pool: Pool) => Operation<unknown>) {
    return yield* body(yield* open(options))
  }
)

describe('a pool', () => {
  test('gives the value of each job', async () => {
    const values = await withPool({ size: 2 }, (pool) => map([1, 2, 3, 4, 5], (n) => job(pool, 'double', n)))
    expect(values).toEqual([2, 4, 6, 8, 10])
    expect(started).toHaveLength(2)
  })

  test('has as many threads as the host can run in parallel, if nobody says otherwise', async () => {
    expect(
      await withPool({}, function* (pool) {
        return pool.size
      })
    ).toBe(os.availableParallelism())
    expect(started).toHaveLength(0)
  })

  test('runs at most so many jobs at once, and says how many run and wait', async () => {
    const memories = Array.from({ length: 5 }, sharedMemory)
    const [first, , third] = memories
    await withPool({ size: 2 }, function* (pool) {
      expect(pool).toMatchObject({ size: 2, running: 0, waiting: 0 })
      const tasks = yield* all(memories.map((shared) => spawn(job(pool, 'untilTold', shared))))
      yield* untilSet(first!, 0)
      expect(pool).toMatchObject({ size: 2, running: 2, waiting: 3 })
      Atomics.store(first!, 1, 1)
      yield* tasks[0]!
      yield* untilSet(third!, 0)
      expect(pool).toMatchObject({ size: 2, running: 2, waiting: 2 })
      for (const shared of memories) Atomics.store(shared, 1, 1)
    })
    expect(started).toHaveLength(2)
  })

  test('runs jobs in the order in which they came', async () => {
    const order: number[] = []
    await withPool({ size: 1 }, (pool) =>
      map([1, 2, 3, 4, 5, 6], function* (n) {
        order.push((yield* job(pool, 'double', n)) / 2)
      })
    )
    expect(order).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('starts no second thread while the first has nothing to do', async () => {
    const threads = await withPool({ size: 4 }, function* (pool) {
      const threads = new Set()
      for (let n = 0; n < 4; n++) threads.add(yield* job(pool, 'thread'))
      return threads
    })
    expect(threads.size).toBe(1)
    expect(started).toHaveLength(1)
  })

  test('hands over what is named in transferList', async () => {
    const numbers = new Float64Array([1, 2, 3])
    const options = { transferList: [numbers.buffer] }
    expect(await withPool({ size: 1 }, (pool) => job(pool, 'sum', numbers, options))).toBe(6)
    expect(numbers.length).toBe(0)
  })

  test('passes on to whoever gets it, as all that is acquired', async () => {
    await leavingNothing(function* () {
      const pool = yield* timeout(20_000, open({ size: 1 }))
      expect(yield* job(pool, 'double', 1)).toBe(2)
    })
  })
})

describe('a job that is cancelled', () => {
  test('while it waits leaves the line, and the others go on', async () => {
    const order: number[] = []
    await withPool({ size: 1 }, function* (pool) {
      const shared = sharedMemory()
      const noting = operation('noting', function* (n: number) {
        yield* job(pool, 'untilTold', shared)
        order.push(n)
      })
      const tasks: Task[] = []
      for (const n of [1, 2, 3, 4]) tasks.push(yield* spawn(noting(n)))
      yield* untilSet(shared, 0)
      yield* cancel(tasks[2]!)
      expect(pool).toMatchObject({ running: 1, waiting: 2 })
      Atomics.store(shared, 1, 1)
      yield* tasks[3]!
      expect(pool).toMatchObject({ running: 0, waiting: 0 })
    })
    expect(order).toEqual([1, 2, 4])
  })

  test('while it runs cleans up, and its thread does the next job', async () => {
    const shared = sharedMemory()
    await withPool({ size: 1 }, function* (pool) {
      const task = yield* spawn(job(pool, 'guarded', { shared, ms: 30 }))
      yield* untilSet(shared, 0)
      const next = yield* spawn(job(pool, 'thread'))
      yield* cancel(task)
      expect(shared[2]).toBe(1)
      expect(yield* next).toBe(shared[0])
    })
    expect(started).toHaveLength(1)
  })

  test('and goes on after the grace loses its thread, which is replaced', async () => {
    const shared = sharedMemory()
    await withPool({ size: 1, grace: 50 }, function* (pool) {
      const task = yield* spawn(job(pool, 'blocks', shared))
      yield* untilSet(shared, 0)
      const next = yield* spawn(job(pool, 'thread'))
      yield* cancel(task)
      expect(task.status).toBe('cancelled')
      expect(yield* next).not.toBe(shared[0])
    })
    expect(started).toHaveLength(2)
  })

  test('at any moment gives its thread back', async () => {
    for (let turns = 0; turns < 25; turns++) {
      await withPool({ size: 1 }, function* (pool) {
        if (turns % 2) yield* job(pool, 'double', 1)
        const task = yield* spawn(() => attempt(job(pool, 'double', 1)))
        const next = yield* spawn(job(pool, 'double', 2))
        for (let turn = 0; turn < turns; turn++) yield* sleep(turn % 3)
        yield* cancel(task)
        expect(yield* next).toBe(4)
        expect(pool).toMatchObject({ running: 0, waiting: 0 })
      })
      expect(started).toHaveLength(1)
    }
  })
})

/** Gives a job to a thread that has done one, and ends before it hears of this. */
const sentToOneThatEnds = operation(
  'sentToOneThatEnds',
  function* (pool: Pool, send: (pool: Pool) => Operation<unknown>) {
    const shared = sharedMemory()
    expect(yield* job(pool, 'giveAndExitWhenTold', shared)).toBe('last word')
    const next = yield* spawn(send(pool))
    yield* sleep(10)
    expect(pool.running).toBe(1)
    Atomics.store(shared, 0, 1)
    Atomics.notify(shared, 0)
    return next
  }
)

describe('a thread that ends', () => {
  test.each([
    ['by process.exit', 'exit', 'COPPICE_WORKER_EXITED'],
    ['by an error that nobody caught', 'crash', 'COPPICE_WORKER_CRASHED'],
    ...(isNode ? ([['by using up its memory', 'exhaust', 'COPPICE_WORKER_OUT_OF_MEMORY']] as const) : []),
  ] as const)('%s fails its job alone, and is replaced', async (_, told, code) => {
    const resourceLimits = { maxOldGenerationSizeMb: 20 }
    await withPool({ size: 1, resourceLimits }, function* (pool) {
      const [bad, good] = yield* all([attempt(job(pool, told, 1)), job(pool, 'double', 1)])
      expect(bad).toMatchObject({ status: 'failed', error: { name: 'WorkerError', code } })
      expect(good).toBe(2)
      expect(yield* job(pool, 'double', 2)).toBe(4)
    })
    expect(started).toHaveLength(2)
  })

  test('because its file can not be loaded fails each job', async () => {
    const outcomes = await leavingNothing(function* () {
      const pool = yield* workerPool('/no/such/file.mjs', { size: 1 })
      return [yield* attempt(pool.run(1)), yield* attempt(pool.run(2))]
    })
    const failed = { status: 'failed', error: { code: 'COPPICE_WORKER_NOT_LOADED' } }
    expect(outcomes).toMatchObject([failed, failed])
  })

  test('while it has nothing to do is replaced, with a warning of what it has thrown', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    await withPool({ size: 1 }, function* (pool) {
      const first = yield* job(pool, 'crashLater')
      while (warned.mock.calls.length === 0) yield* sleep(5)
      expect(yield* job(pool, 'thread')).not.toBe(first)
    })
    expect(warned.mock.calls).toEqual([
      [
        expect.objectContaining({
          code: 'COPPICE_WORKER_CRASHED',
          message: expect.stringMatching('left behind'),
        }),
      ],
    ])
    warned.mockRestore()
  })

  test('when its next job has been sent, and not begun, leaves that to another one', async () => {
    await withPool({ size: 1 }, function* (pool) {
      const next = yield* sentToOneThatEnds(pool, (pool) => job(pool, 'double', 1))
      expect(yield* next).toBe(2)
      expect(pool).toMatchObject({ running: 0, waiting: 0 })
    })
    expect(started).toHaveLength(2)
  })

  test('when its next job has been sent with a transferList, fails that, and says why', async () => {
    const numbers = new Float64Array([1, 2, 3])
    const outcome = await withPool({ size: 1 }, function* (pool) {
      const options = { transferList: [numbers.buffer] }
      return yield* yield* sentToOneThatEnds(pool, (pool) => attempt(job(pool, 'sum', numbers, options)))
    })
    expect(outcome).toMatchObject({
      error: {
        code: 'COPPICE_WORKER_EXITED',
        message: expect.stringMatching(/exit code 5\. It had not begun with this job, whose transferList/),
      },
    })
  })

  test('while it has nothing to do, in silence, is replaced in silence', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    await withPool({ size: 1 }, function* (pool) {
      expect(yield* job(pool, 'giveAndExit', sharedMemory())).toBe('last word')
      while (started[0]!.threadId !== -1) yield* sleep(5)
      expect(yield* job(pool, 'double', 1)).toBe(2)
    })
    expect(warned).not.toHaveBeenCalled()
    warned.mockRestore()
  })
})

describe('the end of the scope', () => {
  test('ends all threads, also those that work for somebody outside of it', async () => {
    const shared = sharedMemory()
    await leavingNothing(function* () {
      const lent = createDeferred<Pool>()
      const use = operation('use', function* (told: Told['do'], input?: unknown) {
        return yield* attempt(job(yield* lent, told, input))
      })
      const running = yield* spawn(use('guarded', { shared, ms: 20 }))
      const waiting = yield* spawn(use('double', 1))
      const late = yield* scope(function* () {
        const pool = yield* open({ size: 1 })
        lent.resolve(pool)
        yield* untilSet(shared, 0)
        expect(pool).toMatchObject({ running: 1, waiting: 1 })
        return pool
      })
      expect(shared[2]).toBe(1)
      expect(started[0]!.threadId).toBe(-1)
      expect(yield* running).toMatchObject({
        status: 'failed',
        error: { message: 'jobs.worker.mjs was cancelled: its pool has closed', code: 'COPPICE_CANCELLED' },
      })
      expect(yield* waiting).toMatchObject({
        status: 'failed',
        error: { message: 'A job for jobs.worker.mjs was cancelled: its pool has closed' },
      })
      expect(yield* attempt(job(late, 'double', 1))).toMatchObject({
        status: 'failed',
        error: {
          code: 'COPPICE_MISUSE',
          message: expect.stringMatching('pool of jobs.worker.mjs has closed'),
        },
      })
    })
  })

  test('starts no thread for a job that has been given its turn at that moment', async () => {
    const shared = sharedMemory()
    await leavingNothing(function* () {
      const lent = createDeferred<Pool>()
      const use = operation('use', function* (told: Told['do'], input?: unknown) {
        return yield* attempt(job(yield* lent, told, input))
      })
      const running = yield* spawn(use('guarded', { shared, ms: 0 }))
      const waiting = yield* spawn(use('double', 1))
      yield* scope(function* () {
        lent.resolve(yield* open({ size: 1 }))
        yield* untilSet(shared, 0)
        // The end of the thread is heard of in the very step in which the scope begins to close, as when a busy tree hands over to the host.
        const [thread] = started
        const listeners = thread!.listeners('exit')
        thread!.removeAllListeners('exit')
        yield* until(thread!.terminate())
        for (const listener of listeners) listener(1)
      })
      expect(started).toHaveLength(1)
      expect(yield* running).toMatchObject({ status: 'failed', error: { code: 'COPPICE_WORKER_EXITED' } })
      expect(yield* waiting).toMatchObject({ status: 'failed', error: { code: 'COPPICE_CANCELLED' } })
    })
  })

  test('terminates what goes on after the grace', async () => {
    const shared = sharedMemory()
    const outcome = await leavingNothing(function* () {
      const lent = createDeferred<Pool>()
      const running = yield* spawn(function* () {
        return yield* attempt(job(yield* lent, 'blocks', shared))
      })
      yield* scope(function* () {
        lent.resolve(yield* open({ size: 1, grace: 50 }))
        yield* untilSet(shared, 0)
      })
      return yield* running
    })
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'COPPICE_CANCELLED' } })
  })

  test('cancelled cancels all jobs, and waits for their cleanup', async () => {
    const memories = [sharedMemory(), sharedMemory(), sharedMemory()]
    await leavingNothing(function* () {
      const task = yield* spawn(
        having({ size: 2 }, (pool) => map(memories, (shared) => job(pool, 'guarded', { shared, ms: 30 })))
      )
      yield* untilSet(memories[0]!, 0)
      yield* untilSet(memories[1]!, 0)
      yield* cancel(task)
    })
    expect(memories.map((shared) => shared[2])).toEqual([1, 1, 0])
  })
})

describe('C13: cleanup that is abandoned', () => {
  test('of a job ends its thread, and gives back its permit', async () => {
    const shared = sharedMemory()
    await leavingNothing(
      function* () {
        const pool = yield* open({ size: 1, grace: Infinity })
        const outcome = yield* attempt(function* () {
          const task = yield* spawn(job(pool, 'blocks', shared))
          yield* untilSet(shared, 0)
          yield* cancel(task)
        })
        expect(outcome).toMatchObject({ status: 'failed', error: { code: 'COPPICE_CLEANUP_TIMEOUT' } })
        expect(yield* job(pool, 'thread')).not.toBe(shared[0])
      },
      { cleanupTimeout: 100 }
    )
  })
})

describe('the process', () => {
  test('is not kept by idle threads, but by those that work; and all that they print is printed', async () => {
    const { output, errors, code } = await start('workers/pool.program.ts', files.url('printing').href).ended
    expect(errors).toBe('')
    // What a thread prints goes through this one, and comes when it comes.
    const lines = output.split('\n')
    const isPrinted = (line: string) => line.startsWith('line ')
    expect(lines.filter(isPrinted)).toEqual(Array.from({ length: 3000 }, (_, index) => `line ${index}`))
    expect(lines.filter((line) => !isPrinted(line))).toEqual(['done 3000', 'idle', ''])
    // The program waits for ever, and nothing in it keeps the process.
    expect(code).toBe(0)
  })
})

describe('permits in are permits out', () => {
  const step = fc.record({
    told: fc.constantFrom<Told['do'][]>('double', 'double', 'sleep', 'fail', 'exit', 'giveFunction'),
    after: fc.integer({ min: 0, max: 6 }),
    cancelledAfter: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
  })
  const arbitrary = fc.record({
    size: fc.integer({ min: 1, max: 3 }),
    steps: fc.array(step, { minLength: 1, maxLength: 12 }),
  })
  const inputs: Partial<Record<Told['do'], unknown>> = { double: 21, sleep: 3, fail: 'type', exit: 3 }

  test('whatever jobs do, and whenever they are cancelled', async () => {
    const seed = Number(process.env.COPPICE_SEED ?? 1)
    const numRuns = Number(process.env.COPPICE_RUNS ?? 10)
    const property = fc.asyncProperty(arbitrary, async ({ size, steps }) => {
      await withPool({ size }, function* (pool) {
        const outcomes = yield* map(steps, function* ({ told, after, cancelledAfter = Infinity }) {
          yield* sleep(after)
          return yield* moveOnAfter(cancelledAfter, job(pool, told, inputs[told]))
        })
        expect(pool).toMatchObject({ running: 0, waiting: 0 })
        for (const [index, outcome] of outcomes.entries()) {
          const { told, cancelledAfter } = steps[index]!
          if (outcome.status === 'cancelled') expect(cancelledAfter).toBeDefined()
          else expect(outcome.status).toBe(told === 'double' || told === 'sleep' ? 'done' : 'failed')
          if (outcome.status === 'done' && told === 'double') expect(outcome.value).toBe(42)
        }
        // Each permit is there again, with a thread that works.
        const again = Array.from({ length: size }, (_, index) => index)
        expect(yield* map(again, (n) => job(pool, 'double', n))).toEqual(again.map((n) => 2 * n))
      })
    })
    await fc.assert(property, { seed, numRuns, verbose: 1 })
  })
})

describe('misuse', () => {
  test.each([
    [
      'a size of 0',
      () => workerPool('/hash.js', { size: 0 }),
      /size is a whole number from 1 on; it was 0\./,
    ],
    ['half a thread', () => workerPool('/hash.js', { size: 1.5 }), /it was 1\.5\./],
    ['a path that is not absolute', () => workerPool('hash.js'), /workerPool takes the file that runs/],
    ['a negative grace', () => workerPool('/hash.js', { grace: -1 }), /workerPool: grace takes/],
  ] as [string, () => unknown, RegExp][])('%s is refused where it was written', (_, act, message) => {
    expect(act).toThrow(MisuseError)
    expect(act).toThrow(message)
  })

  test('a transferList that is none is refused where it was written', async () => {
    await withPool({ size: 1 }, function* (pool) {
      expect(() => pool.run({ do: 'give' }, { transferList: 7 as never })).toThrow(
        /pool\.run: transferList is an array/
      )
    })
  })
})
