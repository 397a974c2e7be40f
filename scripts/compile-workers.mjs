// node scripts/compile-workers.mjs directory program.ts…
//
// Makes a directory of files for threads, program.mjs…, of programs and all that they import from this repository. Tests start many
// threads, and each would compile all of that anew.

import path from 'node:path'
import process from 'node:process'
import { rollup } from 'rollup'
import { sources } from './packages.mjs'
import { transpile } from './transpile.mjs'

const [dir, ...input] = process.argv.slice(2).map((each) => path.resolve(each))

const typescript = {
  name: 'typescript',
  resolveId: (specifier) => sources.get(specifier),
  transform: (source, id) => (id.endsWith('.ts') ? transpile(source, id) : null),
}

const bundle = await rollup({
  input,
  plugins: [typescript],
  external: /^node:/,
  treeshake: false,
  logLevel: 'silent',
})
await bundle.write({ dir, format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name].chunk.mjs' })
await bundle.close()
