/** Policies are pure values: state → delay or stop. Nothing is run here. */
import fc from 'fast-check'
import {
  type Ended,
  MisuseError,
  type Policy,
  allOf,
  anyOf,
  constant,
  delays,
  exponential,
  inTurn,
  jittered,
  onlyIf,
  repeat,
  retry,
  upTo,
  within,
} from 'coppice'
import { thrownBy } from '../laws/timeline.ts'

const isBusy = ({ error }: Ended) => error === 'busy'
function* worker() {}

const seed = 11

/** The decisions on a row of errors; undefined is where it stopped, and stands still. */
function decisions(policy: Policy, errors: readonly unknown[]): (number | undefined)[] {
  let elapsed = 0
  return errors.map((error, index) => {
    const again = policy.decide({ attempt: index + 1, elapsed, error, random: 0.5 })
    elapsed += again?.delay ?? 0
    policy = again?.rest ?? policy
    return again?.delay
  })
}

describe('a policy', () => {
  test.each<[Policy, number[]]>([
    [constant(5), [5, 5, 5, 5]],
    [exponential(1), [1, 2, 4, 8]],
    [exponential(2, { factor: 3 }), [2, 6, 18, 54]],
    [exponential(100, { max: 250 }), [100, 200, 250, 250]],
    [exponential(100, { max: 50 }), [50, 50, 50, 50]],
    [upTo(0, constant(5)), []],
    [upTo(2), [0, 0]],
    [upTo(3, upTo(2, constant(5))), [5, 5]],
    [within(10, constant(4)), [4, 4]],
    [within(8, constant(4)), [4, 4]],
    [within(3, constant(4)), []],
    [jittered(constant(8)), [4, 4, 4, 4]],
    [jittered(constant(8), { spread: 0.5 }), [6, 6, 6, 6]],
    [jittered(constant(8), { spread: 0 }), [8, 8, 8, 8]],
    [jittered(constant(Infinity)), [Infinity, Infinity, Infinity, Infinity]],
    [allOf(constant(3), exponential(1), upTo(3)), [3, 3, 4]],
    [anyOf(upTo(2, constant(1)), upTo(3, constant(9))), [1, 1, 9]],
    [inTurn(upTo(1, constant(1)), upTo(0), upTo(2, exponential(10))), [1, 10, 20]],
    [inTurn(upTo(1)), [0]],
  ])('%s delays as it says', (policy, expected) => {
    expect(delays(policy, { limit: 4 })).toEqual(expected)
    // Nothing was used up.
    expect(delays(policy, { limit: 4 })).toEqual(expected)
  })

  test.each<[Policy, string]>([
    [constant(5), 'constant(5)'],
    [exponential(1), 'exponential(1)'],
    [exponential(2, { factor: 3 }), 'exponential(2, { factor: 3 })'],
    [exponential(2, { factor: 3, max: 9 }), 'exponential(2, { factor: 3, max: 9 })'],
    [upTo(5, jittered(exponential(100))), 'upTo(5, jittered(exponential(100)))'],
    [jittered(constant(8), { spread: 0.5 }), 'jittered(constant(8), { spread: 0.5 })'],
    [within(10, onlyIf(isBusy, constant(4))), 'within(10, onlyIf(isBusy, constant(4)))'],
    [allOf(constant(3), upTo(3)), 'allOf(constant(3), upTo(3, constant(0)))'],
    [anyOf(constant(3), constant(4)), 'anyOf(constant(3), constant(4))'],
    [inTurn(constant(3), constant(4)), 'inTurn(constant(3), constant(4))'],
  ])('is printed as it was written: %s', (policy, text) => {
    expect(String(policy)).toBe(text)
    expect(String(retry(worker, policy))).toBe(`retry(worker, ${text})`)
    expect(String(repeat(worker, policy))).toBe(`repeat(worker, ${text})`)
  })

  test('is equal to one that was made alike', () => {
    const make = (n: number) => upTo(n, within(10, jittered(allOf(exponential(1), inTurn(constant(1))))))
    expect(make(3)).toEqual(make(3))
    expect(make(3)).not.toEqual(make(4))
  })

  test('may be any object that decides', () => {
    const linear: Policy = { decide: ({ attempt }) => ({ delay: attempt }) }
    expect(delays(upTo(3, linear))).toEqual([1, 2, 3])
    expect(delays(inTurn(upTo(2, linear), linear), { limit: 4 })).toEqual([1, 2, 1, 2])
  })
})

test('a delay for ever stays one under any jitter', () => {
  expect(delays(jittered(constant(Infinity)), { limit: 1, random: 0 })).toEqual([Infinity])
})

describe('onlyIf', () => {
  test('stops at what its predicate rejects', () => {
    expect(decisions(onlyIf(isBusy, exponential(1)), ['busy', 'busy', 'broken'])).toEqual([1, 2, undefined])
  })

  test('in anyOf, each kind of error has its own count', () => {
    const policy = anyOf(
      onlyIf(isBusy, upTo(2, constant(1))),
      onlyIf(({ error }) => error === 'late', upTo(1, constant(100)))
    )
    expect(decisions(policy, ['busy', 'late', 'busy', 'late'])).toEqual([1, 100, 1, undefined])
    expect(decisions(policy, ['busy', 'busy', 'busy'])).toEqual([1, 1, undefined])
  })

  test('sees the value, the attempt and the elapsed time, too', () => {
    const seen: Ended[] = []
    const policy = onlyIf((ended) => seen.push(ended) < 3, constant(5))
    delays(policy, { value: 'v', random: 0.25 })
    expect(seen).toEqual([
      { value: 'v', attempt: 1, elapsed: 0, random: 0.25 },
      { value: 'v', attempt: 2, elapsed: 5, random: 0.25 },
      { value: 'v', attempt: 3, elapsed: 10, random: 0.25 },
    ])
  })
})

describe('within', () => {
  test('counts the time that runs take, and not only delays', () => {
    const policy = within(100, constant(10))
    expect(policy.decide({ attempt: 1, elapsed: 90, random: 0 })?.delay).toBe(10)
    expect(policy.decide({ attempt: 1, elapsed: 91, random: 0 })).toBeUndefined()
  })

  test('counts from where it took over in inTurn', () => {
    expect(delays(inTurn(upTo(2, constant(50)), within(20, constant(10))))).toEqual([50, 50, 10, 10])
  })
})

describe('E9 a policy is checked where it is made', () => {
  test.each<[string, () => unknown, string]>([
    ['constant', () => constant(-1), 'constant takes milliseconds from 0 on'],
    ['exponential', () => exponential(NaN), 'exponential takes milliseconds from 0 on'],
    ['factor', () => exponential(1, { factor: 0.5 }), 'factor is a number from 1 on; it was given 0.5'],
    ['factor', () => exponential(1, { factor: Infinity }), 'factor is a number from 1 on'],
    ['max', () => exponential(1, { max: -1 }), 'exponential: max takes milliseconds from 0 on'],
    ['spread', () => jittered(constant(1), { spread: 2 }), 'spread is a number from 0 to 1'],
    ['spread', () => jittered(constant(1), { spread: NaN }), 'spread is a number from 0 to 1'],
    ['upTo', () => upTo(1.5), 'upTo takes how often to run again'],
    ['upTo', () => upTo(-1), 'upTo takes how often to run again'],
    ['upTo', () => upTo('3' as never), 'upTo takes how often to run again'],
    [
      'upTo of a number',
      () => upTo(3, 100 as never),
      'takes a policy, such as constant(100) or upTo(5, exponential(100)); it was given 100.',
    ],
    ['within', () => within(-1, constant(1)), 'within takes milliseconds from 0 on'],
    ['within without a policy', () => within(1, undefined as never), 'within takes a policy'],
    ['onlyIf', () => onlyIf(constant(1) as never, constant(1)), 'onlyIf takes a predicate and a policy'],
    ['allOf', () => allOf(), 'allOf takes policies'],
    ['anyOf', () => anyOf(), 'anyOf takes policies'],
    ['inTurn', () => inTurn(null as never), 'inTurn takes a policy'],
    ['delays', () => delays(null as never), 'delays takes a policy'],
    ['limit', () => delays(constant(1), { limit: Infinity }), 'limit is how many delays'],
    ['retry', () => retry(worker, undefined as never), 'retry takes a policy'],
    ['repeat', () => repeat(worker, 3 as never), 'repeat takes a policy'],
  ])('%s', (_, make, text) => {
    const error = thrownBy(make)
    expect(error).toBeInstanceOf(MisuseError)
    expect((error as Error).message).toContain(text)
  })

  test.each([
    ['a number', 5, '{…} gave 5'],
    ['null', null, '{…} gave null'],
    ['a negative delay', { delay: -1 }, '{…} gave a delay of -1'],
    ['NaN', { delay: NaN }, '{…} gave a delay of NaN'],
  ])('a policy of the user that decides on %s', (_, decided, text) => {
    const error = thrownBy(() => delays(upTo(3, { decide: () => decided as never })))
    expect(error).toBeInstanceOf(MisuseError)
    expect((error as Error).message).toContain(text)
  })
})

const { policy: anyPolicy } = fc.letrec<{ policy: Policy }>((tie) => ({
  policy: fc.oneof(
    { depthSize: 'small' },
    fc.nat(50).map((ms) => constant(ms)),
    fc
      .tuple(fc.nat(50), fc.double({ min: 1, max: 4, noNaN: true }), fc.nat(5000))
      .map(([ms, factor, max]) => exponential(ms, { factor, max })),
    fc.tuple(fc.nat(6), tie('policy')).map(([n, policy]) => upTo(n, policy)),
    fc.tuple(fc.nat(500), tie('policy')).map(([ms, policy]) => within(ms, policy)),
    fc
      .tuple(tie('policy'), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([policy, spread]) => jittered(policy, { spread })),
    fc.array(tie('policy'), { minLength: 1, maxLength: 3 }).map((all) => allOf(...all)),
    fc.array(tie('policy'), { minLength: 1, maxLength: 3 }).map((all) => anyOf(...all)),
    fc.array(tie('policy'), { minLength: 1, maxLength: 3 }).map((all) => inTurn(...all))
  ),
}))
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const sumOf = (list: readonly number[]) => list.reduce((sum, delay) => sum + delay, 0)

describe('any policy', () => {
  const holds = <A extends [unknown, ...unknown[]]>(
    arbitraries: { [K in keyof A]: fc.Arbitrary<A[K]> },
    check: (...values: A) => void
  ) => fc.assert(fc.property(...arbitraries, check as never), { seed, numRuns: 300 })

  test('gives the same delays each time, none negative', () => {
    holds<[Policy, number]>([anyPolicy, anyRandom], (policy, random) => {
      const text = String(policy)
      const first = delays(policy, { limit: 20, random })
      expect(delays(policy, { limit: 20, random })).toEqual(first)
      expect(first.every((delay) => delay >= 0)).toBe(true)
      expect(String(policy)).toBe(text)
    })
  })

  test('under upTo is a beginning of itself', () => {
    holds<[Policy, number]>([anyPolicy, fc.nat(10)], (policy, n) => {
      expect(delays(upTo(n, policy), { limit: 20 })).toEqual(delays(policy, { limit: 20 }).slice(0, n))
    })
  })

  test('under within is its longest beginning whose sum is within', () => {
    holds<[Policy, number]>([anyPolicy, fc.nat(500)], (policy, ms) => {
      const all = delays(policy, { limit: 20 })
      let count = 0
      while (count < all.length && sumOf(all.slice(0, count + 1)) <= ms) count++
      expect(delays(within(ms, policy), { limit: 20 })).toEqual(all.slice(0, count))
    })
  })

  test('is never longer under jitter, and not shorter than the spread allows', () => {
    holds<[Policy, number, number]>([anyUntimed, anyRandom, anyRandom], (policy, spread, random) => {
      const all = delays(policy, { random })
      const found = delays(jittered(policy, { spread }), { random })
      expect(found).toHaveLength(all.length)
      for (const [index, delay] of found.entries()) {
        expect(delay).toBeLessThanOrEqual(all[index]!)
        expect(delay).toBeGreaterThanOrEqual(all[index]! * (1 - spread) - 1e-9)
      }
    })
  })

  test('exponential delays never fall, and stay within their bounds', () => {
    holds<[number, number, number]>(
      [fc.nat(1000), fc.double({ min: 1, max: 10, noNaN: true }), fc.nat(100_000)],
      (ms, factor, max) => {
        const all = delays(exponential(ms, { factor, max }), { limit: 30 })
        expect(all).toEqual([...all].sort((a, b) => a - b))
        expect(all[0]).toBe(Math.min(ms, max))
        expect(Math.max(...all)).toBeLessThanOrEqual(max)
      }
    )
  })

  test('in allOf is as long as the shortest of them, and never sooner than any', () => {
    holds<[Policy, Policy]>([anyUntimed, anyUntimed], (a, b) => {
      const [as, bs] = [delays(a, { limit: 20 }), delays(b, { limit: 20 })]
      const length = Math.min(as.length, bs.length)
      expect(delays(allOf(a, b), { limit: 20 })).toEqual(
        Array.from({ length }, (_, i) => Math.max(as[i]!, bs[i]!))
      )
    })
  })

  test('in anyOf is as long as the longest of them, and never later than any', () => {
    holds<[Policy, Policy]>([anyUntimed, anyUntimed], (a, b) => {
      const [as, bs] = [delays(a, { limit: 20 }), delays(b, { limit: 20 })]
      const length = Math.max(as.length, bs.length)
      expect(delays(anyOf(a, b), { limit: 20 })).toEqual(
        Array.from({ length }, (_, i) => Math.min(as[i] ?? Infinity, bs[i] ?? Infinity))
      )
    })
  })

  test('in inTurn is all of them, one after the other', () => {
    holds<[Policy[]]>([fc.array(anyPolicy, { minLength: 1, maxLength: 3 })], (policies) => {
      const limited = policies.map((policy) => upTo(5, policy))
      expect(delays(inTurn(...limited))).toEqual(limited.flatMap((policy) => delays(policy)))
    })
  })
})

/** Delays that do not depend on the delays of others. */
const anyUntimed = fc
  .tuple(fc.nat(50), fc.nat(6), fc.boolean())
  .map(([ms, n, grows]) => upTo(n, grows ? exponential(ms) : constant(ms)))
