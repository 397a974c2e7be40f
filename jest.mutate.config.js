// The tests that are run against each mutant of the kernel: those that hold a law, in virtual time or nearly so, and quickly. A mutant that
// only a search of minutes would find is one that a test should be written for.
import config from './jest.config.js'

const { collectCoverageFrom: _, coverageThreshold: __, reporters: ___, ...base } = config

export default {
  ...base,
  testMatch: ['<rootDir>/packages/core/test/laws/*.test.ts'],
  testPathIgnorePatterns: ['s-depth', 'c11-nested', 'e-traces'],
}
