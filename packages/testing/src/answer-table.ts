import { MisuseError } from 'coppice'
import type { OutsideEffect, OutsideWait } from 'coppice/kernel'
import { type Answer, type Answers, type World, asAnswer } from './answers.ts'
import { type Matcher, checkMatcher, matches } from './matcher.ts'
import { unanswered } from './unanswered.ts'

/** The answers of a simulation, looked at. */
export class AnswerTable {
  readonly #entries: readonly (readonly [Matcher, Answer])[]

  constructor(answers: Answers) {
    if (!Array.isArray(answers) || !answers.every(isEntry)) {
      throw new MisuseError(
        "answers are pairs of a matcher and an answer: answers: [['fetchUser', returns({ name: 'Ada' })], [/^load/, never()]]."
      )
    }
    this.#entries = answers.map(([matcher, answer]) => [checkMatcher(matcher, 'answers'), asAnswer(answer)])
  }

  /** Answers an effect, now or later. **Throws:** `UnansweredEffectError` if nothing answers it. */
  answer(world: World, effect: OutsideEffect, wait: OutsideWait): void {
    for (const [matcher, answer] of this.#entries) {
      if (matches(matcher, effect) && answer.give(world, effect, wait)) return
    }
    throw unanswered(effect)
  }
}

function isEntry(entry: unknown): boolean {
  return Array.isArray(entry) && entry.length === 2 && entry[1] !== undefined
}
