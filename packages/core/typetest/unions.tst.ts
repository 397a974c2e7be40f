/** What takes an operation takes a union of operations, and gives the union of their values. */
import {
  type Operation,
  type Outcome,
  type Task,
  type ValueOf,
  action,
  all,
  allSettled,
  any,
  attempt,
  call,
  createCircuitBreaker,
  createContext,
  createScope,
  defineEffect,
  constant,
  map,
  moveOnAfter,
  provide,
  race,
  repeat,
  resource,
  retry,
  run,
  scope,
  select,
  shield,
  sleep,
  spawn,
  timeout,
  until,
  use,
} from 'coppice'
import { describe, expect, test } from 'tstyche'

type Either = number | string
declare const number: Operation<number>
declare const text: Operation<string>
declare const task: Task<boolean>
declare const flag: boolean
function* worker() {
  yield* sleep(1)
  return 'text'
}
const either = flag ? number : text
const startables = flag ? number : worker
const functions = flag ? () => number : () => text

describe('a union of operations', () => {
  test('is started', () => {
    expect(run(either)).type.toBe<Task<Either>>()
    expect(spawn(either)).type.toBe<Operation<Task<Either>>>()
    expect(spawn(either, { name: 'either' })).type.toBe<Operation<Task<Either>>>()
    expect(spawn(flag ? task : worker)).type.toBe<Operation<Task<boolean | string>>>()
    expect(scope(either)).type.toBe<Operation<Either>>()
    expect(scope(({ tasks }) => (tasks.length > 0 ? number : text))).type.toBe<Operation<Either>>()
    expect(createScope().run(either)).type.toBe<Task<Either>>()
    scope(function* (open) {
      expect(open.spawn(either)).type.toBe<Task<Either>>()
    })
  })

  test('runs in a region', () => {
    expect(timeout(1, either)).type.toBe<Operation<Either>>()
    expect(moveOnAfter(1, either)).type.toBe<Operation<Outcome<Either>>>()
    expect(shield(either)).type.toBe<Operation<Either>>()
    expect(attempt(either)).type.toBe<Operation<Outcome<Either>>>()
    expect(createContext('name', 1).with(2, either)).type.toBe<Operation<Either>>()
    const effect = defineEffect('effect', (n: number) => n)
    expect(provide([[effect, () => 1]], either)).type.toBe<Operation<Either>>()
  })

  test('is run again', () => {
    expect(retry(either, constant(1))).type.toBe<Operation<Either>>()
    expect(repeat(either, constant(1))).type.toBe<Operation<Either>>()
    expect(createCircuitBreaker().run(either)).type.toBe<Operation<Either>>()
  })

  test('is a branch', () => {
    expect(all([either, task])).type.toBe<Operation<[Either, boolean]>>()
    expect(all({ either })).type.toBe<Operation<{ either: Either }>>()
    expect(allSettled([either])).type.toBe<Operation<[Outcome<Either>]>>()
    expect(race([either, task])).type.toBe<Operation<Either | boolean>>()
    expect(any([either])).type.toBe<Operation<Either>>()
    expect(select({ either, task })).type.toBe<
      Operation<{ key: 'either'; value: Either } | { key: 'task'; value: boolean }>
    >()
    expect(map([1], (n) => (n > 0 ? number : text))).type.toBe<Operation<Either[]>>()
  })

  test('is a resource, and may be promises', () => {
    const first = resource<number>((provide) => provide(1))
    const second = resource<string>((provide) => provide('x'))
    expect(use(flag ? first : second)).type.toBe<Operation<Either>>()
    expect(until(flag ? Promise.resolve(1) : Promise.resolve('x'))).type.toBe<Operation<Either>>()
    expect(call(() => (flag ? Promise.resolve(1) : ('x' as string)))).type.toBe<Operation<Either>>()
  })

  test('may be of functions, in both ways, and of an operation and a function', () => {
    expect(timeout(1, functions)).type.toBe<Operation<Either>>()
    expect(timeout(1, () => either)).type.toBe<Operation<Either>>()
    expect(timeout(1, startables)).type.toBe<Operation<Either>>()
    expect(run(functions)).type.toBe<Task<Either>>()
    expect<ValueOf<typeof startables>>().type.toBe<Either>()
  })

  test('is given operations only', () => {
    const wrong = flag ? number : 7
    expect(run).type.not.toBeCallableWith(wrong)
    expect(spawn).type.not.toBeCallableWith(wrong)
    expect(timeout).type.not.toBeCallableWith(1, wrong)
    expect(attempt).type.not.toBeCallableWith(flag ? number : Promise.resolve(1))
    expect(shield).type.not.toBeCallableWith(flag ? worker : (n: number) => sleep(n))
    expect(scope).type.not.toBeCallableWith(wrong)
    expect(map).type.not.toBeCallableWith([1], () => wrong)
    expect(retry).type.not.toBeCallableWith(wrong, constant(1))
    expect(use).type.not.toBeCallableWith(flag ? number : {})
  })
})

describe('one operation', () => {
  test('takes the type that its surroundings ask for', () => {
    expect(timeout).type.toBeCallableWith(1, worker)
    const kind: Operation<{ kind: 'a' | 'b' }> = timeout(1, function* () {
      yield* sleep(1)
      return { kind: 'a' }
    })
    expect(kind).type.toBe<Operation<{ kind: 'a' | 'b' }>>()
    const started: Task<{ kind: 'a' | 'b' }> = run(function* () {
      yield* sleep(1)
      return { kind: 'a' }
    })
    expect(started).type.toBe<Task<{ kind: 'a' | 'b' }>>()
    expect(run(() => action((resume) => resume()))).type.toBe<Task<void>>()
    expect(timeout<Either>(1, number)).type.toBe<Operation<Either>>()
  })

  test('keeps the type parameter of what is written around it', () => {
    const within = <T>(operation: Operation<T>) => timeout(1, operation)
    expect(within(number)).type.toBe<Operation<number>>()
    const general = <O extends Operation<unknown>>(operation: O) => timeout(1, operation)
    expect(general(number)).type.toBe<Operation<unknown>>()
  })
})
