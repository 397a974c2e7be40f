// node docs/print-blocks.mjs < blocks.json
//
// Runs programs of the documentation in a process of their own, one after the other, and writes down what each prints. Some of the
// libraries that we compare ourselves with are ES modules only, which Jest cannot load; and what one of their programs leaves running
// or throws too late must not disturb the tests.
//
// Takes `[{ javascript }, …]`: bodies of async CommonJS functions. Gives `[{ printed } or { error }, …]`.

import { Buffer } from 'node:buffer'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { format, inspect } from 'node:util'

const PATIENCE_MS = 5_000

// Bun reads TypeScript, and the paths in tsconfig.json, by itself.
if (process.versions.bun === undefined) await import('../scripts/register-ts.mjs')

const AsyncFunction = async function () {}.constructor
const blocks = JSON.parse(await textOf(process.stdin))
const results = []
for (const block of blocks) results.push(await execute(block))
process.stdout.write(JSON.stringify(results), () => process.exit())

async function execute({ javascript }) {
  let fail
  const failed = new Promise((_, reject) => (fail = reject))
  process.on('unhandledRejection', fail)
  const lines = []
  try {
    const modules = await load(javascript)
    const body = new AsyncFunction('require', 'exports', 'console', 'mustSucceed', javascript)
    const print = { log: (...values) => void lines.push(format(...values)) }
    const program = body(
      (specifier) => modules.get(specifier),
      {},
      print,
      (task) => void Promise.resolve(task).catch(fail)
    )
    const giveUp = delay(PATIENCE_MS, undefined, { ref: false }).then(() => {
      throw new Error(`It has not ended after ${PATIENCE_MS} ms, and has printed:\n${lines.join('\n')}`)
    })
    await Promise.race([program, failed, giveUp])
    return { printed: lines.join('\n') }
  } catch (error) {
    return { error: inspect(error) }
  } finally {
    process.off('unhandledRejection', fail)
  }
}

async function load(javascript) {
  const specifiers = new Set([...javascript.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name))
  const modules = new Map()
  for (const specifier of specifiers) modules.set(specifier, await import(specifier))
  return modules
}

async function textOf(stream) {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
