/** What is shown of a program that breaks a law, and how it is run again. */
import { type Execution, execute } from './execute.ts'
import { differenceOnRepeat, violationsOf } from './oracle.ts'
import { printProgram } from './print.ts'
import { type Program, normalised } from './program.ts'
import { reduce } from './reduce.ts'
import type { Violation } from './violation.ts'

export interface Judgement {
  program: Program
  execution: Execution
  violations: Violation[]
}

export function judge(program: Program): Judgement {
  const runnable = normalised(program)
  const execution = execute(runnable)
  return {
    program: runnable,
    execution,
    violations: [...violationsOf(runnable, execution), ...differenceOnRepeat(runnable, execution)],
  }
}

/** The smallest program that breaks the same law as this one. A random order becomes the list of its picks. */
export function smallest(program: Program): Judgement {
  const { execution, violations } = judge(program)
  const listed: Program =
    program.order.kind === 'random'
      ? { ...program, order: { kind: 'listed', picks: execution.picks } }
      : program
  const law = violations[0]?.law
  return judge(
    reduce(normalised(listed), (candidate) =>
      judge(candidate).violations.some((violation) => violation.law === law)
    )
  )
}

export function describeFailure({ program, execution, violations }: Judgement): string {
  return [
    ...violations.map(
      ({ law, message, at }) => `${law}: ${message}${at === undefined ? '' : ` (entry ${at})`}`
    ),
    '',
    printProgram(program),
    '',
    execution.log.toString(),
    '',
    'To run just this program again:',
    `  replay(${JSON.stringify(encode(program))})`,
  ].join('\n')
}

/** Runs a program that failed once, from what `describeFailure` prints; throws if it breaks a law. */
export function replay(token: string): void {
  const judgement = judge(decode(token))
  if (judgement.violations.length > 0) throw new Error(describeFailure(judgement))
}

/** A program as one line of text. What `normalised` puts back is left out. */
export function encode(program: Program): string {
  return JSON.stringify(program, (key, value: unknown) => {
    if (key === 'id' || key === 'target' || value === false) return undefined
    return Array.isArray(value) && value.length === 0 && key !== 'branches' ? undefined : value
  }).replaceAll('"', "'")
}

export function decode(token: string): Program {
  return JSON.parse(token.replaceAll("'", '"'), (key, value: unknown) => {
    if (key === 'body' || key === 'root') return { id: 0, statements: [], cleanup: [], ...(value as object) }
    if (isStatement(value)) return { id: 0, caught: false, ...OPTIONS[value.do], ...value }
    if (key === '') return { requests: [], ...(value as object) }
    return value
  }) as Program
}

const isStatement = (value: unknown): value is { do: string } =>
  typeof value === 'object' && value !== null && 'do' in value

const OPTIONS: Readonly<Record<string, object>> = { spawn: { background: false }, callback: { fails: false } }
