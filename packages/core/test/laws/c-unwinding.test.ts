/** How a cancelled task unwinds and closes: C4, C5, C6, C7, C12. */
import {
  CancelledError,
  type Operation,
  ScopeError,
  type Task,
  TimeoutError,
  all,
  attempt,
  call,
  cancel,
  ensure,
  moveOnAfter,
  now,
  operation,
  pause,
  race,
  resource,
  scope,
  select,
  shield,
  sleep,
  spawn,
  suspend,
  timeout,
  until,
  use,
} from 'coppice'
import { runAll, runNow, runToEnd, start } from '../virtual.ts'

/** Runs a program until it waits, cancels it, and runs it to its end. */
function cancelled(program: () => Operation<unknown>): ReturnType<typeof start<unknown>> {
  const started = start(program)
  runNow(started.sim)
  void started.task.cancel('stop')
  runAll(started.sim)
  return started
}

describe('C4 unwinding is return, never throw', () => {
  test('enters no catch block, and every finally, innermost frame first', () => {
    const log: string[] = []
    const frame = (name: string, inside: () => Operation<unknown>) =>
      function* () {
        try {
          yield* inside()
          log.push(`${name} went on`)
        } catch {
          log.push(`${name} caught`)
        } finally {
          log.push(name)
        }
        log.push(`${name} after its finally`)
      }
    const program = frame('body', () =>
      operation(
        'declared',
        frame('declared', () =>
          scope(
            frame('scope', () =>
              frame('raw', () =>
                timeout(
                  100,
                  frame('timeout', () => suspend())
                )
              )()
            )
          )
        )
      )()
    )
    const { task } = cancelled(program)
    expect(log).toEqual(['timeout', 'raw', 'scope', 'declared', 'body'])
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('runs nested finally blocks of one generator from the inside out', () => {
    const log: string[] = []
    cancelled(function* () {
      try {
        try {
          try {
            yield* suspend()
          } finally {
            yield* sleep(1)
            log.push('inner')
          }
        } catch {
          log.push('caught')
        } finally {
          yield* sleep(1)
          log.push('middle')
        }
      } finally {
        log.push('outer')
      }
    })
    expect(log).toEqual(['inner', 'middle', 'outer'])
  })

  test('waits for an inner frame before it unwinds the outer one', () => {
    const log: string[] = []
    const { sim } = cancelled(function* () {
      try {
        yield* operation('inner', function* () {
          try {
            yield* suspend()
          } finally {
            yield* sleep(10)
            log.push(`inner at ${yield* now()}`)
          }
        })()
      } finally {
        yield* sleep(10)
        log.push(`outer at ${yield* now()}`)
      }
    })
    expect(log).toEqual(['inner at 10', 'outer at 20'])
    expect(sim.now).toBe(20)
  })

  /** An operation that counts how its generator is driven. */
  function counted(inside: () => Generator<any, unknown, any>, calls: string[]): () => Operation<unknown> {
    return () => {
      const generator = inside()
      const iterator = {
        next(...values: [] | [any]) {
          return generator.next(...values)
        },
        return(value: unknown) {
          calls.push('return')
          return generator.return(value)
        },
        throw(error: unknown) {
          calls.push('throw')
          return generator.throw(error)
        },
      }
      return { [Symbol.iterator]: () => iterator } as Operation<unknown>
    }
  }

  test('tells each frame to return once, and never to throw', () => {
    const outer: string[] = []
    const inner: string[] = []
    const started = start(
      counted(function* () {
        try {
          yield* scope(
            counted(function* () {
              try {
                yield* suspend()
              } finally {
                yield* sleep(5)
              }
            }, inner)()
          )
        } finally {
          yield* sleep(5)
        }
      }, outer)
    )
    runNow(started.sim)
    void started.task.cancel()
    for (let at = 1; at < 10; at++) {
      started.sim.advanceTo(at)
      void started.task.cancel()
    }
    runAll(started.sim)
    expect(inner).toEqual(['return'])
    expect(outer).toEqual(['return'])
    expect(started.task.status).toBe('cancelled')
    expect(started.sim.now).toBe(10)
  })

  test('tells a frame to return that has no try at all', () => {
    const calls: string[] = []
    const { task } = cancelled(
      counted(function* () {
        yield* suspend()
      }, calls)
    )
    expect(calls).toEqual(['return'])
    expect(task.status).toBe('cancelled')
  })

  test('is the same when a deadline cancels', () => {
    const log: string[] = []
    runToEnd(function* () {
      yield* moveOnAfter(5, function* () {
        try {
          yield* suspend()
        } catch {
          log.push('caught')
        } finally {
          log.push('finally')
        }
      })
    })
    expect(log).toEqual(['finally'])
  })

  test('is the same when the failure of a sibling cancels', () => {
    const log: string[] = []
    const error = new Error('sibling')
    const outcome = runToEnd(() =>
      attempt(
        scope(function* () {
          yield* spawn(function* () {
            yield* sleep(1)
            throw error
          })
          try {
            yield* suspend()
          } catch {
            log.push('caught')
          } finally {
            log.push('finally')
          }
        })
      )
    )
    expect(log).toEqual(['finally'])
    expect(outcome).toEqual({ status: 'failed', error })
  })

  test('is the same when a race is lost', () => {
    const log: string[] = []
    runToEnd(() =>
      race([
        function* () {
          try {
            yield* suspend()
          } catch {
            log.push('caught')
          } finally {
            log.push('finally')
          }
        },
        sleep(1),
      ])
    )
    expect(log).toEqual(['finally'])
  })

  test('a catch inside a finally still catches what the cleanup throws', () => {
    const log: string[] = []
    const { task } = cancelled(function* () {
      try {
        yield* suspend()
      } finally {
        try {
          yield* call(() => {
            throw new Error('flush failed')
          })
        } catch (error) {
          log.push((error as Error).message)
        }
      }
    })
    expect(log).toEqual(['flush failed'])
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })
})

describe('C5 effects inside a finally run to their end while unwinding', () => {
  /** Cancels a program whose cleanup is given, again and again. */
  function cleaningUp(cleanup: (log: string[]) => Operation<unknown>): { log: string[]; ended: number } {
    const log: string[] = []
    const { task, sim } = start(function* () {
      yield* spawn(function* () {
        try {
          yield* suspend()
        } finally {
          yield* cleanup(log)
          log.push('cleaned up')
        }
      })
      yield* suspend()
    })
    runNow(sim)
    void task.cancel('stop')
    for (let at = 1; task.outcome === undefined && at < 100; at++) {
      sim.advanceTo(at)
      void task.cancel('again')
    }
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
    expect(sim.timers).toBe(0)
    return { log, ended: sim.now }
  }

  test('sleeps', () => {
    expect(cleaningUp(() => sleep(20))).toEqual({ log: ['cleaned up'], ended: 20 })
  })

  test('pauses', () => {
    expect(cleaningUp(() => pause()).log).toEqual(['cleaned up'])
  })

  test('calls', () => {
    const result = cleaningUp((log) => call(() => log.push('called')))
    expect(result.log).toEqual(['called', 'cleaned up'])
  })

  test('a scope with children', () => {
    const result = cleaningUp((log) =>
      scope(function* () {
        for (const ms of [5, 10]) {
          yield* spawn(function* () {
            yield* sleep(ms)
            log.push(`child ${ms}`)
          })
        }
        yield* sleep(20)
        log.push('body')
      })
    )
    expect(result).toEqual({ log: ['child 5', 'child 10', 'body', 'cleaned up'], ended: 20 })
  })

  test('a task that is spawned and joined there', () => {
    const result = cleaningUp((log) =>
      operation(function* () {
        const task = yield* spawn(function* () {
          yield* sleep(5)
          return 'joined'
        })
        log.push(yield* task)
      })()
    )
    expect(result).toEqual({ log: ['joined', 'cleaned up'], ended: 5 })
  })

  test('a select, whose losers are still cancelled', () => {
    const result = cleaningUp((log) =>
      operation(function* () {
        const first = yield* select({
          slow: function* () {
            try {
              yield* suspend()
            } finally {
              yield* sleep(3)
              log.push('loser cleaned up')
            }
          },
          fast: sleep(5),
        })
        log.push(first.key)
      })()
    )
    expect(result).toEqual({ log: ['loser cleaned up', 'fast', 'cleaned up'], ended: 8 })
  })

  test('all and race', () => {
    const result = cleaningUp((log) =>
      operation(function* () {
        yield* all([sleep(5), sleep(10)])
        log.push('all')
        yield* race([sleep(5), sleep(10)])
        log.push('race')
      })()
    )
    expect(result).toEqual({ log: ['all', 'race', 'cleaned up'], ended: 15 })
  })

  test('a deadline set there, which still holds', () => {
    const result = cleaningUp((log) =>
      operation(function* () {
        const outcome = yield* moveOnAfter(5, suspend)
        log.push(outcome.status)
        try {
          yield* timeout(5, suspend)
        } catch (error) {
          log.push((error as Error).name)
        }
      })()
    )
    expect(result).toEqual({ log: ['cancelled', 'TimeoutError', 'cleaned up'], ended: 10 })
  })

  test('a resource acquired there', () => {
    const result = cleaningUp((log) =>
      scope(function* () {
        const value = yield* resource<string>(function* (provide) {
          try {
            yield* sleep(5)
            yield* provide('resource')
          } finally {
            yield* sleep(5)
            log.push('released')
          }
        })
        yield* sleep(5)
        log.push(value)
      })
    )
    expect(result).toEqual({ log: ['resource', 'released', 'cleaned up'], ended: 15 })
  })

  test('promises', async () => {
    let resolve!: () => void
    const promise = new Promise<void>((done) => (resolve = done))
    const { task, sim } = start(function* () {
      try {
        yield* suspend()
      } finally {
        yield* until(promise)
        yield* sleep(1)
      }
    })
    runNow(sim)
    void task.cancel()
    runNow(sim)
    void task.cancel('again')
    runNow(sim)
    expect(task.status).toBe('unwinding')
    resolve()
    await promise
    await null
    runAll(sim)
    expect(task.status).toBe('cancelled')
    expect(sim.now).toBe(1)
  })

  test('are not cut short by a deadline that passes meanwhile', () => {
    const log: string[] = []
    const outcome = runToEnd(() =>
      moveOnAfter(10, function* () {
        yield* moveOnAfter(5, function* () {
          try {
            yield* suspend()
          } finally {
            yield* sleep(20)
            log.push(`cleaned up at ${yield* now()}`)
          }
        })
        yield* sleep(1)
        log.push('never')
      })
    )
    expect(log).toEqual(['cleaned up at 25'])
    expect(outcome).toEqual({ status: 'cancelled', reason: expect.any(TimeoutError) })
  })

  test('are not cut short by a sibling that fails meanwhile', () => {
    const log: string[] = []
    const error = new Error('sibling')
    const outcome = runToEnd(() =>
      attempt(
        scope(function* () {
          const task = yield* spawn(function* () {
            try {
              yield* suspend()
            } finally {
              yield* sleep(20)
              log.push('cleaned up')
            }
          })
          yield* spawn(function* () {
            yield* sleep(5)
            throw error
          })
          yield* cancel(task)
        })
      )
    )
    expect(log).toEqual(['cleaned up'])
    expect(outcome).toEqual({ status: 'failed', error })
  })
})

describe('C6 a return in a finally does not bring a cancelled task back', () => {
  /* eslint-disable no-unsafe-finally */
  test('closes the task as cancelled', () => {
    const { task } = cancelled(function* () {
      try {
        yield* suspend()
      } finally {
        return 'back'
      }
    })
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('also when the cleanup waits before it returns', () => {
    const { task, sim } = cancelled(function* () {
      try {
        yield* suspend()
      } finally {
        yield* sleep(5)
        return 'back'
      }
    })
    expect(sim.now).toBe(5)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test.each([
    ['a declared operation', (body: () => Generator<any, string>) => operation(body)()],
    ['a scope', (body: () => Generator<any, string>) => scope(body)],
    ['a timeout', (body: () => Generator<any, string>) => timeout(100, body)],
    ['an attempt', (body: () => Generator<any, string>) => attempt(body)],
    ['a generator', (body: () => Generator<any, string>) => body()],
  ])('nor the frames outside of %s', (_, wrapped) => {
    const log: unknown[] = []
    const { task } = cancelled(function* () {
      try {
        log.push(
          yield* wrapped(function* () {
            try {
              yield* suspend()
              return 'never'
            } finally {
              log.push('inner')
              return 'back'
            }
          })
        )
      } finally {
        log.push('outer')
      }
      log.push('went on')
    })
    expect(log).toEqual(['inner', 'outer'])
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('throws CancelledError to whoever joins', () => {
    const error = runToEnd(function* () {
      const task = yield* spawn(function* () {
        try {
          yield* suspend()
        } finally {
          return 'back'
        }
      })
      yield* cancel(task, { reason: 'stop' })
      try {
        return yield* task
      } catch (error) {
        return error
      }
    })
    expect(error).toBeInstanceOf(CancelledError)
  })

  test('throws CancelledError from a scope that was cancelled', () => {
    const error = runToEnd(function* () {
      try {
        return yield* scope(function* (block) {
          try {
            block.cancel('stop')
            yield* suspend()
            return 'never'
          } finally {
            return 'back'
          }
        })
      } catch (error) {
        return error
      }
    })
    expect(error).toBeInstanceOf(CancelledError)
    expect((error as CancelledError).reason).toBe('stop')
  })

  test('does not turn a deadline that came into a result', () => {
    const outcome = runToEnd(() =>
      moveOnAfter(5, function* () {
        try {
          yield* suspend()
          return 'never'
        } finally {
          return 'back'
        }
      })
    )
    expect(outcome).toEqual({ status: 'cancelled', reason: expect.any(TimeoutError) })
  })

  test('does not let a loser win', () => {
    const first = runToEnd(() =>
      select({
        loser: function* () {
          try {
            yield* suspend()
            return 'never'
          } finally {
            return 'back'
          }
        },
        winner: sleep(1),
      })
    )
    expect(first).toEqual({ key: 'winner', value: undefined })
  })
  /* eslint-enable no-unsafe-finally */
})

describe('C7 a cancelled task closes as cancelled, or as failed if its cleanup failed', () => {
  test('is unwinding until its cleanup has ended, then cancelled', () => {
    const { task, sim } = start(function* () {
      try {
        yield* suspend()
      } finally {
        yield* sleep(10)
      }
    })
    runNow(sim)
    expect(task.status).toBe('running')
    void task.cancel('stop')
    runNow(sim)
    expect(task.status).toBe('unwinding')
    expect(task.outcome).toBeUndefined()
    sim.advanceTo(9)
    expect(task.status).toBe('unwinding')
    sim.advanceTo(10)
    expect(task.status).toBe('cancelled')
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('is cancelled when there is nothing to clean up', () => {
    const { task, sim } = cancelled(suspend)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
    expect(sim.now).toBe(0)
  })

  const error = new Error('cleanup failed')
  const fails = (): never => {
    throw error
  }

  test.each([
    [
      'a finally throws',
      function* () {
        try {
          yield* suspend()
        } finally {
          fails()
        }
      },
    ],
    [
      'a finally throws after a wait',
      function* () {
        try {
          yield* suspend()
        } finally {
          yield* sleep(5)
          fails()
        }
      },
    ],
    [
      'a call in a finally throws',
      function* () {
        try {
          yield* suspend()
        } finally {
          yield* call(fails)
        }
      },
    ],
    [
      'the finally of an inner frame throws',
      function* () {
        yield* operation(function* () {
          try {
            yield* suspend()
          } finally {
            fails()
          }
        })()
      },
    ],
    [
      'an ensured cleanup throws',
      function* () {
        yield* ensure(fails)
        yield* suspend()
      },
    ],
    [
      'disposing throws',
      function* () {
        yield* use({ [Symbol.dispose]: fails } as Disposable)
        yield* suspend()
      },
    ],
    [
      'the release of a resource throws',
      function* () {
        yield* resource<void>(function* (provide) {
          try {
            yield* provide()
          } finally {
            fails()
          }
        })
        yield* suspend()
      },
    ],
    [
      'the cleanup of a child throws',
      function* () {
        yield* spawn(function* () {
          try {
            yield* suspend()
          } finally {
            fails()
          }
        })
        yield* suspend()
      },
    ],
  ])('is failed, with that very error, when %s', (_, program) => {
    expect(cancelled(program).task.outcome).toEqual({ status: 'failed', error })
    const { task } = cancelled(program)
    expect(task.outcome?.status === 'failed' && task.outcome.error).toBe(error)
  })

  test('runs the other finally blocks when one has thrown', () => {
    const log: string[] = []
    const { task } = cancelled(function* () {
      try {
        yield* operation(function* () {
          try {
            yield* suspend()
          } finally {
            fails()
          }
        })()
      } finally {
        yield* sleep(5)
        log.push('outer')
      }
    })
    expect(log).toEqual(['outer'])
    expect(task.outcome).toEqual({ status: 'failed', error })
  })

  test('holds all the errors when several cleanups fail, in the order in which they occurred', () => {
    const errors = ['body', 'newer', 'older'].map((name) => new Error(name))
    const { task } = cancelled(function* () {
      yield* ensure(() => {
        throw errors[2]
      })
      yield* ensure(() => {
        throw errors[1]
      })
      try {
        yield* suspend()
      } finally {
        throw errors[0] // eslint-disable-line no-unsafe-finally
      }
    })
    expect(task.status).toBe('failed')
    const thrown = task.outcome?.status === 'failed' ? task.outcome.error : undefined
    expect(thrown).toBeInstanceOf(ScopeError)
    expect((thrown as ScopeError).errors).toEqual(errors)
    expect((thrown as ScopeError).cause).toBe(errors[0])
  })

  test('fails the owner of a task whose cleanup failed', () => {
    const log: string[] = []
    const outcome = runToEnd(() =>
      attempt(
        scope(function* () {
          const task = yield* spawn(function* () {
            try {
              yield* suspend()
            } finally {
              fails()
            }
          })
          yield* spawn(function* () {
            try {
              yield* suspend()
            } finally {
              log.push('sibling cancelled')
            }
          })
          yield* pause()
          void task.cancel()
          yield* suspend()
        })
      )
    )
    expect(log).toEqual(['sibling cancelled'])
    expect(outcome).toEqual({ status: 'failed', error })
  })
})

describe('C12 cleanup that was entered by normal completion is cut short by a later request, unless it is shielded', () => {
  /** Runs a program to the instant 5, cancels it, and runs it to its end. */
  function cancelledAt5(program: () => Operation<unknown>): ReturnType<typeof start<unknown>> {
    const started = start(program)
    started.sim.advanceTo(5)
    void started.task.cancel('stop')
    runAll(started.sim)
    return started
  }

  test('cuts a finally short at its wait, and runs the finally blocks around it', () => {
    const log: string[] = []
    const { task, sim } = cancelledAt5(function* () {
      try {
        try {
          log.push('body')
        } finally {
          log.push('cleans up')
          yield* sleep(10)
          log.push('never')
        }
      } finally {
        yield* sleep(10)
        log.push('outer')
      }
      log.push('never')
    })
    expect(log).toEqual(['body', 'cleans up', 'outer'])
    expect(sim.now).toBe(15)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('loses an error that was under way through it', () => {
    const { task } = cancelledAt5(function* () {
      try {
        throw new Error('under way')
      } finally {
        yield* sleep(10)
      }
    })
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('loses a value that was under way through it', () => {
    const { task } = cancelledAt5(function* () {
      try {
        return 'under way'
      } finally {
        yield* sleep(10)
      }
    })
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
  })

  test('does not cut a shielded one short', () => {
    const log: string[] = []
    const { task, sim } = cancelledAt5(function* () {
      try {
        return 'value'
      } finally {
        yield* shield(function* () {
          yield* sleep(10)
          log.push('cleaned up')
        })
      }
    })
    expect(log).toEqual(['cleaned up'])
    expect(sim.now).toBe(10)
    expect(task.outcome).toEqual({ status: 'done', value: 'value' })
  })

  test('does not cut ensure short', () => {
    const log: string[] = []
    const { task, sim } = cancelledAt5(function* () {
      yield* ensure(function* () {
        yield* sleep(10)
        log.push('older')
      })
      yield* ensure(function* () {
        yield* sleep(10)
        log.push('newer')
      })
      return 'value'
    })
    expect(log).toEqual(['newer', 'older'])
    expect(sim.now).toBe(20)
    expect(task.outcome).toEqual({ status: 'done', value: 'value' })
  })

  test('does not cut a resource short', () => {
    const log: string[] = []
    const { task, sim } = cancelledAt5(function* () {
      return yield* resource<string>(function* (provide) {
        try {
          yield* provide('value')
        } finally {
          yield* sleep(10)
          log.push('released')
        }
      })
    })
    expect(log).toEqual(['released'])
    expect(sim.now).toBe(10)
    expect(task.outcome).toEqual({ status: 'done', value: 'value' })
  })

  test('does not cut use short', () => {
    const log: string[] = []
    let disposed!: () => void
    const { task, sim } = start(function* () {
      yield* use({
        [Symbol.asyncDispose]: () =>
          new Promise<void>((resolve) => {
            log.push('disposes')
            disposed = resolve
          }),
      } as AsyncDisposable)
      return 'value'
    })
    runNow(sim)
    expect(log).toEqual(['disposes'])
    void task.cancel()
    runNow(sim)
    expect(task.outcome).toBeUndefined()
    disposed()
    return Promise.resolve()
      .then(() => null)
      .then(() => {
        runNow(sim)
        expect(task.outcome).toEqual({ status: 'done', value: 'value' })
      })
  })

  test('does not cut the ensured cleanup of a failed task short', () => {
    const log: string[] = []
    const error = new Error('failed')
    const { task } = cancelledAt5(function* () {
      yield* ensure(function* () {
        yield* sleep(10)
        log.push('cleaned up')
      })
      throw error
    })
    expect(log).toEqual(['cleaned up'])
    expect(task.outcome).toEqual({ status: 'failed', error })
  })

  test('holds for a scope inside a task that goes on', () => {
    const log: string[] = []
    let inner: Task | undefined
    const { sim } = start(function* () {
      inner = yield* spawn(function* () {
        yield* scope(function* () {
          yield* ensure(function* () {
            yield* sleep(10)
            log.push('ensured')
          })
        })
        log.push('left the scope')
        yield* sleep(1)
        log.push('never')
      })
    })
    sim.advanceTo(5)
    void inner?.cancel()
    runAll(sim)
    expect(log).toContain('ensured')
    expect(log).not.toContain('never')
    expect(inner?.status).toBe('cancelled')
    expect(sim.now).toBe(10)
  })
})
