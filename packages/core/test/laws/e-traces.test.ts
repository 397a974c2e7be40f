/** What an error carries when it has left a task (E6), and a root that nobody awaits (E8). */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import process from 'node:process'
import {
  MisuseError,
  type Operation,
  ScopeError,
  TimeoutError,
  attempt,
  operation,
  pause,
  scope,
  select,
  sleep,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import { runToEnd } from '../virtual.ts'
import { thrownBy } from './timeline.ts'

/** The lines at the end of a stack that name tasks and operations. */
function pathOf(error: unknown): string[] {
  const lines = (error as Error).stack!.split('\n').map((line) => line.trim())
  return lines.filter((line) => line.startsWith('in '))
}

const load = operation('load', function* (id: number): Generator<any, never, any> {
  yield* sleep(1)
  throw new Error(`no ${id}`)
})
const page = operation('page', function* () {
  return yield* load(7)
})

describe('E6 an Error that leaves a task gains its path, once', () => {
  test('of declared operations and tasks, innermost first, at the end of its stack', () => {
    const error = thrownBy(() =>
      runToEnd(function* main() {
        yield* spawn(function* worker() {
          yield* page()
        })
      })
    ) as Error
    expect(error.stack!.split('\n').slice(-4)).toEqual([
      '    in load',
      '    in page',
      '    in task worker#2',
      '    in task main#1',
    ])
    // SpiderMonkey has frames only.
    const hasMessages = new Error('here').stack!.startsWith('Error: here\n')
    expect(error.stack).toMatch(hasMessages ? /^Error: no 7\n {4}at / : /^load\S*@/)
    expect(error.message).toBe('no 7')
  })

  test('gains nothing before it has left one', () => {
    const before = runToEnd(function* main() {
      try {
        yield* page()
      } catch (error) {
        return pathOf(error)
      }
      return undefined
    })
    expect(before!.filter((line) => line.includes('task'))).toEqual([])
  })

  test('says nothing twice, through whatever number of scopes, tasks and joins', () => {
    const boom = new Error('boom')
    const error = thrownBy(() =>
      runToEnd(function* main() {
        const task = yield* spawn(() => attempt(() => scope(inner)))
        const outcome = yield* task
        if (outcome.status === 'failed') throw outcome.error
      })
    )
    function* inner() {
      const failing = yield* spawn(function* worker() {
        throw boom
      })
      yield* failing
    }
    expect(error).toBe(boom)
    const lines = pathOf(error)
    expect(new Set(lines).size).toBe(lines.length)
    expect(lines[0]).toMatch(/^in task worker#\d+$/)
  })

  test('is not extended when a second tree throws it again', () => {
    const boom = new Error('boom')
    thrownBy(() =>
      runToEnd(function* first() {
        throw boom
      })
    )
    const { stack } = boom
    thrownBy(() =>
      runToEnd(function* second() {
        throw boom
      })
    )
    expect(pathOf(boom)).toEqual(['in task first#1'])
    expect(boom.stack).toBe(stack)
  })

  test('the errors of the library carry it as data, too', () => {
    const error = thrownBy(() =>
      runToEnd(function* main() {
        yield* spawn(function* worker() {
          yield* operation('patient', function* () {
            yield* timeout(5, suspend)
          })()
        })
      })
    ) as TimeoutError
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.taskPath).toEqual(['patient', 'task worker#2', 'task main#1'])
    expect(pathOf(error)).toEqual(['in patient', 'in task worker#2', 'in task main#1'])
  })

  test('a ScopeError has the path of its scope, and each of its errors its own', () => {
    const error = thrownBy(() =>
      runToEnd(function* main() {
        yield* spawn(function* a() {
          yield* sleep(1)
          throw new Error('a')
        })
        yield* spawn(function* b() {
          yield* sleep(1)
          throw new Error('b')
        })
      })
    ) as ScopeError
    expect(error).toBeInstanceOf(ScopeError)
    expect(pathOf(error)).toEqual(['in task main#1'])
    expect(error.taskPath).toEqual(['task main#1'])
    expect(error.errors.map((each) => pathOf(each)[0])).toEqual(['in task a#2', 'in task b#3'])
  })

  test('names the task of a branch', () => {
    const error = thrownBy(() =>
      runToEnd(function* main() {
        yield* select({ a: page, b: suspend })
      })
    )
    const lines = pathOf(error)
    expect(lines.slice(0, 2)).toEqual(['in load', 'in page'])
    expect(lines.at(-1)).toBe('in task main#1')
  })

  test('user frames come before all frames of the library, however deep the generators delegate', () => {
    function* deep(depth: number): Generator<any, void, any> {
      if (depth > 0) return yield* deep(depth - 1)
      yield* pause()
      thrower()
    }
    function thrower(): never {
      throw new Error('boom')
    }
    const error = thrownBy(() => runToEnd(() => deep(4))) as Error
    const frames = error.stack!.split('\n').filter((line) => line.startsWith('    at '))
    const ours = frames.findIndex((line) => line.includes('core/src'))
    const users = frames.map((line) => line.includes('e-traces.test')).lastIndexOf(true, ours)
    expect(frames[0]).toContain('thrower')
    expect(users).toBeGreaterThanOrEqual(5)
    expect(ours).toBeGreaterThan(users)
  })

  test('an error of a deep recursion stays readable', () => {
    const descend = operation('descend', function* (depth: number): Generator<any, void, any> {
      if (depth === 0) throw new Error('bottom')
      yield* descend(depth - 1)
    })
    const error = thrownBy(() => runToEnd(() => descend(10_000))) as Error
    expect(error.message).toBe('bottom')
    expect(pathOf(error).length).toBeGreaterThan(1)
    expect(error.stack!.length).toBeLessThan(200_000)
  })

  test('a path that is longer than 16 says so', () => {
    const descend = operation('descend', function* (depth: number): Generator<any, void, any> {
      if (depth === 0) throw new Error('bottom')
      yield* descend(depth - 1)
    })
    const pathAt = (depth: number) => pathOf(thrownBy(() => runToEnd(() => descend(depth))))
    expect(pathAt(14)).toEqual([...new Array<string>(15).fill('in descend'), 'in task anonymous#1'])
    expect(pathAt(15)).toEqual([...new Array<string>(16).fill('in descend'), 'in …'])
  })

  test('a frozen error, one without a stack and what is no error leave as they came', () => {
    const noStack = new Error('no stack')
    delete noStack.stack
    for (const value of [Object.freeze(new Error('frozen')), noStack, { stack: 'my own' }, 'text']) {
      const before = (value as Error).stack
      const thrown = thrownBy(() =>
        runToEnd(function* () {
          yield* spawn(function* () {
            throw value
          })
        })
      )
      expect(thrown).toBe(value)
      if (!(value instanceof Error) || Object.isFrozen(value)) expect((thrown as Error).stack).toBe(before)
    }
  })

  test('misuse is found in the frame that did it', () => {
    const body = function* () {
      yield sleep(1)
    }
    const careless = operation('careless', body as never) as unknown as () => Operation<void>
    const error = thrownBy(() =>
      runToEnd(function* main() {
        yield* careless()
      })
    ) as MisuseError
    expect(error).toBeInstanceOf(MisuseError)
    expect(error.code).toBe('COPPICE_MISUSE')
    expect(error.taskPath).toEqual(['careless', 'task main#1'])
  })
})

describe('E8 a failed root that nobody awaits is an unhandled rejection', () => {
  // The test runner hears what is unhandled before a test can, so this is a program of its own.
  const root = path.resolve(__dirname, '../../../..')
  const program = path.join(__dirname, 'e8-unhandled.program.ts')
  const loader = 'bun' in process.versions ? [] : ['--import', './scripts/register-ts.mjs']
  let heard: Record<string, string[]>
  beforeAll(() => {
    heard = JSON.parse(execFileSync(process.execPath, [...loader, program], { cwd: root, encoding: 'utf8' }))
  })

  test.each([
    ['fails at once', ['boom itself']],
    ['fails later', ['text']],
    ['fails in its cleanup', ['boom itself']],
    ['has a promise that is dropped', ['boom itself']],
    ['was only cancelled by somebody who awaits that', ['boom itself']],
    ['has an observer that throws', ['boom itself']],
  ])('a root that %s is reported to the host, once', (name, expected) => {
    expect(heard[name]).toEqual(expected)
  })

  test.each([
    ['is awaited'],
    ['is awaited after it has failed'],
    ['is cancelled'],
    ['has a child whose failure is caught'],
  ])('a root that %s is not', (name) => {
    expect(heard[name]).toEqual([])
  })
})
