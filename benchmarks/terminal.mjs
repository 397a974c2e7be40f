/** The tables as text: a line of medians and ratios for each workload, and under it, dim, how far the rounds lie apart. */
import process from 'node:process'
import {
  baseIds,
  formatMissing,
  formatRatio,
  formatSize,
  formatSpread,
  formatValue,
  formatVerdict,
  growthSeries,
} from './format.mjs'
import { find, judgeGoal, ratioToBestPeer, ratioToPromises } from './summary.mjs'

const dim = (text) => (process.stdout.isTTY ? `\x1b[2m${text}\x1b[22m` : text)

export function formatTerminal(report) {
  const parts = [
    report.environment.line,
    formatMain(report),
    ...growthSeries(report).map((one) => formatGrowth(report, one)),
  ]
  const goals = formatGoals(report)
  if (goals !== '') parts.push(goals)
  const errors = formatErrors(report)
  if (errors !== '') parts.push(errors)
  return `\n${parts.filter(Boolean).join('\n\n')}\n`
}

function formatMain(report) {
  const ids = baseIds(report)
  if (ids.length === 0) return ''
  const rows = ids.flatMap((id) => {
    const results = report.contenders.map((contender) => find(report, contender, id))
    const values = results.map((result, i) => {
      if (result?.median === undefined) return formatMissing(result)
      const ratio = formatRatio(ratioToPromises(report, report.contenders[i], id))
      return `${formatValue(result.median, id)} ${ratio.padStart(6)}`
    })
    const spreads = results.map((result) =>
      result?.median === undefined ? '' : `${formatSpread(result, id)}       `
    )
    const best = formatRatio(ratioToBestPeer(report, id))
    return [
      [id, ...values, best],
      ['', ...spreads, ''],
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

function formatGoals(report) {
  const lines = baseIds(report).flatMap((id) => {
    const verdicts = judgeGoal(report, id)
    return verdicts === undefined ? [] : `${id.padEnd(20)} ${verdicts.map(formatVerdict).join('   ')}`
  })
  return lines.length === 0 ? '' : ['goals', ...lines].join('\n')
}

function formatErrors(report) {
  const lines = new Set()
  for (const { contender, id, error, unavailable } of report.results) {
    if (error !== undefined) lines.add(`${contender} ${id}: ${error}`)
    if (unavailable !== undefined) lines.add(`${contender} is not available: ${unavailable}`)
  }
  return [...lines].join('\n')
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
