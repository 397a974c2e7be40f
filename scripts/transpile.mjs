// Erases types, file by file. Types are checked by `tsc` on its own, so nothing else has to wait for them.
//
// What was made of a file is kept in node_modules/.cache, since every program that the tests start would make all of it anew, and load a compiler
// for it. Another content, name, compiler or option is another entry.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import process from 'node:process'
import { threadId } from 'node:worker_threads'
import { root } from './packages.mjs'

const require = createRequire(import.meta.url)
const { version } = require('typescript/package.json')
const cache = path.join(root, 'node_modules/.cache/coppice')

const compilerOptions = {
  target: 'ES2022',
  // Fields become plain assignments: the other way each one is defined first and assigned then, at a cost for each task.
  useDefineForClassFields: false,
  module: 'ESNext',
  isolatedModules: true,
  verbatimModuleSyntax: true,
}

export function transpile(source, fileName, options) {
  const settings = { ...compilerOptions, ...options }
  const key = JSON.stringify([version, settings, fileName, source])
  const file = path.join(cache, `${createHash('sha256').update(key).digest('hex')}.json`)
  return readKept(file) ?? keep(file, compile(source, fileName, settings))
}

function compile(source, fileName, compilerOptions) {
  const ts = require('typescript')
  const { outputText, sourceMapText } = ts.transpileModule(source, { fileName, compilerOptions })
  return { code: outputText, map: sourceMapText }
}

function readKept(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** Several threads and processes may do this at once; whoever reads finds a whole file or none. */
function keep(file, result) {
  const unfinished = `${file}.${process.pid}-${threadId}`
  mkdirSync(cache, { recursive: true })
  writeFileSync(unfinished, JSON.stringify(result))
  renameSync(unfinished, file)
  return result
}
