/** The matchers in the other framework: its own process runs the same laws. */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import process from 'node:process'

interface VitestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly title: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

test('all laws of the matchers hold in Vitest, and itSimulates fails there when it must', () => {
  const root = path.resolve(__dirname, '../../..')
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const config = path.join(__dirname, 'vitest', 'vitest.config.mjs')
  // Vitest is not to take itself for a part of this test run.
  const { JEST_WORKER_ID: _, NODE_ENV: __, ...env } = process.env
  const { stdout, stderr } = spawnSync('node', [vitest, 'run', '--config', config, '--reporter=json'], {
    cwd: root,
    encoding: 'utf8',
    env,
  })
  expect({ stdout, stderr }).toMatchObject({ stdout: expect.stringContaining('"testResults"') })
  const report = JSON.parse(stdout.slice(stdout.indexOf('{'))) as VitestReport
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const mustFail = results.filter(({ title }) => title.startsWith('fails: '))

  expect(results.length).toBeGreaterThan(10)
  expect(results.filter((each) => each.status !== 'passed' && !mustFail.includes(each))).toEqual([])
  expect(mustFail).toMatchObject([{ status: 'failed' }])
  expect(mustFail[0]!.failureMessages.join('\n')).toMatch(/the lights went out[^]*main#1[^]*sleep\(7\)/)
}, 30_000)
