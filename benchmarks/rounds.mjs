/**
 * Takes the measurements: round after round, each measurement by one contender after the other, so that those who are compared are
 * measured in the same minute; and each in a process of its own, so that none finds a heap or compiled code that another one has left.
 */
import { spawn } from 'node:child_process'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { clearTimeout, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { now } from './clock.mjs'
import { hasLibrary } from './libraries.mjs'
import { measurementsOf, parseMeasurement } from './workloads.mjs'

/** Calls that take longer than this are few enough to be measured in two rounds only. */
const SLOW_CALL_MS = 1_000
const SLOW_ROUNDS = 2
/** How Node exits when nothing is left to do and the main module still awaits. */
const UNSETTLED_AWAIT = 13
const NS_PER_MINUTE = 60e9

const SCRIPTS = { import: 'import-time.mjs', size: 'size.mjs' }
/** Who is measured at what is not time or heap of the contender itself. */
const ELIGIBLE = { import: hasLibrary, size: hasLibrary, simulation: (contender) => contender === 'coppice' }

/** @param builds the build that stands for a contender, where it is not the usual one */
export async function runRounds(options, builds = {}) {
  const begun = now()
  const results = []
  const settled = new Set() // what needs no further round
  let round = 0
  while (round < options.rounds && hasTime(begun, round, options)) {
    round++
    if (!process.stderr.isTTY) console.error(`round ${round} of ${options.rounds}`)
    for (const { contender, id } of turnsOf(options, round)) {
      const key = `${contender} ${id}`
      if (settled.has(key)) continue
      showProgress(`round ${round} of ${options.rounds}: ${key}`)
      const result = await measure(contender, id, options, builds[contender])
      results.push({ contender, round, ...result })
      if (isEnough(result, round)) settled.add(key)
      // What dies of a size will not survive a larger one; each try would cost all of the patience.
      if (result.error !== undefined)
        largerThan(contender, id, options).forEach((larger) => settled.add(larger))
    }
  }
  showProgress('')
  return { results, rounds: round, minutes: (now() - begun) / NS_PER_MINUTE }
}

/** Whether one more round, as long as those before it, ends in time. */
function hasTime(begun, round, { minutes }) {
  return round === 0 || ((now() - begun) / round) * (round + 1) <= minutes * NS_PER_MINUTE
}

/** Who measures what in a round. The first of a measurement changes, so that nobody always comes after the same other one. */
function turnsOf(options, round) {
  const { contenders } = options
  const order = round % 2 === 1 ? contenders : contenders.toReversed()
  const wanted = new Map(contenders.map((contender) => [contender, new Set(idsOf(contender, options))]))
  const ids = new Set(contenders.flatMap((contender) => measurementsOf(contender.split('@')[0])))
  const turns = [...ids].flatMap((id) => order.map((contender) => ({ contender, id })))
  return turns.filter(({ contender, id }) => wanted.get(contender).has(id))
}

function idsOf(contender, options) {
  const [library, version] = contender.split('@')
  return measurementsOf(library).filter((id) => {
    const { kind } = parseMeasurement(id).workload
    if (kind in ELIGIBLE && (version !== undefined || options.compare !== undefined)) return false
    return isWanted(id, options) && (ELIGIBLE[kind]?.(library) ?? true)
  })
}

function isWanted(id, { only, growth }) {
  const name = id.split('@')[0]
  if (only.length === 0) return growth || id === name
  return only.includes(id) || (only.includes(name) && growth)
}

function isEnough({ id, value, callMs }, round) {
  if (value === undefined) return true
  if (parseMeasurement(id).workload.kind === 'size') return true
  return callMs > SLOW_CALL_MS && round >= SLOW_ROUNDS
}

function largerThan(contender, id, options) {
  const [name, at] = id.split('@')
  if (at === undefined) return []
  return idsOf(contender, options)
    .filter((other) => other.startsWith(`${name}@`) && Number(other.split('@')[1]) > Number(at))
    .map((other) => `${contender} ${other}`)
}

async function measure(contender, id, options, build) {
  const { kind } = parseMeasurement(id).workload
  const library = kind === 'simulation' ? `${contender}-simulation` : contender.split('@')[0]
  const script = fileURLToPath(new URL(SCRIPTS[kind] ?? 'contender.mjs', import.meta.url))
  const child = spawn(
    process.execPath,
    ['--expose-gc', script, library, id, ...(options.quick ? ['--quick'] : [])],
    {
      // What users deploy: without the development checks of the libraries that have them.
      env: {
        ...process.env,
        NODE_ENV: 'production',
        ...(build === undefined ? {} : { COPPICE_BUILD: build }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    }
  )
  const exited = new Promise((resolve) => child.once('close', resolve))
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (chunk) => (complaints = (complaints + chunk).slice(-4_000)))
  let gaveUp = false
  const watchdog = setTimeout(() => {
    gaveUp = true
    child.kill('SIGKILL')
  }, options.patienceMs)

  let answer
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) answer = JSON.parse(line)
  }
  const code = await exited
  clearTimeout(watchdog)
  if (answer !== undefined) return { id, ...answer }
  return { id, error: deathOf(code, gaveUp, complaints, options) }
}

function deathOf(code, gaveUp, complaints, { patienceMs }) {
  if (gaveUp) return `no answer in ${patienceMs / 1_000} s`
  if (code === UNSETTLED_AWAIT) return 'it waits for something that never comes'
  return (complaints.split('\n').find((line) => /error/i.test(line)) ?? `exit code ${code}`).trim()
}

/** One line that overwrites itself, on terminals only. */
function showProgress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}
