/** What a bundle pays for a library, minified and gzipped: `node size.mjs <contender> <measurement>`. */
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { programsOf } from './libraries.mjs'

const [contender, id] = process.argv.slice(2)

const { outputFiles } = await build({
  stdin: {
    contents: programsOf(contender)[id],
    resolveDir: fileURLToPath(new URL('.', import.meta.url)),
  },
  bundle: true,
  minify: true,
  write: false,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  define: { 'process.env.NODE_ENV': '"production"' },
  external: ['node:*'],
  logLevel: 'silent',
})
const value = gzipSync(outputFiles[0].contents, { level: 9 }).length
console.log(JSON.stringify({ id, value, calls: 1, callMs: 0 }))
