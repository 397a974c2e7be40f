// The one table of what this repository publishes. The build, the tests, the loader for `npm run demo` and the package
// checks all read it, so a new package is a new row here, its package.json, and its `paths` in tsconfig.json.

import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

/**
 * `entries` maps the name of a built file in dist/ to its source. `index` is the package itself, others are subpaths.
 * `hosted` maps entries that work only inside another tool, an optional peer, to its name and to the module formats that it takes.
 */
export const packages = [
  {
    name: 'coppice',
    directory: 'packages/core',
    entries: {
      index: 'src/index.ts',
      kernel: 'src/kernel/index.ts',
    },
  },
  {
    name: '@coppice/testing',
    directory: 'packages/testing',
    entries: {
      index: 'src/index.ts',
      jest: 'src/jest.ts',
      vitest: 'src/vitest.ts',
    },
    // Vitest refuses to be required.
    hosted: {
      jest: { by: 'jest', formats: ['import', 'require'] },
      vitest: { by: 'vitest', formats: ['import'] },
    },
  },
  {
    name: '@coppice/node',
    directory: 'packages/node',
    entries: {
      index: 'src/index.ts',
    },
  },
  {
    name: 'eslint-plugin-coppice',
    directory: 'packages/eslint-plugin',
    entries: { index: 'src/index.ts' },
  },
]

/** Every import specifier that users write, and the source file that it stands for inside this repository. */
export const sources = new Map(
  packages.flatMap(({ name, directory, entries }) =>
    Object.entries(entries).map(([entry, source]) => [
      entry === 'index' ? name : `${name}/${entry}`,
      path.join(root, directory, source),
    ])
  )
)

/** The import specifiers that work in any process; the others need the tool that hosts them. */
export const standalone = packages.flatMap(({ name, entries, hosted = {} }) =>
  Object.keys(entries)
    .filter((entry) => !(entry in hosted))
    .map((entry) => (entry === 'index' ? name : `${name}/${entry}`))
)

/** Whether an entry has a CommonJS build. One that has none is an ES module on Node as well. */
export const isRequirable = ({ hosted = {} }, entry) => hosted[entry]?.formats.includes('require') ?? true

/**
 * What the package.json of a package has under `exports`. Node gets the CommonJS build either way, so that one process has one
 * copy; bundlers know `module` and get what can be tree-shaken, other hosts come to `import`.
 */
export function exportsOf(item) {
  const exports = Object.keys(item.entries).map((entry) => {
    const as = (code, types) => ({ types: `./dist/${entry}.${types}`, default: `./dist/${entry}.${code}` })
    return [
      entry === 'index' ? '.' : `./${entry}`,
      isRequirable(item, entry)
        ? {
            module: as('js', 'd.ts'),
            node: { import: as('node.js', 'd.ts'), require: as('cjs', 'd.cts') },
            import: as('js', 'd.ts'),
            require: as('cjs', 'd.cts'),
          }
        : { import: as('js', 'd.ts') },
    ]
  })
  return { ...Object.fromEntries(exports), './package.json': './package.json' }
}
