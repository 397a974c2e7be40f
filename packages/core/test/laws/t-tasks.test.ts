/** A task from outside: a thenable, a disposable, its outcome (T6, C8); and the options of `run`. */
/* eslint-disable no-unsafe-finally -- Cleanup that fails is what these tests are about. */
import {
  CancelledError,
  MisuseError,
  Task,
  attempt,
  createScope,
  operation,
  run,
  scope,
  sleep,
  spawn,
  suspend,
} from 'coppice'
import { emptySimulation, runAll, start } from '../virtual.ts'
import { Timeline, thrownBy } from './timeline.ts'

function* worker() {
  yield* sleep(1)
  return 'worked'
}
const boom = new Error('boom')
function* failing(): Generator<any, string, any> {
  yield* sleep(1)
  throw boom
}

describe('T6 a task is a thenable', () => {
  test('await gives its value', async () => {
    expect(await run(worker)).toBe('worked')
  })

  test('await throws its error itself', async () => {
    await expect(run(failing)).rejects.toBe(boom)
  })

  test('await throws CancelledError with the reason if it was cancelled', async () => {
    const task = run(suspend, { name: 'main' })
    void task.cancel('enough')
    const error = await task.then(
      () => undefined,
      (thrown: unknown) => thrown as CancelledError
    )
    expect(error).toBeInstanceOf(CancelledError)
    expect(error!.reason).toBe('enough')
    expect(error!.code).toBe('COPPICE_CANCELLED')
    expect(error!.message).toContain('main#1')
    expect(error!.message).toMatch(/ was cancelled: "?enough"?$/)
  })

  test('can be awaited before and after it has closed, any number of times', async () => {
    const task = run(worker)
    expect(await Promise.all([task, task])).toEqual(['worked', 'worked'])
    expect(await task).toBe('worked')
    const failed = run(failing)
    await expect(failed).rejects.toBe(boom)
    await expect(failed).rejects.toBe(boom)
  })

  test('then chains as that of a promise does', async () => {
    expect(await run(worker).then((value) => value.length)).toBe(6)
    expect(await run(worker).then(null, () => 'unused')).toBe('worked')
    expect(
      await run(failing).then(
        () => 'unused',
        (error: unknown) => error === boom
      )
    ).toBe(true)
    await expect(run(failing).then(() => 'unused')).rejects.toBe(boom)
  })

  test('works in Promise.race and Promise.allSettled', async () => {
    expect(await Promise.race([run(worker), new Promise(() => {})])).toBe('worked')
    expect(await Promise.allSettled([run(worker), run(failing)])).toEqual([
      { status: 'fulfilled', value: 'worked' },
      { status: 'rejected', reason: boom },
    ])
  })

  test('a child can be awaited from outside', async () => {
    let child: Task<string> | undefined
    const root = run(function* () {
      child = yield* spawn(worker)
    })
    expect(await child).toBe('worked')
    await root
  })

  test('a value that is a promise is not waited for inside, and is outside, as await does', async () => {
    const promise = Promise.resolve('inner')
    const task = run(function* () {
      yield* sleep(0)
      return promise
    })
    expect(await await task).toBe('inner')
    expect(task.outcome).toEqual({ status: 'done', value: promise })
  })

  test('then calls back later, never at once', () => {
    const task = run(function* () {
      return 1
    })
    let called = false
    void task.then(() => (called = true))
    expect(task.status).toBe('done')
    expect(called).toBe(false)
  })
})

describe('a task has a status and an outcome', () => {
  test('of one that is done', () => {
    const { task, sim } = start(worker)
    expect([task.status, task.outcome]).toEqual(['running', undefined])
    runAll(sim)
    expect(task.status).toBe('done')
    expect(task.outcome).toStrictEqual({ status: 'done', value: 'worked' })
  })

  test('of one that has failed', () => {
    const { task, sim } = start(failing)
    runAll(sim)
    expect(task.status).toBe('failed')
    expect(task.outcome).toStrictEqual({ status: 'failed', error: boom })
  })

  test('of one that is cancelled: unwinding until its cleanup has ended', () => {
    const line = new Timeline()
    const task = line.start(line.worker('work', Infinity, 5))
    line.advance(1)
    void task.cancel('enough')
    line.advance(3)
    expect([task.status, task.outcome]).toEqual(['unwinding', undefined])
    line.advance(10)
    expect(task.status).toBe('cancelled')
    expect(task.outcome).toStrictEqual({ status: 'cancelled', reason: 'enough' })
  })

  test('is a Task', () => {
    const { task } = start(worker)
    expect(task).toBeInstanceOf(Task)
    expect({}).not.toBeInstanceOf(Task)
  })

  test('tasks are not made with new', () => {
    expect(() => new (Task as unknown as new () => Task)()).toThrow()
  })
})

describe('C8 cancel() from outside', () => {
  test('resolves when the task has closed, and not before', async () => {
    const line = new Timeline()
    const task = line.start(line.worker('work', Infinity, 5))
    line.advance(1)
    let closed = false
    const cancelled = task.cancel().then(() => (closed = true))
    line.advance(4)
    await Promise.resolve()
    expect(closed).toBe(false)
    line.advance(6)
    await cancelled
    expect(closed).toBe(true)
  })

  test('never rejects, gives undefined, and the first reason stays', async () => {
    const task = run(function* () {
      try {
        yield* suspend()
      } finally {
        throw boom
      }
    })
    task.then(undefined, () => {})
    expect(await Promise.all([task.cancel('first'), task.cancel('second')])).toEqual([undefined, undefined])
    expect(task.outcome).toEqual({ status: 'failed', error: boom })
    const other = run(suspend)
    await Promise.all([other.cancel('first'), other.cancel('second')])
    expect(other.outcome).toEqual({ status: 'cancelled', reason: 'first' })
  })

  test('does nothing to a task that has closed', async () => {
    const task = run(worker)
    await task
    await task.cancel('late')
    expect(task.outcome).toEqual({ status: 'done', value: 'worked' })
  })

  test('needs no receiver that awaits it', async () => {
    const task = run(suspend)
    void task.cancel()
    await expect(task).rejects.toBeInstanceOf(CancelledError)
  })
})

describe('a task is AsyncDisposable', () => {
  test('is cancelled at the end of an await using block, which waits for its cleanup', async () => {
    const log: string[] = []
    {
      await using task = run(function* () {
        try {
          yield* suspend()
        } finally {
          yield* sleep(1)
          log.push('cleaned up')
        }
      })
      log.push(task.status)
    }
    log.push('after')
    expect(log).toEqual(['running', 'cleaned up', 'after'])
  })

  test('does not throw when the block is left', async () => {
    const task = run(suspend)
    await task[Symbol.asyncDispose]()
    expect(task.status).toBe('cancelled')
    await task[Symbol.asyncDispose]()
  })
})

describe('run options', () => {
  const sim = emptySimulation()

  test('name', () => {
    expect(run(worker, { name: 'given', interpreter: sim.interpreter }).name).toBe('given')
  })

  test('signal cancels the tree with its reason', () => {
    const line = new Timeline()
    const controller = new AbortController()
    const task = line.start(line.worker('work', Infinity, 5), { signal: controller.signal })
    line.advance(10)
    controller.abort('enough')
    line.advance(20)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'enough' })
    expect(line.lines).toEqual(['0 work starts', '10 work cleans up', '15 work ends'])
  })

  test('a signal that was aborted before cancels at the first wait: the first step is taken', () => {
    const line = new Timeline()
    const task = line.start(line.worker('work'), { signal: AbortSignal.abort('too late') })
    line.advance()
    expect(line.lines).toEqual(['0 work starts', '0 work cleans up', '0 work ends'])
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'too late' })
  })

  test('a signal that is aborted after the end does nothing, and the tree lets go of it', () => {
    const listeners = new Set<unknown>()
    const controller = new AbortController()
    const { signal } = controller
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (type: string, listener: never, options?: never) => {
      listeners.add(listener)
      add(type, listener, options)
    }
    signal.removeEventListener = (type: string, listener: never, options?: never) => {
      listeners.delete(listener)
      remove(type, listener, options)
    }
    const { task, sim: virtual } = start(worker, { signal })
    expect(listeners.size).toBe(1)
    runAll(virtual)
    expect(listeners.size).toBe(0)
    controller.abort()
    expect(task.outcome).toEqual({ status: 'done', value: 'worked' })
  })

  test('signal of createScope closes it', () => {
    const virtual = emptySimulation()
    const controller = new AbortController()
    const open = createScope({ signal: controller.signal, interpreter: virtual.interpreter })
    const task = open.run(suspend)
    runAll(virtual)
    controller.abort('enough')
    runAll(virtual)
    expect(task.status).toBe('cancelled')
    expect(thrownBy(() => open.run(suspend))).toBeInstanceOf(MisuseError)
  })

  test('a name that is undefined is the default', () => {
    const started: string[] = []
    const { interpreter } = emptySimulation()
    const observers = [{ started: ({ name }: Task) => started.push(name) }]
    createScope({ name: undefined, interpreter, observers })
    run(worker, { name: undefined, interpreter, observers })
    expect(started).toEqual(['scope', 'worker'])
  })

  test('options that are undefined are not given', () => {
    const options = {
      name: undefined,
      signal: undefined,
      budget: undefined,
      cleanupTimeout: undefined,
      observers: undefined,
    }
    const { task } = start(worker, options)
    expect(task.name).toBe('worker')
  })

  test('budget may be given in part', async () => {
    const count = operation('count', function* (n: number) {
      for (let i = 0; i < n; i++) yield* sleep(0)
      return n
    })
    expect(await run(count(3), { budget: { steps: 1 } })).toBe(3)
    expect(await run(count(3), { budget: { ms: 0 } })).toBe(3)
    expect(await run(count(3), { budget: { steps: Infinity, ms: Infinity } })).toBe(3)
  })

  test('budget hands over to the host after so many steps', async () => {
    const log: string[] = []
    const task = run(
      function* () {
        for (let i = 0; i < 4; i++) {
          yield* spawn(function* () {
            log.push(`step ${i}`)
          })
        }
      },
      { budget: { steps: 2, ms: Infinity } }
    )
    log.push('run has returned')
    await task
    expect(log.indexOf('run has returned')).toBeLessThan(log.indexOf('step 3'))
    expect(log).toHaveLength(5)
  })

  describe('S5 all that can run runs before run returns', () => {
    const program = (log: string[]) =>
      function* () {
        for (let i = 0; i < 4; i++) {
          yield* spawn(function* () {
            log.push(`step ${i}`)
          })
        }
      }
    /** What has happened when `run` returns. */
    const atOnce = () => {
      const log: string[] = []
      const { status } = run(program(log), { budget: { ms: Infinity } })
      return [...log, status]
    }
    const everything = ['step 0', 'step 1', 'step 2', 'step 3', 'done']

    test('in a host that has nothing else to do', async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect(atOnce()).toEqual(everything)
    })

    test('after another tree has handed over and closed', async () => {
      await run(program([]), { budget: { steps: 2, ms: Infinity } })
      expect(atOnce()).toEqual(everything)
    })
  })

  test('cleanupTimeout is off by default', () => {
    const line = new Timeline()
    const task = line.start(line.worker('work', Infinity, 10_000_000))
    line.advance(1)
    void task.cancel()
    line.advance()
    expect(task.status).toBe('cancelled')
    expect(line.sim.now).toBe(10_000_001)
  })

  test('observers, as many as are given', () => {
    const seen: string[] = []
    const { sim: virtual } = start(worker, {
      observers: [{ closed: () => void seen.push('first') }, { closed: () => void seen.push('second') }],
    })
    runAll(virtual)
    expect(seen).toEqual(['first', 'second'])
  })
})

describe('Outcome is one shape', () => {
  test('of a task, attempt and a scope that ends', () => {
    const line = new Timeline()
    const outcomes = line.simulate(function* () {
      const done = yield* spawn(worker)
      yield* done
      const outcome = yield* attempt(done)
      const viaScope = yield* attempt(() => scope(() => worker()))
      return [done.outcome, outcome, viaScope]
    })
    for (const outcome of outcomes) expect(outcome).toStrictEqual({ status: 'done', value: 'worked' })
  })
})
