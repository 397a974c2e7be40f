/**
 * Runs the benchmarks: `node benchmarks/run.mjs [options]`, or `npm run bench -- [options]`.
 *
 *   --rounds N          how often every contender takes its turn (default 5; quick 2)
 *   --only a,b          these workloads alone; `name@size` is one point of a growth series
 *   --contenders a,b    these contenders alone
 *   --quick             fewer rounds, fewer samples, no growth series: for the work on the kernel
 *   --write             puts the tables into docs/benchmarks.md
 *   --no-build          measures the packages as they are built now
 *   --patience S        gives up a workload that has not answered for so many seconds (default 90)
 *   --list              names the workloads and the contenders
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { clearTimeout, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeEnvironment } from './environment.mjs'
import { writeMarkdown } from './markdown.mjs'
import { summarize } from './summary.mjs'
import { formatTerminal } from './terminal.mjs'
import { measurementsOf, parseMeasurement, workloads } from './workloads.mjs'

const CONTENDERS = ['promises', 'effection', 'effect', 'redux-saga', 'rxjs', 'coppice']
/** Calls that take longer than this are few enough to be measured in two rounds only. */
const SLOW_CALL_MS = 1_000
const SLOW_ROUNDS = 2
/** How Node exits when nothing is left to do and the main module still awaits. */
const UNSETTLED_AWAIT = 13

const root = new URL('../', import.meta.url)
const options = readOptions()

if (options.list) {
  for (const { name, what } of workloads) console.log(`${name.padEnd(20)} ${what}`)
  console.log(`\ncontenders: ${CONTENDERS.join(', ')}`)
} else {
  await main()
}

async function main() {
  if (options.build && options.contenders.includes('coppice')) build()
  const results = await runRounds()
  const report = {
    environment: describeEnvironment(options.contenders),
    rounds: options.rounds,
    quick: options.quick,
    contenders: options.contenders,
    results: summarize(results),
  }
  console.log(formatTerminal(report))
  const latest = new URL('results/latest.json', import.meta.url)
  mkdirSync(new URL('.', latest), { recursive: true })
  writeFileSync(latest, `${JSON.stringify(report, null, 2)}\n`)
  if (options.write) writeMarkdown(report, new URL('docs/benchmarks.md', root))
}

/** Runs every contender in turn, round after round, so that a busy minute of the machine does not hit only one. */
async function runRounds() {
  const results = []
  const settled = new Set() // what needs no further round: absent, failed, or slow and measured often enough
  for (let round = 1; round <= options.rounds; round++) {
    for (const contender of options.contenders) {
      if (!process.stderr.isTTY) console.error(`round ${round} of ${options.rounds}: ${contender}`)
      for (const ids of processesOf(contender)) {
        const open = ids.filter((id) => !settled.has(`${contender} ${id}`))
        for (const result of await measureAll(contender, open, round)) {
          results.push({ contender, ...result })
          const slow = result.callMs > SLOW_CALL_MS && round >= SLOW_ROUNDS
          if (slow || result.value === undefined) settled.add(`${contender} ${result.id}`)
        }
      }
    }
  }
  progress('')
  return results
}

/**
 * The measurements of a contender, as lists that share a process. The workloads at their own size run in one, as
 * they would in a program; what measures the heap, and each growth series, needs a heap that nobody has used before.
 */
function processesOf(contender) {
  const ids = measurementsOf(contender).filter(isWanted)
  const shared = ids.filter((id) => !id.includes('@') && !parseMeasurement(id).workload.heap)
  const heaps = ids.filter((id) => parseMeasurement(id).workload.heap).map((id) => [id])
  const series = workloads.map(({ name }) => ids.filter((id) => id.startsWith(`${name}@`)))
  return [shared, ...heaps, ...series].filter((list) => list.length > 0)
}

function isWanted(id) {
  const name = id.split('@')[0]
  if (options.only.length === 0) return !options.quick || id === name
  return options.only.includes(id) || (options.only.includes(name) && !options.quick)
}

/** Measures all of `ids`, in as few fresh processes as it takes: one, and one more after each that died. */
async function measureAll(contender, ids, round) {
  const results = []
  let rest = ids
  while (rest.length > 0) {
    const { answers, death } = await runProcess(contender, rest, round)
    results.push(...answers)
    rest = rest.slice(answers.length)
    if (death === undefined || rest.length === 0) continue
    const id = rest.shift()
    results.push({ id, error: death })
    // What dies of a size will not survive a larger one; each try would cost all of the patience.
    if (id.includes('@')) results.push(...rest.splice(0).map((larger) => ({ id: larger })))
  }
  return results
}

async function runProcess(contender, ids, round) {
  const script = fileURLToPath(new URL('contender.mjs', import.meta.url))
  const args = ['--expose-gc', script, contender, ids.join(','), ...(options.quick ? ['--quick'] : [])]
  const child = spawn(process.execPath, args, {
    // What users deploy: without the development checks of the libraries that have them.
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = new Promise((resolve) => child.once('close', resolve))

  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (chunk) => (complaints = (complaints + chunk).slice(-4_000)))

  let gaveUp = false
  const giveUp = () => {
    gaveUp = true
    child.kill('SIGKILL')
  }
  let watchdog
  const awaitNext = (done) => {
    clearTimeout(watchdog)
    watchdog = setTimeout(giveUp, options.patienceMs)
    progress(`round ${round} of ${options.rounds}: ${contender} ${ids[done] ?? ''}`)
  }

  const answers = []
  awaitNext(0)
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{')) continue
    const answer = JSON.parse(line)
    if (answer.unavailable !== undefined) {
      // The library is not installed or not built: none of its workloads will run, now or in a later round.
      answers.push(...ids.map((id) => ({ id, unavailable: answer.unavailable })))
    } else {
      answers.push(answer)
    }
    awaitNext(answers.length)
  }
  const code = await exited
  clearTimeout(watchdog)

  if (answers.length === ids.length) return { answers }
  if (gaveUp) return { answers, death: `no answer in ${options.patienceMs / 1_000} s` }
  if (code === UNSETTLED_AWAIT) return { answers, death: 'it waits for something that never comes' }
  const reason = complaints.split('\n').find((line) => /error/i.test(line)) ?? `exit code ${code}`
  return { answers, death: reason.trim() }
}

/** Builds the packages unless the build is newer than every source. A stale build must never be measured. */
function build() {
  const built = new URL('packages/core/dist/index.js', root)
  const sources = new URL('packages/core/src/', root)
  if (existsSync(built) && existsSync(sources) && statSync(built).mtimeMs > newestIn(sources)) return
  progress('npm run build')
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'build'], {
    cwd: fileURLToPath(root),
    encoding: 'utf8',
  })
  progress('')
  if (status === 0) return
  const message = `npm run build failed:\n${stdout}${stderr}`
  if (existsSync(built))
    throw new Error(`${message}\nThe last good build is still there; --no-build measures it.`)
  console.error(`${message}\nGoing on without coppice.`)
}

function newestIn(folder) {
  const entries = readdirSync(folder, { recursive: true })
  return Math.max(...entries.map((entry) => statSync(new URL(entry, folder)).mtimeMs))
}

/** One line that overwrites itself, on terminals only. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string' },
      only: { type: 'string' },
      contenders: { type: 'string' },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      'no-build': { type: 'boolean', default: false },
      patience: { type: 'string', default: '90' },
      list: { type: 'boolean', default: false },
    },
  })
  const contenders = list(values.contenders)
  const unknown = contenders.find((name) => !CONTENDERS.includes(name))
  if (unknown !== undefined) {
    throw new Error(`There is no contender "${unknown}". There are: ${CONTENDERS.join(', ')}.`)
  }
  const partial = values.quick || values.only !== undefined || values.contenders !== undefined
  if (values.write && partial) {
    throw new Error(
      '--write replaces the whole table, so it needs a whole run: no --quick, --only or --contenders.'
    )
  }
  const only = list(values.only)
  only.forEach(parseMeasurement) // throws on a name that does not exist
  return {
    rounds: positive('rounds', values.rounds ?? (values.quick ? '2' : '5')),
    only,
    contenders: contenders.length === 0 ? CONTENDERS : CONTENDERS.filter((name) => contenders.includes(name)),
    quick: values.quick,
    write: values.write,
    build: !values['no-build'],
    patienceMs: positive('patience', values.patience) * 1_000,
    list: values.list,
  }
}

function list(text) {
  return text === undefined ? [] : text.split(',').filter(Boolean)
}

function positive(name, text) {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${name} takes a positive number, not "${text}".`)
  return value
}
