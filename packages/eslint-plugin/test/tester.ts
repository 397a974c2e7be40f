// Runs the cases of a rule on the newest ESLint and on the oldest that we support, with types from this repository's sources.

import path from 'node:path'
import type { TSESLint } from '@typescript-eslint/utils'
import { RuleTester } from 'eslint'
import { RuleTester as OldestRuleTester } from 'eslint9'
import { parser } from 'typescript-eslint'

const fixtures = path.join(__dirname, 'fixtures')

interface Case<Message extends string> {
  readonly name: string
  readonly code: string
  readonly errors?: readonly {
    readonly messageId: Message
    readonly line?: number
    readonly data?: Record<string, string>
    readonly suggestions?: readonly {
      readonly messageId: Message
      readonly output: string
      data?: Record<string, string>
    }[]
  }[]
  readonly output?: string | null
}

/** Each case is a TypeScript module of its own, beside `fixtures/file.ts`. */
export function testRule<Message extends string>(
  name: string,
  rule: TSESLint.RuleModule<Message, readonly unknown[], unknown>,
  cases: { readonly valid: readonly Case<Message>[]; readonly invalid: readonly Case<Message>[] }
): void {
  const asFile = (each: Case<Message>) => ({ ...each, filename: path.join(fixtures, 'file.ts') })
  const files = { valid: cases.valid.map(asFile), invalid: cases.invalid.map(asFile) }
  for (const [version, Tester] of [
    [10, RuleTester],
    [9, OldestRuleTester as unknown as typeof RuleTester],
  ] as const) {
    describe(`on ESLint ${version}`, () => {
      const tester = new Tester({
        languageOptions: {
          parser: parser as never,
          parserOptions: {
            project: './tsconfig.json',
            tsconfigRootDir: fixtures,
            disallowAutomaticSingleRunInference: true,
          },
        },
      })
      tester.run(name, rule as never, files as never)
    })
  }
}
