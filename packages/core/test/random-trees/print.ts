/** Shows a program as code. */
import { targetOf } from './execute.ts'
import type { Body, Branch, Program, Request, Statement } from './program.ts'

/** The program must be `normalised`. Bodies are numbered `#1`, statements `s1`, as in the log. */
export function printProgram(program: Program): string {
  return [
    ...body(program.root, `run root #${program.root.id}`),
    ...program.requests.map((request) => printRequest(program, request)),
    printOrder(program),
  ].join('\n')
}

function printRequest(program: Program, { when, of, index }: Request): string {
  const moment =
    'turn' in when ? `before turn ${when.turn + 1}` : `at ${when.instant} ms, when nothing can run`
  return `from outside, ${moment}: cancel ${of === 'scope' ? 'scope' : 'task'} #${targetOf(program, of, index)?.id ?? 'none'}`
}

function printOrder({ order }: Program): string {
  if (order.kind === 'fifo') return 'run order: first in, first out'
  if (order.kind === 'random') return `run order: random, seed ${order.seed}`
  return `run order: entries ${order.picks.join(', ')} of the queue, then always the first`
}

function body({ statements, cleanup }: Body, head: string, tail = ''): string[] {
  const guarded = cleanup.length > 0
  const lines = block(statements)
  if (!guarded) return lines.length === 0 ? [`${head} {}${tail}`] : [`${head} {`, ...lines, `}${tail}`]
  return [`${head} {`, ...lines, '} finally {', ...block(cleanup), `}${tail}`]
}

function block(statements: Statement[]): string[] {
  return indent(statements.flatMap(printStatement))
}

const indent = (lines: string[]) => lines.map((line) => `  ${line}`)

function printStatement(statement: Statement): string[] {
  const lines = printAction(statement)
  const [first = '', ...rest] = lines
  const numbered = [`s${statement.id}: ${first}`, ...rest]
  if (!statement.caught) return numbered
  return ['try {', ...indent(numbered), '} catch {}']
}

function printAction(statement: Statement): string[] {
  switch (statement.do) {
    case 'sleep':
      return [`sleep(${statement.ms})`]
    case 'pause':
    case 'suspend':
      return [`${statement.do}()`]
    case 'callback':
      return [`action(${statement.fails ? 'fails' : 'resumes'} after ${statement.after} turns)`]
    case 'throw':
      return ['throw new Error()']
    case 'timeout':
    case 'moveOnAfter':
      return body(statement.body, `${statement.do}(${statement.ms}) #${statement.body.id}`)
    case 'spawn':
      return body(
        statement.body,
        `spawn #${statement.body.id}${statement.background ? ' in the background' : ''}`
      )
    case 'ensure':
      return body(
        statement.body,
        `${statement.form === 'disposable' ? 'use' : `ensure ${statement.form}`} #${statement.body.id}`
      )
    case 'select':
    case 'race':
    case 'any':
    case 'all':
    case 'allSettled':
      return [`${statement.do} [`, ...indent(statement.branches.flatMap(printBranch)), ']']
    case 'join':
      return [`join #${statement.target}`]
    case 'cancel':
      return [`cancel(#${statement.target}${statement.grace > 0 ? `, grace ${statement.grace}` : ''})`]
    case 'request':
      return [`#${statement.target}.cancel()`]
    case 'requestScope':
      return [`scope #${statement.target}.cancel()`]
    default:
      return body(statement.body, `${statement.do} #${statement.body.id}`)
  }
}

function printBranch(branch: Branch): string[] {
  if (branch.on === 'body') return body(branch.body, `#${branch.body.id}`, ',')
  return [branch.on === 'sleep' ? `sleep(${branch.ms}),` : `join #${branch.target},`]
}
