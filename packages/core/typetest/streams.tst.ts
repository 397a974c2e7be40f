/** Types of streams: what `pipe` infers, and what functions of operators may give. */
import {
  type Operation,
  type Operator,
  type Stream,
  type Subscription,
  buffer,
  catchError,
  collect,
  combineLatest,
  concat,
  concatMap,
  debounce,
  distinct,
  drop,
  events,
  filter,
  flatMap,
  forEach,
  from,
  interval,
  mapEach,
  merge,
  operation,
  pipe,
  produce,
  scan,
  share,
  sleep,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  throttle,
  timeoutEach,
  toAsyncIterable,
  window,
  zip,
} from 'coppice'
import { describe, expect, test } from 'tstyche'

declare const numbers: Stream<number>
declare const texts: Stream<string>
const length = operation('length', function* (text: string) {
  yield* sleep(1)
  return text.length
})

describe('from', () => {
  test('takes the type of the items', () => {
    expect(from([1, 2])).type.toBe<Stream<number>>()
    expect(from('abc')).type.toBe<Stream<string>>()
    expect(from(new Map<string, number>())).type.toBe<Stream<[string, number]>>()
    expect(from(numbers)).type.toBe<Stream<number>>()
    expect(from({} as AsyncIterable<boolean>)).type.toBe<Stream<boolean>>()
    expect(from({} as AsyncGenerator<boolean>)).type.toBe<Stream<boolean>>()
    expect(from({} as ReadableStream<Uint8Array>)).type.toBe<Stream<Uint8Array>>()
    expect(from(length('a'))).type.toBe<Stream<number>>()
  })

  test('takes nothing without items', () => {
    expect(from).type.not.toBeCallableWith(7)
    expect(from).type.not.toBeCallableWith(undefined)
  })
})

describe('pipe', () => {
  test('follows the types through twelve stages', () => {
    const piped = pipe(
      texts,
      filter((text) => text !== ''),
      mapEach((text) => text.length),
      scan((sum, n) => sum + n, 0),
      takeWhile((n) => n < 100),
      drop(1),
      distinct((n) => n % 10),
      mapEach((n) => ({ n })),
      debounce(10),
      buffer(3),
      mapEach((row) => row.map(({ n }) => n)),
      concatMap((row) => row),
      take(3)
    )
    expect(piped).type.toBe<Stream<number>>()
  })

  test('checks that each operator takes what the one before gives', () => {
    expect(
      pipe(
        numbers,
        mapEach((n) => n.toFixed(2))
      )
    ).type.toBe<Stream<string>>()
    const shout: Operator<string, string> = mapEach((text) => text.toUpperCase())
    expect(pipe(texts, shout)).type.toBe<Stream<string>>()
    expect(pipe).type.not.toBeCallableWith(numbers, shout)
  })

  test('is not needed for a single operator', () => {
    expect(take(1)(numbers)).type.toBe<Stream<number>>()
    expect(merge(texts)(numbers)).type.toBe<Stream<number | string>>()
  })

  test('of a stream alone is that stream', () => {
    expect(pipe(numbers)).type.toBe<Stream<number>>()
  })
})

describe('what functions give', () => {
  const mixed = from<string | number>([1, 'a'])

  test('operations and promises stand for their values, streams and arrays for themselves', () => {
    expect(pipe(texts, mapEach(length))).type.toBe<Stream<number>>()
    expect(
      pipe(
        texts,
        mapEach((text) => Promise.resolve(text.length))
      )
    ).type.toBe<Stream<number>>()
    expect(
      pipe(
        texts,
        mapEach(function* (text) {
          yield* sleep(1)
          return [text]
        })
      )
    ).type.toBe<Stream<string[]>>()
    expect(
      pipe(
        texts,
        mapEach(() => numbers)
      )
    ).type.toBe<Stream<Stream<number>>>()
    expect(
      pipe(
        texts,
        mapEach((text) => [text])
      )
    ).type.toBe<Stream<string[]>>()
  })

  test('inner streams are what from takes, operations and promises', () => {
    expect(
      pipe(
        texts,
        concatMap(() => numbers)
      )
    ).type.toBe<Stream<number>>()
    expect(pipe(texts, flatMap(length, { concurrency: 3 }))).type.toBe<Stream<number>>()
    expect(
      pipe(
        texts,
        switchMap(async (text) => text.length)
      )
    ).type.toBe<Stream<number>>()
    expect(
      pipe(
        texts,
        switchMap((text) => new Set([text]))
      )
    ).type.toBe<Stream<string>>()
    expect(
      pipe(
        numbers,
        catchError(() => texts)
      )
    ).type.toBe<Stream<number | string>>()
  })

  // Earlier versions infer no predicate from the body of a function.
  // @tstyche if { target: '>=5.5' }
  test('filter and takeWhile narrow', () => {
    expect(
      pipe(
        mixed,
        filter((item) => typeof item === 'string')
      )
    ).type.toBe<Stream<string>>()
    expect(
      pipe(
        mixed,
        takeWhile((item) => typeof item === 'number')
      )
    ).type.toBe<Stream<number>>()
  })

  test('filter narrows by a predicate that is written, and by no generator', () => {
    expect(
      pipe(
        mixed,
        filter((item): item is string => typeof item === 'string')
      )
    ).type.toBe<Stream<string>>()
    expect(
      pipe(
        mixed,
        filter(function* () {
          yield* sleep(1)
          return true
        })
      )
    ).type.toBe<Stream<string | number>>()
  })
})

describe('several streams', () => {
  test('give unions and tuples', () => {
    expect(pipe(numbers, merge(texts))).type.toBe<Stream<number | string>>()
    expect(pipe(numbers, concat(texts, from([true])))).type.toBe<Stream<number | string | boolean>>()
    expect(pipe(numbers, zip(texts, from([true])))).type.toBe<Stream<[number, string, boolean]>>()
    expect(pipe(numbers, combineLatest(texts))).type.toBe<Stream<[number, string]>>()
  })
})

describe('the rest', () => {
  test('keeps or groups the type', () => {
    expect(
      pipe(numbers, throttle(1), timeoutEach(1), share(), takeUntil(sleep(10)), takeUntil(texts))
    ).type.toBe<Stream<number>>()
    expect(pipe(numbers, window(2))).type.toBe<Stream<Stream<number>>>()
    expect(interval(1)).type.toBe<Stream<number>>()
    expect(events(new EventTarget(), 'x')).type.toBe<Stream<unknown>>()
    expect(events<Event>(new EventTarget(), 'x')).type.toBe<Stream<Event>>()
    expect(
      produce<number>(function* (emit) {
        yield* emit(1)
      })
    ).type.toBe<Stream<number>>()
  })

  test('sinks', () => {
    expect(collect(numbers)).type.toBe<Operation<number[]>>()
    expect(forEach(numbers, (n) => n.toFixed())).type.toBe<Operation<void>>()
    expect(forEach).type.not.toBeCallableWith([1], () => {})
    expect({} as Stream<number>).type.toBeAssignableTo<Operation<Subscription<number>>>()
    expect(toAsyncIterable(numbers)).type.toBeAssignableTo<AsyncIterable<number>>()
  })
})
