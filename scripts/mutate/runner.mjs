// Stryker's test runner for the kernel. Each mutant gets a fresh process of Node, which has our modules at once (modules.mjs): a tenth of a
// second, where Jest takes ten. What hangs is killed with its process, and the next mutant sees nothing of it.

import { PluginKind, declareClassPlugin } from '@stryker-mutator/api/plugin'
import {
  DryRunStatus,
  MutantRunStatus,
  TestStatus,
  determineHitLimitReached,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner'
import { fork } from 'node:child_process'
import { rmSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { clearTimeout, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { fileOf } from './ids.mjs'
import { testFiles, writeModules } from './modules.mjs'

const program = fileURLToPath(new URL('./child.mjs', import.meta.url))

/** Stryker gives up after its own time and starts this process anew, so the child is given up a little earlier. */
const EARLIER = 0.9
const LATE = 'late'

class LawsRunner {
  #modules = path.resolve(`.modules-${process.pid}.json`)
  /** What has been seen of each file: how many mutants it has killed, and in how many milliseconds. */
  #seen = new Map()

  capabilities() {
    return { reloadEnvironment: true }
  }

  init() {
    writeModules(process.cwd(), this.#modules)
  }

  dispose() {
    rmSync(this.#modules, { force: true })
  }

  async dryRun({ timeout }) {
    const files = testFiles(process.cwd()).map((file) => ({ file }))
    const { ended, tests, mutantCoverage } = await this.#execute({ files }, timeout)
    if (ended !== undefined)
      return { status: DryRunStatus.Error, errorMessage: `The tests did not end: ${ended}` }
    return { status: DryRunStatus.Complete, tests: tests.map(asResult), mutantCoverage }
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, timeout }) {
    const files = this.#inOrder(testFilter)
    const { ended, tests, hitCount } = await this.#execute(
      { files, mutant: activeMutant.id, hitLimit },
      timeout
    )
    if (ended === LATE) return { status: MutantRunStatus.Timeout }
    // A mutant that brings the process down has been noticed.
    if (ended !== undefined)
      return { status: MutantRunStatus.Killed, killedBy: [], failureMessage: ended, nrOfTests: 0 }
    return toMutantRunResult(
      determineHitLimitReached(hitCount, hitLimit) ?? {
        status: DryRunStatus.Complete,
        tests: tests.map(asResult),
      },
      false
    )
  }

  /** The files of some tests, or of all: first those that have killed most in their time. */
  #inOrder(ids) {
    const files = new Map()
    for (const id of ids ?? []) {
      const file = fileOf(id)
      files.set(file, [...(files.get(file) ?? []), id])
    }
    const chosen =
      ids === undefined
        ? testFiles(process.cwd()).map((file) => ({ file }))
        : [...files].map(([file, only]) => ({ file, only }))
    const rate = ({ file }) => {
      const { kills, ms } = this.#seen.get(file) ?? { kills: 0, ms: 0 }
      return (kills + 1) / (ms + 100)
    }
    return chosen.sort((a, b) => rate(b) - rate(a))
  }

  /** Gives what the child tells, or how it has `ended` without a word. */
  async #execute(plan, timeout) {
    const child = fork(program, [this.#modules], {
      execArgv: ['--max-old-space-size=2048', '--expose-gc'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const result = await new Promise((resolve) => {
      const timer = setTimeout(() => resolve({ ended: LATE }), timeout * EARLIER)
      child.once('message', resolve)
      child.once('exit', (code, signal) => resolve({ ended: `the process ended with ${signal ?? code}` }))
      child.once('exit', () => clearTimeout(timer))
      child.send(plan)
    })
    child.kill('SIGKILL')
    for (const { file, ms, failed } of result.tests ?? []) {
      const seen = this.#seen.get(file) ?? { kills: 0, ms: 0 }
      this.#seen.set(file, { kills: seen.kills + (failed ? 1 : 0), ms: seen.ms + ms })
    }
    return result
  }
}

function asResult({ id, file, title, failed, error, ms }) {
  return {
    id,
    name: title,
    timeSpentMs: ms,
    fileName: path.resolve(file),
    ...(failed ? { status: TestStatus.Failed, failureMessage: error } : { status: TestStatus.Success }),
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'laws', LawsRunner)]
