/** Types of policies, of overlapping calls, and of supervision. */
import {
  CircuitOpenError,
  type Ended,
  type Operation,
  type Outcome,
  type Overlapping,
  type Policy,
  type Task,
  attempt,
  constant,
  createCircuitBreaker,
  delays,
  dropping,
  enqueued,
  exponential,
  jittered,
  keepLatest,
  onlyIf,
  random,
  repeat,
  restartable,
  retry,
  sleep,
  supervise,
  suspend,
  upTo,
  within,
} from 'coppice'
import { describe, expect, test } from 'tstyche'

function* text() {
  yield* sleep(1)
  return 'text'
}
function* search(query: string, limit?: number) {
  yield* sleep(1)
  return [query, limit]
}
/** The type of what `yield*` gives, without running anything. */
declare function valueOf<T>(operation: Operation<T>): T

describe('retry and repeat', () => {
  test('give the value of what they run', () => {
    expect(valueOf(retry(text, constant(5)))).type.toBe<string>()
    expect(valueOf(retry(() => text(), upTo(3, exponential(100))))).type.toBe<string>()
    expect(valueOf(repeat(text, constant(5)))).type.toBe<string>()
  })

  test('what is no operation, and what is no policy, does not compile', () => {
    expect(retry).type.not.toBeCallableWith(async () => 1, constant(5))
    expect(retry).type.not.toBeCallableWith(text, 5)
    expect(retry).type.not.toBeCallableWith(text)
    expect(retry).type.not.toBeCallableWith(search, constant(5))
    expect(repeat).type.not.toBeCallableWith(text, 5)
  })

  test('a policy of repeat sees the value with its type', () => {
    expect(
      valueOf(
        repeat(
          text,
          onlyIf(({ value }) => value?.startsWith('t') ?? false, constant(5))
        )
      )
    ).type.toBe<string>()
    expect(
      valueOf(
        repeat(
          text,
          upTo(
            3,
            onlyIf(({ value }) => value?.startsWith('t') ?? false, constant(5))
          )
        )
      )
    ).type.toBe<string>()
    const short: Policy<string> = onlyIf((ended: Ended<string>) => ended.value!.length < 5, constant(5))
    expect(repeat).type.toBeCallableWith(text, short)
    expect(repeat).type.toBeCallableWith(text, within(100, jittered(short)))
    expect(repeat).type.not.toBeCallableWith(() => sleep(1), short)
  })

  test('an error is unknown', () => {
    retry(
      text,
      onlyIf(({ error }) => {
        expect(error).type.toBe<unknown>()
        return error instanceof TypeError
      }, constant(5))
    )
  })

  test('delays are numbers, and random is one', () => {
    expect(delays(constant(5))).type.toBe<number[]>()
    expect(valueOf(random())).type.toBe<number>()
  })

  test('any object that decides is a policy', () => {
    expect<Policy>().type.toBeAssignableFrom({ decide: () => undefined })
    expect<Policy>().type.toBeAssignableFrom({ decide: ({ attempt }: Ended) => ({ delay: attempt }) })
    expect<Policy>().type.not.toBeAssignableFrom({ decide: () => 5 })
  })
})

describe('overlapping calls', () => {
  test('take the arguments of the operation, and give tasks of its value', () => {
    for (const make of [restartable, dropping, enqueued, keepLatest]) {
      const call = valueOf(make(search))
      expect(call).type.toBe<Overlapping<[query: string, limit?: number], (string | number | undefined)[]>>()
      expect(call('query')).type.toBe<Task<(string | number | undefined)[]>>()
      expect(call).type.not.toBeCallableWith()
      expect(call).type.not.toBeCallableWith(5)
    }
    expect(restartable).type.not.toBeCallableWith(text())
    expect(restartable).type.not.toBeCallableWith(async () => 1)
  })

  test('an attempt in the operation makes the value an outcome', () => {
    const call = valueOf(dropping((query: string) => attempt(search(query))))
    expect(valueOf(call('query'))).type.toBe<Outcome<(string | number | undefined)[]>>()
  })
})

describe('supervise', () => {
  test('takes operations, functions, and what says more of them, in a record or an array', () => {
    expect(supervise).type.toBeCallableWith({ text, sleep: sleep(1) })
    expect(supervise).type.toBeCallableWith([text, { run: text, restart: 'transient' }])
    expect(supervise).type.toBeCallableWith([(_ready: () => void) => suspend()], { strategy: 'rest-for-one' })
    expect(valueOf(supervise([]))).type.toBe<void>()
  })

  test('unknown words, and functions that take something else, do not compile', () => {
    expect(supervise).type.not.toBeCallableWith([{ run: text, restart: 'always' }])
    expect(supervise).type.not.toBeCallableWith([text], { strategy: 'one' })
    expect(supervise).type.not.toBeCallableWith([search])
    expect(supervise).type.not.toBeCallableWith([async () => 1])
  })
})

describe('a circuit breaker', () => {
  test('gives the value of what it runs, and knows its states', () => {
    const breaker = createCircuitBreaker()
    expect(valueOf(breaker.run(text))).type.toBe<string>()
    expect(breaker.state).type.toBe<'closed' | 'open' | 'half-open'>()
    expect<CircuitOpenError['code']>().type.toBe<'COPPICE_CIRCUIT_OPEN'>()
  })
})
