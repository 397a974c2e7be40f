/** Real processes: a slow test. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { ProcessError, exec } from '@coppice/node'
import { MisuseError, all, attempt, cancel, run, sleep, spawn, timeout } from 'coppice'
import { start } from '../program.ts'
import { isRunning, scripts, untilEnded } from './running.ts'

jest.setTimeout(30_000)

const node = (script: string, options?: Parameters<typeof exec>[2]) =>
  exec(process.execPath, ['-e', script], options)

describe('exec', () => {
  test('gives what the command has printed, whole', async () => {
    const size = 1_000_000
    const script = `process.stdout.write('ü'.repeat(${size})); process.stderr.write('x'.repeat(${size}))`
    const { stdout, stderr } = await run(node(script))
    expect(stdout === 'ü'.repeat(size) && stderr === 'x'.repeat(size)).toBe(true)
  })

  test('gives the command its input, and else nothing to read', async () => {
    const echo = 'process.stdin.pipe(process.stdout)'
    const input = 'ü'.repeat(500_000)
    expect((await run(node(echo, { input }))).stdout === input).toBe(true)
    expect(await run(node(echo, { input: Buffer.from('bytes') }))).toEqual({ stdout: 'bytes', stderr: '' })
    expect(await run(node(echo))).toEqual({ stdout: '', stderr: '' })
  })

  test('does not mind a command that does not read its input', async () => {
    const input = 'x'.repeat(1_000_000)
    expect(await run(node('console.log(1)', { input }))).toEqual({ stdout: '1\n', stderr: '' })
  })

  test('fails with the exit code, and with what was printed', async () => {
    const script = `console.log('out'); console.error('first\\nlast'); process.exit(3)`
    const { error } = (await run(attempt(node(script)))) as { error: ProcessError }
    expect(error).toBeInstanceOf(ProcessError)
    expect(error).toMatchObject({
      name: 'ProcessError',
      code: 'COPPICE_PROCESS_FAILED',
      command: process.execPath,
      args: ['-e', script],
      exitCode: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'first\nlast\n',
    })
    expect(error.message).toMatch(/ ended with exit code 3: last$/)
  })

  test('fails with the signal that ended the command', async () => {
    const { error } = (await run(attempt(exec('sh', ['-c', 'kill -USR1 $$'])))) as { error: ProcessError }
    expect(error).toMatchObject({ exitCode: null, signal: 'SIGUSR1' })
    expect(error.message).toBe('sh -c kill -USR1 $$ was ended by SIGUSR1')
  })

  test('fails with the error of the host if there is no such command', async () => {
    expect(await run(attempt(exec('no-such-command')))).toMatchObject({ error: { code: 'ENOENT' } })
  })

  test('cancelled ends the command and what it has started', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'coppice-exec-'))
    const file = path.join(directory, 'pids')
    const script = `${scripts.hasChild(scripts.ignoresSignals)}
      const tell = () => require('node:fs').writeFileSync(${JSON.stringify(file)}, process.pid + ' ' + child.pid)
      child.stdout.once('data', tell)`
    const { pids, status } = await run(function* () {
      const task = yield* spawn(node(script, { grace: 100 }))
      while (!existsSync(file) || readFileSync(file, 'utf8') === '') yield* sleep(5)
      const pids = readFileSync(file, 'utf8').split(' ').map(Number)
      expect(pids.map(isRunning)).toEqual([true, true])
      yield* cancel(task)
      return { pids, status: task.status }
    })
    rmSync(directory, { recursive: true })
    expect(status).toBe('cancelled')
    expect(pids.map(isRunning)).toEqual([false, false])
  })

  test('is an operation like any other', async () => {
    const both = all([node('console.log(1)'), timeout(20_000, node('console.log(2)'))])
    expect((await run(both)).map(({ stdout }) => stdout)).toEqual(['1\n', '2\n'])
    const again = node('console.log(3)')
    expect([await run(again), await run(again)]).toEqual([
      { stdout: '3\n', stderr: '' },
      { stdout: '3\n', stderr: '' },
    ])
  })

  test.each([
    ['a command that is none', () => exec(undefined as never), /name of a program; it was undefined/],
    ['a negative grace', () => exec('git', [], { grace: NaN }), /grace takes milliseconds/],
  ] as [string, () => unknown, RegExp][])('refuses %s where it was written', (_, act, message) => {
    expect(act).toThrow(MisuseError)
    expect(act).toThrow(message)
  })
})

describe('no orphan is left when this process ends without cleanup', () => {
  test.each([
    ['exit', 3],
    ['error', 1],
  ])('by an %s', async (how, code) => {
    const ended = await start('processes/orphans.program.ts', how).ended
    expect(ended.code).toBe(code)
    const pids = JSON.parse(ended.output) as number[]
    expect(pids).toHaveLength(2)
    for (const pid of pids) await run(timeout(5000, untilEnded(pid)))
  })
})
