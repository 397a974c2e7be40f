// Lints a block of the documentation with our own rules, by the types that it was compiled with.

import { Linter } from 'eslint'
import { configs } from 'eslint-plugin-coppice'
import { parser } from 'typescript-eslint'
import { root, type CheckedBlock } from './code-blocks.ts'

export interface Report {
  readonly ruleId: string | null
  /** `file:line:column message (rule)` */
  readonly text: string
}

export function lintBlock(block: CheckedBlock, strictness: keyof typeof configs): Report[] {
  const { path, program, text } = block
  const linter = new Linter({ cwd: root })
  const languageOptions = {
    parser,
    parserOptions: { programs: [program] },
  } as Linter.Config['languageOptions']
  const messages = linter.verify(text, [{ languageOptions }, configs[strictness]] as Linter.Config[], path)
  return messages.map(({ ruleId, message, line, column }) => ({
    ruleId,
    text: `${block.file}:${block.line + line - 1}:${column} ${message} (${ruleId})`,
  }))
}
