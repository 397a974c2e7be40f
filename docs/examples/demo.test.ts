// The demo as a stranger runs it, and Happy Eyeballs on its own. Real processes, sockets and time: a slow test.

import { spawn as spawnProcess } from 'node:child_process'
import type net from 'node:net'
import path from 'node:path'
import process from 'node:process'
import { action, attempt, moveOnAfter, operation, run, scope, sleep, suspend, TimeoutError } from 'coppice'
import { closedPort, greeter, hasIPv6, silentListener } from './demo/listeners.ts'
import { attemptDelay, connect, dialTcp, type Address } from './happy-eyeballs.ts'

describe('the demo', () => {
  test('tells its four chapters, and leaves nothing open', async () => {
    const { code, output, errors } = await runDemo()
    expect(errors).toBe('')
    expect(code).toBe(0)
    expect(output.match(/^ {2}\d {2}[A-Za-z].*$/gm)).toEqual([
      '  1  A scope ends only when its tasks have ended',
      '  2  select waits for the first of several, and a scope can be cancelled',
      '  3  Cancelling a tree: the body first, then the newest',
      '  4  Happy Eyeballs: the first connection wins',
    ])
    expectInOrder(output, [
      'returns\n',
      'finally  tea',
      'finally  toast',
      'finally  eggs',
      'only now the scope',
    ])
    expectInOrder(output, ["the first is 'late'", 'finally  shop b', 'finally  shop a', "gives 'no price'"])
    expectInOrder(output, [
      'cancel(service)',
      ...['service', 'http', 'metrics', 'GET /news', 'GET /\n', 'database'].map((what) => `finally  ${what}`),
      'the service is cancelled',
    ])
    expectInOrder(output, [
      '✘ 1 has failed: ECONNREFUSED',
      '2 is dialled',
      '3 is dialled',
      '4 is dialled',
      '✔ 4 has won',
      'connect returns; the server says: hello, I am the good one',
      'AggregateError',
    ])
    // The losers have closed before the winner is given.
    for (const loser of [2, 3]) {
      expectInOrder(output, [
        '✔ 4 has won',
        `○ ${loser} is cancelled, and its socket closed`,
        'connect returns',
      ])
    }
    expect(output.match(/^ {2}\d {2}\S+:\d+ .*$/gm)).toEqual([
      expect.stringMatching(/^ {2}1 .* ✘ ECONNREFUSED$/),
      expect.stringMatching(/^ {2}2 .*━○ +○ cancelled$/),
      expect.stringMatching(/^ {2}3 .*━○ +○ cancelled$/),
      expect.stringMatching(/^ {2}4 .*✔ +✔ won$/),
      expect.stringMatching(/^ {2}5 .* never dialled$/),
    ])
    expectNothingLeft(output)
    expect(output).not.toContain('\x1b')
    expect(output.split('\n').filter((line) => line.length > 80)).toEqual([])
  }, 20_000)

  test('is cancelled by SIGINT while attempts hang, runs every finally, and exits with 130', async () => {
    const { code, output, errors } = await runDemo(['--hang'], { signal: 'SIGINT', after: '5 is dialled' })
    expect(errors).toBe('')
    expect(code).toBe(130)
    const [, end = ''] = output.split('SIGINT cancels the whole tree')
    for (const attempt of [2, 3, 4, 5])
      expect(end).toContain(`○ ${attempt} is cancelled, and its socket closed`)
    for (const name of ['spare', 'good', 'slow', 'hanging']) {
      expect(end).toContain(`finally  the ${name} listener is closed`)
    }
    expect(end).toContain('Cancelled: exit code 130.')
    expectNothingLeft(output)
  }, 20_000)

  test('is cancelled by SIGTERM in its first chapter, and without IPv6 all the same', async () => {
    const { code, output, errors } = await runDemo(['--ipv4'], { signal: 'SIGTERM', after: 'eggs' })
    expect(errors).toBe('')
    expect(code).toBe(143)
    expectInOrder(output, [
      'SIGTERM cancels',
      'finally  eggs',
      'finally  toast',
      'finally  tea',
      'exit code 143',
    ])
    expectNothingLeft(output)
  }, 20_000)
})

describe('connect', () => {
  const addresses = [1, 2, 3].map((port) => ({ host: '192.0.2.1', port }))

  test('starts an attempt each 250 ms, and gives the first to succeed after the others have closed', async () => {
    const log: string[] = []
    const startedAt: number[] = []
    const dial = operation(function* ({ port }: Address) {
      startedAt.push(performance.now())
      try {
        if (port < 3) yield* suspend()
        return port
      } finally {
        if (port < 3) yield* sleep(20)
        log.push(`${port} closed`)
      }
    })
    expect(await run(connect(addresses, dial))).toBe(3)
    expect(log).toEqual(['3 closed', '2 closed', '1 closed'])
    const [first, second, third] = startedAt as [number, number, number]
    // Timers are never early, and the clocks are read a moment apart.
    expect(second - first).toBeGreaterThan(attemptDelay - 5)
    expect(third - second).toBeGreaterThan(attemptDelay - 5)
  })

  test('starts the next attempt at once when one fails', async () => {
    const start = performance.now()
    const dial = operation(function* ({ port }: Address) {
      yield* sleep(1)
      if (port < 3) throw new Error(`port ${port}`)
      return port
    })
    expect(await run(connect(addresses, dial))).toBe(3)
    expect(performance.now() - start).toBeLessThan(attemptDelay)
  })

  test('throws the errors of all, in the order of the addresses, if all fail', async () => {
    const { closed, outcome } = await run(function* () {
      const closed = [yield* closedPort('127.0.0.1'), yield* closedPort('127.0.0.1')]
      return { closed, outcome: yield* attempt(connect(closed, dialTcp)) }
    })
    expect(outcome).toEqual({ status: 'failed', error: expect.any(AggregateError) })
    const { errors } = (outcome as { error: AggregateError }).error
    expect(errors).toEqual(closed.map(({ port }) => expect.objectContaining({ code: 'ECONNREFUSED', port })))
  })

  test('gives an open socket to the caller, and has closed those of the losers', async () => {
    const opened: net.Socket[] = []
    const dial = operation(function* (address: Address) {
      const socket = yield* dialTcp(address)
      opened.push(socket)
      return { socket, hello: yield* dataOf(socket) }
    })
    const { socket, hello, stillOpen } = await run(function* () {
      const host = (yield* hasIPv6()) ? '::1' : '127.0.0.1'
      const hosts = [
        yield* closedPort(host),
        yield* silentListener('127.0.0.1'),
        yield* greeter(host, 'slow', 60_000),
        yield* greeter('127.0.0.1', 'good', 10),
      ]
      return yield* scope(function* () {
        const winner = yield* connect(hosts, dial)
        return { ...winner, stillOpen: opened.filter(({ destroyed }) => !destroyed) }
      })
    })
    expect(hello).toBe('good\n')
    expect(opened.length).toBeGreaterThanOrEqual(2)
    expect(stillOpen).toEqual([socket])
    // The scope that asked for it has ended.
    expect(socket.destroyed).toBe(true)
  })

  test('closes a connection that hangs when it is cancelled', async () => {
    const openSockets = async () => {
      // What was closed is gone in the next turn of the host's event loop.
      await run(sleep(10))
      return process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length
    }
    const before = await openSockets()
    const outcome = await run(function* () {
      const silent = yield* silentListener('127.0.0.1')
      const dial = operation(function* (address: Address) {
        return yield* dataOf(yield* dialTcp(address))
      })
      return yield* moveOnAfter(100, connect([silent], dial))
    })
    expect(outcome).toEqual({ status: 'cancelled', reason: expect.any(TimeoutError) })
    expect(await openSockets()).toBe(before)
  })
})

const dataOf = (socket: net.Socket) =>
  action<string>((resume) => void socket.once('data', (data) => resume(String(data))))

interface Told {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/** Runs the demo to its end; sends it a signal once a text was printed. */
function runDemo(args: string[] = [], interrupt?: { signal: NodeJS.Signals; after: string }): Promise<Told> {
  const root = path.resolve(__dirname, '../..')
  const command = ['--import', './scripts/register-ts.mjs', 'docs/examples/demo.ts', ...args]
  // The script in package.json says node as well, whoever runs this test.
  const node = process.versions.bun === undefined ? process.execPath : 'node'
  const child = spawnProcess(node, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  return new Promise((resolve, reject) => {
    let [output, errors, interrupted] = ['', '', false]
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (interrupt === undefined || interrupted || !output.includes(interrupt.after)) return
      interrupted = child.kill(interrupt.signal)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output, errors }))
  })
}

function expectInOrder(output: string, texts: readonly string[]): void {
  let from = 0
  for (const text of texts) {
    const at = output.indexOf(text, from)
    if (at === -1) throw new Error(`'${text}' is not in the rest of the output:\n${output.slice(from)}`)
    from = at + text.length
  }
}

function expectNothingLeft(output: string): void {
  const [, started, closed] = /(\d+) tasks were started, and (\d+) have closed/.exec(output) ?? []
  const [, entered, left] = /(\d+) finally blocks were entered, and (\d+) have run/.exec(output) ?? []
  expect(Number(started)).toBeGreaterThan(0)
  expect(closed).toBe(started)
  expect(Number(entered)).toBeGreaterThan(0)
  expect(left).toBe(entered)
  expect(output).toContain('0 sockets and timers are open.')
}
