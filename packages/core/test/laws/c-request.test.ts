/** What a request for cancellation does: C1, C2, C3, C8. */
import {
  CancelledError,
  type Task,
  abortSignal,
  action,
  all,
  allSettled,
  any,
  attempt,
  call,
  cancel,
  createContext,
  deadline,
  ensure,
  map,
  now,
  operation,
  pause,
  race,
  resource,
  scope,
  select,
  self,
  shield,
  sleep,
  spawn,
  suspend,
  timeout,
  until,
  use,
} from 'coppice'
import { emptySimulation, runAll, runNow, runToEnd, start, stepNow } from '../virtual.ts'

async function microtasks(): Promise<void> {
  for (let i = 0; i < 8; i++) await null
}

describe('C1 a request is idempotent, and the first reason stays', () => {
  test('keeps the first reason of several requests in one turn', () => {
    const { task, sim } = start(suspend)
    runNow(sim)
    void task.cancel('first')
    void task.cancel('second')
    void task.cancel()
    runNow(sim)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'first' })
  })

  test('keeps a first reason that is undefined', () => {
    const { task, sim } = start(suspend)
    runNow(sim)
    void task.cancel()
    void task.cancel('second')
    runNow(sim)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: undefined })
  })

  test('keeps the first of several requests before the first step', () => {
    let entered = 0
    const { task, sim } = start(function* () {
      entered++
      yield* suspend()
    })
    void task.cancel('first')
    void task.cancel('second')
    runNow(sim)
    expect(entered).toBe(1)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'first' })
  })

  test('unwinds once when it is requested again during cleanup, and takes no longer', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      try {
        yield* suspend()
      } finally {
        log.push(`begins at ${yield* now()}`)
        yield* sleep(10)
        log.push(`ends at ${yield* now()}`)
      }
    })
    runNow(sim)
    void task.cancel('first')
    for (let at = 1; at < 10; at++) {
      sim.advanceTo(at)
      void task.cancel(`at ${at}`)
    }
    runAll(sim)
    expect(log).toEqual(['begins at 0', 'ends at 10'])
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'first' })
  })

  test('keeps the reason of a task when its ancestor is cancelled later', () => {
    let child!: Task
    const { task, sim } = start(function* () {
      child = yield* spawn(function* () {
        try {
          yield* suspend()
        } finally {
          yield* sleep(10)
        }
      })
      yield* suspend()
    })
    runNow(sim)
    void child.cancel('its own')
    sim.advanceTo(5)
    void task.cancel('from above')
    runAll(sim)
    expect(child.outcome).toEqual({ status: 'cancelled', reason: 'its own' })
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'from above' })
  })

  test('keeps the first reason of a scope', () => {
    const error = runToEnd(function* () {
      try {
        yield* scope(function* (block) {
          block.cancel('first')
          block.cancel('second')
          yield* suspend()
        })
      } catch (error) {
        return error
      }
      return undefined
    })
    expect(error).toBeInstanceOf(CancelledError)
    expect((error as CancelledError).reason).toBe('first')
  })

  test('does nothing to a task that has closed', () => {
    const { task, sim } = start(function* () {
      return 'value'
    })
    runNow(sim)
    void task.cancel('late')
    runNow(sim)
    expect(task.outcome).toEqual({ status: 'done', value: 'value' })
  })

  test('does nothing to a task that has failed', () => {
    const error = new Error('failed')
    const { task, sim } = start(function* () {
      throw error
    })
    runNow(sim)
    void task.cancel('late')
    runNow(sim)
    expect(task.outcome).toEqual({ status: 'failed', error })
  })

  test('resolves every promise of several requests when the task has closed', async () => {
    const { task, sim } = start(function* () {
      try {
        yield* suspend()
      } finally {
        yield* sleep(10)
      }
    })
    runNow(sim)
    const resolved: string[] = []
    void task.cancel('a').then(() => resolved.push(`a ${task.status}`))
    void task.cancel('b').then(() => resolved.push(`b ${task.status}`))
    sim.advanceTo(9)
    await microtasks()
    expect(resolved).toEqual([])
    sim.advanceTo(10)
    await microtasks()
    expect(resolved).toEqual(['a cancelled', 'b cancelled'])
  })
})

describe('C2 a value that was delivered is never lost', () => {
  test('lets a sleeper whose timer is due take its step, and cancels it at its next wait', () => {
    const log: string[] = []
    runToEnd(function* () {
      yield* spawn(function* () {
        yield* sleep(10)
        log.push('canceller')
        void sleeper.cancel('stop')
      })
      const sleeper: Task = yield* spawn(function* () {
        try {
          yield* sleep(10)
          log.push(`woke at ${yield* now()}`)
          yield* sleep(0)
          log.push('never')
        } finally {
          log.push('cleans up')
        }
      })
    })
    expect(log).toEqual(['canceller', 'woke at 10', 'cleans up'])
  })

  test('aborts a sleeper whose timer is not yet due', () => {
    const log: string[] = []
    runToEnd(function* () {
      yield* spawn(function* () {
        yield* sleep(10)
        void sleeper.cancel('stop')
      })
      const sleeper: Task = yield* spawn(function* () {
        try {
          yield* sleep(11)
          log.push('never')
        } finally {
          log.push(`cleans up at ${yield* now()}`)
        }
      })
    })
    expect(log).toEqual(['cleans up at 10'])
  })

  test('claims a pause at once', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      log.push('before')
      yield* pause()
      log.push('after')
      yield* pause()
      log.push('never')
    })
    stepNow(sim)
    expect(log).toEqual(['before'])
    void task.cancel()
    runNow(sim)
    expect(log).toEqual(['before', 'after'])
    expect(task.status).toBe('cancelled')
  })

  test('delivers what a callback gave before the request', () => {
    const log: string[] = []
    let give!: (value: string) => void
    const { task, sim } = start(function* () {
      const value = yield* action<string>((resume) => {
        give = resume
        return () => log.push('aborted')
      })
      log.push(value)
      yield* suspend()
    })
    runNow(sim)
    give('given')
    void task.cancel()
    runNow(sim)
    expect(log).toEqual(['given'])
    expect(task.status).toBe('cancelled')
  })

  test('delivers what a promise gave before the request', async () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      log.push(yield* until(Promise.resolve('given')))
      yield* suspend()
    })
    runNow(sim)
    await microtasks()
    expect(log).toEqual([])
    void task.cancel()
    runNow(sim)
    expect(log).toEqual(['given'])
    expect(task.status).toBe('cancelled')
  })

  test('delivers an error that came before the request', () => {
    const log: string[] = []
    let refuse!: (error: unknown) => void
    const { task, sim } = start(function* () {
      try {
        yield* action((_, fail) => {
          refuse = fail
        })
      } catch (error) {
        log.push(`caught ${error}`)
      }
      yield* suspend()
    })
    runNow(sim)
    refuse('refusal')
    void task.cancel()
    runNow(sim)
    expect(log).toEqual(['caught refusal'])
    expect(task.status).toBe('cancelled')
  })

  test('fails a task that lets through an error that came before the request', () => {
    let refuse!: (error: unknown) => void
    const { task, sim } = start(function* () {
      yield* action((_, fail) => {
        refuse = fail
      })
    })
    runNow(sim)
    refuse('refusal')
    void task.cancel()
    runNow(sim)
    expect(task.outcome).toEqual({ status: 'failed', error: 'refusal' })
  })

  test('delivers the value of a task that closed before the request', () => {
    const log: string[] = []
    let joiner!: Task
    let joined!: Task<string>
    const { sim } = start(function* () {
      joined = yield* spawn(function* () {
        yield* sleep(10)
        return 'value'
      })
      joiner = yield* spawn(function* () {
        log.push(yield* joined)
        yield* suspend()
      })
    }, {})
    runNow(sim)
    sim.jump(10)
    while (joined.outcome === undefined) stepNow(sim)
    expect(log).toEqual([])
    void joiner.cancel()
    runNow(sim)
    expect(log).toEqual(['value'])
    expect(joiner.status).toBe('cancelled')
  })

  test('delivers the winner of a select that was answered before the request', () => {
    const log: unknown[] = []
    const sim = emptySimulation()
    const { task } = start(
      function* () {
        log.push(yield* select({ never: suspend(), soon: sleep(10) }))
        yield* suspend()
      },
      {},
      sim
    )
    runNow(sim)
    sim.jump(10)
    void task.cancel()
    runNow(sim)
    expect(log).toEqual([{ key: 'soon', value: undefined }])
    expect(task.status).toBe('cancelled')
  })

  test('is done when the body returns what it was given, without another wait', () => {
    let give!: (value: string) => void
    const { task, sim } = start(function* () {
      return yield* action<string>((resume) => {
        give = resume
      })
    })
    runNow(sim)
    give('given')
    void task.cancel()
    runNow(sim)
    expect(task.outcome).toEqual({ status: 'done', value: 'given' })
  })

  test('is done when the body returns before it waits at all', () => {
    const { task, sim } = start(function* () {
      yield* now()
      return 'value'
    })
    void task.cancel()
    runNow(sim)
    expect(task.outcome).toEqual({ status: 'done', value: 'value' })
  })

  test('tears down the children of a body that returned, and keeps its value', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      yield* spawn(function* () {
        try {
          yield* suspend()
        } finally {
          yield* sleep(5)
          log.push('child cleaned up')
        }
      })
      return 'value'
    })
    runNow(sim)
    expect(task.status).toBe('running')
    void task.cancel()
    runAll(sim)
    expect(log).toEqual(['child cleaned up'])
    expect(task.outcome).toEqual({ status: 'done', value: 'value' })
  })

  const user = createContext<string>('user', 'nobody')
  const log: string[] = []
  beforeEach(() => void (log.length = 0))

  test('performs every effect that never waits first', () => {
    const signals: AbortSignal[] = []
    const { task, sim } = start(
      function* () {
        yield* pause()
        log.push(`${yield* now()}`)
        log.push((yield* self()).name)
        yield* user.set('ada')
        log.push(`${yield* user.get()}`)
        log.push(yield* user.expect())
        log.push(`${yield* deadline()}`)
        signals.push(yield* abortSignal())
        yield* use({ [Symbol.dispose]: () => log.push('disposed') } as Disposable)
        yield* ensure(() => log.push('ensured'))
        yield* spawn(function* () {
          try {
            yield* suspend()
          } finally {
            log.push('child cleaned up')
          }
        })
        log.push(
          yield* shield(function* () {
            yield* sleep(3)
            return 'shielded'
          })
        )
        yield* sleep(0)
        log.push('never')
      },
      { name: 'main' }
    )
    stepNow(sim)
    void task.cancel()
    runAll(sim)
    expect(log).toEqual([
      '0',
      'main',
      'ada',
      'ada',
      'Infinity',
      'shielded',
      'child cleaned up',
      'ensured',
      'disposed',
    ])
    expect(signals[0]?.aborted).toBe(true)
    expect(task.status).toBe('cancelled')
  })

  test('never leaks what was opened just before the request arrives', () => {
    const open = new Set<string>()
    let give!: (value: string) => void
    const { task, sim } = start(function* () {
      const handle = yield* action<string>((resume) => {
        give = resume
      })
      yield* ensure(() => void open.delete(handle))
      yield* sleep(100)
    })
    runNow(sim)
    open.add('handle')
    give('handle')
    void task.cancel()
    runAll(sim)
    expect(task.status).toBe('cancelled')
    expect(open.size).toBe(0)
    expect(sim.now).toBe(0)
  })

  const closed = operation('closed', function* () {
    const task = yield* spawn(function* () {
      return 'closed'
    })
    // Taking turns until it has closed.
    while (task.outcome === undefined) yield* pause()
    return task
  })
  const branch = function* () {
    log.push('branch starts')
    return 'branch'
  }

  test.each([
    ['sleep', () => sleep(0)],
    ['pause', () => pause()],
    ['suspend', () => suspend()],
    ['call', () => call(() => log.push('called'))],
    ['action', () => action<void>((resume) => (log.push('called'), resume()))],
    ['until', () => until(Promise.resolve())],
    ['select', () => select({ branch })],
    ['race', () => race([branch])],
    ['any', () => any([branch])],
    ['all', () => all([branch])],
    ['allSettled', () => allSettled([branch])],
    ['map', () => map([1], branch)],
  ])('cancels at %s, and starts nothing of it', (_, wait) => {
    const { task, sim } = start(function* () {
      yield* pause()
      log.push('reaches the wait')
      yield* wait()
      log.push('never')
    })
    stepNow(sim)
    void task.cancel()
    runAll(sim)
    expect(log).toEqual(['reaches the wait'])
    expect(task.status).toBe('cancelled')
    expect(sim.timers).toBe(0)
  })

  test('cancels at a join of a closed task, and at the cancel of one', () => {
    for (const wait of [(task: Task) => task, (task: Task) => cancel(task)]) {
      let subject!: Task
      const { sim, task } = start(function* () {
        const other = yield* closed()
        subject = yield* spawn(function* () {
          yield* pause()
          log.push('reaches the wait')
          yield* wait(other)
          log.push('never')
        })
        yield* pause()
        void subject.cancel()
      })
      runAll(sim)
      expect(task.status).toBe('done')
      expect(subject.status).toBe('cancelled')
      expect(log).toEqual(['reaches the wait'])
      log.length = 0
    }
  })

  test.each([
    ['scope', (body: () => Generator<any, string>) => scope(body)],
    ['attempt', (body: () => Generator<any, string>) => attempt(body)],
    ['timeout', (body: () => Generator<any, string>) => timeout(1000, body)],
    ['ctx.with', (body: () => Generator<any, string>) => user.with('ada', body)],
    ['a declared operation', (body: () => Generator<any, string>) => operation(body)()],
    ['a generator', (body: () => Generator<any, string>) => body()],
  ])('cancels at the first wait inside %s that was entered after the request', (_, inside) => {
    const { task, sim } = start(function* () {
      try {
        yield* pause()
        yield* inside(function* () {
          try {
            yield* sleep(10)
            log.push('never')
            return 'value'
          } finally {
            log.push('inner')
          }
        })
        log.push('never')
      } finally {
        log.push('outer')
      }
    })
    stepNow(sim)
    void task.cancel('stop')
    runAll(sim)
    // The inner one is optional: entering such a block may itself be the point of cancellation.
    expect(log.filter((line) => line !== 'inner')).toEqual(['outer'])
    expect(sim.now).toBe(0)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('releases a resource whose acquisition was answered before the request', () => {
    const sim = emptySimulation()
    const { task } = start(
      function* () {
        yield* resource<string>(function* (provide) {
          try {
            yield* sleep(10)
            log.push('acquired')
            yield* provide('value')
          } finally {
            log.push('released')
          }
        })
        yield* sleep(100)
        log.push('never')
      },
      {},
      sim
    )
    runNow(sim)
    sim.jump(10)
    void task.cancel('stop')
    runAll(sim)
    expect(log.at(-1)).toBe('released')
    expect(log).not.toContain('never')
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })
})

describe('C3 a request aborts the wait at once, synchronously, exactly once', () => {
  test('takes back a timer inside the request', () => {
    const { task, sim } = start(() => sleep(10))
    runNow(sim)
    expect(sim.timers).toBe(1)
    void task.cancel()
    expect(sim.timers).toBe(0)
    runNow(sim)
    expect(sim.now).toBe(0)
    expect(task.status).toBe('cancelled')
  })

  test('aborts an action inside the request, and unwinds in a turn of its own', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      try {
        yield* action(() => () => log.push('aborted'))
      } finally {
        log.push('unwinds')
      }
    })
    runNow(sim)
    void task.cancel()
    void task.cancel()
    expect(log).toEqual(['aborted'])
    runNow(sim)
    expect(log).toEqual(['aborted', 'unwinds'])
  })

  test('aborts the signal of a call inside the request, once, and gives it the reason', () => {
    const log: unknown[] = []
    let signal!: AbortSignal
    const { task, sim } = start(function* () {
      yield* call((given?: AbortSignal) => {
        signal = given!
        signal.addEventListener('abort', () => log.push('aborted'))
        return new Promise<void>(() => {})
      })
    })
    runNow(sim)
    expect(signal.aborted).toBe(false)
    void task.cancel('stop')
    expect(log).toEqual(['aborted'])
    void task.cancel('again')
    runNow(sim)
    expect(log).toEqual(['aborted'])
    expect(task.status).toBe('cancelled')
  })

  test('aborts the waits of all branches of a select', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      yield* select({
        a: action(() => () => log.push('a aborted')),
        b: action(() => () => log.push('b aborted')),
        c: sleep(10),
      })
    })
    runNow(sim)
    void task.cancel()
    runNow(sim)
    expect([...log].sort()).toEqual(['a aborted', 'b aborted'])
    expect(sim.timers).toBe(0)
    expect(sim.now).toBe(0)
  })

  test('ignores callbacks that come later', () => {
    const log: string[] = []
    let give!: (value: string) => void
    let refuse!: (error: unknown) => void
    const { task, sim } = start(function* () {
      try {
        log.push(
          yield* action<string>((resume, fail) => {
            give = resume
            refuse = fail
            return () => log.push('aborted')
          })
        )
      } finally {
        log.push('cleans up')
        yield* sleep(10)
        log.push('cleaned up')
      }
    })
    runNow(sim)
    void task.cancel()
    give('before the unwinding')
    refuse(new Error('before the unwinding'))
    sim.advanceTo(5)
    give('during the cleanup')
    refuse(new Error('during the cleanup'))
    sim.advanceTo(9)
    expect(log).toEqual(['aborted', 'cleans up'])
    runAll(sim)
    give('after it closed')
    runAll(sim)
    expect(log).toEqual(['aborted', 'cleans up', 'cleaned up'])
    expect(task.status).toBe('cancelled')
  })

  test('ignores a callback that the abort itself calls', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      log.push(yield* action<string>((resume) => () => resume('from the abort')))
    })
    runNow(sim)
    void task.cancel()
    runNow(sim)
    expect(log).toEqual([])
    expect(task.status).toBe('cancelled')
  })

  test('ignores promises that settle later', async () => {
    const log: string[] = []
    let resolve!: (value: string) => void
    let reject!: (error: unknown) => void
    const program = (make: () => Promise<string>) =>
      function* () {
        try {
          log.push(yield* until(make()))
        } finally {
          yield* sleep(10)
          log.push('cleaned up')
        }
      }
    const a = start(program(() => new Promise<string>((done) => (resolve = done))))
    const b = start(program(() => new Promise<string>((_, fail) => (reject = fail))))
    for (const { task, sim } of [a, b]) {
      runNow(sim)
      void task.cancel()
      runNow(sim)
    }
    resolve('late')
    reject(new Error('late'))
    await microtasks()
    runAll(a.sim)
    runAll(b.sim)
    expect(log).toEqual(['cleaned up', 'cleaned up'])
    expect(a.task.status).toBe('cancelled')
    expect(b.task.status).toBe('cancelled')
  })

  test('ignores what a cancelled call still gives, also when it rejects', async () => {
    const { task, sim } = start(function* () {
      yield* call(
        (signal?: AbortSignal) =>
          new Promise<void>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
      )
    })
    runNow(sim)
    void task.cancel('stop')
    runNow(sim)
    await microtasks()
    runNow(sim)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('does not abort a wait that was answered', () => {
    const log: string[] = []
    let give!: () => void
    const { task, sim } = start(function* () {
      yield* action<void>((resume) => {
        give = resume
        return () => log.push('aborted')
      })
      log.push('resumed')
    })
    runNow(sim)
    give()
    void task.cancel()
    runNow(sim)
    expect(log).toEqual(['resumed'])
  })

  test('an abort that throws fails the scope, and the task unwinds all the same', () => {
    const error = new Error('abort failed')
    const log: string[] = []
    const { task, sim } = start(function* () {
      try {
        yield* action(() => () => {
          throw error
        })
      } finally {
        log.push('unwinds')
      }
    })
    runNow(sim)
    void task.cancel()
    runNow(sim)
    expect(log).toEqual(['unwinds'])
    expect(task.outcome).toEqual({ status: 'failed', error })
  })
})

describe('C8 cancel(task) is done when the task has closed, and throws nothing', () => {
  const stubborn = (log: string[], cleanupMs: number) =>
    function* () {
      try {
        yield* suspend()
      } finally {
        yield* sleep(cleanupMs)
        log.push('closed')
      }
    }

  test('waits for the cleanup of the task, and for everything below it', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(function* () {
        yield* spawn(stubborn(log, 20))
        yield* suspend()
      })
      yield* pause()
      yield* cancel(task)
      log.push(`cancel is done at ${yield* now()}, the task is ${task.status}`)
    })
    expect(log).toEqual(['closed', 'cancel is done at 20, the task is cancelled'])
  })

  test('waits for a cleanup that has begun before', () => {
    runToEnd(function* () {
      const task = yield* spawn(stubborn([], 20))
      yield* pause()
      void task.cancel()
      yield* sleep(5)
      yield* cancel(task)
      expect(yield* now()).toBe(20)
    })
  })

  test('lets several tasks wait for the same one', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(stubborn([], 10))
      for (const reason of ['a', 'b']) {
        yield* spawn(function* () {
          yield* pause()
          yield* cancel(task, { reason })
          log.push(`${reason} at ${yield* now()}`)
        })
      }
    })
    expect(log).toEqual(['a at 10', 'b at 10'])
  })

  test('gives its reason to whoever joins', () => {
    const reason = runToEnd(function* () {
      const task = yield* spawn(suspend)
      yield* cancel(task, { reason: 'enough' })
      try {
        yield* task
      } catch (error) {
        if (error instanceof CancelledError) return error.reason
      }
      return undefined
    })
    expect(reason).toBe('enough')
  })

  test('starts a task that has not started, and waits for its end', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(function* () {
        log.push('starts')
        try {
          yield* sleep(5)
        } finally {
          log.push('cleans up')
        }
      })
      yield* cancel(task)
      log.push(task.status)
    })
    expect(log).toEqual(['starts', 'cleans up', 'cancelled'])
  })

  test('returns at once for a task that has closed', () => {
    runToEnd(function* () {
      const task = yield* spawn(function* () {
        return 'value'
      })
      yield* task
      yield* cancel(task)
      expect(task.outcome).toEqual({ status: 'done', value: 'value' })
      expect(yield* now()).toBe(0)
    })
  })

  test('throws nothing when the cleanup fails: the error goes to the owner of the task', () => {
    const error = new Error('cleanup failed')
    const log: unknown[] = []
    runToEnd(function* () {
      let inner!: Task
      const owner = yield* spawn(() =>
        attempt(
          scope(function* () {
            inner = yield* spawn(function* () {
              try {
                yield* suspend()
              } finally {
                throw error // eslint-disable-line no-unsafe-finally
              }
            })
            yield* suspend()
          })
        )
      )
      yield* pause()
      yield* cancel(inner)
      log.push(`cancel is done, the task ${inner.status}`)
      log.push(yield* owner)
    })
    expect(log).toEqual(['cancel is done, the task failed', { status: 'failed', error }])
  })

  test('keeps the request when the one that asked is cancelled', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(stubborn(log, 20))
      const asker = yield* spawn(function* () {
        yield* pause()
        yield* cancel(task, { reason: 'asked' })
        log.push('never')
      })
      yield* sleep(5)
      yield* cancel(asker)
      expect(yield* now()).toBe(5)
      expect(task.status).toBe('unwinding')
    })
    expect(log).toEqual(['closed'])
  })

  test('never returns to a task that cancels itself', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      try {
        yield* cancel(yield* self(), { reason: 'myself' })
        log.push('never')
      } finally {
        log.push('cleans up')
        yield* sleep(5)
        log.push('cleaned up')
      }
    })
    runAll(sim)
    expect(log).toEqual(['cleans up', 'cleaned up'])
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'myself' })
  })

  test('unwinds the one that cancels its ancestor, too', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      const root = yield* self()
      try {
        yield* spawn(function* () {
          yield* spawn(function* () {
            try {
              yield* sleep(1)
              yield* cancel(root, { reason: 'from below' })
              log.push('never')
            } finally {
              yield* sleep(5)
              log.push('grandchild')
            }
          })
        })
        yield* suspend()
      } finally {
        log.push('root')
      }
    })
    runAll(sim)
    expect(log).toEqual(['root', 'grandchild'])
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'from below' })
    expect(sim.now).toBe(6)
  })

  test('only records the request of a task that cancels itself inside a shield', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      const me = yield* self()
      const value = yield* shield(function* () {
        yield* cancel(me, { reason: 'myself' })
        log.push('goes on')
        yield* sleep(5)
        return 'value'
      })
      log.push(value)
      yield* sleep(1)
      log.push('never')
    })
    runAll(sim)
    expect(log).toEqual(['goes on', 'value'])
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'myself' })
  })

  test('only records the request for an ancestor inside a shield', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      const root = yield* self()
      yield* spawn(function* () {
        const value = yield* shield(function* () {
          yield* cancel(root, { reason: 'from below' })
          log.push('goes on')
          yield* sleep(5)
          return 'value'
        })
        log.push(value)
        yield* sleep(1)
        log.push('never')
      })
      yield* suspend()
    })
    runAll(sim)
    expect(log).toEqual(['goes on', 'value'])
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'from below' })
    expect(sim.now).toBe(5)
  })

  test('returns at once when a task cancels itself, or an ancestor, inside its finally', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      const root = yield* self()
      const child = yield* spawn(function* () {
        try {
          yield* suspend()
        } finally {
          yield* cancel(yield* self(), { reason: 'again' })
          log.push('after itself')
          yield* cancel(root, { reason: 'from below' })
          log.push('after the root')
          yield* sleep(5)
          log.push('cleaned up')
        }
      })
      yield* pause()
      void child.cancel('first')
      yield* suspend()
    })
    runAll(sim)
    expect(log).toEqual(['after itself', 'after the root', 'cleaned up'])
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'from below' })
    expect(sim.now).toBe(5)
  })

  test('waits inside a finally for a task that is no ancestor', () => {
    const log: string[] = []
    runToEnd(function* () {
      const other = yield* spawn(stubborn(log, 10))
      const task = yield* spawn(function* () {
        try {
          yield* suspend()
        } finally {
          yield* cancel(other)
          log.push(`done at ${yield* now()}`)
        }
      })
      yield* pause()
      yield* cancel(task)
      expect(yield* now()).toBe(10)
    })
    expect(log).toEqual(['closed', 'done at 10'])
  })

  test('two tasks that cancel one another both close', () => {
    const log: string[] = []
    runToEnd(function* () {
      const first: Task = yield* spawn(function* () {
        try {
          yield* sleep(1)
          yield* cancel(second)
          log.push('never')
        } finally {
          yield* sleep(5)
          log.push(`first closes at ${yield* now()}`)
        }
      })
      const second: Task = yield* spawn(function* () {
        try {
          yield* suspend()
        } finally {
          yield* cancel(first)
          log.push(`second closes at ${yield* now()}`)
        }
      })
    })
    expect(log).toEqual(['first closes at 6', 'second closes at 6'])
  })

  test('task.cancel() resolves when the task has closed', async () => {
    const { task, sim } = start(stubborn([], 10))
    runNow(sim)
    let resolved = false
    const promise = task.cancel('stop').then((value) => {
      resolved = true
      return value
    })
    sim.advanceTo(9)
    await microtasks()
    expect(resolved).toBe(false)
    sim.advanceTo(10)
    expect(await promise).toBeUndefined()
    expect(task.status).toBe('cancelled')
  })

  test('task.cancel() does not reject when the cleanup fails', async () => {
    const { task, sim } = start(function* () {
      yield* ensure(() => {
        throw new Error('cleanup failed')
      })
      yield* suspend()
    })
    runNow(sim)
    const promise = task.cancel()
    runNow(sim)
    await expect(promise).resolves.toBeUndefined()
    expect(task.status).toBe('failed')
  })

  test('task.cancel() resolves for a task that has closed', async () => {
    const { task, sim } = start(function* () {
      throw new Error('failed')
    })
    runNow(sim)
    await expect(task.cancel()).resolves.toBeUndefined()
  })
})
