/** The tables as Markdown, between the two markers of a page that people write around them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import {
  baseIds,
  formatMissing,
  formatRatio,
  formatSize,
  formatSpread,
  formatValue,
  growthSeries,
} from './format.mjs'
import { find, ratioToBestPeer, ratioToPromises } from './summary.mjs'
import { parseMeasurement } from './workloads.mjs'

const BEGIN = '<!-- table -->'
const END = '<!-- /table -->'
const NEW_PAGE = `# Benchmarks\n\n${BEGIN}\n${END}\n`

export function writeMarkdown(report, page) {
  const text = existsSync(page) ? readFileSync(page, 'utf8') : NEW_PAGE
  const begin = text.indexOf(BEGIN)
  const end = text.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`${page.pathname} needs the lines "${BEGIN}" and "${END}".`)
  mkdirSync(new URL('.', page), { recursive: true })
  writeFileSync(
    page,
    `${text.slice(0, begin + BEGIN.length)}\n\n${formatMarkdown(report)}\n\n${text.slice(end)}`
  )
}

function formatMarkdown(report) {
  const made = `Made by \`npm run bench -- --write\` (medians of ${report.rounds} rounds; under each the lowest and the highest round, and the ratio to bare promises) on ${report.environment.line}.`
  const legend = baseIds(report).map((id) => `- **${id}**: ${parseMeasurement(id).workload.what}.`)
  const growth = growthSeries(report).map((series) => formatGrowth(report, series))
  return [made, formatMain(report), legend.join('\n'), ...growth].join('\n\n')
}

function formatMain(report) {
  const header = ['', ...report.contenders, 'coppice / best peer']
  const rows = baseIds(report).map((id) => {
    const cells = report.contenders.map((contender) => {
      const result = find(report, contender, id)
      if (result?.median === undefined) return formatMissing(result)
      const ratio = contender === 'promises' ? '' : formatRatio(ratioToPromises(report, contender, id))
      const details = [formatSpread(result, id), ratio].filter(Boolean).join(' · ')
      return `**${formatValue(result.median, id)}**<br>${details}`
    })
    return [id, ...cells, formatRatio(ratioToBestPeer(report, id))]
  })
  return formatTable(header, rows)
}

function formatGrowth(report, { name, ids, contenders }) {
  const rows = contenders.map((contender) => [
    contender,
    ...ids.map((id) => {
      const result = find(report, contender, id)
      return result?.median === undefined ? formatMissing(result) : formatValue(result.median, id)
    }),
  ])
  return `**${name}** at growing sizes:\n\n${formatTable(['', ...ids.map(formatSize)], rows)}`
}

function formatTable(header, rows) {
  const rule = header.map((_, column) => (column === 0 ? '---' : '---:'))
  return [header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
