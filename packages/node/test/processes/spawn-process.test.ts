/** Real processes: a slow test. */
import childProcess from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { type Output, type RunningProcess, type SpawnProcessOptions, spawnProcess } from '@coppice/node'
import {
  MisuseError,
  type Operation,
  type RunOptions,
  attempt,
  moveOnAfter,
  operation,
  run,
  scope,
  select,
  sleep,
  spawn,
} from 'coppice'
import { isRunning, scripts, untilEnded } from './running.ts'

jest.setTimeout(30_000)

const testOnLinux: typeof test | typeof test.skip = process.platform === 'linux' ? test : test.skip

const node = (script: string, options?: SpawnProcessOptions) =>
  spawnProcess(process.execPath, ['-e', script], options)

const firstLine = operation('firstLine', function* (output: Output) {
  return yield* scope(function* () {
    return String((yield* (yield* output.lines()).next()).value)
  })
})

const all = operation('all', function* (output: Output) {
  const chunks: Buffer[] = []
  const subscription = yield* output
  for (let next = yield* subscription.next(); !next.done; next = yield* subscription.next())
    chunks.push(next.value)
  return chunks
})

/** Runs a program, and sees to it that nothing of a process is left in this one. */
async function leavingNothing<T>(program: () => Operation<T>, options?: RunOptions): Promise<T> {
  const before = resources()
  const listeners = process.listenerCount('exit')
  const value = await run(program, options)
  // What was closed is gone in the next turn of the host's event loop.
  await new Promise((resolve) => setTimeout(resolve, 1))
  expect(resources()).toEqual(before)
  expect(process.listenerCount('exit')).toBe(listeners)
  return value
}

const resources = () => process.getActiveResourcesInfo().filter((kind) => /Process|Pipe/.test(kind))

// Those with whose help Jest has looked for the tests may still be about to end.
beforeAll(async () => {
  while (resources().includes('ProcessWrap')) await new Promise((resolve) => setTimeout(resolve, 5))
})

describe('a process', () => {
  test('has stdin, stdout, stderr and an exit code', async () => {
    const script = `
      process.stdin.on('data', (data) => process.stdout.write(String(data).toUpperCase()))
      process.stdin.on('end', () => { process.stderr.write('done'); process.exit(7) })`
    const result = await leavingNothing(function* () {
      const child = yield* node(script)
      expect(isRunning(child.pid)).toBe(true)
      yield* child.stdin.write('some ')
      yield* child.stdin.write(Buffer.from('text'))
      yield* child.stdin.end()
      yield* child.stdin.end()
      const [stdout, stderr] = [yield* child.stdout.text(), yield* child.stderr.text()]
      return { stdout, stderr, exit: yield* child.exit(), again: yield* child.exit() }
    })
    const exit = { code: 7, signal: null }
    expect(result).toEqual({ stdout: 'SOME TEXT', stderr: 'done', exit, again: exit })
  })

  test('has the environment and the directory that it was given', async () => {
    const result = await leavingNothing(function* () {
      const child = yield* node('console.log(process.cwd(), process.env.A, process.env.HOME)', {
        cwd: '/',
        env: { A: '1' },
      })
      return yield* child.stdout.text()
    })
    expect(result).toBe('/ 1 undefined\n')
  })

  test('that cannot be started throws the error of the host', async () => {
    const outcome = await leavingNothing(() => attempt(spawnProcess('no-such-command', ['x'])))
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'ENOENT', path: 'no-such-command' } })
  })

  test('leaves streams that are no pipes empty, and says so to who writes', async () => {
    await leavingNothing(function* () {
      const child = yield* node('console.log(1)', { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' })
      expect(yield* child.stdout.text()).toBe('')
      yield* child.stdin.end()
      const outcome = yield* attempt(child.stdin.write('x'))
      expect(outcome).toMatchObject({ status: 'failed', error: expect.any(MisuseError) })
      yield* child.exit()
    })
  })

  test('that does not read any more fails who writes with EPIPE', async () => {
    const outcome = await leavingNothing(function* () {
      const child = yield* spawnProcess('sh', ['-c', 'exec 0<&-; echo ready; exec sleep 60'])
      yield* firstLine(child.stdout)
      return yield* attempt(function* () {
        for (;;) yield* child.stdin.write(Buffer.alloc(100_000))
      })
    })
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'EPIPE' } })
  })
})

describe('the output', () => {
  test('is kept until it is read, also after the process has ended', async () => {
    const chunks = await leavingNothing(function* () {
      const child = yield* node(`process.stdout.write('x'.repeat(50_000))`)
      yield* child.exit()
      yield* sleep(20)
      return yield* all(child.stdout)
    })
    expect(Buffer.concat(chunks).toString()).toBe('x'.repeat(50_000))
  })

  test('is kept of a process that has ended before the program goes on (S6)', async () => {
    const { spawn } = childProcess
    const spawned = jest.spyOn(childProcess, 'spawn').mockImplementation(((...args: [any, any, any]) => {
      const child = spawn(...args)
      // The host is to hear of the end in its next turn.
      while (isRunning(child.pid!));
      return child
    }) as typeof spawn)
    const printed = function* () {
      const child = yield* spawnProcess('sh', ['-c', 'echo one; echo two >&2'])
      return [yield* child.stdout.text(), yield* child.stderr.text()]
    }
    // The host has a turn after each step.
    const texts = await leavingNothing(printed, { budget: { steps: 1 } })
    spawned.mockRestore()
    expect(texts).toEqual(['one\n', 'two\n'])
  })

  test('that nobody reads makes the process wait; nothing is lost', async () => {
    const size = 3_000_000
    await leavingNothing(function* () {
      const child = yield* node(
        `process.stdout.write('x'.repeat(${size}), () => process.stderr.write('written'))`
      )
      const first = yield* select({ written: firstLine(child.stderr), late: sleep(300) })
      expect(first.key).toBe('late')
      expect((yield* child.stdout.bytes()).length).toBe(size)
      expect(yield* child.stderr.text()).toBe('written')
    })
  })

  test('comes line by line, also if the chunks end elsewhere', async () => {
    const script = `
      const parts = ['one\\ntw', 'o\\r\\n', '\\nf', Buffer.from([0xc3]), Buffer.from([0xbc]), 'nf']
      const next = () => { if (parts.length) process.stdout.write(parts.shift(), () => setTimeout(next, 5)) }
      next()`
    const lines = await leavingNothing(function* () {
      const child = yield* node(script)
      const subscription = yield* child.stdout.lines()
      const lines: string[] = []
      for (let next = yield* subscription.next(); !next.done; next = yield* subscription.next())
        lines.push(next.value)
      expect(yield* subscription.next()).toEqual({ done: true, value: undefined })
      return lines
    })
    expect(lines).toEqual(['one', 'two', '', 'fünf'])
  })

  test('goes on where the last reader has left off; a reader who is cancelled loses nothing', async () => {
    await leavingNothing(function* () {
      const child = yield* node(`process.stdin.pipe(process.stdout)`)
      const next = operation('next', function* () {
        return yield* scope(function* () {
          return String((yield* (yield* child.stdout).next()).value)
        })
      })
      const waiting = yield* moveOnAfter(30, next())
      expect(waiting.status).toBe('cancelled')
      yield* child.stdin.write('a')
      expect(yield* next()).toBe('a')
      yield* child.stdin.write('b')
      expect(yield* next()).toBe('b')
      yield* child.stdin.end()
      expect(yield* next()).toBe('undefined')
    })
  })

  test('has one reader', async () => {
    const outcome = await leavingNothing(function* () {
      const child = yield* node(scripts.waits)
      yield* child.stdout
      return yield* attempt(child.stdout.text())
    })
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'COPPICE_MISUSE' } })
    expect(String((outcome as { error: unknown }).error)).toMatch('stdout is being read already')
  })
})

describe('the end of the scope', () => {
  test('sends SIGTERM, and waits until the process has cleaned up and ended', async () => {
    const { pid, said } = await leavingNothing(function* () {
      return yield* scope(function* () {
        const child = yield* node(scripts.cleansUp)
        const lines = yield* child.stdout.lines()
        yield* lines.next()
        child.signal('SIGTERM')
        const said = yield* lines.next()
        return { pid: child.pid, said: said.value }
      })
    })
    expect(said).toBe('cleaning up')
    expect(isRunning(pid)).toBe(false)
  })

  test('sends SIGKILL after the grace', async () => {
    const start = performance.now()
    const child = await leavingNothing(function* () {
      return yield* scope(function* () {
        const child = yield* node(scripts.ignoresSignals, { grace: 200 })
        yield* firstLine(child.stdout)
        return child
      })
    })
    expect(isRunning(child.pid)).toBe(false)
    expect(performance.now() - start).toBeGreaterThan(195)
    expect(await run(child.exit())).toEqual({ code: null, signal: 'SIGKILL' })
  })

  test.each([
    ['that ends at SIGTERM', scripts.waits],
    ['that ignores SIGTERM', scripts.ignoresSignals],
  ])('ends also what the process has started: a child %s', async (_, script) => {
    const pids = await leavingNothing(function* () {
      return yield* scope(function* () {
        const child = yield* node(scripts.hasChild(script), { grace: 200 })
        return [child.pid, Number(yield* firstLine(child.stdout))]
      })
    })
    expect(pids.map(isRunning)).toEqual([false, false])
  })

  test('ends also what a process has left that has ended itself', async () => {
    const pid = await leavingNothing(function* () {
      return yield* scope(function* () {
        const child = yield* node(scripts.leavesChild(scripts.waits), { grace: 200 })
        const pid = Number(yield* firstLine(child.stdout))
        expect((yield* child.exit()).code).toBe(0)
        expect(isRunning(pid)).toBe(true)
        return pid
      })
    })
    await run(untilEnded(pid))
  })

  test('C13: sends SIGKILL, and leaves nothing, when its cleanup is abandoned', async () => {
    let pid!: number
    const outcome = await leavingNothing(
      () =>
        attempt(
          scope(function* () {
            const child = yield* node(scripts.ignoresSignals, { grace: Infinity })
            pid = child.pid
            yield* firstLine(child.stdout)
          })
        ),
      // So long that the killing, which has as long again, is done by then on a busy machine, too.
      { cleanupTimeout: 1000 }
    )
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'COPPICE_CLEANUP_TIMEOUT' } })
    expect(isRunning(pid)).toBe(false)
  })

  testOnLinux('waits no more than a moment for those that nobody can end', async () => {
    // The host says of those that have ended, and that their parent does not collect, that they are there; only Linux tells them apart.
    const { platform } = process
    Object.defineProperty(process, 'platform', { value: 'darwin' })
    const start = performance.now()
    const pid = await leavingNothing(function* () {
      return yield* scope(function* () {
        const child = yield* spawnProcess('sh', ['-c', scripts.collectsNobody], { grace: 0 })
        const pid = Number(yield* firstLine(child.stdout))
        expect((yield* child.exit()).code).toBe(0)
        return pid
      })
    })
    expect(performance.now() - start).toBeGreaterThan(195)
    Object.defineProperty(process, 'platform', { value: platform })
    process.kill(pid, 'SIGKILL')
  })

  test('gives what the process has started its time, also if the process itself ends at once', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'coppice-process-'))
    const file = path.join(directory, 'file')
    await leavingNothing(function* () {
      yield* scope(function* () {
        const child = yield* node(scripts.hasChild(scripts.cleansUpInto(file)))
        yield* firstLine(child.stdout)
      })
      expect(readFileSync(file, 'utf8')).toBe('clean')
    })
    rmSync(directory, { recursive: true })
  })

  test('waits until the pipes are closed', async () => {
    const spawned = jest.spyOn(childProcess, 'spawn')
    let isClosed = false
    await leavingNothing(function* () {
      yield* scope(function* () {
        yield* node(scripts.waits)
        spawned.mock.results[0]!.value.once('close', () => (isClosed = true))
      })
      expect(isClosed).toBe(true)
    })
    spawned.mockRestore()
  })

  test('does nothing to a process that has ended', async () => {
    await leavingNothing(function* () {
      const signal = yield* scope(function* () {
        const child = yield* node('')
        yield* child.exit()
        expect(child.signal('SIGTERM')).toBe(false)
        return child.signal
      })
      expect(signal('SIGTERM')).toBe(false)
    })
  })

  test('does not wait for a reader of its pipes who has left the group', async () => {
    const script = `
      const { spawn } = require('node:child_process')
      const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 3000)'], { detached: true, stdio: 'inherit' })
      child.on('spawn', () => { console.log(child.pid); process.exit() })`
    const pid = await leavingNothing(function* () {
      const child = yield* node(script)
      return Number(yield* firstLine(child.stdout))
    })
    expect(isRunning(pid)).toBe(true)
    process.kill(pid, 'SIGKILL')
  })
})

describe('a cancellation', () => {
  test('at any moment leaves no process', async () => {
    // Between two turns of the event loop, as many as it takes to start and to speak.
    for (let turns = 0; turns < 30; turns++) {
      const pids: number[] = []
      await leavingNothing(function* () {
        const task = yield* spawn(speaking(pids))
        for (let turn = 0; turn < turns; turn++) yield* sleep(turn % 3)
        task.cancel('enough').catch(() => {})
        yield* attempt(task)
      })
      expect(pids.map(isRunning)).toEqual(pids.map(() => false))
    }
  })

  const speaking = operation('speaking', function* (pids: number[]) {
    const { pid, stdin, stdout }: RunningProcess = yield* spawnProcess('cat')
    pids.push(pid)
    yield* stdin.write('hello\n')
    yield* firstLine(stdout)
    yield* stdin.end()
    yield* stdout.text()
  })
})

describe('misuse', () => {
  test.each([
    ['a command that is none', () => spawnProcess(''), /name of a program; it was ''/],
    [
      'arguments in a text',
      () => spawnProcess('git', 'status' as never),
      /strings in an array.* they were 'status'/,
    ],
    ['arguments that are no texts', () => spawnProcess('git', [1] as never), /they were \[ 1 \]/],
    ['a negative grace', () => spawnProcess('git', [], { grace: -1 }), /grace takes milliseconds/],
  ] as [string, () => unknown, RegExp][])('%s is refused where it was written', (_, act, message) => {
    expect(act).toThrow(MisuseError)
    expect(act).toThrow(message)
  })
})
