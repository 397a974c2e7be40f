// Compiles programs that import the installed packages, with each version of TypeScript that they are for.

import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './packages.mjs'

/** The oldest, which is installed for this and for scripts/test-types-oldest.mjs; the last with an interface of its own; the newest. */
const compilers = [
  'consumers/typescript-5.4/node_modules/.bin/tsc',
  'node_modules/.bin/tsc6',
  'node_modules/.bin/tsc',
]

/** Packages that need no Node: a page has nothing but the language and the DOM. */
const anywhere = /^(coppice|@coppice\/testing)(\/|$)/

/** **Throws:** what a compiler complains of. */
export function compileInstalled(project, specifiers, execute) {
  const typeRoots = path.join(root, 'node_modules', '@types')
  const hosts = [
    { name: 'node', specifiers, flags: ['--lib', 'es2022', '--types', 'node', '--typeRoots', typeRoots] },
    {
      name: 'page',
      specifiers: specifiers.filter((specifier) => anywhere.test(specifier)),
      flags: ['--lib', 'es2022,dom', '--typeRoots', path.join(project, 'none')],
    },
  ]
  for (const { name, specifiers, flags } of hosts) {
    const files = [`${name}.mts`, `${name}.cts`]
    for (const file of files) writeFileSync(path.join(project, file), importing(specifiers))
    // Without skipLibCheck: a published type that leans on a stripped one is an error here.
    const strictly = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'node16']
    for (const compiler of compilers) {
      execute(path.join(root, compiler), [...strictly, ...flags, ...files], project)
    }
  }
}

function importing(specifiers) {
  const imports = specifiers.map((specifier, index) => `import * as entry${index} from '${specifier}'\n`)
  return `${imports.join('')}export default [${specifiers.map((_, index) => `entry${index}`)}]\n`
}
