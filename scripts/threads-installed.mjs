// Runs threads with the installed packages: whoever imports and whoever requires them starts files of either kind.

import { writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

const program = `
serveWorker(function* double(n) {
  if (n < 0) throw new RangeError('negative')
  yield* sleep(1)
  return 2 * n
})`

const using = `
async function check(files) {
  await run(function* () {
    for (const file of files) {
      const pool = yield* workerPool(file, { size: 1 })
      const values = [yield* pool.run(1), yield* worker(file, 2)]
      if (values.join() !== '2,4') throw new Error(file + ' gives ' + values)
      const { error } = yield* attempt(pool.run(-1))
      if (!(error instanceof RangeError)) throw new Error(file + ' fails with ' + error)
    }
  })
}`

/** **Throws:** what was printed, if a thread did not do what it should. */
export function runThreadsInstalled(project, execute) {
  const write = (file, text) => writeFileSync(path.join(project, file), text)
  const imports = (names, specifier) => `import { ${names} } from '${specifier}'\n`
  const requires = (names, specifier) => `const { ${names} } = require('${specifier}')\n`
  for (const [extension, from, here, check] of [
    ['mjs', imports, 'import.meta.url', 'await check(files)'],
    ['cjs', requires, "require('node:url').pathToFileURL(__filename)", 'check(files)'],
  ]) {
    write(`double.${extension}`, from('serveWorker', '@coppice/node') + from('sleep', 'coppice') + program)
    const files = `const files = ['mjs', 'cjs'].map((kind) => new URL('./double.' + kind, ${here}))\n`
    const names = from('worker, workerPool', '@coppice/node') + from('attempt, run', 'coppice')
    write(`threads.${extension}`, names + using + files + check)
  }
  for (const file of ['threads.mjs', 'threads.cjs']) execute(process.execPath, [file], project)
}
