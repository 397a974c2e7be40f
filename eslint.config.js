import js from '@eslint/js'
import tseslint from 'typescript-eslint'
import './scripts/register-ts.mjs'

// Our own rules, from their sources: a fresh clone is linted before anything is built.
const { default: coppice } = await import('./packages/eslint-plugin/src/index.ts')

const typed = ['packages/*/src/**/*.ts', 'packages/*/test/**/*.ts', 'docs/**/*.ts']
/** Users read these; tests may have a loop that makes generators, and cleanup that is cut short. */
const exemplary = ['packages/*/src/**/*.ts', 'docs/examples/**/*.ts']

// Imports in the core run one way: streams, policies → operations, coordination → kernel → effect.
const mayNotImport = (layer, folders, why) => ({
  files: [`packages/core/src/${layer}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          { group: folders.map((folder) => `**/${folder}/**`), message: why },
          { group: ['../index.ts', '**/src/index.ts'], message: 'Import the file that holds it.' },
          { group: ['node:*'], message: 'The core runs on any ES2022 host.' },
        ],
      },
    ],
  },
})

export default tseslint.config(
  { ignores: ['**/dist/', 'coverage/'] },
  js.configs.recommended,
  tseslint.configs.recommended,
  {
    rules: {
      // A generator that returns at once is a valid operation.
      'require-yield': 'off',
      // `finally` blocks are where cancellation happens: a `return` or `throw` in one hides how the block was left.
      'no-unsafe-finally': 'error',

      // A machine's main loop is endless, its empty functions are shared no-ops, and an effect that is its own
      // iterator and a closure that must not allocate both keep `this` in a variable.
      'no-constant-condition': ['error', { checkLoops: 'none' }],
      // `arguments.length` tells `next()` from `next(undefined)` without allocating a rest array.
      'prefer-rest-params': 'off',
      'no-empty': ['error', { allowEmptyCatch: true }],
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-this-alias': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      // What a `yield*` receives is `any` in the iterator protocol itself.
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          argsIgnorePattern: '^_',
          varsIgnorePattern: '^_',
          caughtErrorsIgnorePattern: '^_',
          ignoreRestSiblings: true,
        },
      ],
    },
  },
  {
    // Our own rules ask the type checker. What must not compile (typetest) is misuse by nature.
    files: typed,
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    extends: [coppice.configs.recommended],
  },
  { files: exemplary, ignores: ['**/*.test.ts'], extends: [coppice.configs.strict] },
  {
    // Tests of the misuse that these rules report.
    files: [
      'packages/core/test/laws/c11-nested-cleanup.test.ts',
      'packages/core/test/laws/e-traces.test.ts',
      'packages/core/test/laws/e9-misuse.test.ts',
      'packages/core/test/laws/i-effects.test.ts',
    ],
    rules: {
      'coppice/cleanup-in-raw-generator': 'off',
      'coppice/no-floating-operation': 'off',
      'coppice/yield-star': 'off',
    },
  },
  {
    // Tools run on Node.
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { console: 'readonly', URL: 'readonly', queueMicrotask: 'readonly' } },
  },
  {
    // Tests run in a page, too.
    files: ['scripts/runtimes/page/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'MessageChannel',
          'clearTimeout',
          'document',
          'fetch',
          'navigator',
          'performance',
          'setTimeout',
          'window',
        ].map((name) => [name, 'readonly'])
      ),
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Exports have names.' },
      ],
    },
  },
  {
    files: ['packages/*/src/**/index.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'Program > :not(ExportNamedDeclaration, ExportAllDeclaration), Program > * > .declaration',
          message: 'An index.ts exports what other files declare, and nothing else.',
        },
      ],
    },
  },
  {
    files: ['packages/core/src/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', 'process', 'Buffer', 'require', 'global', '__dirname'],
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*'], message: 'The core runs on any ES2022 host.' }] },
      ],
    },
  },
  mayNotImport(
    'kernel',
    ['operations', 'coordination', 'streams', 'policies'],
    'The kernel knows no operation: an effect brings its own perform().'
  ),
  mayNotImport(
    '{operations,coordination}',
    ['streams', 'policies'],
    'Operations know no stream and no policy.'
  ),
  mayNotImport('{streams,policies}', ['kernel'], 'Streams and policies are written on the public surface.')
)
