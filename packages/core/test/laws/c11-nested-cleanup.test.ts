import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import {
  NestedCleanupError,
  type Operation,
  type Outcome,
  ensure,
  operation,
  pause,
  resource,
  scope,
  select,
  sleep,
  suspend,
} from 'coppice'
import { runAll, runNow, start } from '../virtual.ts'

type Log = string[]
type Body = (log: Log) => Operation<unknown>

/** Runs a body as a root, cancels it at its first wait, and gives how it closed and what it logged. */
function cancelled(body: Body): { outcome: Outcome<unknown> | undefined; log: Log } {
  const log: Log = []
  const { task, sim } = start(() => body(log))
  runNow(sim)
  void task.cancel('stop')
  runAll(sim)
  return { outcome: task.outcome, log }
}

function* waitsInFinally(log: Log): Generator<any, void, any> {
  try {
    yield* suspend()
  } finally {
    yield* sleep(1)
    log.push('inner')
  }
}

function* plainFinally(log: Log): Generator<any, void, any> {
  try {
    yield* suspend()
  } finally {
    log.push('inner')
  }
}

function* helper(log: Log): Generator<any, void, any> {
  yield* sleep(1)
  log.push('helper')
}

function* down(n: number, log: Log): Generator<any, void, any> {
  if (n === 0) yield* waitsInFinally(log)
  else yield* down(n - 1, log)
  log.push('went on')
}

const rejected: Record<string, Body> = {
  'one generator down': function* (log) {
    yield* waitsInFinally(log)
    log.push('went on')
  },
  'two generators down': function* (log) {
    yield* (function* () {
      yield* waitsInFinally(log)
      log.push('went on in the middle')
    })()
    log.push('went on')
  },
  'in the middle of three, after the innermost has left': function* (log) {
    yield* (function* () {
      try {
        yield* suspend()
      } finally {
        yield* sleep(1)
        log.push('middle')
      }
    })()
    log.push('went on')
  },
  'with a declared operation in the finally': function* (log) {
    const close = operation('close', function* () {
      yield* sleep(1)
      log.push('closed')
    })
    yield* (function* () {
      try {
        yield* suspend()
      } finally {
        yield* close()
      }
    })()
    log.push('went on')
  },
  'with a scope in the finally': function* (log) {
    yield* (function* () {
      try {
        yield* suspend()
      } finally {
        yield* scope(function* () {
          log.push('scope')
        })
      }
    })()
    log.push('went on')
  },
  'with a select in the finally': function* (log) {
    yield* (function* () {
      try {
        yield* suspend()
      } finally {
        yield* select({ a: sleep(1) })
      }
    })()
    log.push('went on')
  },
  'with a resource in the finally': function* (log) {
    yield* (function* () {
      try {
        yield* suspend()
      } finally {
        yield* resource<number>(function* (provide) {
          yield* provide(1)
        })
      }
    })()
    log.push('went on')
  },
  'with a pause in the finally': function* (log) {
    yield* (function* () {
      try {
        yield* suspend()
      } finally {
        yield* pause()
      }
    })()
    log.push('went on')
  },
  'a hundred generators down': function* (log) {
    yield* down(100, log)
  },
  'a thousand generators down': function* (log) {
    yield* down(1000, log)
  },
}

const accepted: Record<string, [body: Body, log: Log]> = {
  'in the generator that the task runs': [waitsInFinally, ['inner']],
  'in the outer generator, when the inner one has left': [
    function* (log) {
      try {
        yield* plainFinally(log)
      } finally {
        yield* sleep(1)
        log.push('outer')
      }
      log.push('went on')
    },
    ['inner', 'outer'],
  ],
  'by another native generator in the outer one, when the inner one has left': [
    function* (log) {
      try {
        yield* plainFinally(log)
      } finally {
        yield* helper(log)
      }
      log.push('went on')
    },
    ['inner', 'helper'],
  ],
  'by a native generator in the finally of the task’s own': [
    function* (log) {
      try {
        yield* suspend()
      } finally {
        yield* helper(log)
        yield* helper(log)
      }
    },
    ['helper', 'helper'],
  ],
  'in a declared operation': [
    function* (log) {
      yield* operation(waitsInFinally)(log)
      log.push('went on')
    },
    ['inner'],
  ],
  'by ensure in a native generator': [
    function* (log) {
      yield* (function* () {
        yield* ensure(() => helper(log))
        yield* suspend()
      })()
      log.push('went on')
    },
    ['helper'],
  ],
  'by a resource that a native generator acquires': [
    function* (log) {
      yield* (function* () {
        yield* resource<number>(function* (provide) {
          try {
            yield* provide(1)
          } finally {
            yield* sleep(1)
            log.push('released')
          }
        })
        yield* suspend()
      })()
    },
    ['released'],
  ],
}

describe('C11 asynchronous cleanup in a generator that was delegated to natively', () => {
  test.each(Object.entries(rejected))('is an error: %s', (_, body) => {
    const { outcome, log } = cancelled(body)
    expect(outcome).toMatchObject({ status: 'failed', error: expect.any(NestedCleanupError) })
    expect(log).toEqual([])
  })

  test.each(Object.entries(accepted))('is none where JavaScript does it right: %s', (_, [body, expected]) => {
    const { outcome, log } = cancelled(body)
    expect(outcome).toEqual({ status: 'cancelled', reason: 'stop' })
    expect(log).toEqual(expected)
  })

  test('names the effect and the cure', () => {
    const { outcome } = cancelled(rejected['one generator down']!)
    const { message } = (outcome as { error: Error }).error
    expect(message).toBe(
      'sleep(1) stands in the finally of a generator that another one delegates to with yield*: on cancellation the ' +
        'outer cleanup would be lost. Declare the inner one with operation(function* …), or put its cleanup into ensure(…).'
    )
  })

  test('is recorded, whatever user code catches, and every later effect throws it again', () => {
    const { outcome, log } = cancelled(function* (log) {
      try {
        yield* waitsInFinally(log)
      } catch (error) {
        log.push((error as Error).name)
        try {
          yield* pause()
        } catch (again) {
          log.push(String(again === error))
        }
        try {
          yield* ensure(() => {})
        } catch (again) {
          log.push(String(again === error))
        }
      }
      log.push('synchronous code behind the catch')
    })
    expect(outcome).toMatchObject({ status: 'failed', error: expect.any(NestedCleanupError) })
    expect(log).toEqual(['NestedCleanupError', 'true', 'true', 'synchronous code behind the catch'])
  })

  test('runs the outer cleanup, synchronous or not', () => {
    const { outcome, log } = cancelled(function* (log) {
      try {
        yield* waitsInFinally(log)
      } finally {
        log.push('outer')
      }
    })
    expect(outcome).toMatchObject({ status: 'failed' })
    expect(log).toEqual(['outer'])
  })

  test('is found again and again, also when the code is hot', () => {
    for (let i = 0; i < 2000; i++) {
      expect(cancelled(rejected['one generator down']!).outcome?.status).toBe('failed')
      expect(cancelled(accepted['in a declared operation']![0]).outcome?.status).toBe('cancelled')
    }
  })

  test('is found however the host formats its stack traces, and leaves that as it was', () => {
    const { prepareStackTrace, stackTraceLimit } = Error
    const format = () => ({ not: 'a string' })
    try {
      Error.prepareStackTrace = format
      Error.stackTraceLimit = 0
      expect(cancelled(rejected['two generators down']!).outcome?.status).toBe('failed')
      const [body] = accepted['in the outer generator, when the inner one has left']!
      expect(cancelled(body).outcome?.status).toBe('cancelled')
      expect(Error.prepareStackTrace).toBe(format)
      expect(Error.stackTraceLimit).toBe(0)
    } finally {
      Error.stackTraceLimit = stackTraceLimit
      if (prepareStackTrace === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace')
      else Error.prepareStackTrace = prepareStackTrace
    }
  })

  test('is found by the first cancellation of a process, and only there', () => {
    jest.isolateModules(() => {
      const { start: startAnew }: typeof import('../virtual.ts') = jest.requireActual('../virtual.ts')
      const { suspend: suspendAnew, sleep: sleepAnew }: typeof import('coppice') =
        jest.requireActual('coppice')
      function* waits(where: string): Generator<any, void, any> {
        try {
          yield* suspendAnew()
        } finally {
          if (where === 'inside') yield* sleepAnew(1)
        }
      }
      for (const where of ['inside', 'outside', 'inside', 'outside']) {
        const { task, sim } = startAnew(function* () {
          try {
            yield* waits(where)
          } finally {
            yield* sleepAnew(1)
          }
        })
        runNow(sim)
        void task.cancel('stop')
        runAll(sim)
        expect(task.status).toBe(where === 'inside' ? 'failed' : 'cancelled')
      }
    })
  })

  test('raises no false alarm where the host gives no traces', () => {
    const RealError = globalThis.Error
    jest.isolateModules(() => {
      const { start: startAnew }: typeof import('../virtual.ts') = jest.requireActual('../virtual.ts')
      const log: Log = []
      const { suspend: suspendAnew, sleep: sleepAnew }: typeof import('coppice') =
        jest.requireActual('coppice')
      const { task, sim } = startAnew(function* () {
        try {
          yield* (function* () {
            yield* suspendAnew()
          })()
        } finally {
          yield* sleepAnew(1)
          log.push('outer')
        }
      })
      runNow(sim)
      void task.cancel('stop')
      try {
        globalThis.Error = class {
          stack = ''
        } as unknown as ErrorConstructor
        runAll(sim)
      } finally {
        globalThis.Error = RealError
      }
      expect(task.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
      expect(log).toEqual(['outer'])
    })
  })

  const onBun = process.versions['bun'] !== undefined ? test.skip : test
  onBun(
    'is found on JavaScriptCore, too',
    () => {
      const top = join(__dirname, '../../../..')
      const args = [
        '--bun',
        join(top, 'node_modules/jest/bin/jest.js'),
        __filename,
        '--coverage=false',
        '--ci',
        // What counts the tests of this run is not to count those.
        '--reporters=default',
      ]
      // It throws unless all of the tests above pass there.
      execFileSync(join(top, 'node_modules/.bin/bun'), args, {
        cwd: top,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
    },
    60_000
  )
})
