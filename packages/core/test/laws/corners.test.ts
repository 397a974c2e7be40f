// Corners of several laws that take an unusual program to reach.
import {
  CleanupTimeoutError,
  MisuseError,
  ScopeError,
  type Task,
  type Operation,
  action,
  all,
  allSettled,
  attempt,
  call,
  cancel,
  cancelRequested,
  deadline,
  ensure,
  formatTree,
  operation,
  pause,
  race,
  run,
  scope,
  select,
  self,
  shield,
  sleep,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import type { Task as KernelTask } from 'coppice/kernel'
import { emptySimulation, runAll, runNow, runToEnd, start, stepNow } from '../virtual.ts'

const fails = (error: Error) =>
  function* (): Generator<any, void, any> {
    try {
      yield* suspend()
    } finally {
      throw error // eslint-disable-line no-unsafe-finally
    }
  }

describe('C3 a request aborts the wait at once', () => {
  test('what the abort of an action throws fails the scope', () => {
    const broken = new Error('abort')
    const { task, sim } = start(() =>
      action(() => () => {
        throw broken
      })
    )
    runNow(sim)
    void task.cancel()
    runAll(sim)
    expect(task.outcome).toEqual({ status: 'failed', error: broken })
  })
})

describe('C4 errors of cleanup are kept while the task unwinds', () => {
  test('those of several scopes in one task come out of it together, innermost first', () => {
    const [a, b, c] = [new Error('a'), new Error('b'), new Error('c')]
    const { task, sim } = start(() =>
      scope(function* () {
        yield* ensure(() => {
          throw c
        })
        yield* scope(function* () {
          yield* ensure(() => {
            throw b
          })
          yield* scope(fails(a))
        })
      })
    )
    runNow(sim)
    void task.cancel()
    runAll(sim)
    const { error } = task.outcome as { error: ScopeError }
    expect(error.errors).toEqual([a, b, c])
  })

  test('those of two declared operations as well', () => {
    const [a, b] = [new Error('a'), new Error('b')]
    const inner = operation(fails(a))
    const outer = operation(function* () {
      try {
        yield* inner()
      } finally {
        throw b // eslint-disable-line no-unsafe-finally
      }
    })
    const { task, sim } = start(outer())
    runNow(sim)
    void task.cancel()
    runAll(sim)
    expect((task.outcome as { error: ScopeError }).error.errors).toEqual([a, b])
  })
})

describe('E1 a child that fails', () => {
  test('comes before what the cleanup of the body throws', () => {
    const [a, b] = [new Error('a'), new Error('b')]
    const { task, sim } = start(function* () {
      yield* spawn(function* () {
        yield* sleep(1)
        throw a
      })
      yield* scope(fails(b))
    })
    runAll(sim)
    expect((task.outcome as { error: ScopeError }).error.errors).toEqual([a, b])
  })

  test('leaves another child that joins it to the teardown; one that is shielded gets the throw', () => {
    const broken = new Error('child')
    const log: unknown[] = []
    const { task, sim } = start(function* () {
      const child = yield* spawn(function* () {
        yield* sleep(1)
        throw broken
      })
      const joiner = (name: string, operation: Operation<unknown>) =>
        spawn(function* () {
          try {
            yield* operation
          } catch (error) {
            log.push(name, error)
          } finally {
            log.push(`${name} finally`)
          }
        })
      yield* joiner('plain', child)
      yield* joiner('shielded', shield(child))
      try {
        yield* suspend()
      } finally {
        // The body unwinds first; what it still waits for there must end.
        yield* sleep(5)
        log.push('body')
      }
    })
    runAll(sim)
    expect(log).toEqual(['shielded', broken, 'shielded finally', 'body', 'plain finally'])
    expect(task.outcome).toEqual({ status: 'failed', error: broken })
  })

  test.each([1, 7])('unwinds a child that joins it as soon as somebody waits for that child: %s ms', (ms) => {
    const broken = new Error('child')
    const seen: unknown[] = []
    const { task, sim } = start(function* () {
      const child = yield* spawn(function* () {
        yield* sleep(5)
        throw broken
      })
      const joiner = yield* spawn(child)
      yield* spawn(function* () {
        yield* sleep(ms)
        yield* shield(attempt(joiner))
        seen.push(joiner.status)
      })
      try {
        yield* suspend()
      } finally {
        yield* sleep(10)
        seen.push('body')
      }
    })
    runAll(sim)
    expect(seen).toEqual(['cancelled', 'body'])
    expect(task.outcome).toEqual({ status: 'failed', error: broken })
  })

  test('throws at a body that joins it inside of a shield', () => {
    const broken = new Error('child')
    const seen: unknown[] = []
    const { task, sim } = start(function* () {
      const child = yield* spawn(function* () {
        yield* sleep(1)
        throw broken
      })
      yield* shield(function* () {
        try {
          yield* child
        } catch (error) {
          seen.push(error)
        }
      })
      yield* sleep(1)
      seen.push('went on')
    })
    runAll(sim)
    expect(seen).toEqual([broken])
    expect(task.outcome).toEqual({ status: 'failed', error: broken })
  })
})

describe('T6 tasks of another tree', () => {
  test('are joined like any other: with their value, or their error', () => {
    const broken = new Error('other tree')
    const sim = emptySimulation()
    const failing = start(
      function* () {
        yield* sleep(1)
        throw broken
      },
      {},
      sim
    ).task
    failing.then(undefined, () => {})
    const seen = runToEnd(
      function* () {
        const first = yield* attempt(failing)
        const again = yield* attempt(failing)
        return [first, again]
      },
      {},
      sim
    )
    expect(seen).toEqual([
      { status: 'failed', error: broken },
      { status: 'failed', error: broken },
    ])
  })
})

describe('C4 an operation whose iterator has no return', () => {
  test('is left where it waits', () => {
    const sleeping = sleep(10)
    const bare: Operation<void> = {
      [Symbol.iterator]() {
        const iterator = sleeping[Symbol.iterator]()
        return { next: (value) => iterator.next(value), throw: (error) => iterator.throw!(error) }
      },
    }
    const { task, sim } = start(bare)
    runNow(sim)
    void task.cancel()
    runAll(sim)
    expect(task.status).toBe('cancelled')
    expect(sim.timers).toBe(0)
  })
})

describe('C9 successive periods of grace never add up', () => {
  test('the earliest deadline of all tasks above holds', () => {
    const seen = runToEnd(function* () {
      const outer = yield* spawn(function* () {
        const inner = yield* spawn(function* () {
          yield* sleep(10)
          const request = yield* cancelRequested()
          return [request.deadline, yield* deadline()]
        })
        yield* spawn(cancel(inner, { grace: 100, reason: 'inner' }))
        return yield* shield(inner)
      })
      yield* sleep(5)
      yield* spawn(cancel(outer, { grace: 1000, reason: 'outer' }))
      return yield* outer
    })
    expect(seen).toEqual([100, 100])
  })
})

describe('C13 cleanup that never ends', () => {
  test('is abandoned with what withdrawing its wait throws', () => {
    const broken = new Error('abort')
    const { task, sim } = start(
      function* stuck() {
        try {
          yield* suspend()
        } finally {
          yield* action(() => () => {
            throw broken
          })
        }
      },
      { cleanupTimeout: 10 }
    )
    runNow(sim)
    void task.cancel()
    runAll(sim)
    const { errors } = (task.outcome as { error: ScopeError }).error
    expect(errors).toEqual([broken, expect.any(CleanupTimeoutError)])
    expect(errors[1].blocked).toEqual([{ task: 'stuck#1', on: 'action(anonymous)' }])
  })

  test('is abandoned while it pauses for ever', () => {
    const { task, sim } = start(
      function* spinning() {
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
    for (let i = 0; i < 5; i++) stepNow(sim)
    sim.jump(10)
    runAll(sim)
    expect(task.outcome).toMatchObject({ status: 'failed', error: expect.any(CleanupTimeoutError) })
  })
})

describe('E8 and the disposal of a task', () => {
  test('await using of a task whose cleanup fails rejects with that', async () => {
    const broken = new Error('cleanup')
    const task = run(fails(broken))
    await expect(task[Symbol.asyncDispose]()).rejects.toBe(broken)
  })

  test('await using of a task that ends well says nothing', async () => {
    await expect(run(suspend())[Symbol.asyncDispose]()).resolves.toBeUndefined()
  })
})

describe('E3 an outside effect that answers and then throws', () => {
  test('gives its answer, and fails the scope with the error', () => {
    const broken = new Error('after the answer')
    const values: number[] = []
    const { task, sim } = start(function* () {
      values.push(
        yield* action<number>((resume) => {
          resume(1)
          throw broken
        })
      )
    })
    runAll(sim)
    expect(values).toEqual([1])
    expect(task.outcome).toEqual({ status: 'failed', error: broken })
  })

  test('an action that answers before there is an abort needs none', () => {
    const abort = jest.fn()
    const value = runToEnd(() =>
      action<string>((resume) => {
        resume('answer')
        return abort
      })
    )
    expect(value).toBe('answer')
    expect(abort).not.toHaveBeenCalled()
  })

  test('a task that cancels itself inside of an action has it aborted, once it is there', () => {
    let aborted = 0
    const { task, sim } = start(function* (): Generator<any, void, any> {
      yield* action(() => {
        void task.cancel()
        return () => aborted++
      })
    })
    runAll(sim)
    expect(aborted).toBe(1)
    expect(task.status).toBe('cancelled')
  })
})

describe('E9 effects that are looped over', () => {
  function* waitsAtTheEnd(): Generator<any, void, any> {
    try {
      yield* sleep(1)
    } finally {
      yield* sleep(2)
    }
  }

  test('the wait that a loop began is taken back', () => {
    const { task, sim } = start(function* (): Generator<any, void, any> {
      for (const _ of waitsAtTheEnd()) break
    })
    runAll(sim)
    expect(task.outcome).toMatchObject({ status: 'failed', error: expect.any(MisuseError) })
    expect(sim.timers).toBe(0)
  })

  test('the frame that a loop pushed is taken back', () => {
    const declared = operation('declared', waitsAtTheEnd)
    const { task, sim } = start(function* (): Generator<any, void, any> {
      for (const _ of (function* () {
        yield* declared()
      })()) {
        break
      }
    })
    runAll(sim)
    expect(task.outcome).toMatchObject({ status: 'failed', error: expect.any(MisuseError) })
    expect((task.outcome as { error: Error }).error.message).toMatch(/^declared\(\) was run by a loop/)
  })

  test('in a declared operation, that fails and nothing else', () => {
    const looping = operation('looping', function* () {
      for (const _ of waitsAtTheEnd()) break
    })
    const outcome = runToEnd(() => attempt(looping()))
    expect(outcome).toMatchObject({ status: 'failed', error: expect.any(MisuseError) })
  })

  test('in a declared operation, and what is spawned after it belongs to the scope around', () => {
    const log: string[] = []
    const looping = operation('looping', function* () {
      for (const _ of waitsAtTheEnd()) break
    })
    runToEnd(() =>
      scope(function* () {
        try {
          yield* looping()
        } catch {
          yield* spawn(function* () {
            yield* sleep(1)
            log.push('child')
          })
        }
      })
    )
    expect(log).toEqual(['child'])
  })

  test('a loop that yields something by itself is told so, too', () => {
    const caught: unknown[] = []
    const { task, sim } = start(function* (): Generator<any, void, any> {
      try {
        for (const _ of waitsAtTheEnd()) yield 5
      } catch (error) {
        caught.push(error)
      }
    })
    runAll(sim)
    expect(caught).toEqual([expect.any(MisuseError)])
    // Leaving the loop begins the wait in the finally, which nobody sees either.
    expect(task.status).toBe('failed')
    expect(sim.timers).toBe(0)
  })

  test('a loop that goes on is told so where it does, and so is every later effect of that generator', () => {
    const caught: unknown[] = []
    const { task, sim } = start(function* () {
      try {
        for (const _ of waitsAtTheEnd()) yield* pause()
      } catch (error) {
        caught.push(error)
      }
      yield* sleep(1)
    })
    runAll(sim)
    expect(caught).toEqual([expect.any(MisuseError)])
    expect(task.outcome).toMatchObject({ status: 'failed', error: expect.any(MisuseError) })
  })
})

describe('W2 losers', () => {
  test('what wins at once lets those that have begun close first', () => {
    const log: string[] = []
    runToEnd(function* () {
      const done = yield* spawn(function* () {})
      yield* done
      yield* race([
        function* () {
          try {
            yield* suspend()
          } finally {
            log.push('closed')
          }
        },
        done,
      ])
      log.push('won')
    })
    expect(log).toEqual(['closed', 'won'])
  })

  test('the tree shows the select while it waits for them', () => {
    const { task, sim } = start(function* main() {
      yield* ensure(() => {})
      yield* select({
        slow: function* () {
          try {
            yield* suspend()
          } finally {
            yield* sleep(10)
          }
        },
        fast: sleep(5),
      })
    })
    sim.advanceTo(7)
    expect(formatTree(task)).toBe(
      'main#1 ● running · select(slow, fast) for 7 ms\n└─ slow#2 ◐ unwinding · sleep(10) for 2 ms'
    )
  })

  test('the tree shows children beside cleanups', () => {
    const { task, sim } = start(function* main() {
      yield* spawn(suspend)
      yield* ensure(() => {})
    })
    runAll(sim)
    expect(formatTree(task)).toMatch(/^main#1 ● running · children: suspend\n/)
    void task.cancel()
    expect(formatTree(task)).toMatch(/^main#1 ● running\n/)
    runAll(sim)
    expect(formatTree(task)).toBe('main#1 ✔ done')
  })
})

describe('I3 a join', () => {
  test('has a name', () => {
    const task: Task = runToEnd(function* () {
      return yield* spawn(function* worker() {})
    })
    const join = task[Symbol.iterator]() as unknown as { name: string }
    expect(join.name).toBe('join')
    expect(String(join)).toBe('join(worker)')
  })
})

describe('E3, C3 what the abort of a branch does', () => {
  const throwing = (error: Error) =>
    action(() => () => {
      throw error
    })

  test('when it throws, the select fails with that, and nothing else suffers', () => {
    const broken = new Error('abort')
    const { task, sim } = start(() => select({ a: throwing(broken), b: sleep(10), c: sleep(20) }))
    runAll(sim)
    expect(task.outcome).toEqual({ status: 'failed', error: broken })
    expect(sim.timers).toBe(0)
  })

  test('when it throws on cancellation, the other branches are withdrawn', () => {
    const broken = new Error('abort')
    const { task, sim } = start(() => select({ a: throwing(broken), b: sleep(10) }))
    runNow(sim)
    void task.cancel()
    runAll(sim)
    expect(task.outcome).toEqual({ status: 'failed', error: broken })
    expect(sim.timers).toBe(0)
  })

  test('when a task of another tree closes in it, that branch has lost already', () => {
    const other = start(pause)
    const value = runToEnd(function* () {
      return yield* select({
        action: action(() => () => runAll(other.sim)),
        task: other.task,
        sleep: sleep(1),
      })
    })
    expect(value).toEqual({ key: 'sleep', value: undefined })
    expect(other.task.status).toBe('done')
  })

  test('when it cancels the task that selects, the value still stands', () => {
    const seen: unknown[] = []
    const { task, sim } = start(function* (): Generator<any, void, any> {
      seen.push(yield* select({ a: action(() => () => void task.cancel()), b: sleep(10) }))
      yield* sleep(1)
      seen.push('went on')
    })
    runAll(sim)
    expect(seen).toEqual([{ key: 'b', value: undefined }])
    expect(task.status).toBe('cancelled')
  })

  test('when it answers a later branch, that has lost', () => {
    let answerLater: (value: string) => void = () => {}
    const value = runToEnd(() =>
      select({
        a: action(() => () => answerLater('late')),
        b: sleep(10),
        c: action<string>((resume) => void (answerLater = resume)),
      })
    )
    expect(value).toEqual({ key: 'b', value: undefined })
  })
})

describe('E5 whatever is thrown or given as a reason', () => {
  test('can be something that has no text', () => {
    const nothing: unknown = Object.create(null)
    const { task, sim } = start(() =>
      scope(function* (inner) {
        inner.cancel(nothing)
        yield* suspend()
      })
    )
    runAll(sim)
    expect(task.outcome).toMatchObject({ status: 'failed', error: { reason: nothing } })
  })

  test('counts once, also when it is no Error', () => {
    const thrown = { not: 'an error' }
    const { task, sim } = start(function* () {
      for (let i = 0; i < 2; i++) {
        yield* spawn(function* () {
          yield* sleep(1)
          throw thrown
        })
      }
    })
    runAll(sim)
    expect(task.outcome).toEqual({ status: 'failed', error: thrown })
  })
})

describe('C2 an error that was claimed before the request', () => {
  test('is seen by an attempt around it, and the task closes as cancelled', () => {
    const seen: unknown[] = []
    const broken = new Error('claimed')
    const { task, sim } = start(function* () {
      const child = yield* spawn(function* () {
        seen.push(
          yield* attempt(function* () {
            yield* sleep(10)
            throw broken
          })
        )
        yield* sleep(1)
      })
      yield* sleep(10)
      yield* cancel(child)
      seen.push(child.status)
    })
    runAll(sim)
    expect(seen).toEqual([{ status: 'failed', error: broken }, 'cancelled'])
    expect(task.status).toBe('done')
  })
})

describe('C8 cancelling oneself as a branch', () => {
  test('inside of a shield only records the request', () => {
    const { task, sim } = start(function* () {
      const me = yield* self()
      yield* shield(() => all([cancel(me)]))
      yield* sleep(1)
    })
    runAll(sim)
    expect(task.status).toBe('cancelled')
  })
})

describe('E9 effects inside of a function that is called', () => {
  test('are outside of the task', () => {
    const nap = function* (): Generator<any, void, any> {
      yield* sleep(1)
    }
    const { task, sim } = start(() => call(() => void nap().next()))
    runAll(sim)
    expect(task.outcome).toMatchObject({ status: 'failed', error: expect.any(MisuseError) })
    expect((task.outcome as { error: Error }).error.message).toMatch(/outside a task/)
  })

  test('and those of a region that a loop kept to itself leave no timer behind', () => {
    const { task, sim } = start(function* (): Generator<any, void, any> {
      const looped = (function* () {
        yield* timeout(10, suspend())
      })()
      for (const _ of looped) break
      yield* sleep(20)
    })
    runAll(sim)
    expect(task.status).toBe('failed')
    expect(sim.timers).toBe(0)
  })
})

describe('R2 a cleanup that returns a task', () => {
  test('waits for it, within the tree', () => {
    const log: string[] = []
    runToEnd(function* () {
      const child = yield* spawn(function* () {
        yield* sleep(5)
        log.push('child')
      })
      yield* scope(function* () {
        yield* ensure(() => child)
      })
      log.push('scope')
    })
    expect(log).toEqual(['child', 'scope'])
  })
})

describe('R2 a cleanup that returns something that can be iterated', () => {
  test('is not taken for an operation', () => {
    const map = new Map<string, number>()
    runToEnd(function* () {
      yield* ensure(() => map.set('closed', 1))
    })
    expect(map.get('closed')).toBe(1)
  })
})

describe('E8 a root that is joined by a task of another tree', () => {
  test('is not silent, and no unhandled rejection either', async () => {
    const broken = new Error('nested run')
    const outcome = await run(function* () {
      return yield* attempt(
        run(function* () {
          yield* sleep(1)
          throw broken
        })
      )
    })
    expect(outcome).toEqual({ status: 'failed', error: broken })
  })

  test('the same goes for one that is also looked at by others', async () => {
    const broken = new Error('nested run')
    const outcome = await run(function* () {
      const { signal } = new AbortController()
      return yield* attempt(
        run(
          function* () {
            yield* sleep(1)
            throw broken
          },
          { signal }
        )
      )
    })
    expect(outcome).toEqual({ status: 'failed', error: broken })
  })

  test('the same goes for one that several join', async () => {
    const broken = new Error('nested run')
    const outcomes = await run(function* () {
      const failing = run(function* () {
        yield* sleep(1)
        throw broken
      })
      return yield* allSettled([failing, failing])
    })
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'failed'])
  })
})

describe('E9 a frozen iterator', () => {
  test('is run like any other', () => {
    const bare = sleep(1)[Symbol.iterator]()
    const frozen: Operation<void> & Iterator<any, void> = Object.freeze({
      [Symbol.iterator]() {
        bare.next()
        return frozen
      },
      next: (value?: unknown) =>
        value === undefined ? { done: true as const, value: undefined } : bare.next(value),
      throw: (error: unknown) => bare.throw!(error),
    })
    const { task, sim } = start(frozen)
    runAll(sim)
    expect(task.status).toBe('done')
  })
})

describe('E9 values that resist being looked at', () => {
  test('are named when they are yielded', () => {
    const resisting = {
      get then(): never {
        throw new Error('do not look')
      },
    }
    const { task, sim } = start(function* (): Generator<any, void, any> {
      yield resisting
    })
    runAll(sim)
    expect((task.outcome as { error: Error }).error.message).toMatch(/was yielded, which is no effect/)
  })
})

describe('R4 a branch that returns after another one has decided', () => {
  test.each([
    ['race', race],
    ['select', select],
  ] as const)('what it acquired is released before the result of %s is given', (_, several) => {
    const log: string[] = []
    runToEnd(function* () {
      yield* (several as typeof race)([
        function* late() {
          yield* shield(sleep(10))
          yield* ensure(() => void log.push('released'))
        },
        sleep(1),
      ])
      log.push('result')
    })
    expect(log).toEqual(['released', 'result'])
  })
})

describe('T3 a scope waits for its children', () => {
  test('whatever ends in the background meanwhile', () => {
    const log: string[] = []
    runToEnd(function* () {
      yield* scope(function* () {
        yield* spawn(sleep(1), { background: true })
        yield* spawn(function* () {
          yield* sleep(10)
          log.push('child')
        })
      })
      log.push('scope')
    })
    expect(log).toEqual(['child', 'scope'])
  })

  const crowd = (count: number, childEnds: boolean) =>
    start(() =>
      scope(function* () {
        for (let i = 0; i < count; i++)
          yield* spawn(childEnds ? sleep(1) : suspend(), { background: !childEnds })
      })
    ).sim

  test.each([
    ['waits for', true, 2],
    ['tears down', false, 1],
  ])('one that %s many takes one step of its own for all of them', (_, childEnds, stepsOfChild) => {
    const steps = [1, 10, 100].map((count) => {
      const sim = crowd(count, childEnds)
      sim.runToEnd()
      return sim.steps - stepsOfChild * count
    })
    expect(steps[1]).toBe(steps[0])
    expect(steps[2]).toBe(steps[0])
  })
})

describe('C1 a task unwinds', () => {
  const slow = function* () {
    try {
      yield* suspend()
    } finally {
      yield* sleep(10)
    }
  }

  test('from when its body has returned and the background is torn down', () => {
    const { task, sim } = start(function* () {
      yield* spawn(slow, { background: true })
      yield* sleep(1)
    })
    sim.advanceTo(0)
    expect(task.status).toBe('running')
    sim.advanceTo(5)
    expect(task.status).toBe('unwinding')
    sim.advanceTo(11)
    expect(task.status).toBe('done')
  })

  test('but not while a scope inside of it is torn down', () => {
    const { task, sim } = start(function* () {
      yield* scope(function* () {
        yield* spawn(slow, { background: true })
        yield* sleep(1)
      })
    })
    sim.advanceTo(5)
    expect(task.status).toBe('running')
  })
})

describe('T6 joining', () => {
  test('a task whose value was followed by a failing cleanup throws that', () => {
    const broken = new Error('cleanup')
    const value = runToEnd(function* () {
      const made: { child?: Task } = {}
      const watcher = yield* spawn(function* () {
        yield* sleep(1)
        return yield* attempt(made.child!)
      })
      yield* attempt(
        scope(function* () {
          made.child = yield* spawn(function* () {
            yield* ensure(() => {
              throw broken
            })
            yield* sleep(2)
            return 'value'
          })
          yield* suspend()
        })
      )
      return yield* watcher
    })
    expect(value).toEqual({ status: 'failed', error: broken })
  })

  test('that was given up leaves nothing behind at the task', () => {
    runToEnd(function* () {
      const server = (yield* spawn(suspend, { background: true })) as unknown as KernelTask
      for (let i = 0; i < 3; i++) yield* race([server, pause()])
      const joiner = yield* spawn(() => server)
      yield* pause()
      expect(server.allWatchers).toEqual([joiner])
      yield* cancel(joiner)
      expect(server.allWatchers).toEqual([])
    })
  })
})
