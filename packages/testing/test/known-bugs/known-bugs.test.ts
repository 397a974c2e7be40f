/** `explore` finds bugs that others had in production, and nothing in the programs without them. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Report, type Strategy, exhaustive, explore, pct, random, replay } from '@coppice/testing'
import { cancellation } from './cancellation.ts'
import { channels } from './channels.ts'
import { events } from './events.ts'
import type { KnownBug } from './known-bug.ts'
import { locks } from './locks.ts'
import { lostUpdates } from './lost-updates.ts'

/** Within so many schedules each strategy has to find each bug. */
const WITHIN = 500

const bugs = [...lostUpdates, ...channels, ...locks, ...cancellation, ...events]

const strategies: readonly (readonly [string, () => Strategy])[] = [
  ['random', random],
  ['pct', pct],
  ['exhaustive', exhaustive],
]

function hunt({ broken, options }: KnownBug, strategy: Strategy): Report {
  return explore(broken, { ...options, strategy, runs: WITHIN })
}

describe.each(bugs.map((bug) => [bug.name, bug] as const))('%s', (_name, bug) => {
  test("hides from production's order", () => {
    const report = explore(bug.broken, { ...bug.options, strategy: exhaustive({ bound: 0 }) })
    expect(report.failure).toBeUndefined()
  })

  test.each(strategies)('is found by %s, and its token replays', (_strategy, make) => {
    const { failure } = hunt(bug, make())
    expect(failure?.error).toBeInstanceOf(bug.error)
    const again = replay(bug.broken, failure!.token, bug.options)
    expect(again.failure).toEqual(failure)
  })

  test('is gone from the mended program, in each of its schedules', () => {
    const report = explore(bug.mended, { ...bug.options, strategy: exhaustive() })
    expect(String(report.failure?.error ?? '')).toBe('')
    expect(report.complete).toBe(true)
  })
})

const page = path.resolve(__dirname, '../../../../docs/known-bugs.md')

test('the page on known bugs says what the runs give', () => {
  const written = readFileSync(page, 'utf8')
  const marks = ['<!-- table -->\n', '<!-- end of the table -->'] as const
  const start = written.indexOf(marks[0]) + marks[0].length
  const end = written.indexOf(marks[1])
  const given = `${written.slice(0, start)}\n${table()}\n\n${written.slice(end)}`
  if (process.env.WRITE_KNOWN_BUGS === '1') writeFileSync(page, given)
  else expect(written).toBe(given)
})

/** What was reported in a repository can be read there. */
function linked(source: string): string {
  const [, repository, number] = /^([\w.-]+\/[\w.-]+)#(\d+)$/.exec(source) ?? []
  return repository === undefined ? source : `[${source}](https://github.com/${repository}/issues/${number})`
}

/** How many schedules each strategy took, as Prettier would lay it out. */
function table(): string {
  const rows = bugs.map((bug) => [
    bug.name,
    linked(bug.source),
    bug.kind,
    bug.error.name,
    ...strategies.map(([, make]) => String(hunt(bug, make()).runs)),
  ])
  const head = ['Bug', 'Source', 'Kind', 'Found as', ...strategies.map(([name]) => name)]
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length))
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  const rule = line(widths.map((width) => '-'.repeat(width)))
  return [line(head), rule, ...rows.map(line)].join('\n')
}
