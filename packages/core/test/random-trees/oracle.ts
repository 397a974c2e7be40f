/** All checks over what a program did. */
import { checkCleanup } from './check-cleanup.ts'
import { checkErrors, checkStatuses } from './check-errors.ts'
import { checkOrder } from './check-order.ts'
import { checkPromptness } from './check-promptness.ts'
import { checkTogether } from './check-together.ts'
import { checkValues } from './check-values.ts'
import { type Execution, execute } from './execute.ts'
import { History } from './history.ts'
import type { Program } from './program.ts'
import type { Check, Violation } from './violation.ts'

const CHECKS: readonly Check[] = [
  checkCleanup,
  checkOrder,
  checkErrors,
  checkStatuses,
  checkValues,
  checkTogether,
  checkPromptness,
]

/** The program must be `normalised`. */
export function violationsOf(program: Program, execution: Execution = execute(program)): Violation[] {
  const history = new History(program, execution)
  const violations = CHECKS.flatMap((check) => [...attempted(check, history)])
  return violations.sort((a, b) => (a.at ?? Infinity) - (b.at ?? Infinity))
}

/** A log can be so wrong that a check can make nothing of it. */
function* attempted(check: Check, history: History): Generator<Violation, void, undefined> {
  try {
    yield* check(history)
  } catch (error) {
    yield { law: 'none', message: `the log makes no sense: ${String((error as Error).stack)}` }
  }
}

/** S2: the same program does the same again. */
export function differenceOnRepeat(program: Program, execution: Execution): Violation[] {
  const again = execute(program).log.toString()
  return again === execution.log.toString()
    ? []
    : [{ law: 'S2', message: `the second run is another:\n${again}` }]
}
