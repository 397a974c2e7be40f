import process from 'node:process'
import { sources } from './scripts/packages.mjs'

// Our packages are imported by name, as users do, but run from their sources.
const moduleNameMapper = Object.fromEntries(
  [...sources].map(([specifier, source]) => [`^${specifier}$`, source])
)

// CommonJS, file by file. Types are checked by `tsc`, which takes a tenth of the time.
const typescript = [
  'ts-jest',
  {
    diagnostics: false,
    tsconfig: {
      target: 'es2022',
      useDefineForClassFields: false,
      lib: ['es2022', 'esnext.disposable'],
      module: 'commonjs',
      isolatedModules: true,
      allowImportingTsExtensions: true,
      noEmit: true,
      types: [],
    },
  },
]

export default {
  testMatch: ['<rootDir>/packages/*/test/**/*.test.ts', '<rootDir>/docs/**/*.test.ts'],
  transform: { '\\.ts$': typescript },
  moduleNameMapper,
  // A build has a copy of everything, and so has a run of Stryker; it must not be found instead of the sources.
  modulePathIgnorePatterns: ['<rootDir>/packages/[^/]+/dist/', '<rootDir>/[.]stryker-tmp/'],
  testEnvironment: 'node',
  // Jest leaves one core idle by default, which is half of a small machine.
  maxWorkers: '100%',
  reporters: ['default', ...(process.env.TEST_COUNTS_FILE ? ['<rootDir>/scripts/count-tests.mjs'] : [])],
  // index.ts files hold no code of their own (ESLint sees to it), only getters that CommonJS makes for their exports.
  collectCoverageFrom: ['packages/core/src/kernel/**/*.ts', '!packages/*/src/**/index.ts'],
  coverageDirectory: 'coverage',
  coverageReporters: ['text', 'lcovonly'],
  // For `npm run test:coverage`, which runs the laws alone. The kernel is all invariants: a branch that none of them takes is a law that nobody
  // checked.
  coverageThreshold: {
    'packages/core/src/kernel/**/*.ts': { statements: 100, branches: 100, lines: 100 },
  },
}
