/** The generated parts of the page, by the name of their marker. */
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
  FLOOR,
  OURS,
  find,
  growthOf,
  growthSeries,
  judgeGoals,
  measuredNames,
  othersOf,
  ratioOf,
  whereSlower,
} from './summary.mjs'
import { groups, parseMeasurement } from './workloads.mjs'

export const parts = {
  made: formatMade,
  goals: formatGoals,
  slower: formatSlower,
  tables: formatTables,
  growth: formatGrowth,
  sizes: formatSizes,
}

function formatMade({ rounds, minutes, environment, quick }) {
  const trial = quick ? ' This was a quick run, for trying: the figures say little.' : ''
  return `${plural(rounds, 'round')} in ${plural(minutes, 'minute')}, on ${environment.line}.${trial}`
}

const plural = (n, word) => `${n} ${word}${n === 1 ? '' : 's'}`

function formatGoals(report) {
  const goals = measuredNames(report).flatMap((id) => judgeGoals(report, id))
  const rows = goals.map((goal) => [
    goal.id,
    formatLimit(goal),
    formatActual(goal),
    goal.met ? 'reached' : '**missed**',
    goal.floor === undefined ? '' : formatActual({ ...goal, actual: goal.floor }),
  ])
  return formatTable(['', 'at most', 'measured', '', 'the floor alone'], rows)
}

function formatSlower(report) {
  const rows = whereSlower(report).map(({ id, other, ratio }) => [id, other, formatPair(ratio)])
  if (rows.length === 0) return 'Nowhere in this run.'
  return formatTable(['', 'than', 'by'], rows)
}

function formatTables(report) {
  const names = measuredNames(report)
  const sections = Object.entries(groups).map(([group, title]) => {
    const ids = names.filter((id) => parseMeasurement(id).workload.group === group)
    return ids.length === 0 ? undefined : formatGroup(report, title, ids)
  })
  return sections.filter(Boolean).join('\n\n')
}

function formatGroup(report, title, ids) {
  const present = report.contenders.filter((contender) =>
    ids.some((id) => find(report, contender, id) !== undefined)
  )
  const contenders = present.filter((contender) =>
    ids.some((id) => isMeasuredOrDead(find(report, contender, id)))
  )
  const medians = ids.map((id) => [id, ...contenders.map((contender) => formatCell(report, contender, id))])
  const peers = [...othersOf(report), FLOOR].filter((peer) => contenders.includes(peer))
  const ratios = ids.map((id) => [id, ...peers.map((peer) => formatPair(ratioOf(report, OURS, peer, id)))])
  const legend = ids.map((id) => `- **${id}**: ${parseMeasurement(id).workload.what}.`)
  return [
    `### ${title}`,
    legend.join('\n'),
    formatTable(['', ...contenders], medians),
    ...(peers.length === 0 ? [] : [formatTable(['coppice against', ...peers], ratios)]),
  ].join('\n\n')
}

const isMeasuredOrDead = ({ median, error } = {}) => median !== undefined || error !== undefined

function formatCell(report, contender, id) {
  const result = find(report, contender, id)
  if (result?.median === undefined) return formatMissing(result)
  return [`**${formatValue(result.median, id)}**`, formatSpread(result, id)].filter(Boolean).join('<br>')
}

function formatGrowth(report) {
  const tables = growthSeries(report).map(({ name, ids, contenders }) => {
    const rows = contenders.map((contender) => [
      contender,
      ...ids.map((id) => {
        const result = find(report, contender, id)
        return result?.median === undefined ? formatMissing(result) : formatValue(result.median, id)
      }),
      formatRatio(growthOf(report, contender, ids)),
    ])
    return formatTable([`**${name}**`, ...ids.map(formatSize), 'last / first'], rows)
  })
  return tables.length === 0 ? 'Not measured in this run.' : tables.join('\n\n')
}

/** What the parts of the smallest program take. What the compressed parts have in common belongs to none of them. */
export function formatSizes({ sizes }) {
  if (sizes === undefined) return 'Not measured in this run.'
  const { parts, total, withoutTexts } = sizes
  const alone = parts.reduce((sum, { compressed }) => sum + compressed, 0)
  const bytes = (n) => n.toLocaleString('en-US')
  const row = ({ name, minified, compressed }) => [name, bytes(minified), bytes(compressed)]
  return formatTable(
    ['bytes', 'minified', 'compressed'],
    [
      ...parts.map(row),
      ['what they have in common', '', bytes(total.compressed - alone)],
      row({ name: '**all**', ...total }),
      row({ name: 'all, with every text for people emptied', ...withoutTexts }),
    ]
  )
}

function formatTable(header, rows) {
  const rule = header.map((_, column) => (column === 0 ? '---' : '---:'))
  return [header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
