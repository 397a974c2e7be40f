/** What can be started, what it gives, and what does not compile. */
import {
  type Operation,
  type Outcome,
  type Scope,
  type Startable,
  type Task,
  type ValueOf,
  attempt,
  cancel,
  createScope,
  ensure,
  moveOnAfter,
  now,
  operation,
  resource,
  run,
  scope,
  self,
  shield,
  sleep,
  spawn,
  suspend,
  timeout,
  use,
} from 'coppice'
import { describe, expect, test } from 'tstyche'

function* worker(n: number) {
  yield* sleep(n)
  return `${n}`
}
const load = operation('load', function* (id: number, tag?: string) {
  yield* sleep(1)
  return { id, tag }
})
type Loaded = { id: number; tag: string | undefined }

/** The type of what `yield*` gives, without running anything. */
declare function valueOf<T>(operation: Operation<T>): T

describe('raw generator functions need no annotations', () => {
  test('their values are inferred through yield*', () => {
    const program = function* () {
      const text = yield* worker(1)
      expect(text).type.toBe<string>()
      const instant = yield* now()
      expect(instant).type.toBe<number>()
      const task = yield* spawn(() => worker(2))
      expect(task).type.toBe<Task<string>>()
      expect(yield* task).type.toBe<string>()
      const nothing = yield* sleep(1)
      expect(nothing).type.toBe<void>()
      const loaded = yield* load(1)
      expect(loaded).type.toBe<Loaded>()
      return [text, instant] as const
    }
    expect(run(program)).type.toBe<Task<readonly [string, number]>>()
  })

  test('a call of one is an operation of its value', () => {
    expect(worker(1)).type.toBeAssignableTo<Operation<string>>()
    expect(worker(1)).type.not.toBeAssignableTo<Operation<number>>()
    expect(worker).type.not.toBeAssignableTo<Startable<string>>()
    expect(() => worker(1)).type.toBeAssignableTo<Startable<string>>()
    expect<ValueOf<ReturnType<typeof worker>>>().type.toBe<string>()
    expect<ValueOf<() => Generator<never, number, any>>>().type.toBe<number>()
  })

  test('an effect is an operation of its value', () => {
    expect(sleep(1)).type.toBe<Operation<void>>()
    expect(suspend()).type.toBe<Operation<never>>()
    expect(self()).type.toBe<Operation<Task>>()
  })
})

describe('run, spawn, scope', () => {
  test('run gives a Task of the value', () => {
    expect(run(() => worker(1))).type.toBe<Task<string>>()
    expect(run(worker(1))).type.toBe<Task<string>>()
    expect(run(load(1))).type.toBe<Task<Loaded>>()
    expect(run(sleep(1))).type.toBe<Task<void>>()
    expect(run(suspend)).type.toBe<Task<never>>()
    expect(
      run(function* () {
        yield* sleep(1)
      })
    ).type.toBe<Task<void>>()
  })

  test('a task is awaited for its value', async () => {
    expect(await run(() => worker(1))).type.toBe<string>()
    expect(await run(load(1)).then(({ id }) => id)).type.toBe<number>()
    expect(run(() => worker(1))).type.toBeAssignableTo<PromiseLike<string>>()
    expect(run(() => worker(1))).type.toBeAssignableTo<AsyncDisposable>()
    expect(run(() => worker(1))).type.toBeAssignableTo<Operation<string>>()
    expect(run(() => worker(1)).outcome).type.toBe<Outcome<string> | undefined>()
    expect(run(suspend).cancel('enough')).type.toBe<Promise<void>>()
  })

  test('spawn gives the operation of a Task of the value', () => {
    expect(spawn(() => worker(1))).type.toBe<Operation<Task<string>>>()
    expect(spawn(worker(1), { name: 'w' })).type.toBe<Operation<Task<string>>>()
    expect(spawn(load(1), { background: true })).type.toBe<Operation<Task<Loaded>>>()
    expect(spawn(suspend)).type.toBe<Operation<Task<never>>>()
  })

  test('scope gives its body the scope, and its value', () => {
    const block = scope(function* (open) {
      expect(open).type.toBe<Scope>()
      expect(open.spawn(() => worker(1))).type.toBe<Task<string>>()
      expect(open.cancel('enough')).type.toBe<void>()
      expect(open.tasks).type.toBe<readonly Task[]>()
      const child = yield* spawn(() => worker(1))
      return (yield* child).length
    })
    expect(block).type.toBe<Operation<number>>()
    expect(scope(worker(1), { name: 'block' })).type.toBe<Operation<string>>()
  })

  test('createScope', () => {
    const open = createScope({ name: 'component' })
    expect(open.run(() => worker(1))).type.toBe<Task<string>>()
    expect(open.close()).type.toBe<Promise<void>>()
    expect(open).type.toBeAssignableTo<AsyncDisposable>()
  })

  test('a function that needs arguments is not started', () => {
    expect(run).type.not.toBeCallableWith(worker)
    expect(spawn).type.not.toBeCallableWith(load)
    expect(scope).type.not.toBeCallableWith(load)
  })

  test('options are checked', () => {
    expect(spawn).type.not.toBeCallableWith(suspend, { nmae: 'w' })
    expect(spawn).type.not.toBeCallableWith(suspend, { background: 1 })
    expect(run).type.not.toBeCallableWith(suspend, { cleanupTimeout: '5' })
    expect(run).type.toBeCallableWith(suspend, { budget: { steps: 5 } })
    expect(run).type.not.toBeCallableWith(suspend, { budget: { turns: 5 } })
    expect(scope).type.not.toBeCallableWith(suspend, { background: true })
  })
})

describe('operation', () => {
  test('keeps parameters and the value', () => {
    expect(load).type.toBe<(id: number, tag?: string | undefined) => Operation<Loaded>>()
    expect(load).type.not.toBeCallableWith()
    expect(load).type.not.toBeCallableWith('1')
    expect(load).type.toBeCallableWith(1, 'x')
    expect(operation(function* () {})).type.toBe<() => Operation<void>>()
    const many = operation(function* (...ids: number[]) {
      yield* sleep(1)
      return ids
    })
    expect(many).type.toBe<(...ids: number[]) => Operation<number[]>>()
  })

  test('can call itself when its result is annotated', () => {
    const countdown = operation('countdown', function* (from: number): Generator<any, string, any> {
      return from === 0 ? 'lift-off' : yield* countdown(from - 1)
    })
    expect(countdown).type.toBe<(from: number) => Operation<string>>()
  })

  test('takes generator functions only', () => {
    expect(operation).type.not.toBeCallableWith(async () => 1)
    expect(operation).type.not.toBeCallableWith(() => 1)
    expect(operation).type.not.toBeCallableWith('name')
    expect(operation).type.not.toBeCallableWith(7, suspend)
    expect(operation).type.not.toBeCallableWith(async function* () {})
  })

  test('keeps type parameters', () => {
    const echo = operation('echo', function* <T>(value: T) {
      yield* sleep(1)
      return value
    })
    expect(valueOf(echo('x'))).type.toBe<string>()
    expect(valueOf(echo(7))).type.toBe<number>()
  })
})

describe('outcomes', () => {
  test('attempt and moveOnAfter give an Outcome of the value', () => {
    expect(attempt(() => worker(1))).type.toBe<Operation<Outcome<string>>>()
    expect(attempt(load(1))).type.toBe<Operation<Outcome<Loaded>>>()
    expect(moveOnAfter(5, () => worker(1))).type.toBe<Operation<Outcome<string>>>()
    expect(moveOnAfter(5, suspend)).type.toBe<Operation<Outcome<never>>>()
  })

  test('an Outcome is told apart by its status', () => {
    const outcome = valueOf(attempt(() => worker(1)))
    switch (outcome.status) {
      case 'done':
        expect(outcome.value).type.toBe<string>()
        break
      case 'failed':
        expect(outcome.error).type.toBe<unknown>()
        break
      default:
        expect(outcome.status).type.toBe<'cancelled'>()
        expect(outcome.reason).type.toBe<unknown>()
    }
    expect(outcome).type.not.toHaveProperty('value')
  })

  test('timeout and shield give the value', () => {
    expect(timeout(5, () => worker(1))).type.toBe<Operation<string>>()
    expect(shield(load(1))).type.toBe<Operation<Loaded>>()
    expect(timeout).type.not.toBeCallableWith('5', suspend)
    expect(timeout).type.not.toBeCallableWith(suspend, 5)
  })
})

describe('resources', () => {
  test('resource gives what it provides', () => {
    const open = resource<{ name: string }>(function* (provide) {
      expect(provide).type.toBe<(value: { name: string }) => Operation<void>>()
      yield* provide({ name: 'notes.txt' })
    })
    expect(open).type.toBe<Operation<{ name: string }>>()
    expect(use(open)).type.toBe<Operation<{ name: string }>>()
  })

  test('use gives what it is given', () => {
    const lock = { held: true, [Symbol.dispose]() {} }
    expect(use(lock)).type.toBe<Operation<typeof lock>>()
    expect(use(null)).type.toBe<Operation<null>>()
    expect(use).type.not.toBeCallableWith({})
    expect(use).type.not.toBeCallableWith(7)
  })

  test('ensure takes a function or an operation', () => {
    expect(ensure).type.toBeCallableWith(() => {})
    expect(ensure).type.toBeCallableWith(async () => {})
    expect(ensure).type.toBeCallableWith(sleep(1))
    expect(ensure).type.toBeCallableWith(function* () {
      yield* sleep(1)
    })
    expect(ensure).type.not.toBeCallableWith(7)
    expect(ensure).type.not.toBeCallableWith(undefined)
  })

  test('cancel takes a task', () => {
    expect(cancel).type.toBeCallableWith(run(suspend), { reason: 'enough', grace: 5 })
    expect(cancel).type.not.toBeCallableWith(worker(1))
    expect(cancel).type.not.toBeCallableWith(spawn(suspend))
    expect(cancel).type.not.toBeCallableWith(run(suspend), { grace: '5' })
  })
})

describe('yield without a star does not compile', () => {
  const effect = function* () {
    yield sleep(1)
  }
  const inTheMiddle = function* () {
    yield* sleep(1)
    yield sleep(2)
    return 1
  }
  const declared = function* () {
    yield load(1)
  }
  const generator = function* () {
    yield worker(1)
  }
  const promise = function* () {
    yield Promise.resolve(1)
  }
  const number = function* () {
    yield 1
  }
  const task = function* () {
    yield yield* spawn(suspend)
  }

  test('in generators handed to run', () => {
    expect(run).type.not.toBeCallableWith(effect)
    expect(run).type.not.toBeCallableWith(inTheMiddle)
    expect(run).type.not.toBeCallableWith(declared)
    expect(run).type.not.toBeCallableWith(generator)
    expect(run).type.not.toBeCallableWith(promise)
    expect(run).type.not.toBeCallableWith(number)
    expect(run).type.not.toBeCallableWith(task)
    expect(run).type.not.toBeCallableWith(effect())
  })

  test('in those handed to spawn, scope, operation and the rest', () => {
    for (const wrong of [effect, inTheMiddle, declared, generator, promise, number]) {
      expect(spawn).type.not.toBeCallableWith(wrong)
      expect(scope).type.not.toBeCallableWith(wrong)
      expect(operation).type.not.toBeCallableWith(wrong)
      expect(operation).type.not.toBeCallableWith('name', wrong)
      expect(attempt).type.not.toBeCallableWith(wrong)
      expect(shield).type.not.toBeCallableWith(wrong)
      expect(timeout).type.not.toBeCallableWith(5, wrong)
      expect(moveOnAfter).type.not.toBeCallableWith(5, wrong)
      expect(resource).type.not.toBeCallableWith(wrong)
      expect(ensure).type.not.toBeCallableWith(wrong())
    }
    expect(spawn).type.not.toBeCallableWith(effect)
    expect(scope).type.not.toBeCallableWith(effect)
    expect(operation).type.not.toBeCallableWith(effect)
    expect(operation).type.not.toBeCallableWith('name', effect)
    expect(attempt).type.not.toBeCallableWith(effect)
    expect(shield).type.not.toBeCallableWith(effect)
    expect(timeout).type.not.toBeCallableWith(5, effect)
    expect(resource).type.not.toBeCallableWith(effect)
  })

  test('what is not an operation is not started either', () => {
    expect(run).type.not.toBeCallableWith(async () => 1)
    expect(run).type.not.toBeCallableWith(Promise.resolve(1))
    expect(run).type.not.toBeCallableWith(7)
    expect(run).type.not.toBeCallableWith(undefined)
    expect(run).type.not.toBeCallableWith('text')
    expect(run).type.not.toBeCallableWith([1])
    expect(run).type.not.toBeCallableWith([sleep(1)])
    expect(spawn).type.not.toBeCallableWith(async () => 1)
    expect(scope).type.not.toBeCallableWith(async () => 1)
    expect(attempt).type.not.toBeCallableWith(Promise.resolve(1))
  })
})
