// Builds every package of scripts/packages.mjs as ES modules and CommonJS, each with types of its own.

import { rmSync } from 'node:fs'
import path from 'node:path'
import dts from 'rollup-plugin-dts'
import { isRequirable, packages, root } from './scripts/packages.mjs'
import { transpile } from './scripts/transpile.mjs'

// @rollup/plugin-typescript does not work beside TypeScript 7, and we need no more than this of it.
const typescript = {
  name: 'typescript',
  transform(source, id) {
    return id.endsWith('.ts') ? transpile(source, id, { sourceMap: true }) : null
  },
}

// Whatever is not one of the package's own files is its dependency, our other packages included.
const external = (id) => !id.startsWith('.') && !path.isAbsolute(id)

// Shared chunks need the extension spelled out: Rollup would name them .js, which `require` refuses in a package of
// type "module" (and .ts, which nobody resolves). Names have no hashes, so that builds can be compared.
// Node imports the CommonJS build, through these: whoever imports a package and whoever requires it in one process share
// its state, so that contexts, `instanceof` and the running task are the same for both. The code is in one chunk, since a chunk
// reaches another one's variables through properties of its exports, which costs on the hot path.
const forNode = (entries) => ({
  name: 'for-node',
  generateBundle(_, bundle) {
    for (const entry of Object.keys(entries)) {
      // A star passes on everything but the default.
      const hasDefault = bundle[`${entry}.cjs`].exports.includes('default')
      const source = [
        `export * from './${entry}.cjs'\n`,
        ...(hasDefault ? [`import all from './${entry}.cjs'\nexport default all.default\n`] : []),
      ]
      this.emitFile({ type: 'asset', fileName: `${entry}.node.js`, source: source.join('') })
    }
  },
})

// What our types say about disposal is in no library that a target or the DOM brings along. A file names what it needs itself.
const disposal = '/// <reference lib="esnext.disposable" />'

const output = (directory, format, extension) => ({
  dir: path.join(directory, 'dist'),
  format,
  entryFileNames: `[name]${extension}`,
  chunkFileNames: `chunks/[name]${extension}`,
  minifyInternalExports: false,
})

const build = (item) => {
  const { directory: relative, entries } = item
  const directory = path.join(root, relative)
  rmSync(path.join(directory, 'dist'), { recursive: true, force: true })
  const input = Object.fromEntries(
    Object.entries(entries).map(([entry, source]) => [entry, path.join(directory, source)])
  )
  const pick = (record) =>
    Object.fromEntries(Object.entries(record).filter(([entry]) => isRequirable(item, entry)))
  const isEntry = new Set(Object.values(input))
  return [
    {
      input,
      external,
      plugins: [typescript],
      output: [{ ...output(directory, 'es', '.js'), sourcemap: true }],
    },
    {
      input: pick(input),
      external,
      plugins: [typescript],
      output: [
        {
          ...output(directory, 'cjs', '.cjs'),
          sourcemap: true,
          exports: 'named',
          manualChunks: (id) => (isEntry.has(id) ? undefined : 'all'),
          plugins: [forNode(pick(entries))],
        },
      ],
    },
    {
      input,
      external,
      plugins: [dts({ tsconfig: path.join(root, 'tsconfig.json'), compilerOptions: { noEmit: false } })],
      output: ['.d.ts', '.d.cts'].map((extension) => ({
        ...output(directory, 'es', extension),
        banner: disposal,
      })),
    },
  ]
}

export default packages.flatMap(build)
