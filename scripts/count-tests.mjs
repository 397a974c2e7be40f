// A Jest reporter that writes how many tests passed and failed, for .ci/run to repeat as its last line.

import { writeFileSync } from 'node:fs'
import process from 'node:process'

export default class CountTests {
  onRunComplete(_contexts, results) {
    // A file that could not be loaded ran no test, and must not count as none failed.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites
    writeFileSync(process.env.TEST_COUNTS_FILE, `${results.numPassedTests} ${failed}\n`)
  }
}
