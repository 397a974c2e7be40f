/** Types of what waits for several operations. */
import {
  type Operation,
  type Outcome,
  type Task,
  all,
  allSettled,
  any,
  map,
  operation,
  race,
  run,
  select,
  sleep,
  suspend,
} from 'coppice'
import { describe, expect, test } from 'tstyche'

function* text() {
  yield* sleep(1)
  return 'text'
}
const number = operation('number', function* (n: number) {
  yield* sleep(n)
  return n
})
declare const task: Task<boolean>
declare const operations: Operation<number>[]
declare const readonlyOperations: readonly Operation<number>[]
declare const byName: Record<string, Operation<number>>
/** The type of what `yield*` gives, without running anything. */
declare function valueOf<T>(operation: Operation<T>): T

describe('select', () => {
  test('of a record gives a union that its key tells apart', () => {
    const first = valueOf(select({ text, number: number(1), task, late: sleep(1000) }))
    expect(first).type.toBe<
      | { key: 'text'; value: string }
      | { key: 'number'; value: number }
      | { key: 'task'; value: boolean }
      | { key: 'late'; value: void }
    >()
    if (first.key === 'text') expect(first.value).type.toBe<string>()
    else if (first.key === 'number') expect(first.value).type.toBe<number>()
    else if (first.key === 'task') expect(first.value).type.toBe<boolean>()
    else expect(first.value).type.toBe<void>()
  })

  test('narrows in a switch', () => {
    const first = valueOf(select({ text, number: () => number(1) }))
    switch (first.key) {
      case 'text':
        expect(first.value).type.toBe<string>()
        break
      case 'number':
        expect(first.value).type.toBe<number>()
        break
      default:
        expect(first).type.toBe<never>()
    }
  })

  test('of a tuple gives a union that its index tells apart', () => {
    const first = valueOf(select([text, number(1), task]))
    expect(first).type.toBe<
      { key: 0; value: string } | { key: 1; value: number } | { key: 2; value: boolean }
    >()
    if (first.key === 1) expect(first.value).type.toBe<number>()
  })

  test('of an array gives an index and a value', () => {
    expect(valueOf(select(operations))).type.toBe<{ key: number; value: number }>()
    expect(valueOf(select(readonlyOperations))).type.toBe<{ key: number; value: number }>()
  })

  test('of a record with any keys gives a string', () => {
    expect(valueOf(select(byName))).type.toBe<{ key: string; value: number }>()
  })

  test('a branch that never gives a value has none', () => {
    const first = valueOf(select({ text, never: suspend }))
    if (first.key === 'never') expect(first.value).type.toBe<never>()
  })

  test('is given operations only', () => {
    expect(select).type.not.toBeCallableWith({ a: 7 })
    expect(select).type.not.toBeCallableWith({ a: Promise.resolve(1) })
    expect(select).type.not.toBeCallableWith({ a: async () => 1 })
    expect(select).type.not.toBeCallableWith([7])
    expect(select).type.not.toBeCallableWith({ a: number })
    expect(select).type.not.toBeCallableWith({
      a: function* () {
        yield sleep(1)
      },
    })
  })
})

describe('all', () => {
  test('of a tuple gives a tuple', () => {
    expect(valueOf(all([text, number(1), task]))).type.toBe<[string, number, boolean]>()
    const [a, b] = valueOf(all([text, number(1)]))
    expect(a).type.toBe<string>()
    expect(b).type.toBe<number>()
    expect(valueOf(all([]))).type.toBe<[]>()
  })

  test('of a record gives a record', () => {
    const both = valueOf(all({ a: text, b: number(1) }, { concurrency: 1 }))
    expect(both).type.toBe<{ a: string; b: number }>()
    expect(valueOf(all(byName))).type.toBeAssignableTo<Record<string, number>>()
  })

  test('of an array gives an array', () => {
    expect(valueOf(all(operations))).type.toBe<number[]>()
    expect(valueOf(all(readonlyOperations))).type.toBe<number[]>()
    expect(valueOf(all([1, 2].map((n) => number(n))))).type.toBe<number[]>()
  })

  test('is given operations only', () => {
    expect(all).type.not.toBeCallableWith([7])
    expect(all).type.not.toBeCallableWith([Promise.resolve(1)])
    expect(all).type.not.toBeCallableWith(text, text)
    expect(all).type.not.toBeCallableWith([text], { concurrency: '1' })
    expect(all).type.not.toBeCallableWith([text], { concurency: 1 })
    expect(all).type.not.toBeCallableWith([
      function* () {
        yield sleep(1)
      },
    ])
  })
})

describe('allSettled', () => {
  test('gives outcomes in the shape of what it was given', () => {
    expect(valueOf(allSettled([text, number(1)]))).type.toBe<[Outcome<string>, Outcome<number>]>()
    expect(valueOf(allSettled({ a: text, b: number(1) }))).type.toBe<{
      a: Outcome<string>
      b: Outcome<number>
    }>()
    expect(valueOf(allSettled(operations))).type.toBe<Outcome<number>[]>()
  })
})

describe('map', () => {
  test('gives an array of the values, and hands over items and indexes', () => {
    const values = map(['a', 'b'], function* (item, index) {
      expect(item).type.toBe<string>()
      expect(index).type.toBe<number>()
      return yield* number(index)
    })
    expect(valueOf(values)).type.toBe<number[]>()
    expect(valueOf(map(new Set([1]), number, { concurrency: 2 }))).type.toBe<number[]>()
    expect(valueOf(map([1], (n) => number(n)))).type.toBe<number[]>()
  })

  test('takes a function that gives an operation', () => {
    expect(map).type.not.toBeCallableWith([1], async (n: number) => n)
    expect(map).type.not.toBeCallableWith([1], (n: number) => n)
    expect(map).type.not.toBeCallableWith(['a'], number)
    expect(map).type.not.toBeCallableWith([1], function* () {
      yield sleep(1)
    })
    expect(map).type.not.toBeCallableWith(7, number)
  })
})

describe('race and any', () => {
  test('give one of the values', () => {
    expect(valueOf(race([text, number(1)]))).type.toBe<string | number>()
    expect(valueOf(any([text, number(1), task]))).type.toBe<string | number | boolean>()
    expect(valueOf(race(operations))).type.toBe<number>()
    expect(valueOf(any(readonlyOperations))).type.toBe<number>()
    expect(valueOf(race([text, suspend]))).type.toBe<string>()
  })

  test('take arrays of operations', () => {
    expect(race).type.not.toBeCallableWith([7])
    expect(race).type.not.toBeCallableWith(text, text)
    expect(any).type.not.toBeCallableWith([async () => 1])
    expect(any).type.not.toBeCallableWith({ a: text })
  })
})

test('all of it holds inside of a generator', () => {
  const program = function* () {
    const [a, b] = yield* all([text, () => number(1)])
    const first = yield* select({ a: text, b: number(1) })
    const list = yield* map([1, 2], number)
    return { a, b, first, list }
  }
  expect(run(program)).type.toBe<
    Task<{
      a: string
      b: number
      first: { key: 'a'; value: string } | { key: 'b'; value: number }
      list: number[]
    }>
  >()
})
