// Stryker's reporter of the table in docs/internals/mutation.md: writes `reports/mutation.md`, with a row for each file and the mutants
// that survived below it.

import { PluginKind, declareClassPlugin } from '@stryker-mutator/api/plugin'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

class TableReporter {
  onMutationTestReportReady({ files }) {
    const rows = Object.entries(files)
      .map(([file, { mutants, source }]) => ({
        file: path.basename(file),
        source,
        mutants: mutants.filter(counts),
      }))
      .filter(({ mutants }) => mutants.length > 0)
      .sort((a, b) => (a.file < b.file ? -1 : 1))
    const all = rows.flatMap(({ mutants }) => mutants)
    const lines = [
      '| File | Mutants | Killed | Out of time | Survived | Score |',
      '|---|---|---|---|---|---|',
      ...rows.map(({ file, mutants }) => rowOf(`\`${file}\``, mutants)),
      rowOf('**All**', all),
      '',
      ...rows.flatMap(({ file, source, mutants }) =>
        mutants.filter(({ status }) => !isKilled(status)).map((mutant) => survivor(file, source, mutant))
      ),
    ]
    mkdirSync('reports', { recursive: true })
    writeFileSync('reports/mutation.md', lines.join('\n') + '\n')
  }
}

/** A mutant that does not compile or was left out on purpose says nothing of the tests. */
const counts = ({ status }) => ['Killed', 'Timeout', 'Survived', 'NoCoverage'].includes(status)
const isKilled = (status) => status === 'Killed' || status === 'Timeout'

function rowOf(title, mutants) {
  const number = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length
  const survived = number('Survived', 'NoCoverage')
  const score = (100 * (mutants.length - survived)) / mutants.length
  const cells = [
    title,
    mutants.length,
    number('Killed'),
    number('Timeout'),
    survived,
    `${score.toFixed(1)} %`,
  ]
  return `| ${cells.join(' | ')} |`
}

function survivor(file, source, { location: { start, end }, mutatorName, replacement = '' }) {
  const line = source.split('\n')[start.line - 1]
  const was = start.line === end.line ? line.slice(start.column - 1, end.column - 1) : `${line.trim()} …`
  const short = (code) => code.replaceAll(/\s+/g, ' ').slice(0, 100)
  return `- ${file}:${start.line} ${mutatorName}: \`${short(was)}\` → \`${short(replacement)}\` in \`${short(line.trim())}\``
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Reporter, 'table', TableReporter)]
