/** What the outside world answers in a simulation. */
import { type Operation, type Startable, MisuseError } from 'coppice'
import {
  type OutsideEffect,
  type OutsideWait,
  type Timer,
  isResultOperation,
  isThenable,
  printed,
} from 'coppice/kernel'
import type { Awaited } from './awaited.ts'
import type { Matcher } from './matcher.ts'
import { unanswered } from './unanswered.ts'

/**
 * An answer: what `returns`, `throws`, `after`, `sequence`, `never` and `live` make; a function of the effect's arguments, which may also be
 * asynchronous or a generator function; an operation; or simply the value.
 */
export type Answerable = unknown

/** Pairs of a matcher and an answer. The first that matches and has something left answers. */
export type Answers = readonly (readonly [matcher: Matcher, answer: Answerable])[]

/** Where an answer is carried out. */
export interface World {
  now(): number
  setTimer(timer: Timer, due: number): number
  clearTimer(): void
  /** How many answers of a sequence have been given. */
  readonly given: Map<Answer, number>
  /** Runs an operation, and answers with its result. */
  answerWith(operation: Startable<unknown>, effect: OutsideEffect, wait: OutsideWait): void
  /** What real promises will answer. */
  readonly awaited: Awaited
}

/** Made by `returns`, `throws`, `after`, `sequence`, `never` and `live`; plain values that can be used in any number of simulations. */
export abstract class Answer {
  /** False if it has nothing left to say. @internal */
  abstract give(world: World, effect: OutsideEffect, wait: OutsideWait): boolean
}

/**
 * Answers at once with a value.
 * **Throws:** nothing.
 *
 * @example
 * ```ts
 * const load = defineEffect('load', (id: number) => fetchUser(id))
 * const sim = simulate(() => load(7), { answers: [['load', returns('Ada')]] })
 * console.assert(sim.runToEnd().status === 'done')
 * async function fetchUser(id: number) {
 *   return `user ${id}`
 * }
 * ```
 */
export function returns(value?: unknown): Answer {
  return new Returns(value)
}

/**
 * Fails the effect at once with an error, which arrives unchanged.
 * **Throws:** nothing: the program gets the error where it performs the effect.
 *
 * @example
 * ```ts
 * const sim = simulate(() => call(Date.now), { answers: [['now', throws('no clock')]] })
 * console.assert(sim.runToEnd().status === 'failed')
 * ```
 */
export function throws(error: unknown): Answer {
  return new Throws(error)
}

/**
 * Gives another answer after a while in virtual time; without one, `undefined`. A cancelled effect is not answered.
 * **Throws:** `MisuseError` for a duration that is negative or `NaN`.
 *
 * @param ms milliseconds of the simulation's clock
 *
 * @example
 * ```ts
 * const sim = simulate(() => call(Date.now), { answers: [['now', after(50, returns(1))]] })
 * console.assert(sim.runToEnd().at === 50)
 * ```
 */
export function after(ms: number, answer: Answerable = returns()): Answer {
  if (!(typeof ms === 'number' && ms >= 0))
    throw new MisuseError(`after takes milliseconds from 0 on, and an answer; it was given ${printed(ms)}.`)
  return new After(ms, asAnswer(answer))
}

/**
 * The first answer for the first effect, the second for the second, and so on. When it is used up, the next entry of `answers` that
 * matches has its turn. Each simulation, and each run of an exploration, starts over.
 * **Throws:** nothing.
 *
 * @example
 * ```ts
 * const poll = defineEffect('poll', () => 'pending')
 * const sim = simulate(
 *   function* () {
 *     while ((yield* poll()) !== 'ready') yield* sleep(100)
 *   },
 *   { answers: [['poll', sequence('pending', 'pending', 'ready')]] }
 * )
 * console.assert(sim.runToEnd().at === 200)
 * ```
 */
export function sequence(...answers: Answerable[]): Answer {
  return new Sequence(answers.map(asAnswer))
}

/**
 * Never answers: the effect waits until it is cancelled.
 * **Throws:** nothing.
 *
 * @example
 * ```ts
 * const sim = simulate(() => timeout(1000, call(Date.now)), { answers: [['now', never()]] })
 * console.assert(sim.runToEnd().status === 'failed')
 * ```
 */
export function never(): Answer {
  return new Never()
}

/**
 * Performs the effect in earnest, as production does: for functions that are all the same in a test, and for tests that want the
 * real thing while time stays virtual. What a promise gives is waited for by `sim.settle()`.
 * **Throws:** nothing. What the effect throws, its program gets.
 *
 * @example
 * ```ts
 * const sim = simulate(() => call(JSON.parse, '[1]'), { answers: [['parse', live()]] })
 * const result = sim.runToEnd()
 * console.assert(result.status === 'done' && result.value[0] === 1)
 * ```
 */
export function live(): Answer {
  return new Live()
}

class Returns extends Answer {
  readonly #value: unknown

  constructor(value: unknown) {
    super()
    this.#value = value
  }

  give(_world: World, _effect: OutsideEffect, wait: OutsideWait): boolean {
    wait.resume(this.#value)
    return true
  }
}

class Throws extends Answer {
  readonly #error: unknown

  constructor(error: unknown) {
    super()
    this.#error = error
  }

  give(_world: World, _effect: OutsideEffect, wait: OutsideWait): boolean {
    wait.fail(this.#error)
    return true
  }
}

class Never extends Answer {
  give(): boolean {
    return true
  }
}

class Live extends Answer {
  give(world: World, effect: OutsideEffect, wait: OutsideWait): boolean {
    effect.performLive(wait)
    if (wait.pending) world.awaited.add(wait)
    return true
  }
}

class After extends Answer {
  readonly #ms: number
  readonly #answer: Answer

  constructor(ms: number, answer: Answer) {
    super()
    this.#ms = ms
    this.#answer = answer
  }

  give(world: World, effect: OutsideEffect, wait: OutsideWait): boolean {
    const due = world.now() + this.#ms
    if (due === Infinity) return true
    const delay = new Delay(world, effect, wait, this.#answer)
    wait.abort = () => delay.cancel()
    world.setTimer(delay, due)
    return true
  }
}

class Delay implements Timer {
  #pending = true
  readonly #world: World
  readonly #effect: OutsideEffect
  readonly #wait: OutsideWait
  readonly #answer: Answer

  constructor(world: World, effect: OutsideEffect, wait: OutsideWait, answer: Answer) {
    this.#world = world
    this.#effect = effect
    this.#wait = wait
    this.#answer = answer
  }

  isPending(): boolean {
    return this.#pending
  }

  fire(): void {
    this.#pending = false
    this.#wait.abort = null
    try {
      if (!this.#answer.give(this.#world, this.#effect, this.#wait)) throw unanswered(this.#effect)
    } catch (error) {
      this.#wait.fail(error)
    }
  }

  cancel(): void {
    this.#pending = false
    this.#world.clearTimer()
  }
}

class Sequence extends Answer {
  readonly #answers: readonly Answer[]

  constructor(answers: readonly Answer[]) {
    super()
    this.#answers = answers
  }

  give(world: World, effect: OutsideEffect, wait: OutsideWait): boolean {
    const count = world.given.get(this) ?? 0
    const answer = this.#answers[count]
    if (answer === undefined) return false
    world.given.set(this, count + 1)
    return answer.give(world, effect, wait)
  }
}

/** A function of the effect's arguments. */
class Computed extends Answer {
  readonly #fn: (...args: unknown[]) => unknown

  constructor(fn: (...args: unknown[]) => unknown) {
    super()
    this.#fn = fn
  }

  give(world: World, effect: OutsideEffect, wait: OutsideWait): boolean {
    const result = this.#fn(...argumentsOf(effect))
    if (result instanceof Answer) return result.give(world, effect, wait)
    if (isResultOperation(result)) world.answerWith(result, effect, wait)
    else if (isThenable(result)) world.awaited.answerBy(result, wait)
    else wait.resume(result)
    return true
  }
}

class Performed extends Answer {
  readonly #operation: Operation<unknown>

  constructor(operation: Operation<unknown>) {
    super()
    this.#operation = operation
  }

  give(world: World, effect: OutsideEffect, wait: OutsideWait): boolean {
    world.answerWith(this.#operation, effect, wait)
    return true
  }
}

function argumentsOf(effect: OutsideEffect): readonly unknown[] {
  return (effect as { args?: readonly unknown[] }).args ?? Object.values(effect)
}

export function asAnswer(answer: Answerable): Answer {
  if (answer instanceof Answer) return answer
  if (typeof answer === 'function') return new Computed(answer as (...args: unknown[]) => unknown)
  return isResultOperation(answer) ? new Performed(answer) : new Returns(answer)
}
