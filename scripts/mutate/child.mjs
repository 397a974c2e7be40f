// Runs tests against one mutant, or against none to see which of them reach which mutants, and tells the parent once: what became of each
// test that ran. At the first failure it stops, if a mutant is at work.

import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setImmediate } from 'node:timers'
import { testsElsewhere } from '../runtimes/page/elsewhere.mjs'
import { runFile } from '../runtimes/page/suite.mjs'
import { loaderOf } from './loader.mjs'
import { idOf } from './ids.mjs'

process.env.NODE_ENV = 'test'
const load = loaderOf(process.argv[2])
const tests = []
/** What Stryker has written into the sources looks here for the mutant, and counts here. */
const context = (globalThis.__stryker__ = {})
let now

process.on('uncaughtException', (error) => void fail(error))
process.once('beforeExit', () => void fail('Nothing is under way that could end it'))
process.once('message', async ({ files, mutant, hitLimit }) => {
  process.channel.unref()
  Object.assign(context, { activeMutant: mutant, hitLimit, hitCount: hitLimit && 0 })
  for (const { file, only } of files) {
    now = { file, title: 'the file itself', begin: performance.now() }
    await runFile(() => load(file), choiceOf(file, only && new Set(only), mutant !== undefined)).catch(fail)
    // The host tells of what was rejected and not handled when it has its turn.
    await new Promise((resolve) => setImmediate(resolve))
  }
  await end()
})

function choiceOf(file, only, stopsAtFailure) {
  const elsewhere = testsElsewhere.filter((entry) => entry.file === file && !entry.onNode)
  return {
    isElsewhere: (title) =>
      elsewhere.some((entry) => title.startsWith(entry.title)) || only?.has(idOf(file, title)) === false,
    begins(title) {
      now = { file, title, begin: performance.now() }
      context.currentTestId = idOf(file, title)
    },
    tell({ title, status, error }) {
      context.currentTestId = undefined
      if (status === 'elsewhere') return
      const id = idOf(file, title)
      tests.push({ id, file, title, failed: status === 'failed', error, ms: performance.now() - now.begin })
      if (status === 'failed' && stopsAtFailure) return end()
    },
  }
}

/** What nobody caught is a failure of the test that runs. */
function fail(error) {
  const { file, title } = now
  tests.push({
    id: idOf(file, title),
    file,
    title,
    failed: true,
    error: String(error?.stack ?? error),
    ms: 0,
  })
  return end()
}

/** Nothing more happens here. */
function end() {
  const { mutantCoverage, hitCount } = context
  process.send({ tests, mutantCoverage, hitCount }, () => process.exit(0))
  return new Promise(() => {})
}
