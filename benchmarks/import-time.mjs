/**
 * How long a library takes to be imported: `node import-time.mjs <contender> <measurement>`, in a new process for each sample, since
 * an import counts once. The loader of Node is in it, the same for all.
 */
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { specifiers } from './libraries.mjs'
import { medianOf } from './statistics.mjs'

const SAMPLES = 5
const NS_PER_MS = 1e6
const [contender, id] = process.argv.slice(2)

const imports = specifiers(contender).map((specifier) => `await import('${specifier}')`)
const program = `const start = performance.now(); ${imports.join('; ')}; console.log(performance.now() - start)`

const samples = Array.from({ length: SAMPLES }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return Number(stdout) * NS_PER_MS
})
const value = medianOf(samples)
console.log(JSON.stringify({ id, value, calls: SAMPLES, callMs: value / NS_PER_MS }))
