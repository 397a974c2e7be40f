/**
 * Runs the benchmarks: `npm run bench -- [options]`, or `node benchmarks/run.mjs [options]`.
 *
 *   --quick             fewer rounds, fewer samples, no growth series: for trying, and for work on the kernel
 *   --only a,b          these workloads alone; `name@size` is one point of a growth series
 *   --group a,b         the workloads of these groups alone
 *   --contenders a,b    these contenders alone
 *   --rounds N          how often every contender takes its turn (default 3; quick 2; compare 7)
 *   --compare REF       our own core as it is at that commit against the one of the working copy, in the same rounds
 *   --write             puts tables, plots and data into docs/benchmarks.md and docs/benchmarks/
 *   --page FILE         with --write: into this page, and a folder of its name, instead
 *   --strict            exits with 1 if a goal is missed
 *   --no-build          measures the packages as they are built now
 *   --minutes N         begins no round that would end later (default 30)
 *   --patience S        gives up a measurement that has not ended after so many seconds (default 15)
 *   --list              names the workloads, the groups and the contenders
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { buildPackages, withVersions } from './build.mjs'
import { describeEnvironment } from './environment.mjs'
import { checkIds, printList, readOptions } from './options.mjs'
import { writePage } from './page.mjs'
import { runRounds } from './rounds.mjs'
import { measureParts } from './size-parts.mjs'
import { missedGoals, summarize } from './summary.mjs'
import { formatTerminal } from './terminal.mjs'

const options = readOptions(process.argv.slice(2))
checkIds(options.only)
if (options.list) printList()
else await main()

async function main() {
  const { results, rounds, minutes } = await takeMeasurements()
  const report = {
    environment: describeEnvironment(options.contenders),
    rounds,
    minutes: Math.ceil(minutes),
    quick: options.quick,
    contenders: options.contenders,
    results: summarize(results),
    sizes: results.some(({ id }) => id === 'size-minimal') ? await measureParts() : undefined,
  }
  console.log(formatTerminal(report))
  const folder = new URL('results/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  writeFileSync(new URL('latest.json', folder), `${JSON.stringify(report, null, 2)}\n`)
  if (options.page !== undefined) writePage(report, pathToFileURL(options.page))
  if (options.strict && missedGoals(report).length > 0) process.exitCode = 1
}

function takeMeasurements() {
  if (options.compare !== undefined)
    return withVersions(options.compare, (builds) => runRounds(options, builds))
  if (options.build && options.contenders.includes('coppice')) buildPackages()
  return runRounds(options)
}
