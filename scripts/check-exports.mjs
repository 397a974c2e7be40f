// Every export of a source file is used, and every export of a package is documented. `npm run lint` runs it.

import path from 'node:path'
import process from 'node:process'
import ts from 'typescript'
import { deadExports } from './dead-exports.mjs'
import { undocumented } from './documentation.mjs'
import { root } from './packages.mjs'

const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile)
const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
const program = ts.createProgram(
  fileNames.filter((file) => /\/packages\/[^/]+\/src\//.test(file)),
  options
)

const complaints = [
  ...deadExports(program).map((place) => `${place} is exported, and no other source file imports it`),
  ...undocumented(program),
]
if (complaints.length > 0) {
  console.error(complaints.join('\n'))
  process.exitCode = 1
}
