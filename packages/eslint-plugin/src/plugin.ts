/** The plugin: its rules by name, and its configurations. */
import type { ESLint, Linter, Rule } from 'eslint'
import { cleanupInRawGenerator } from './rules/cleanup-in-raw-generator.ts'
import { noAsyncInTask } from './rules/no-async-in-task.ts'
import { noFloatingOperation } from './rules/no-floating-operation.ts'
import { noGeneratorClosureInLoop } from './rules/no-generator-closure-in-loop.ts'
import { shieldAsyncFinally } from './rules/shield-async-finally.ts'
import { yieldStar } from './rules/yield-star.ts'

/** What the plugin is called, for caches and printed configurations. */
export const meta = { name: 'eslint-plugin-coppice', version: '0.1.0', namespace: 'coppice' }

type RuleName =
  | 'cleanup-in-raw-generator'
  | 'no-async-in-task'
  | 'no-floating-operation'
  | 'no-generator-closure-in-loop'
  | 'shield-async-finally'
  | 'yield-star'

// ESLint and typescript-eslint describe rules by types of their own, which do not fit into each other.
const typed: Record<RuleName, unknown> = {
  'cleanup-in-raw-generator': cleanupInRawGenerator,
  'no-async-in-task': noAsyncInTask,
  'no-floating-operation': noFloatingOperation,
  'no-generator-closure-in-loop': noGeneratorClosureInLoop,
  'shield-async-finally': shieldAsyncFinally,
  'yield-star': yieldStar,
}

/** The rules, by the name that stands behind `coppice/` in a configuration. All of them need type information. */
export const rules = typed as Record<RuleName, Rule.RuleModule>

// Without configurations in it, so that these can hold it.
const bare: ESLint.Plugin = { meta, rules }

/** Rules ask the type checker, which linters of other languages and untyped files don't have. */
const files = ['**/*.ts', '**/*.tsx', '**/*.mts', '**/*.cts']

const mistakes = {
  'coppice/cleanup-in-raw-generator': 'error',
  'coppice/no-async-in-task': 'error',
  'coppice/no-floating-operation': 'error',
  'coppice/yield-star': 'error',
} as const

const advice = {
  'coppice/no-generator-closure-in-loop': 'error',
  'coppice/shield-async-finally': 'error',
} as const

/**
 * Flat configurations for TypeScript files. `recommended` reports what is a mistake wherever it stands; `strict` adds what is right in
 * some places: cleanup that a later cancellation may cut short, and generator functions that are made anew in each round of a loop.
 *
 * Both need a parser with type information, as typescript-eslint's with `projectService`.
 *
 * @example
 * ```ts
 * import coppice from 'eslint-plugin-coppice'
 * import tseslint from 'typescript-eslint'
 *
 * export default tseslint.config(
 *   tseslint.configs.base,
 *   { languageOptions: { parserOptions: { projectService: true } } },
 *   coppice.configs.recommended
 * )
 * ```
 */
export const configs: Record<'recommended' | 'strict', Linter.Config> = {
  recommended: { name: 'coppice/recommended', files, plugins: { coppice: bare }, rules: mistakes },
  strict: {
    name: 'coppice/strict',
    files,
    plugins: { coppice: bare },
    rules: { ...mistakes, ...advice },
  },
}

/** The plugin: `meta`, `rules` and `configs`. */
export const plugin: ESLint.Plugin & { configs: typeof configs } = Object.assign(bare, { configs })
