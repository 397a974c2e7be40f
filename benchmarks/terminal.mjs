/** The tables as text: a line of medians and ratios for each workload, and under it, dim, how far the rounds lie apart. */
import process from 'node:process'
import {
  formatActual,
  formatLimit,
  formatMissing,
  formatPair,
  formatRatio,
  formatSize,
  formatSpread,
  formatValue,
} from './format.mjs'
import {
  BASELINE,
  OURS,
  bestPeer,
  find,
  growthSeries,
  isVersion,
  judgeGoals,
  measuredNames,
  ratioOf,
  whereSlower,
} from './summary.mjs'

/** By chance alone, one comparison in 16 of two equal versions has all of five rounds on one side. */
const ENOUGH_ROUNDS = 5

const dim = (text) => (process.stdout.isTTY ? `\x1b[2m${text}\x1b[22m` : text)

export function formatTerminal(report) {
  const parts = [
    report.environment.line,
    formatMain(report),
    ...growthSeries(report).map((one) => formatGrowth(report, one)),
    ...report.contenders.filter(isVersion).map((version) => formatVersions(report, version)),
    formatSlower(report),
    formatGoals(report),
    formatErrors(report),
  ]
  return `\n${parts.filter(Boolean).join('\n\n')}\n`
}

function formatMain(report) {
  const ids = measuredNames(report)
  if (ids.length === 0) return ''
  const rows = ids.flatMap((id) => {
    const results = report.contenders.map((contender) => find(report, contender, id))
    const values = results.map((result, i) => {
      if (result?.median === undefined) return formatMissing(result)
      const ratio = formatRatio(ratioOf(report, report.contenders[i], BASELINE, id)?.median)
      return `${formatValue(result.median, id)} ${ratio.padStart(6)}`
    })
    const spreads = results.map((result) =>
      result?.median === undefined ? '' : `${formatSpread(result, id)}       `
    )
    const best = bestPeer(report, id)
    return [
      [id, ...values, formatPair(best?.ratio)],
      ['', ...spreads, best?.peer ?? ''],
    ]
  })
  const header = ['', ...report.contenders.map((name) => `${name}       `), 'coppice/best peer']
  return alignRows([header, ...rows], (index) => index > 0 && index % 2 === 0)
}

function formatGrowth(report, { name, ids, contenders }) {
  const rows = contenders.map((contender) => {
    const results = ids.map((id) => find(report, contender, id))
    const values = results.map((result, i) =>
      result?.median === undefined ? formatMissing(result) : formatValue(result.median, ids[i])
    )
    return [contender, ...values]
  })
  return alignRows([[name, ...ids.map(formatSize)], ...rows])
}

/** Two versions of our own: a difference is one only if every round shows it, and enough of them. */
function formatVersions(report, version) {
  const rows = measuredNames(report).flatMap((id) => {
    const ratio = ratioOf(report, OURS, version, id)
    return ratio === undefined ? [] : [[id, formatPair(ratio), verdictOn(ratio, report.rounds)]]
  })
  return alignRows([[`working copy / ${version}`, '', ''], ...rows])
}

function verdictOn({ min, max }, rounds) {
  if (rounds < ENOUGH_ROUNDS) return `too few rounds: ${rounds} of ${ENOUGH_ROUNDS}`
  if (max < 1) return 'less'
  return min > 1 ? 'more' : 'no difference'
}

function formatSlower(report) {
  const rows = whereSlower(report).map(({ id, other, ratio }) => [id, other, formatPair(ratio)])
  return rows.length === 0 ? '' : alignRows([['coppice is slower, or larger', 'than', ''], ...rows])
}

function formatGoals(report) {
  const goals = measuredNames(report).flatMap((id) => judgeGoals(report, id))
  const rows = goals.map((goal) => [
    goal.id,
    formatActual(goal),
    formatLimit(goal),
    goal.met ? '✓' : '✗',
    floorOf(goal),
  ])
  return rows.length === 0 ? '' : alignRows([['goals', '', 'at most', '', 'the floor alone'], ...rows])
}

const floorOf = (goal) => (goal.floor === undefined ? '' : formatActual({ ...goal, actual: goal.floor }))

function formatErrors(report) {
  const lines = report.results
    .filter(({ error }) => error !== undefined)
    .map(({ contender, id, error }) => `${contender} ${id}: ${error}`)
  return lines.join('\n')
}

/** First column to the left, the others to the right. */
function alignRows(rows, isDim = () => false) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows
    .map((row, index) => {
      const cells = row.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])
      )
      const line = cells.join('  ').trimEnd()
      return isDim(index) ? dim(line) : line
    })
    .join('\n')
}
