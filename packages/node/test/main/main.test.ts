/** `main` and `exit`, in processes of their own. Real time: a slow test. */
import process from 'node:process'
import { exit, main } from '@coppice/node'
import { MisuseError, suspend } from 'coppice'
import { reportOf } from '../../src/main/report.ts'
import { start } from '../program.ts'
import type { Told } from './several.program.ts'

jest.setTimeout(60_000)

const one = (name: string) => start('main/one.program.ts', name)

describe('a program', () => {
  let results: Record<string, Told>

  beforeAll(async () => {
    const { code, output, errors } = await start('main/several.program.ts').ended
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    results = JSON.parse(output)
  })

  const cleanedUp = ['body begins', 'body has cleaned up']

  test.each<[name: string, code: number, said: string[]]>([
    ['returns', 0, []],
    ['fails in a child', 1, cleanedUp],
    ['fails with several', 1, []],
    ['throws a text', 1, []],
    ['is sent SIGINT', 130, cleanedUp],
    ['is sent SIGTERM', 143, cleanedUp],
    ['is sent a signal of its choice', 129, cleanedUp],
    ['fails in its cleanup after a signal', 1, ['body begins']],
    ['finishes within the grace', 143, ['told: SIGTERM']],
    ['finishes within the grace and exits with 0', 0, ['told: SIGTERM']],
    ['does not use its grace', 130, cleanedUp],
    ['is sent a second signal within the grace', 130, cleanedUp],
    ['is sent a second signal while it cleans up', 130, cleanedUp],
    ['is sent SIGUSR2', 0, []],
    ['prints its tree on another signal', 0, []],
    ['exits deep down', 3, ['sibling begins', 'sibling has cleaned up']],
    ['exits at once', 4, []],
    ['exits twice', 5, ['sibling begins', 'sibling has cleaned up']],
    ['exits with 0 and fails in its cleanup', 1, []],
    ['exits with 7 and fails in its cleanup', 7, []],
    ['exits in a shield', 8, ['goes on']],
    ['has a cleanup that hangs', 1, ['body begins']],
    ['is cancelled by an AbortSignal', 1, cleanedUp],
    ['has a second main beside it', 3, []],
    [
      'has no main',
      0,
      ['exit ends the program that main(…) runs, and there is none here. Start it with main.'],
    ],
  ])('that %s has the exit code %d, after its cleanup', (name, code, said) => {
    const told = results[name]!
    expect({ code: told.code, said: told.said }).toEqual({ code, said })
    expect(told.exitCode).toBe(code === 0 && !name.includes('exits') ? undefined : code)
  })

  test('that sets the exit code itself keeps it', () => {
    expect(results['sets the exit code itself']).toMatchObject({ code: 0, exitCode: 9 })
  })

  test('leaves no handle and no listener behind', () => {
    const left = Object.entries(results).map(([name, told]) => [name, told.left])
    expect(left).toEqual(Object.keys(results).map((name) => [name, []]))
  })

  test('prints nothing when nothing has failed', () => {
    const failing = /fails|throws|hangs|AbortSignal|second signal while|SIGUSR2|prints/
    const silent = Object.entries(results).filter(([name]) => !failing.test(name))
    expect(silent.length).toBeGreaterThan(10)
    expect(silent.map(([name, { stderr }]) => [name, stderr])).toEqual(silent.map(([name]) => [name, '']))
  })

  test('prints an error with where it was thrown and the tasks that it came through', () => {
    const { stderr } = results['fails in a child']!
    expect(stderr).toMatch(/^TypeError: boom\n {4}at /)
    expect(stderr).toMatch(/\n {4}in fail\n {4}in task worker#\d+\n {4}in task service#1\n$/)
    expect(stderr.match(/boom/g)).toHaveLength(1)
  })

  test('prints each of several errors once, with its cause', () => {
    const lines = results['fails with several']!.stderr.split('\n').filter(
      (line) => !/^ +(at|in) /.test(line)
    )
    expect(lines).toEqual([
      expect.stringMatching(/^ScopeError: 3 errors: TypeError: boom; Error: second cleanup; /),
      '  ↳ TypeError: boom',
      '  ↳ Error: second cleanup',
      '  ↳ Error: first cleanup',
      '      ↳ Error: its cause',
      '',
    ])
  })

  test('prints what was thrown also if that is no error', () => {
    expect(results['throws a text']!.stderr).toBe("'just a text'\n")
  })

  test('that was cancelled by nobody in particular says so', () => {
    const { stderr } = results['is cancelled by an AbortSignal']!
    expect(stderr).toMatch(/^CancelledError: The program was cancelled: TimeoutError: /)
  })

  test('prints its tree on SIGUSR2, or on the signal of its choice, and goes on', () => {
    for (const name of ['is sent SIGUSR2', 'prints its tree on another signal']) {
      const lines = results[name]!.stderr.split('\n')
      expect(lines[0]).toMatch(/^sending#1 ● running/)
      expect(lines[1]).toMatch(/^└─ body#2 ● running · sleep\(50\)/)
    }
  })

  test('says, at a second signal, what its cleanup waits on', () => {
    const { stderr } = results['is sent a second signal while it cleans up']!
    expect(stderr).toMatch(/^Cleanup is not done yet; another SIGINT ends the process at once\.\n/)
    expect(stderr).toMatch(/body#2 ◐ unwinding · sleep\(150\)/)
  })

  test('says what a cleanup that hangs waited on', () => {
    const { stderr } = results['has a cleanup that hangs']!
    expect(stderr).toMatch(/^CleanupTimeoutError: Cleanup did not end within 50 ms .* body#2 on suspend\(\)/)
  })
})

describe('a process', () => {
  test('stays while the tree waits for ever, and ends cleanly at a signal', async () => {
    const { child, printed, ended } = one('waits for ever')
    await printed('waits')
    // Without anything to keep it, it would have ended by now.
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(child.exitCode).toBe(null)
    child.kill('SIGTERM')
    expect(await ended).toEqual({
      code: 143,
      signal: null,
      output: 'waits\ncleans up\nhas cleaned up\n',
      errors: '',
    })
  })

  test('ends at a third signal, whatever hangs', async () => {
    const { child, printed, ended } = one('hangs in its cleanup')
    await printed('waits')
    child.kill('SIGINT')
    await printed('cleans up')
    child.kill('SIGINT')
    await printed('another SIGINT ends the process at once')
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 143, signal: null })
  })

  test('waits for what others have left open', async () => {
    const { code, output } = await one('leaves something behind').ended
    expect({ code, output }).toEqual({ code: 0, output: 'main has ended\nits timer\n' })
  })
})

test('errors that are the cause of each other are printed once each', () => {
  const [hen, egg] = [new Error('hen'), new Error('egg')]
  Object.assign(hen, { cause: egg })
  Object.assign(egg, { cause: hen })
  expect(
    reportOf(hen)
      .split('\n')
      .filter((line) => line.includes('Error'))
  ).toEqual(['Error: hen', '  ↳ Error: egg'])
})

describe('misuse', () => {
  test.each([
    ['no operation', () => main(7 as never), /was handed 7/],
    ['an unknown signal', () => main(suspend, { signals: ['SIGNAL' as never] }), /'SIGNAL' is none/],
    ['a signal that nobody hears', () => main(suspend, { signals: ['SIGKILL'] }), /can listen for SIGKILL/],
    ['an unknown tree signal', () => main(suspend, { treeSignal: 'USR2' as never }), /'USR2' is none/],
    ['a budget that is none', () => main(suspend, { budget: { steps: 0 } }), /budget takes steps from 1 on/],
    ['a negative grace', () => main(suspend, { grace: -1 }), /main: grace takes milliseconds from 0 on/],
    ['a code that is no number', () => exit('1' as never), /from 0 to 255; it was given '1'/],
    ['a code that is too large', () => exit(256), /it was given 256/],
  ] as [string, () => unknown, RegExp][])('%s is refused where it was written', (_, act, message) => {
    const listeners = process.listenerCount('SIGINT')
    expect(act).toThrow(MisuseError)
    expect(act).toThrow(message)
    expect(process.listenerCount('SIGINT')).toBe(listeners)
  })
})
