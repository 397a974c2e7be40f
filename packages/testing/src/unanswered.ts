import type { OutsideEffect } from 'coppice/kernel'
import { UnansweredEffectError } from './errors.ts'

/** The error for an effect that nothing answers: it shows the line to add. */
export function unanswered(effect: OutsideEffect): UnansweredEffectError {
  return new UnansweredEffectError(
    `Nothing answers ${effect}. Add a line to the options of the simulation:\n` +
      `  answers: [['${effect.name}', returns(…)]]\n` +
      'or throws(…), after(ms, …), sequence(…, …), never(), a function of its arguments, an operation.'
  )
}
