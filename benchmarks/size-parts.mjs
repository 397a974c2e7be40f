/**
 * What the smallest usual program pays for, part by part: `npm run size:parts`. A part is a mechanism or a law, made of the source files that
 * are its own.
 *
 * Minified bytes add up. Compressed ones don't, since each part is smaller in the company of the others: what is given for a part is by how
 * much the bundle shrinks without it, and what all of them have in common is a line of its own.
 */
import { Buffer } from 'node:buffer'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, transform } from 'esbuild'
import ts from 'typescript'
import { root } from '../scripts/packages.mjs'
import { programsOf } from './libraries.mjs'
import { formatSizes } from './markdown.mjs'

const kernel = (...names) => names.map((name) => `kernel/${name}.ts`)
const operations = (...names) => names.map((name) => `operations/${name}.ts`)

/** Which files of the core belong to which part. A file that no part names is shown under its own name. */
const PARTS = {
  'effects: the protocol of yield*': ['effect.ts', ...kernel('wait')],
  'one step, the queue, the budget (S)': kernel('step', 'queue', 'run-queue', 'tree', 'states'),
  'tasks, scopes, joins (T)': kernel('task', 'scope', 'frame', 'spawn', 'join'),
  'a wait for the own end (T8)': kernel('own-end'),
  'the end of bodies and scopes, teardown (T4, E1)': kernel('closing', 'cleanup'),
  'cancellation (C1 to C6)': kernel('unwind'),
  'grace (C9)': kernel('grace', 'alarm'),
  'cleanup in native generators (C11)': kernel('nested'),
  'cleanup that never ends (C13)': kernel('abandon'),
  'waiting for several (W)': [...kernel('branches'), ...operations('select', 'region', 'all')],
  'timers and the live interpreter': [...kernel('timers', 'outside'), 'interpreters/live.ts'],
  'errors, one and several (E2, E3)': kernel('errors', 'failures'),
  'task paths in errors (E6)': kernel('trace'),
  'misuse and what to write instead (E9)': kernel('misuse'),
  'promises and observers': kernel('promise', 'observer', 'waits-on'),
  'run, spawn, cancel, sleep, scope': ['<stdin>', ...operations('run', 'spawn', 'cancel', 'sleep', 'scope')],
}
/** A text as long as this is one for people. */
const TEXT = 16

const gzipped = (text) => gzipSync(text, { level: 9 }).length

/** The parts of `size-minimal`, each with its minified and its compressed bytes; and what would be left without texts. */
export async function measureParts() {
  const chunks = await minifiedChunks()
  const names = new Set(chunks.map(({ part }) => part))
  const joined = (wanted) =>
    chunks
      .filter(({ part }) => wanted(part))
      .map(({ code }) => code)
      .join('')
  const all = joined(() => true)
  const parts = [...names]
    .map((name) => ({
      name,
      minified: Buffer.byteLength(joined((part) => part === name)),
      compressed: gzipped(all) - gzipped(joined((part) => part !== name)),
    }))
    .sort((a, b) => b.compressed - a.compressed)
  const bare = withoutTexts(all)
  return {
    parts,
    total: { minified: Buffer.byteLength(all), compressed: gzipped(all) },
    withoutTexts: { minified: Buffer.byteLength(bare), compressed: gzipped(bare) },
  }
}

/** The bundle in pieces, one for each source file: esbuild names the file above its code as long as it keeps white space. */
async function minifiedChunks() {
  const source = path.join(root, 'packages/core/src')
  const { outputFiles } = await build({
    stdin: {
      contents: programsOf('coppice')['size-minimal'].replace("'coppice'", `'${source}/index.ts'`),
      resolveDir: root,
    },
    absWorkingDir: source,
    bundle: true,
    minifyIdentifiers: true,
    minifySyntax: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
  })
  const [, ...pieces] = outputFiles[0].text.split(/^\/\/ (.*)$/m)
  const chunks = []
  for (let i = 0; i < pieces.length; i += 2) {
    const { code } = await transform(pieces[i + 1], { minifyWhitespace: true })
    chunks.push({ part: partOf(pieces[i]), code })
  }
  return chunks
}

function partOf(file) {
  return Object.keys(PARTS).find((name) => PARTS[name].includes(file)) ?? file
}

/** The same code with every long text emptied: what messages cost. */
function withoutTexts(code) {
  const file = ts.createSourceFile('bundle.js', code, ts.ScriptTarget.Latest, true)
  const ranges = []
  const visit = (node) => {
    const isText = ts.isStringLiteral(node) || ts.isTemplateLiteralToken(node)
    if (isText && node.text.length >= TEXT) ranges.push([node.getStart() + 1, node.getEnd() - closing(node)])
    ts.forEachChild(node, visit)
  }
  visit(file)
  return ranges.reduceRight((text, [from, to]) => text.slice(0, from) + text.slice(to), code)
}

/** How many characters end a text: a quote, or what opens an expression in a template. */
const closing = ({ kind }) =>
  kind === ts.SyntaxKind.TemplateHead || kind === ts.SyntaxKind.TemplateMiddle ? 2 : 1

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(formatSizes({ sizes: await measureParts() }))
