/** What an `AsyncLocalStorage` holds, in a tree and in what its tasks call. Live: the host is the subject. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { carryAsyncContext, currentTask, inAsyncContext } from '@coppice/node'
import { returns, simulate } from '@coppice/testing'
import {
  MisuseError,
  action,
  all,
  attempt,
  call,
  createChannel,
  createScope,
  defineEffect,
  ensure,
  liveInterpreter,
  moveOnAfter,
  operation,
  pause,
  race,
  resource,
  run,
  scope,
  select,
  self,
  sleep,
  spawn,
  suspend,
  until,
} from 'coppice'

const storage = new AsyncLocalStorage<string>()
const store = () => storage.getStore()
const later = async () => {
  await null
  await new Promise((resolve) => setTimeout(resolve, 1))
  return store()
}

let stop: () => void
beforeEach(() => (stop = carryAsyncContext()))
afterEach(() => stop())

describe('a tree has the context in which it was started', () => {
  const everywhere = operation('everywhere', function* () {
    const seen: (string | undefined)[] = [store()]
    yield* sleep(1)
    seen.push(store())
    seen.push(yield* call(store), yield* call(later))
    seen.push(yield* action<string | undefined>((resume) => resume(store())))
    seen.push(yield* action<string | undefined>((resume) => void setTimeout(() => resume(store()), 1)))
    const child = yield* spawn(function* () {
      yield* pause()
      return store()
    })
    seen.push(yield* child)
    yield* scope(function* () {
      yield* ensure(() => void seen.push(store()))
      yield* until(Promise.resolve())
    })
    return seen
  })

  test('in all its code, whatever that has waited for', async () => {
    const seen = await storage.run('a', () => run(everywhere))
    expect(seen).toEqual(Array(8).fill('a'))
  })

  test('beside other trees, whoever wakes it', async () => {
    const seen = await Promise.all(
      ['a', 'b', 'c'].map((value) => storage.run(value, () => run(everywhere())))
    )
    expect(seen).toEqual([Array(8).fill('a'), Array(8).fill('b'), Array(8).fill('c')])
    expect(await run(everywhere)).toEqual(Array(8).fill(undefined))
  })

  test('also when another one sends, settles or cancels from its own', async () => {
    const channel = createChannel<number>({ capacity: 0 })
    const seen: (string | undefined)[] = []
    const receiver = storage.run('a', () =>
      run(function* () {
        try {
          yield* channel.receive()
          seen.push(store())
          yield* suspend()
        } finally {
          seen.push(store())
        }
      })
    )
    await storage.run('b', () => run(channel.send(1)))
    await storage.run('c', () => receiver.cancel())
    expect(seen).toEqual(['a', 'a'])
    expect(store()).toBeUndefined()
  })

  test('a busy one, also after the host has had its turn (S6)', async () => {
    const seen = new Set<string | undefined>()
    await storage.run('a', () =>
      run(
        function* () {
          for (let i = 0; i < 20; i++) {
            yield* pause()
            seen.add(store())
          }
        },
        { budget: { steps: 3 } }
      )
    )
    expect([...seen]).toEqual(['a'])
  })

  test('one that a call starts has that of the call', async () => {
    const inner = () => run(call(later))
    const seen = await storage.run('a', () => run(call(() => storage.run('b', inner))))
    expect(seen).toBe('b')
  })

  test('a failure that nobody awaits is still the host’s (E8)', async () => {
    const raised = jest.spyOn(liveInterpreter as Required<typeof liveInterpreter>, 'rootClosed')
    raised.mockImplementation(() => {})
    const task = run(function* () {
      yield* sleep(1)
      throw new Error('nobody awaits it')
    })
    while (task.status !== 'failed') await new Promise((resolve) => setTimeout(resolve, 1))
    expect(raised.mock.calls).toEqual([[task]])
    raised.mockRestore()
  })

  test('times, random numbers and cancelled timers are those of the host', async () => {
    await run(function* () {
      expect((yield* moveOnAfter(2, sleep(60_000))).status).toBe('cancelled')
      yield* race([sleep(1), sleep(60_000)])
    })
  })
})

describe('without it', () => {
  test('nothing is carried, and it is not asked what holds', async () => {
    stop()
    const seen = await storage.run('a', () =>
      run(function* () {
        const before = yield* call(currentTask)
        return [before, yield* call(async () => currentTask())]
      })
    )
    expect(seen).toEqual([undefined, undefined])
  })

  test('trees that were made meanwhile keep theirs', async () => {
    const task = storage.run('a', () =>
      run(function* () {
        yield* sleep(5)
        return [store(), yield* call(later)]
      })
    )
    stop()
    expect(await task).toEqual(['a', 'a'])
  })
})

describe('currentTask', () => {
  const nameOfTask = () => currentTask()?.name
  const nameLater = async () => {
    await null
    return currentTask()?.name
  }

  test('is the task of plain code, of calls, callbacks and effects, also after they have waited', async () => {
    const effect = defineEffect('effect', nameLater)
    const names = await run(function* main() {
      const child = yield* spawn(
        operation('child', function* () {
          yield* sleep(1)
          return [nameOfTask(), yield* call(nameOfTask), yield* call(nameLater), yield* effect()]
        })
      )
      const own = [
        nameOfTask(),
        yield* call(nameLater),
        yield* action<string | undefined>((resume) => void setTimeout(() => resume(nameOfTask()), 1)),
      ]
      return [own, yield* child]
    })
    expect(names).toEqual([Array(3).fill('main'), Array(4).fill('child')])
  })

  test('is that of the branch that calls', async () => {
    const names = await run(function* main() {
      const task = yield* self()
      const first = yield* select({ call: call(nameLater), late: sleep(1000) })
      expect(currentTask()).toBe(task)
      return [first.value, ...(yield* all([call(nameLater), call(nameLater)]))]
    })
    expect(names.every((name) => typeof name === 'string')).toBe(true)
  })

  test('is undefined outside of tasks', async () => {
    expect(currentTask()).toBeUndefined()
    await run(sleep(1))
    expect(currentTask()).toBeUndefined()
  })
})

describe('inAsyncContext', () => {
  const as =
    (value: string) =>
    <R>(job: () => R) =>
      storage.run(value, job)

  const calls = operation('calls', function* () {
    yield* sleep(1)
    const child = yield* spawn(call(later))
    return [yield* call(store), yield* call(later), yield* child]
  })

  test('holds for the calls of an operation, and of its children, and not beside it', async () => {
    const seen = await storage.run('tree', () =>
      run(function* () {
        const [a, b, beside] = yield* all([
          inAsyncContext(as('a'), calls()),
          inAsyncContext(as('b'), calls),
          calls(),
        ])
        return [a, b, beside, [yield* call(store)]]
      })
    )
    expect(seen).toEqual([Array(3).fill('a'), Array(3).fill('b'), Array(3).fill('tree'), ['tree']])
  })

  test('stands on top of what holds around it', async () => {
    const other = new AsyncLocalStorage<number>()
    const both = () => [store(), other.getStore()]
    const seen = await run(
      inAsyncContext(as('a'), function* () {
        yield* sleep(1)
        const inner = yield* inAsyncContext(
          (job) => other.run(1, job),
          function* () {
            yield* sleep(1)
            return yield* call(both)
          }
        )
        return [inner, yield* call(both)]
      })
    )
    expect(seen).toEqual([
      ['a', 1],
      ['a', undefined],
    ])
  })

  test('holds for the cleanup of what it runs, and what that acquired belongs to the caller (R4)', async () => {
    const log: (string | undefined)[] = []
    const opened = () =>
      resource<string>(function* (provide) {
        try {
          yield* provide('handle')
        } finally {
          log.push(yield* call(store))
        }
      })
    await run(function* () {
      yield* scope(function* () {
        expect(yield* inAsyncContext(as('a'), opened)).toBe('handle')
        expect(log).toEqual([])
      })
      expect(log).toEqual(['a'])
    })
  })

  test('cancelled, it unwinds like any operation', async () => {
    const log: (string | undefined)[] = []
    await run(
      moveOnAfter(
        2,
        inAsyncContext(as('a'), function* () {
          try {
            yield* suspend()
          } finally {
            log.push(yield* call(store))
          }
        })
      )
    )
    expect(log).toEqual(['a'])
  })

  test('gives a child of an open scope what holds where it is started', async () => {
    const component = createScope()
    const task = storage.run('click', () =>
      component.run(inAsyncContext(AsyncLocalStorage.snapshot(), calls()))
    )
    expect(await task).toEqual(Array(3).fill('click'))
    await component.close()
  })

  test('is told what is no way in', async () => {
    expect(() => inAsyncContext(storage as never, calls)).toThrow(/storage\.run\(value, job\)/)
    const misuse = { status: 'failed', error: expect.any(MisuseError) }
    expect(await run(attempt(inAsyncContext((() => {}) as never, calls)))).toEqual(misuse)
    const broken = new Error('broken')
    const throwing = () => {
      throw broken
    }
    expect(await run(attempt(inAsyncContext(throwing, calls)))).toEqual({ status: 'failed', error: broken })
  })

  test('changes nothing in a simulation', () => {
    const program = operation('program', function* () {
      yield* sleep(3_600_000)
      return yield* call({ name: 'ask' }, store)
    })
    const simulation = simulate(inAsyncContext(as('a'), program()), { answers: [['ask', returns('answer')]] })
    expect(simulation.runToEnd()).toMatchObject({ status: 'done', value: 'answer', at: 3_600_000 })
  })
})
