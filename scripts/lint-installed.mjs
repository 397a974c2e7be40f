// Holds the installed plugin for ESLint against a program that uses the installed library. The types of a build differ
// from those of the sources: they stand in one file, where names may have got numbers.

import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import process from 'node:process'

const program = `
import { type Context, operation, run, shield, sleep, spawn } from 'coppice'
declare const user: Context<string>
function* waits() {
  try { yield* sleep(1) } finally { yield* sleep(2) } // shield-async-finally
}
function* doesNot() {
  try { yield* sleep(1) } finally { yield* user.get(); yield* shield(sleep(1)) }
}
export const work = operation('work', function* () {
  sleep(1) // no-floating-operation
  yield sleep(2) // yield-star
  yield* waits() // cleanup-in-raw-generator
  yield* spawn(doesNot())
  yield* spawn(async () => {}) // no-async-in-task
  for (let i = 0; i < 2; i++) yield* spawn(function* () { yield* sleep(i) }) // no-generator-closure-in-loop
})
run(work)
void run(work)
`

const linting = `
const { Linter } = require('eslint')
const coppice = require('eslint-plugin-coppice')
const ts = require('typescript')
const { parser } = require(${JSON.stringify(createRequire(import.meta.url).resolve('typescript-eslint'))})

const file = require('node:path').join(__dirname, 'lint.ts')
const text = ts.sys.readFile(file)
const options = { module: ts.ModuleKind.Node16, strict: true, target: ts.ScriptTarget.ES2022, types: [] }
const languageOptions = { parser, parserOptions: { programs: [ts.createProgram([file], options)] } }
const messages = new Linter({ cwd: __dirname }).verify(text, [{ languageOptions }, coppice.configs.strict], file)
const is = messages.map(({ line, ruleId, message }) => line + ' ' + (ruleId ?? message))
const shouldBe = text.split('\\n').flatMap((line, index) => {
  const rule = / [/][/] ([a-z-]+)$/.exec(line)
  return rule ? [index + 1 + ' coppice/' + rule[1]] : []
})
if (is.join() !== shouldBe.join()) throw new Error('Reported are\\n' + is.join('\\n') + '\\nand not\\n' + shouldBe.join('\\n'))
`

/** **Throws:** what was reported and should not be, or the other way round. */
export function lintInstalled(project, execute) {
  writeFileSync(path.join(project, 'lint.ts'), program)
  writeFileSync(path.join(project, 'lint.cjs'), linting)
  execute(process.execPath, ['lint.cjs'], project)
}
