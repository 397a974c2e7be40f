/**
 * A history for people: a column for each task, time from top to bottom.
 *
 *      a            b
 *      ┌ push(1)
 *      │            shift() → 1
 *      └ undefined
 */
import type { Describer } from './describe.ts'
import type { Call } from './history.ts'

interface Event {
  readonly at: number
  readonly call: Call
  readonly isEnd: boolean
}

export function diagram(calls: readonly Call[], describer: Describer): string {
  // worker#2 stands before worker#10.
  const tasks = [...new Set(calls.map(({ task }) => task))].sort(
    (a, b) => a.length - b.length || (a < b ? -1 : 1)
  )
  const open = tasks.map((): Call[] => [])
  const rows: string[][] = [tasks]
  const events = eventsOf(calls)
  for (let i = 0; i < events.length; i++) {
    const { call, isEnd } = events[i]!
    const column = tasks.indexOf(call.task)
    const cells = open.map((calls) => '│'.repeat(calls.length))
    const mine = open[column]!
    // A task has several calls under way only if it shares its column with others.
    const others = '│'.repeat(mine.filter((each) => each !== call).length)
    if (isEnd) {
      mine.splice(mine.indexOf(call), 1)
      cells[column] = `${others}└ ${endOf(call, describer)}`
    } else if (events[i + 1]?.call === call) {
      // Nothing happened in between.
      i++
      cells[column] = `${others}${callText(call, describer)} → ${endOf(call, describer)}`
    } else {
      mine.push(call)
      cells[column] = `${others}┌ ${callText(call, describer)}`
    }
    rows.push(cells)
  }
  if (open.some((calls) => calls.length > 0)) rows.push(open.map((calls) => '┊'.repeat(calls.length)))
  const widths = tasks.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)))
  return rows
    .map((cells) =>
      cells
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('   ')
        .trimEnd()
    )
    .join('\n')
}

function eventsOf(calls: readonly Call[]): Event[] {
  const events: Event[] = []
  for (const call of calls) {
    events.push({ at: call.from, call, isEnd: false })
    if (call.outcome !== undefined) events.push({ at: call.to, call, isEnd: true })
  }
  return events.sort((a, b) => a.at - b.at)
}

export function callText({ name, args }: Pick<Call, 'name' | 'args'>, describer: Describer): string {
  return `${name}(${args.map((each) => describer.describe(each)).join(', ')})`
}

export function endOf({ outcome }: Call, describer: Describer): string {
  switch (outcome?.status) {
    case 'done':
      return outcome.value === undefined ? 'done' : describer.describe(outcome.value)
    case 'failed':
      return `throws ${outcome.error instanceof Error ? String(outcome.error) : describer.describe(outcome.error)}`
    case 'cancelled':
      return 'cancelled'
    default:
      return 'pending'
  }
}
