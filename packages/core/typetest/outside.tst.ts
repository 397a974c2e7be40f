/** Types of context, of effects that reach outside, and of their handlers. */
import {
  type Context,
  type EffectDefinition,
  type Handler,
  type Operation,
  abortSignal,
  action,
  call,
  cancelRequested,
  createContext,
  deadline,
  defineEffect,
  provide,
  run,
  sleep,
  until,
} from 'coppice'
import { describe, expect, test } from 'tstyche'

/** The type of what `yield*` gives, without running anything. */
declare function valueOf<T>(operation: Operation<T>): T

describe('context', () => {
  const user = createContext<string>('user')
  const role = createContext('role', 'guest')

  test('without a default', () => {
    expect(user).type.toBe<Context<string>>()
    expect(user.get()).type.toBe<Operation<string | undefined>>()
    expect(user.expect()).type.toBe<Operation<string>>()
    expect(user.set('ada')).type.toBe<Operation<void>>()
    expect(user.set).type.not.toBeCallableWith(7)
  })

  test('with a default', () => {
    expect(valueOf(role.get())).type.toBe<string>()
    expect(valueOf(role.expect())).type.toBe<string>()
    expect(role).type.toBeAssignableTo<Context<string>>()
  })

  test('with gives the value of its operation', () => {
    expect(user.with('ada', sleep(1))).type.toBe<Operation<void>>()
    expect(
      user.with('ada', function* () {
        return (yield* user.expect()).length
      })
    ).type.toBe<Operation<number>>()
    expect(user.with).type.not.toBeCallableWith(7, sleep(1))
    expect(user.with).type.not.toBeCallableWith('ada')
    expect(user.with).type.not.toBeCallableWith('ada', function* () {
      yield sleep(1)
    })
  })
})

describe('call', () => {
  test('gives the result, of asynchronous functions without their promise', () => {
    expect(call((n: number) => `${n}`, 7)).type.toBe<Operation<string>>()
    expect(call(async (n: number) => `${n}`, 7)).type.toBe<Operation<string>>()
    expect(call(() => 1)).type.toBe<Operation<number>>()
    expect(call(async () => {})).type.toBe<Operation<void>>()
    expect(call((a: string, b: number) => ({ a, b }), 'a', 1)).type.toBe<
      Operation<{ a: string; b: number }>
    >()
  })

  test('takes a function that wants an AbortSignal last', () => {
    const load = async (id: number, signal: AbortSignal) => (signal.aborted ? undefined : id)
    expect(call(load, 7)).type.toBe<Operation<number | undefined>>()
    const optional = async (id: number, signal?: AbortSignal) => (signal?.aborted ? undefined : id)
    expect(call(optional, 7)).type.toBe<Operation<number | undefined>>()
    expect(call((signal: AbortSignal) => signal.aborted)).type.toBe<Operation<boolean>>()
  })

  test('takes a description', () => {
    expect(call({ name: 'fetchUser', args: [7] }, (id: number) => `${id}`)).type.toBe<Operation<string>>()
    expect(call({ name: 'fetchUser' }, async () => 1)).type.toBe<Operation<number>>()
    expect(
      call({ name: 'fetchUser', args: [7, 'x'] }, async (id: number, text: string, signal: AbortSignal) => [
        id,
        text,
        signal.aborted,
      ])
    ).type.toBe<Operation<(string | number | boolean)[]>>()
  })

  test('checks arguments', () => {
    expect(call).type.not.toBeCallableWith((n: number) => n, 'text')
    expect(call).type.not.toBeCallableWith((n: number, m: number) => n + m, 1)
    expect(call).type.not.toBeCallableWith({ args: [7] }, (n: number) => n)
    expect(call).type.not.toBeCallableWith({ name: 'x', args: ['text'] }, (n: number) => n)
    expect(call).type.not.toBeCallableWith(7)
  })
})

describe('until, action and others', () => {
  test('give their values', () => {
    expect(until(Promise.resolve(1))).type.toBe<Operation<number>>()
    expect(until).type.not.toBeCallableWith(7)
    expect(until).type.not.toBeCallableWith(() => Promise.resolve(1))
    expect(until).type.not.toBeCallableWith(sleep(1))
    const answered = action<number>((resume, fail) => {
      expect(resume).type.toBe<(value: number) => void>()
      expect(fail).type.toBe<(error: unknown) => void>()
      return () => {}
    })
    expect(answered).type.toBe<Operation<number>>()
    expect(action((resume) => resume())).type.toBe<Operation<void>>()
    expect(abortSignal()).type.toBe<Operation<AbortSignal>>()
    expect(deadline()).type.toBe<Operation<number>>()
    expect(valueOf(cancelRequested())).type.toBeAssignableTo<{ reason: unknown; deadline: number }>()
  })
})

describe('user-defined effects', () => {
  const roll = defineEffect('roll', (sides: number) => sides)
  const fetchUser = defineEffect('fetchUser', async (id: string) => ({ id, age: 7 }))
  type User = { id: string; age: number }

  test('have the parameters and the result of their live function', () => {
    expect(roll).type.toBe<EffectDefinition<[sides: number], number>>()
    expect(roll(6)).type.toBe<Operation<number>>()
    expect(valueOf(fetchUser('ada'))).type.toBe<User>()
    expect(roll).type.not.toBeCallableWith('6')
    expect(roll).type.not.toBeCallableWith()
    expect(roll.name).type.toBe<string>()
    expect(defineEffect).type.not.toBeCallableWith('roll')
    expect(defineEffect).type.not.toBeCallableWith((n: number) => n)
  })

  test('a handler is a function, an asynchronous one or a generator function', () => {
    const work = () => roll(6)
    expect(provide([[roll, () => 6]], work)).type.toBe<Operation<number>>()
    expect(provide([[roll, async () => 6]], work)).type.toBe<Operation<number>>()
    const generator = function* (sides: number) {
      yield* sleep(1)
      return sides
    }
    expect(provide([[roll, generator]], work)).type.toBe<Operation<number>>()
    expect(provide([], work)).type.toBe<Operation<number>>()
    expect<Handler<[number], string>>().type.toBe<
      (...args: [number]) => Operation<string> | PromiseLike<string> | string
    >()
  })

  test('the parameters of a handler are inferred', () => {
    provide(
      [
        [
          roll,
          (sides) => {
            expect(sides).type.toBe<number>()
            return sides
          },
        ],
        [
          fetchUser,
          (id) => {
            expect(id).type.toBe<string>()
            return { id, age: 1 }
          },
        ],
      ],
      sleep(1)
    )
  })

  test('a handler of another type does not compile', () => {
    expect(provide).type.not.toBeCallableWith([[roll, () => 'six']], sleep(1))
    expect(provide).type.not.toBeCallableWith([[roll, async () => 'six']], sleep(1))
    expect(provide).type.not.toBeCallableWith([[roll, (sides: string) => sides.length]], sleep(1))
    expect(provide).type.not.toBeCallableWith([[fetchUser, () => ({ id: 'ada' })]], sleep(1))
    expect(provide).type.not.toBeCallableWith(
      [
        [roll, () => 6],
        [fetchUser, () => 7],
      ],
      sleep(1)
    )
    expect(provide).type.not.toBeCallableWith(
      [
        [
          roll,
          function* () {
            yield* sleep(1)
            return 'six'
          },
        ],
      ],
      sleep(1)
    )
    expect(provide).type.not.toBeCallableWith(
      [
        [
          roll,
          function* () {
            yield sleep(1)
            return 6
          },
        ],
      ],
      sleep(1)
    )
  })

  test('handlers come in pairs, in a list', () => {
    expect(provide).type.not.toBeCallableWith([roll, () => 6], sleep(1))
    expect(provide).type.not.toBeCallableWith([[roll]], sleep(1))
    expect(provide).type.not.toBeCallableWith([['roll', () => 6]], sleep(1))
    expect(provide).type.not.toBeCallableWith([[() => 6, () => 6]], sleep(1))
    expect(provide).type.not.toBeCallableWith([[roll, () => 6]])
  })

  test('the value of provide is that of its operation', async () => {
    expect(
      await run(
        provide([[roll, () => 6]], function* () {
          return `${yield* roll(6)}`
        })
      )
    ).type.toBe<string>()
  })
})
