// Runs the tests on other runtimes: `npm run test:runtimes`, with names for some of them. The table is in table.mjs.
//
//   node scripts/runtimes/run.mjs                 all of them, with all tests that can run there
//   node scripts/runtimes/run.mjs bun firefox     these
//   node scripts/runtimes/run.mjs --gate          those of `npm test`, without the slow tests
//
// A test that fails on one fails the run. So does a runtime that is not there, if it was named or if this is CI (the environment variable CI is
// set); on a machine of one's own it is only reported.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { root } from '../packages.mjs'
import { directory, find } from './find.mjs'
import { browse } from './page/browse.mjs'
import { filesOfPage, makePage } from './page/serve.mjs'
import { runtimes, slow } from './table.mjs'

const args = process.argv.slice(2)
const isGate = args.includes('--gate')
const names = args.filter((arg) => !arg.startsWith('--'))
const unknown = names.filter((name) => !runtimes.some((runtime) => runtime.name === name))
if (unknown.length > 0)
  fail(
    `No runtime is called ${unknown.join(', ')}: there are ${runtimes.map(({ name }) => name).join(', ')}.`
  )

const chosen = runtimes.filter(({ name, inGate }) =>
  names.length > 0 ? names.includes(name) : !isGate || inGate
)
const isRequired = names.length > 0 || ![undefined, '', '0', 'false'].includes(process.env.CI)
let hasFailed = false
for (const runtime of chosen) {
  const begin = Date.now()
  const { line, failed } = await runOn(runtime)
  hasFailed ||= failed
  console.log(`${failed ? '✗' : ' '} ${line} (${Math.round((Date.now() - begin) / 1000)} s)`)
  if (runtime.elsewhere !== undefined) console.log(`    not there: ${runtime.elsewhere}`)
}
if (hasFailed) process.exitCode = 1

async function runOn(runtime) {
  const { program, missing } = find(runtime)
  if (missing !== undefined) return { line: `${runtime.name} DID NOT RUN: ${missing}`, failed: isRequired }
  const is = versionOf(program)
  if (runtime.version !== undefined && !is.includes(runtime.version)) {
    return { line: `${runtime.name} is ${is}, and should be ${runtime.version}`, failed: true }
  }
  const result = runtime.browser ? await runPage(runtime, program) : await runJest(runtime, program)
  const { passed, failed, elsewhere = 0 } = result
  const counts = `${passed} passed, ${failed} failed${elsewhere > 0 ? `, ${elsewhere} not there` : ''}`
  return { line: `${runtime.name} (${is}): ${counts}`, failed: failed > 0 || passed === 0 }
}

function versionOf(program) {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return stdout.split('\n')[0].trim()
}

async function runJest({ name, args, only = [] }, program) {
  const folder = mkdtempSync(path.join(tmpdir(), `coppice-${name}-`))
  const counts = path.join(folder, 'counts')
  const options = [
    'node_modules/jest/bin/jest.js',
    ...only,
    ...(isGate ? slow.flatMap((pattern) => ['--testPathIgnorePatterns', pattern]) : []),
  ]
  const { status, output } = await execute(program, [...args, ...options], { TEST_COUNTS_FILE: counts })
  const [passed, failed] = existsSync(counts) ? readFileSync(counts, 'utf8').split(' ').map(Number) : [0, 1]
  rmSync(folder, { recursive: true })
  if (status !== 0) console.error(output)
  return { passed, failed: status === 0 ? failed : Math.max(1, failed) }
}

function execute(program, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, output }))
  })
}

async function runPage({ name }, program) {
  if (!existsSync(path.join(root, 'packages/core/dist/index.js')))
    fail('The packages are not built. Run `npm run build` first.')
  const outdir = directory('page')
  mkdirSync(outdir, { recursive: true })
  const serve = await makePage(outdir, filesOfPage(isGate ? slow : []))
  const count = { passed: 0, failed: 0, elsewhere: 0 }
  await browse(name, program, serve, (message) => {
    for (const { title, status, error } of message.results ?? []) {
      count[status]++
      if (status === 'failed') console.error(`${message.file}\n  ● ${title}\n${error}`)
    }
  })
  return count
}

function fail(why) {
  console.error(why)
  process.exit(1)
}
