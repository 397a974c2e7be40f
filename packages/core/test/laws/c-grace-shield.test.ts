/** Cancellation that is announced, put off, or never ends: C9, C10, C13. */
import {
  CleanupTimeoutError,
  MisuseError,
  type Operation,
  type ScopeError,
  type Task,
  all,
  attempt,
  cancel,
  cancelRequested,
  createContext,
  deadline,
  ensure,
  moveOnAfter,
  now,
  operation,
  pause,
  race,
  resource,
  run,
  scope,
  select,
  shield,
  sleep,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import { runAll, runNow, runToEnd, start } from '../virtual.ts'

describe('C9 graceful cancellation first only announces', () => {
  /** Works on until it is cancelled, and notes when. */
  const stubborn = (log: string[], name = 'worker') =>
    function* () {
      try {
        yield* suspend()
      } finally {
        log.push(`${name} cancelled at ${yield* now()}`)
      }
    }

  /** Finishes by itself once it has been told, after a while. */
  const obedient = (log: string[], ms: number, name = 'worker') =>
    function* () {
      const request = yield* cancelRequested()
      log.push(`${name} told at ${yield* now()}: ${request.reason}, ${request.deadline}`)
      yield* sleep(ms)
      return `${name} finished`
    }

  test('cancels the task when the grace has passed, at that very instant', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(stubborn(log))
      yield* sleep(5)
      yield* cancel(task, { reason: 'stop', grace: 100 })
      expect(yield* now()).toBe(105)
      expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
    })
    expect(log).toEqual(['worker cancelled at 105'])
  })

  test('interrupts nothing while the grace lasts', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(function* () {
        for (let i = 0; i < 3; i++) {
          yield* sleep(10)
          log.push(`step ${i}`)
        }
        return 'finished'
      })
      yield* pause()
      yield* cancel(task, { grace: 100 })
      expect(yield* now()).toBe(30)
      expect(task.outcome).toEqual({ status: 'done', value: 'finished' })
    })
    expect(log).toEqual(['step 0', 'step 1', 'step 2'])
  })

  test('tells the task the reason and the deadline, and lets it finish by itself', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      const worker = yield* spawn(obedient(log, 10))
      yield* sleep(5)
      yield* cancel(worker, { reason: 'shutdown', grace: 100 })
      expect(yield* now()).toBe(15)
      return yield* worker
    })
    sim.advanceTo(15)
    expect(log).toEqual(['worker told at 5: shutdown, 105'])
    expect(task.outcome).toEqual({ status: 'done', value: 'worker finished' })
    expect(sim.timers).toBe(0)
  })

  test('tells tasks at any depth below', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(function* () {
        yield* spawn(function* () {
          yield* scope(function* () {
            yield* spawn(obedient(log, 20, 'deep'))
            yield* timeout(1000, obedient(log, 10, 'body'))
          })
        })
      })
      yield* sleep(5)
      yield* cancel(task, { reason: 'shutdown', grace: 100 })
      expect(yield* now()).toBe(25)
      expect(task.status).toBe('done')
    })
    expect(log.sort()).toEqual(['body told at 5: shutdown, 105', 'deep told at 5: shutdown, 105'])
  })

  test('tells every task that waits for it, and every wait', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(function* () {
        yield* all([obedient(log, 1, 'a'), obedient(log, 1, 'b')])
        log.push('both')
      })
      yield* pause()
      yield* pause()
      yield* cancel(task, { grace: 10 })
    })
    expect(log).toEqual(['a told at 0: undefined, 10', 'b told at 0: undefined, 10', 'both'])
  })

  test('tells whoever asks later at once, also a task that was spawned later', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(function* () {
        yield* sleep(10)
        yield* cancelRequested()
        log.push(`itself at ${yield* now()}`)
        yield* spawn(obedient(log, 1, 'child'))
      })
      yield* sleep(5)
      yield* cancel(task, { reason: 'stop', grace: 100 })
      expect(task.status).toBe('done')
    })
    expect(log).toEqual(['itself at 10', 'child told at 10: stop, 105'])
  })

  test('tells nobody beside or above the task', () => {
    const log: string[] = []
    runToEnd(function* () {
      const sibling = yield* spawn(obedient(log, 1, 'sibling'))
      const task = yield* spawn(stubborn(log))
      yield* pause()
      yield* cancel(task, { grace: 10 })
      const first = yield* select({ told: cancelRequested(), not: sleep(10) })
      expect(first.key).toBe('not')
      yield* cancel(sibling)
    })
    expect(log).toEqual(['worker cancelled at 10'])
  })

  test('can be waited for in a select', () => {
    const log: string[] = []
    runToEnd(function* () {
      const worker = yield* spawn(function* () {
        for (let i = 0; ; i++) {
          const first = yield* select({ told: cancelRequested(), tick: sleep(10) })
          if (first.key === 'told') return `${i} ticks, ${first.value.reason}`
        }
      })
      yield* sleep(25)
      yield* cancel(worker, { reason: 'enough', grace: 100 })
      log.push(yield* worker)
      expect(yield* now()).toBe(25)
    })
    expect(log).toEqual(['2 ticks, enough'])
  })

  test('stops waiting when the task is cancelled outright', () => {
    const { task, sim } = start(cancelRequested)
    runNow(sim)
    void task.cancel('stop')
    runNow(sim)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('fails a task that fails while the grace lasts', () => {
    const error = new Error('failed')
    const outcome = runToEnd(() =>
      attempt(
        scope(function* () {
          const task = yield* spawn(function* () {
            yield* cancelRequested()
            throw error
          })
          yield* pause()
          yield* cancel(task, { grace: 10 })
          yield* suspend()
        })
      )
    )
    expect(outcome).toEqual({ status: 'failed', error })
  })

  test.each([
    {
      graces: [
        [0, 100],
        [50, 100],
      ],
      at: 100,
    },
    {
      graces: [
        [0, 100],
        [20, 10],
      ],
      at: 30,
    },
    {
      graces: [
        [0, 10],
        [5, 1000],
      ],
      at: 10,
    },
    {
      graces: [
        [0, 100],
        [10, 50],
        [20, 5],
        [21, 500],
      ],
      at: 25,
    },
    {
      graces: [
        [0, 100],
        [7, 0],
      ],
      at: 7,
    },
    {
      graces: [
        [0, Infinity],
        [7, 5],
      ],
      at: 12,
    },
    {
      graces: [
        [0, 5],
        [1, Infinity],
      ],
      at: 5,
    },
  ])('the earliest deadline of $graces holds', ({ graces, at }) => {
    const log: string[] = []
    const { sim } = start(function* () {
      const task = yield* spawn(stubborn(log))
      for (const [when, grace] of graces as [number, number][]) {
        yield* spawn(function* () {
          yield* sleep(when)
          yield* cancel(task, { grace })
        })
      }
    })
    sim.advanceTo(at)
    expect(log).toEqual([`worker cancelled at ${at}`])
    expect(sim.timers).toBe(graces.filter(([when]) => when! > at).length)
    runAll(sim)
    expect(log).toHaveLength(1)
  })

  test('the earliest deadline holds between a task and those above it', () => {
    for (const [outer, inner, expected] of [
      [100, 50, 50],
      [50, 100, 50],
    ] as const) {
      const log: string[] = []
      runToEnd(function* () {
        let child!: Task
        const task = yield* spawn(function* () {
          child = yield* spawn(stubborn(log))
        })
        yield* pause()
        yield* spawn(() => cancel(child, { grace: inner }))
        yield* spawn(() => cancel(task, { grace: outer }))
      })
      expect(log).toEqual([`worker cancelled at ${expected}`])
    }
  })

  test('a request without grace cancels at once, and leaves no timer', () => {
    const log: string[] = []
    const { sim } = start(function* () {
      const task = yield* spawn(stubborn(log))
      yield* pause()
      yield* spawn(() => cancel(task, { grace: 1000 }))
      yield* sleep(5)
      yield* cancel(task)
    })
    sim.advanceTo(5)
    expect(log).toEqual(['worker cancelled at 5'])
    expect(sim.timers).toBe(0)
  })

  test('a grace of 0 is a request without one', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(stubborn(log))
      yield* pause()
      yield* cancel(task, { grace: 0 })
      expect(yield* now()).toBe(0)
    })
    expect(log).toEqual(['worker cancelled at 0'])
  })

  test('a grace of Infinity only announces', () => {
    const log: string[] = []
    const { sim, task } = start(function* () {
      const worker = yield* spawn(stubborn(log))
      const told = yield* spawn(obedient(log, 10_000, 'told'))
      yield* pause()
      yield* spawn(() => cancel(worker, { grace: Infinity }), { background: true })
      yield* cancel(told, { grace: Infinity })
      yield* cancel(worker)
    })
    runAll(sim)
    expect(task.status).toBe('done')
    expect(log).toEqual(['told told at 0: undefined, Infinity', 'worker cancelled at 10000'])
  })

  test('takes more than a host timer can hold', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(stubborn(log))
      yield* pause()
      yield* cancel(task, { grace: 2 ** 40 })
    })
    expect(log).toEqual([`worker cancelled at ${2 ** 40}`])
  })

  test('the request stands when the one that asked is cancelled', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(stubborn(log))
      const asker = yield* spawn(function* () {
        yield* pause()
        yield* cancel(task, { grace: 20 })
      })
      yield* sleep(5)
      yield* cancel(asker)
      expect(task.status).toBe('running')
    })
    expect(log).toEqual(['worker cancelled at 20'])
  })

  test('does not cut short the cleanup of a task that unwinds when the grace passes', () => {
    const log: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(function* () {
        try {
          yield* suspend()
        } finally {
          yield* sleep(20)
          log.push(`cleaned up at ${yield* now()}`)
        }
      })
      yield* pause()
      yield* spawn(() => cancel(task, { grace: 10 }))
      yield* sleep(5)
      yield* cancel(task)
    })
    expect(log).toEqual(['cleaned up at 25'])
  })

  test('shows in deadline() as the earliest instant above', () => {
    const seen: number[] = []
    runToEnd(function* () {
      const task = yield* spawn(function* () {
        yield* timeout(500, function* () {
          seen.push(yield* deadline())
          yield* cancelRequested()
          seen.push(yield* deadline())
          yield* timeout(10, function* () {
            seen.push(yield* deadline())
          })
        })
      })
      yield* sleep(5)
      yield* cancel(task, { grace: 100 })
    })
    expect(seen).toEqual([500, 105, 15])
  })

  test('never returns to a task that cancels itself', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      const me: Task = yield* spawn(function* () {
        yield* pause()
        yield* cancel(me, { grace: 10, reason: 'myself' })
        log.push('never')
      })
      yield* suspend()
    })
    runAll(sim)
    expect(log).toEqual([])
    void task.cancel()
    runAll(sim)
    expect(task.status).toBe('cancelled')
  })

  test.each([-1, NaN])('a grace of %d is a misuse', (grace) => {
    const error = runToEnd(function* () {
      const task = yield* spawn(suspend)
      try {
        yield* cancel(task, { grace })
      } catch (error) {
        return error
      } finally {
        void task.cancel()
      }
      return undefined
    })
    expect(error).toBeInstanceOf(MisuseError)
  })

  test('does nothing to a task that has closed', () => {
    const { sim, task } = start(function* () {
      const closed = yield* spawn(() => pause())
      yield* closed
      yield* cancel(closed, { grace: 100 })
      expect(closed.status).toBe('done')
      return yield* now()
    })
    runAll(sim)
    expect(task.outcome).toEqual({ status: 'done', value: 0 })
    expect(sim.timers).toBe(0)
  })
})

describe('C10 shield: a request that arrives meanwhile is delivered after it', () => {
  /** Runs a program to the instant 5, cancels it, and runs it to its end. */
  function cancelledAt5(program: () => Operation<unknown>): ReturnType<typeof start<unknown>> {
    const started = start(program)
    started.sim.advanceTo(5)
    void started.task.cancel('stop')
    runAll(started.sim)
    return started
  }

  test('runs the operation to its end, and its value is seen first', () => {
    const log: string[] = []
    const { task, sim } = cancelledAt5(function* () {
      const value = yield* shield(function* () {
        yield* sleep(10)
        log.push('first')
        yield* sleep(10)
        return 'value'
      })
      log.push(value)
      yield* sleep(10)
      log.push('never')
    })
    expect(log).toEqual(['first', 'value'])
    expect(sim.now).toBe(20)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('never leaks what was acquired: the try behind it is entered', () => {
    const held = new Set<string>()
    const { task } = cancelledAt5(function* () {
      const lock = yield* shield(function* () {
        yield* sleep(10)
        held.add('lock')
        return 'lock'
      })
      try {
        yield* sleep(100)
      } finally {
        held.delete(lock)
      }
    })
    expect(held.size).toBe(0)
    expect(task.status).toBe('cancelled')
  })

  test('effects that never wait are performed after it', () => {
    const log: string[] = []
    cancelledAt5(function* () {
      yield* shield(sleep(10))
      yield* ensure(() => log.push('ensured'))
      log.push(`now ${yield* now()}`)
      yield* pause()
      log.push('never')
    })
    expect(log).toEqual(['now 10', 'ensured'])
  })

  test('is done when the body returns what the shield gave', () => {
    const { task } = cancelledAt5(function* () {
      return yield* shield(function* () {
        yield* sleep(10)
        return 'value'
      })
    })
    expect(task.outcome).toEqual({ status: 'done', value: 'value' })
  })

  test('runs to its end when the request came before it was entered', () => {
    const log: string[] = []
    const { task, sim } = start(function* () {
      yield* shield(function* () {
        yield* sleep(10)
        log.push('shielded')
      })
      yield* sleep(1)
      log.push('never')
    })
    void task.cancel()
    runAll(sim)
    expect(log).toEqual(['shielded'])
    expect(task.status).toBe('cancelled')
  })

  test('throws its error first; whoever catches it is cancelled at the next wait', () => {
    const log: string[] = []
    const { task } = cancelledAt5(function* () {
      try {
        yield* shield(function* () {
          yield* sleep(10)
          throw new Error('failed')
        })
      } catch (error) {
        log.push((error as Error).message)
      }
      yield* sleep(1)
      log.push('never')
    })
    expect(log).toEqual(['failed'])
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('fails the task if its error is not caught', () => {
    const error = new Error('failed')
    const { task } = cancelledAt5(function* () {
      yield* shield(function* () {
        yield* sleep(10)
        throw error
      })
    })
    expect(task.outcome).toEqual({ status: 'failed', error })
  })

  test('an inner shield that ends delivers nothing inside the outer one', () => {
    const log: string[] = []
    const { task, sim } = cancelledAt5(function* () {
      yield* shield(function* () {
        yield* shield(sleep(10))
        log.push('inner ended')
        yield* sleep(10)
        log.push('outer ends')
      })
      yield* sleep(1)
      log.push('never')
    })
    expect(log).toEqual(['inner ended', 'outer ends'])
    expect(sim.now).toBe(20)
    expect(task.status).toBe('cancelled')
  })

  test('the next one holds as well', () => {
    const log: string[] = []
    const { sim } = cancelledAt5(function* () {
      yield* shield(sleep(10))
      log.push('first')
      yield* shield(sleep(10))
      log.push('second')
      yield* sleep(10)
      log.push('never')
    })
    expect(log).toEqual(['first', 'second'])
    expect(sim.now).toBe(20)
  })

  const user = createContext<string>('user', 'nobody')
  const slow = function* () {
    yield* sleep(10)
    return 'value'
  }

  test.each([
    ['all', () => all([slow]), ['value']],
    ['race', () => race([slow, suspend]), 'value'],
    ['select', () => select({ slow, never: suspend }), { key: 'slow', value: 'value' }],
    ['scope', () => scope(slow), 'value'],
    ['timeout', () => timeout(20, slow), 'value'],
    ['ctx.with', () => user.with('ada', slow), 'value'],
    ['attempt', () => attempt(slow), { status: 'done', value: 'value' }],
    ['a declared operation', () => operation(slow)(), 'value'],
    ['a join', () => spawned(), 'value'],
    [
      'a resource',
      () =>
        resource<string>(function* (provide) {
          yield* sleep(10)
          yield* provide('value')
        }),
      'value',
    ],
  ] as [string, () => Operation<unknown>, unknown][])('holds for %s inside it', (_, inside, expected) => {
    const log: unknown[] = []
    const { task, sim } = cancelledAt5(function* () {
      log.push(yield* shield(inside()))
      yield* sleep(1)
      log.push('never')
    })
    expect(log).toEqual([expected])
    expect(sim.now).toBe(10)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  function* spawned(): Generator<any, string, any> {
    const task = yield* spawn(slow)
    return yield* task
  }

  test('holds against cancellation of a task above', () => {
    const log: string[] = []
    const { task, sim } = cancelledAt5(function* () {
      yield* spawn(function* () {
        try {
          yield* shield(sleep(10))
          log.push(`shield ends at ${yield* now()}`)
          yield* sleep(1)
          log.push('never')
        } finally {
          log.push('child cleans up')
        }
      })
      yield* ensure(() => log.push('root closes'))
      yield* suspend()
    })
    expect(log.filter((line) => line !== 'root closes')).toEqual(['shield ends at 10', 'child cleans up'])
    expect(log).toContain('root closes')
    expect(sim.now).toBe(10)
    expect(task.status).toBe('cancelled')
  })

  test('holds against a deadline: a result that came is a result', () => {
    const outcome = runToEnd(() => moveOnAfter(5, shield(slow)))
    expect(outcome).toEqual({ status: 'done', value: 'value' })
  })

  test('holds against a deadline, which cancels what comes after it', () => {
    const log: string[] = []
    const outcome = runToEnd(() =>
      moveOnAfter(5, function* () {
        log.push(yield* shield(slow))
        yield* sleep(1)
        log.push('never')
      })
    )
    expect(log).toEqual(['value'])
    expect(outcome.status).toBe('cancelled')
  })

  test('holds against a failing sibling', () => {
    const log: string[] = []
    const error = new Error('sibling')
    const outcome = runToEnd(() =>
      attempt(
        scope(function* () {
          yield* spawn(function* () {
            yield* sleep(5)
            throw error
          })
          log.push(yield* shield(slow))
          yield* sleep(1)
          log.push('never')
        })
      )
    )
    expect(log).toEqual(['value'])
    expect(outcome).toEqual({ status: 'failed', error })
  })

  test('does not hold against a cancellation that is set inside it', () => {
    const log: string[] = []
    runToEnd(() =>
      shield(function* () {
        const outcome = yield* moveOnAfter(5, suspend)
        log.push(outcome.status)
        const task = yield* spawn(suspend)
        yield* cancel(task)
        log.push(task.status)
        yield* attempt(
          scope(function* (block) {
            block.cancel()
            yield* suspend()
          })
        )
        log.push('left')
      })
    )
    expect(log).toEqual(['cancelled', 'cancelled', 'left'])
  })

  test('hides the deadlines around it', () => {
    const seen: number[] = []
    runToEnd(() =>
      timeout(100, function* () {
        seen.push(yield* deadline())
        yield* shield(function* () {
          seen.push(yield* deadline())
        })
        seen.push(yield* deadline())
      })
    )
    expect(seen).toEqual([100, Infinity, 100])
  })
})

describe('C9 of several announcements', () => {
  const told = function* (seen: unknown[]) {
    const { reason, deadline } = yield* cancelRequested()
    seen.push(reason, deadline)
    yield* suspend()
  }

  test('the earliest deadline holds, with the reason that came first', () => {
    const seen: unknown[] = []
    const { task, sim } = start(function* () {
      const worker = yield* spawn(() => told(seen))
      yield* pause()
      yield* spawn(cancel(worker, { grace: 1000, reason: 'first' }))
      yield* sleep(10)
      const late = yield* spawn(() => told(seen))
      yield* spawn(cancel(worker, { grace: 100, reason: 'second' }))
      yield* worker.outcome === undefined ? attempt(worker) : pause()
      yield* cancel(late)
      return worker.outcome
    })
    runAll(sim)
    expect(seen).toEqual(['first', 1000])
    expect(task.outcome).toEqual({ status: 'done', value: { status: 'cancelled', reason: 'first' } })
    expect(sim.now).toBe(110)
  })

  test('a later one is not heard of', () => {
    const seen: unknown[] = []
    const { sim } = start(function* () {
      const worker = yield* spawn(function* () {
        yield* sleep(10)
        seen.push(yield* deadline())
        yield* suspend()
      })
      yield* pause()
      yield* spawn(cancel(worker, { grace: 100, reason: 'first' }))
      yield* spawn(cancel(worker, { grace: 1000, reason: 'second' }))
      yield* spawn(cancel(worker, { grace: 100, reason: 'third' }))
    })
    sim.advanceTo(10)
    expect(seen).toEqual([100])
    expect(sim.timers).toBe(1)
    runAll(sim)
    expect(sim.now).toBe(100)
  })

  test.each([
    [100, 1000],
    [1000, 100],
  ])('one for the task after %p and one for a task above it after %p: the earlier holds', (own, above) => {
    const seen: unknown[] = []
    const { sim } = start(function* () {
      let inner!: Task
      const outer = yield* spawn(function* () {
        inner = yield* spawn(function* () {
          yield* sleep(10)
          yield* told(seen)
        })
        yield* suspend()
      })
      yield* pause()
      yield* pause()
      yield* spawn(cancel(inner, { grace: own, reason: 'own' }))
      yield* spawn(cancel(outer, { grace: above, reason: 'above' }))
    })
    runAll(sim)
    expect(seen).toEqual([own < above ? 'own' : 'above', 100])
  })

  test('one without an end, and one of a task that has closed, set no timer', () => {
    const { sim } = start(function* () {
      const worker = yield* spawn(suspend)
      const closed = yield* spawn(pause)
      yield* closed
      yield* cancel(closed, { grace: 1000 })
      yield* spawn(cancel(worker, { grace: Infinity }))
    })
    runNow(sim)
    expect(sim.timers).toBe(0)
  })
})

describe('C9 at the instant at which the grace ends', () => {
  test('what is due then is claimed before the task is cancelled (C2)', () => {
    const value = runToEnd(function* () {
      const worker = yield* spawn(function* () {
        const { deadline } = yield* cancelRequested()
        yield* sleep(deadline - (yield* now()))
        return 'finished in time'
      })
      yield* pause()
      yield* cancel(worker, { grace: 100 })
      return yield* worker
    })
    expect(value).toBe('finished in time')
  })
})

describe('C13 cleanup that never ends is reported and abandoned', () => {
  const stuck = function* () {
    try {
      yield* suspend()
    } finally {
      yield* suspend()
    }
  }

  /** What a task failed with. */
  function errorOf(task: Task): CleanupTimeoutError {
    expect(task.status).toBe('failed')
    const { outcome } = task
    return (outcome?.status === 'failed' ? outcome.error : undefined) as CleanupTimeoutError
  }

  test('is off unless it is asked for', () => {
    const { task, sim } = start(stuck)
    runNow(sim)
    void task.cancel()
    sim.advanceTo(1e12)
    expect(task.status).toBe('unwinding')
    expect(sim.timers).toBe(0)
  })

  test('names the blocked task and what it waits on', () => {
    const { task, sim } = start(stuck, { name: 'stubborn', cleanupTimeout: 100 })
    sim.advanceTo(50)
    void task.cancel()
    sim.advanceTo(149)
    expect(task.status).toBe('unwinding')
    sim.advanceTo(150)
    const error = errorOf(task)
    expect(error).toBeInstanceOf(CleanupTimeoutError)
    expect(error.code).toBe('COPPICE_CLEANUP_TIMEOUT')
    expect(error.blocked).toEqual([{ task: expect.stringContaining('stubborn'), on: 'suspend()' }])
    expect(error.message).toContain('stubborn')
    expect(error.message).toContain('suspend()')
    expect(error.message).toContain('100')
    expect(sim.timers).toBe(0)
  })

  test('names all the tasks that are blocked, and no others', () => {
    const { task, sim } = start(
      function* () {
        yield* spawn(stuck, { name: 'first' })
        yield* spawn(
          function* () {
            try {
              yield* suspend()
            } finally {
              yield* sleep(1e6)
            }
          },
          { name: 'second' }
        )
        yield* spawn(suspend, { name: 'good' })
        yield* suspend()
      },
      { cleanupTimeout: 100 }
    )
    runNow(sim)
    void task.cancel()
    sim.advanceTo(100)
    const { blocked } = errorOf(task)
    const names = blocked.map(({ task, on }) => `${task.replace(/#.*/, '')} on ${on}`)
    expect(names).toEqual(expect.arrayContaining(['first on suspend()', 'second on sleep(1000000)']))
    expect(names.filter((name) => name.startsWith('good'))).toEqual([])
    expect(sim.timers).toBe(0)
  })

  test('says nothing of cleanup that ends in time, and leaves no timer', () => {
    const { task, sim } = start(
      function* () {
        try {
          yield* suspend()
        } finally {
          yield* sleep(99)
        }
      },
      { cleanupTimeout: 100 }
    )
    runNow(sim)
    void task.cancel('stop')
    sim.advanceTo(99)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
    expect(sim.timers).toBe(0)
  })

  test('says nothing of a program that takes its time', () => {
    expect(runToEnd(() => sleep(1e9), { cleanupTimeout: 100 })).toBeUndefined()
  })

  test('reports ensured cleanup and resources that never end, after normal completion, too', () => {
    for (const program of [
      function* () {
        yield* ensure(suspend)
      },
      function* () {
        yield* resource<void>(function* (provide) {
          try {
            yield* provide()
          } finally {
            yield* suspend()
          }
        })
      },
    ]) {
      const { task, sim } = start(program, { cleanupTimeout: 100 })
      sim.advanceTo(100)
      expect(errorOf(task)).toBeInstanceOf(CleanupTimeoutError)
    }
  })

  test('still cleans up what is around the abandoned task', () => {
    const log: string[] = []
    const { task, sim } = start(
      function* () {
        yield* ensure(() => log.push('older'))
        yield* spawn(stuck, { name: 'stuck' })
        yield* ensure(() => log.push('newer'))
        try {
          yield* suspend()
        } finally {
          log.push('body')
        }
      },
      { cleanupTimeout: 100 }
    )
    runNow(sim)
    void task.cancel()
    sim.advanceTo(100)
    expect(log).toEqual(['body', 'newer', 'older'])
    expect(errorOf(task)).toBeInstanceOf(CleanupTimeoutError)
  })

  test('abandons nobody who is not blocked: frames around and older tasks unwind', () => {
    const log: string[] = []
    const { task, sim } = start(
      function* () {
        yield* spawn(
          function* () {
            try {
              yield* suspend()
            } finally {
              log.push('older task')
            }
          },
          { name: 'innocent' }
        )
        try {
          yield* scope(function* () {
            yield* spawn(stuck, { name: 'stuck' })
            yield* suspend()
          })
        } finally {
          log.push('outer frame')
        }
      },
      { cleanupTimeout: 100 }
    )
    runNow(sim)
    void task.cancel()
    sim.advanceTo(100)
    expect(errorOf(task).blocked).toEqual([{ task: expect.stringContaining('stuck'), on: 'suspend()' }])
    expect(log).toEqual(['outer frame', 'older task'])
  })

  test('runs nothing of an abandoned task afterwards', () => {
    const log: string[] = []
    const { task, sim } = start(
      function* () {
        try {
          yield* suspend()
        } finally {
          yield* sleep(500)
          log.push('never')
        }
      },
      { cleanupTimeout: 100 }
    )
    runNow(sim)
    void task.cancel()
    runAll(sim)
    expect(errorOf(task)).toBeInstanceOf(CleanupTimeoutError)
    expect(log).toEqual([])
    expect(sim.now).toBe(100)
  })

  test('cancel(task) and task.cancel() are done when the task was abandoned', async () => {
    const log: string[] = []
    const { task, sim } = start(
      function* () {
        const child = yield* spawn(() => attempt(scope(stuck)))
        yield* pause()
        yield* cancel(child)
        log.push(`done at ${yield* now()}`)
      },
      { cleanupTimeout: 100 }
    )
    sim.advanceTo(100)
    expect(log.length + (task.status === 'failed' ? 1 : 0)).toBeGreaterThan(0)

    const other = start(stuck, { cleanupTimeout: 100 })
    runNow(other.sim)
    const promise = other.task.cancel()
    other.sim.advanceTo(100)
    await expect(promise).resolves.toBeUndefined()
  })

  test('reports a finally that continues its loop', () => {
    let rounds = 0
    const { task, sim } = start(
      function* () {
        for (;;) {
          try {
            yield* sleep(10)
            rounds++
          } finally {
            continue // eslint-disable-line no-unsafe-finally
          }
        }
      },
      { name: 'looping', cleanupTimeout: 100 }
    )
    sim.advanceTo(15)
    void task.cancel()
    sim.advanceTo(115)
    const { blocked } = errorOf(task)
    expect(blocked).toEqual([{ task: expect.stringContaining('looping'), on: 'sleep(10)' }])
    const before = rounds
    sim.advanceTo(1000)
    expect(rounds).toBe(before)
    expect(sim.timers).toBe(0)
  })

  test('gives what is left as long again', () => {
    const { task, sim } = start(
      function* () {
        yield* ensure(suspend)
        try {
          yield* suspend()
        } finally {
          yield* suspend()
        }
      },
      { name: 'main', cleanupTimeout: 100 }
    )
    runNow(sim)
    void task.cancel()
    sim.advanceTo(199)
    expect(task.status).toBe('unwinding')
    sim.advanceTo(200)
    const { errors } = errorOf(task) as unknown as ScopeError
    expect(errors).toEqual([expect.any(CleanupTimeoutError), expect.any(CleanupTimeoutError)])
  })

  test('abandons a scope, and nothing around it', () => {
    const outcome = runToEnd(
      () =>
        attempt(
          scope(function* (block) {
            block.cancel('enough')
            try {
              yield* suspend()
            } finally {
              yield* suspend()
            }
          })
        ),
      { cleanupTimeout: 100 }
    )
    expect(outcome).toEqual({ status: 'failed', error: expect.any(CleanupTimeoutError) })
  })

  test('cleans up what the abandoned frames own, newest first', () => {
    const log: string[] = []
    const noting = (name: string) =>
      function* () {
        try {
          yield* suspend()
        } finally {
          log.push(name)
        }
      }
    const { task, sim } = start(
      function* () {
        yield* spawn(noting('outer child'))
        yield* scope(function* () {
          yield* ensure(() => log.push('ensured'))
          yield* spawn(noting('inner child'))
          yield* scope(function* () {
            yield* spawn(noting('innermost child'))
            try {
              yield* suspend()
            } finally {
              yield* suspend()
            }
          })
        })
      },
      { cleanupTimeout: 100 }
    )
    runNow(sim)
    void task.cancel()
    runAll(sim)
    expect(log).toEqual(['innermost child', 'inner child', 'ensured', 'outer child'])
    expect(sim.now).toBe(100)
    expect(errorOf(task)).toBeInstanceOf(CleanupTimeoutError)
  })

  test('names the deepest first', () => {
    const { task, sim } = start(
      function* () {
        yield* spawn(function* () {
          yield* spawn(stuck, { name: 'grandchild' })
        })
        yield* spawn(stuck, { name: 'child' })
        yield* suspend()
      },
      { cleanupTimeout: 100 }
    )
    runNow(sim)
    void task.cancel()
    runAll(sim)
    expect(errorOf(task).blocked.map((each) => each.task.replace(/#.*/, ''))).toEqual(['grandchild', 'child'])
  })

  test('takes no step beside the one that abandons, when the cleanup pauses', () => {
    const { task, sim } = start(
      function* () {
        try {
          yield* suspend()
        } finally {
          for (;;) yield* pause()
        }
      },
      { cleanupTimeout: 10 }
    )
    runNow(sim)
    void task.cancel()
    sim.step()
    sim.step()
    sim.jump(10)
    expect(sim.ready).toBe(1)
    sim.step()
    expect(task.status).toBe('failed')
    expect(sim.ready).toBe(0)
  })

  test('needs no interpreter that wants to know', async () => {
    const task = run(stuck, { cleanupTimeout: 1 })
    await task.cancel()
    await expect(task).rejects.toBeInstanceOf(CleanupTimeoutError)
  })
})
