// The modules that a mutant is tested with: our sources and tests, transpiled once and kept in one file, so that a fresh process has them at
// once. They are CommonJS, each in a function of its own, under the paths that they have.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { root, sources } from '../packages.mjs'
import { transpile } from '../transpile.mjs'

const folders = ['packages/core/src', 'packages/core/test', 'packages/testing/src']

/** The files whose tests are run, below a copy of the repository: those that hold a law of the kernel. */
export function testFiles(directory) {
  return filesBelow(directory)
    .filter((file) => file.includes('/test/laws/') && file.endsWith('.test.ts'))
    .sort()
}

function filesBelow(directory) {
  return folders.flatMap((folder) =>
    readdirSync(path.join(directory, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
      .map((file) => path.posix.join(folder, file.replaceAll(path.sep, '/')))
  )
}

const options = { module: ts.ModuleKind.CommonJS, verbatimModuleSyntax: false, esModuleInterop: true }

/** Writes the modules of a copy of the repository into one file. */
export function writeModules(directory, to) {
  const codes = {}
  for (const file of filesBelow(directory)) {
    const source = readFileSync(path.join(directory, file), 'utf8')
    codes[file] = transpile(source, file, options).code
  }
  const named = Object.fromEntries([...sources].map(([name, file]) => [name, path.relative(root, file)]))
  writeFileSync(to, JSON.stringify({ directory, codes, named }))
}
