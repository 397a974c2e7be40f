// Runs the built kernel in a headless Chromium: does a browser see nested cleanup (C11), too? What it measures are stack traces, which each host
// makes in its own way. `npm run test:chromium`; CHROMIUM names the browser, if it is not where Linux systems have it.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { root } from './packages.mjs'

const PATIENCE_MS = 60_000
const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const chromium = process.env.CHROMIUM ?? candidates.find((file) => existsSync(file))
const dist = path.join(root, 'packages/core/dist')

if (chromium === undefined || !existsSync(chromium)) {
  fail(
    `There is no Chromium: none of ${candidates.join(', ')} exists. Install one, or name it: CHROMIUM=/path/to/it.`
  )
}
if (!existsSync(path.join(dist, 'index.js'))) fail('The packages are not built. Run `npm run build` first.')

const server = createServer(answer).listen(0, '127.0.0.1', () => void main())

async function main() {
  const html = await dump(`http://127.0.0.1:${server.address().port}/`)
  server.close()
  const text = /<pre>([^<]*)<\/pre>/.exec(html)?.[1]?.replaceAll('&gt;', '>') ?? ''
  if (text === '') fail(`The page gave no result. This is what came of it:\n${html}`)
  console.log(text)
  if (!text.endsWith('all passed')) process.exit(1)
}

/** The page as it is when its scripts have ended. */
async function dump(url) {
  const profile = mkdtempSync(path.join(tmpdir(), 'coppice-chromium-'))
  const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    `--user-data-dir=${profile}`,
  ]
  const child = spawn(chromium, [...args, '--virtual-time-budget=10000', '--dump-dom', url], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: PATIENCE_MS,
  })
  let html = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => (html += chunk))
  await new Promise((resolve) => child.once('close', resolve))
  rmSync(profile, { recursive: true, force: true })
  return html
}

function answer(request, response) {
  const { pathname } = new URL(request.url, 'http://localhost')
  if (pathname === '/') {
    response.setHeader('content-type', 'text/html').end(`<pre></pre><script type="module">${page}</script>`)
    return
  }
  const file = path.join(dist, path.normalize(pathname))
  if (!existsSync(file)) return void response.writeHead(404).end()
  response.setHeader('content-type', 'text/javascript').end(readFileSync(file))
}

function fail(why) {
  console.error(why)
  process.exit(1)
}

const page = `
import { NestedCleanupError, operation, run, sleep, suspend } from '/index.js'

const checks = {
  async 'C11 asynchronous cleanup in a native generator is reported'() {
    const log = []
    const outcome = await outcomeOfCancelled(function* () {
      yield* (function* () {
        try { yield* suspend() } finally { yield* sleep(1); log.push('inner') }
      })()
      log.push('code after it')
    })
    return outcome.error instanceof NestedCleanupError && log.length === 0
  },
  async 'C11 at any depth'() {
    const outcome = await outcomeOfCancelled(() => deep(20))
    return outcome.error instanceof NestedCleanupError
  },
  async 'C4 asynchronous cleanup in a declared operation runs to its end'() {
    const log = []
    const inner = operation(function* () {
      try { yield* suspend() } finally { yield* sleep(1); log.push('inner') }
    })
    const outcome = await outcomeOfCancelled(function* () {
      try { yield* inner() } finally { yield* sleep(1); log.push('outer') }
      log.push('code after it')
    })
    return outcome.status === 'cancelled' && log.join() === 'inner,outer'
  },
  async 'C11 synchronous cleanup in a native generator is none of its business'() {
    const log = []
    const outcome = await outcomeOfCancelled(function* () {
      try {
        yield* (function* () { try { yield* suspend() } finally { log.push('inner') } })()
      } finally { yield* sleep(1); log.push('outer') }
    })
    return outcome.status === 'cancelled' && log.join() === 'inner,outer'
  },
}

function* deep(n) {
  if (n > 0) return yield* deep(n - 1)
  try { yield* suspend() } finally { yield* sleep(1) }
}

async function outcomeOfCancelled(program) {
  const task = run(program)
  task.then(null, () => {})
  await task.cancel()
  return task.outcome
}

const lines = [navigator.userAgent]
let failed = 0
for (const [name, check] of Object.entries(checks)) {
  const passed = await check().catch((error) => (lines.push(String(error)), false))
  if (!passed) failed++
  lines.push((passed ? 'passed: ' : 'FAILED: ') + name)
}
lines.push(failed === 0 ? 'all passed' : failed + ' failed')
document.querySelector('pre').textContent = lines.join('\\n')
`
