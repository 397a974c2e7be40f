/** The laws of the matchers, for whichever framework runs them. */
import { type Startable, MisuseError, action, cancel, select, self, sleep, suspend } from 'coppice'
import {
  type SimulationMatchers,
  DeadlockError,
  LeakError,
  explore,
  simulate,
  simulateToEnd,
} from '@coppice/testing'

type Expectation = SimulationMatchers & {
  toBe(value: unknown): unknown
  toContain(part: string): unknown
  toMatch(pattern: RegExp): unknown
}

export interface Framework {
  test(title: string, body: () => void): void
  expect(received: unknown): Expectation & { readonly not: Expectation }
}

const completes = function* () {
  yield* sleep(5)
  return new Map([['answer', 42]])
}

class Refusal extends RangeError {
  readonly code = 'REFUSED'
}

const fails = function* () {
  yield* sleep(5)
  refuse()
}

/** JavaScriptCore does not name the frames of a generator that goes on. */
function refuse(): never {
  throw new Refusal('the door is shut')
}

const cancels = function* () {
  yield* sleep(5)
  yield* cancel(yield* self(), { reason: { why: 'closing time' } })
}

/** The outside work that it gives up cannot be called off. */
const leaks = function* () {
  yield* sleep(5)
  yield* select({ forgotten: action(() => {}), late: sleep(5) })
}

function thrownBy(body: () => unknown): Error {
  try {
    body()
  } catch (error) {
    return error as Error
  }
  throw new Error('Nothing was thrown')
}

/** Each of them holds as written, and fails with a message of its own when turned round. */
export function testMatchers({ test, expect }: Framework): void {
  /** `turned` is the expectation that does not hold; its message has each of the parts, and the last step of the program. */
  const says = (turned: () => unknown, ...parts: string[]): void => {
    const { message } = thrownBy(turned)
    for (const part of [...parts, 'sleep(5)']) expect(message).toContain(part)
  }

  test('toComplete holds for a program that completes, with an equal value', () => {
    expect(simulate(completes)).toComplete()
    expect(completes).toComplete(new Map([['answer', 42]]))
    expect(completes).not.toComplete(new Map([['answer', 43]]))
    expect(completes).not.toComplete(undefined)
    expect(fails).not.toComplete()
    expect(cancels).not.toComplete()
    says(
      () => expect(fails).toComplete(1),
      'to complete with 1; it failed with',
      'the door is shut',
      'at 5 ms'
    )
    says(() => expect(completes).not.toComplete(), 'not to complete; it completed with Map', 'at 5 ms')
  })

  test('toFailWith holds for a class, a part of the message, a RegExp, an error and properties', () => {
    for (const wanted of [Refusal, RangeError, 'is shut', /^the door/, { code: 'REFUSED' }])
      expect(fails).toFailWith(wanted)
    expect(fails).toFailWith()
    expect(fails).toFailWith(new RangeError('the door is shut'))
    for (const unwanted of [TypeError, 'is open', /^door/, { code: 'OTHER' }])
      expect(fails).not.toFailWith(unwanted)
    expect(fails).not.toFailWith(new RangeError('the door'))
    expect(fails).not.toFailWith(new TypeError('the door is shut'))
    expect(completes).not.toFailWith()
    says(
      () => expect(fails).toFailWith(TypeError),
      'to fail with TypeError; it failed with',
      'the door is shut'
    )
    says(() => expect(completes).toFailWith('shut'), 'to fail with a message with "shut"; it completed')
    says(() => expect(fails).not.toFailWith(/door/), 'not to fail with a message that /door/ finds')
    expect(thrownBy(() => expect(fails).toFailWith(7 as never)) instanceof MisuseError).toBe(true)
  })

  test('toFailWith compares properties of what is thrown and is no Error', () => {
    const throws = (value: unknown) =>
      function* () {
        throw value
      }
    expect(throws({ code: 1 })).toFailWith({ code: 1 })
    expect(throws('plain text')).toFailWith('plain')
    expect(throws(null)).not.toFailWith({ code: 1 })
  })

  test('toBeCancelled holds for a program that is cancelled, for an equal reason', () => {
    expect(cancels).toBeCancelled()
    expect(cancels).toBeCancelled({ why: 'closing time' })
    expect(cancels).not.toBeCancelled({ why: 'no reason' })
    expect(completes).not.toBeCancelled()
    says(() => expect(completes).toBeCancelled(), 'to be cancelled; it completed')
    says(
      () => expect(cancels).not.toBeCancelled(),
      'not to be cancelled; it was cancelled for',
      'closing time'
    )
  })

  test('toLeakNothing holds when nothing outlives the program', () => {
    expect(completes).toLeakNothing()
    expect(leaks).not.toLeakNothing()
    says(() => expect(leaks).toLeakNothing(), 'to leak nothing; it leaks\n  action')
    says(() => expect(completes).not.toLeakNothing(), 'it leaks nothing')
  })

  test('toMatchTimeline compares the steps, whatever the indentation', () => {
    const timeline = simulate(completes)
    timeline.runToEnd()
    const text = timeline.timeline()
    expect(completes).toMatchTimeline(text)
    expect(completes).toMatchTimeline(`\n${text.replace(/^/gm, '        ')}  \n      `)
    expect(completes).not.toMatchTimeline(text.replace('sleep(5)', 'sleep(6)'))
    expect(completes).not.toMatchTimeline(text.split('\n').slice(1).join('\n'))
    says(() => expect(completes).toMatchTimeline('another'), 'expected to read\n\nanother\n\nbut it reads')
    says(() => expect(completes).not.toMatchTimeline(text), 'expected to differ')
    expect(thrownBy(() => expect(completes).toMatchTimeline(7 as never)) instanceof MisuseError).toBe(true)
  })

  test('toFindNothing holds for a report without a failure', () => {
    expect(explore(completes, { runs: 3 })).toFindNothing()
    expect(explore(fails, { runs: 3 })).not.toFindNothing()
    says(
      () => expect(explore(fails)).toFindNothing(),
      'to have no failure',
      'the door is shut',
      "replay(fails, '"
    )
    const { message } = thrownBy(() => expect(explore(completes, { runs: 3 })).not.toFindNothing())
    expect(message).toMatch(/to have a failure[^]*Nothing found in/)
    expect(thrownBy(() => expect(completes).toFindNothing()) instanceof MisuseError).toBe(true)
  })

  test('a program without an end passes neither a matcher nor its opposite', () => {
    const stuck = () => simulate(suspend)
    for (const expectation of [expect(stuck()), expect(stuck()).not])
      expect(thrownBy(() => expectation.toComplete()) instanceof DeadlockError).toBe(true)
  })

  test('a simulation that was driven part of the way is run to its end', () => {
    const simulation = simulate(completes)
    simulation.advance(2)
    expect(simulation).toComplete()
    expect(simulation.now).toBe(5)
  })

  test('what is neither a simulation nor a program is refused with a word on what to write', () => {
    for (const wrong of [undefined, null, 5, 'text', explore(completes, { runs: 1 })]) {
      const error = thrownBy(() => expect(wrong).toComplete())
      expect(error instanceof MisuseError).toBe(true)
      expect(error.message).toContain('takes a simulation or a program')
    }
  })

  test('simulateToEnd returns the value, or throws the error with the timeline and the place', () => {
    expect(simulateToEnd(completes).get('answer')).toBe(42)
    const broken = (program: Startable<unknown>) => thrownBy(() => simulateToEnd(program))
    const failed = broken(fails)
    for (const part of ['the door is shut', 'sleep(5)']) expect(failed.message).toContain(part)
    expect(failed.cause instanceof Refusal).toBe(true)
    expect(failed.stack).toMatch(/^(\s+at .*refuse|refuse@)/m)
    expect(broken(cancels).message).toMatch(/was cancelled for [^]*sleep\(5\)/)
    expect(broken(suspend).cause instanceof DeadlockError).toBe(true)
    expect(broken(leaks).cause instanceof LeakError).toBe(true)
  })
}
