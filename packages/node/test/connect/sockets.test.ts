/** On real sockets of the loopback interface. Times are compared only where a busy machine can't make a difference. */
import net from 'node:net'
import process from 'node:process'
import {
  type ConnectError,
  type ConnectOptions,
  type Family,
  type Target,
  connect,
  dialTcp,
} from '@coppice/node'
import { type Operation, attempt, moveOnAfter, operation, run, scope, sleep, until } from 'coppice'
import { blockedListener, closedPort, greeter, hasIPv6, track } from './listeners.ts'

/** A name whose addresses stand for themselves, each with a port of its own. */
function host(ports: Record<string, number>): ConnectOptions {
  const addresses = Object.keys(ports)
  return {
    host: 'some.test',
    port: 1,
    *resolve(_host: string, family: Family) {
      return addresses.filter((address) => (address.includes(':') ? 6 : 4) === family)
    },
    dial: (target: Target) => dialTcp({ ...target, address: loopback(target), port: ports[target.address]! }),
  }
}

/** Addresses like 127.0.0.7 are one, also where the host has only 127.0.0.1. */
const loopback = ({ address, family }: Target) => (family === 4 ? '127.0.0.1' : address)

const helloOf = (socket: net.Socket) =>
  until(new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data)))))

async function openSockets(): Promise<number> {
  // What was closed is gone in the next turn of the host's event loop.
  await new Promise((resolve) => setTimeout(resolve, 5))
  return process.getActiveResourcesInfo().filter((kind) => /^(TCP|TLS)/.test(kind)).length
}

/** Runs a program, and sees to it that no socket is left. */
async function leavingNothing<T>(program: () => Operation<T>): Promise<T> {
  const before = await openSockets()
  const value = await run(program)
  expect(await openSockets()).toBe(before)
  return value
}

afterEach(() => jest.restoreAllMocks())

describe('connect, by itself', () => {
  test('gives an open net.Socket, by the name of the host, and closes it with the scope', async () => {
    await leavingNothing(function* () {
      const { port, connections } = yield* greeter('127.0.0.1', 'hello')
      let isClosed = false
      const socket = yield* scope(function* () {
        const socket = yield* connect({ host: 'localhost', port })
        expect(yield* helloOf(socket)).toBe('hello')
        expect(socket.remoteAddress).toBe('127.0.0.1')
        socket.once('close', () => (isClosed = true))
        return socket
      })
      // The host has let go of it: it is not only about to.
      expect([socket.destroyed, isClosed]).toEqual([true, true])
      yield* sleep(20)
      expect(connections.size).toBe(0)
    })
  })

  test.each(['127.0.0.1', '::1'])('dials the literal %s', async (address) => {
    await leavingNothing(function* () {
      if (address === '::1' && !(yield* hasIPv6())) return
      const { port } = yield* greeter(address, 'hello')
      const socket = yield* connect({ host: address, port })
      expect(yield* helloOf(socket)).toBe('hello')
      expect(socket.remoteFamily).toBe(address === '::1' ? 'IPv6' : 'IPv4')
    })
  })

  test('says that the host has refused', async () => {
    const error = await leavingNothing(function* () {
      const port = yield* closedPort('127.0.0.1')
      const outcome = yield* attempt(connect({ host: '127.0.0.1', port }))
      return (outcome as { error: ConnectError }).error
    })
    expect(error).toMatchObject({ code: 'COPPICE_CONNECT_FAILED', errors: [{ code: 'ECONNREFUSED' }] })
    expect(error.stack).toMatch(/in connect|in task connect/)
  })

  test('says that a name does not exist', async () => {
    const outcome = await run(attempt(connect({ host: 'no-such-host.invalid', port: 1 })))
    const { error } = outcome as { error: ConnectError }
    expect(error.code).toBe('COPPICE_NO_ADDRESS')
    // Without a network it is EAI_AGAIN.
    expect(error.errors).toEqual([
      expect.objectContaining({ syscall: 'getaddrinfo' }),
      expect.objectContaining({ syscall: 'getaddrinfo' }),
    ])
  })

  test('a socket on which something goes wrong ends no process', async () => {
    await leavingNothing(function* () {
      const { port, connections } = yield* greeter('127.0.0.1', 'hello')
      const socket = yield* connect({ host: '127.0.0.1', port })
      yield* helloOf(socket)
      const closed = new Promise((resolve) => socket.once('close', resolve))
      for (const connection of connections) connection.resetAndDestroy()
      yield* until(closed)
      expect(socket.errored).toMatchObject({ code: 'ECONNRESET' })
    })
  })
})

describe('with several addresses', () => {
  test('a refusing one costs 10 ms, not 250', async () => {
    await leavingNothing(function* () {
      const start = performance.now()
      const { port } = yield* greeter('127.0.0.1', 'hello')
      const refusing = yield* closedPort('127.0.0.1')
      const socket = yield* connect(host({ '127.0.0.7': refusing, '127.0.0.8': port }))
      expect(yield* helloOf(socket)).toBe('hello')
      expect(performance.now() - start).toBeLessThan(200)
    })
  })

  test('a hanging one costs attemptDelay, and its socket is closed before the other is given', async () => {
    await leavingNothing(function* () {
      const { port: hanging } = yield* blockedListener('127.0.0.1')
      const { port } = yield* greeter('127.0.0.1', 'hello')
      const options = host({ '127.0.0.7': hanging, '127.0.0.8': port })
      const { sockets, closed } = track(net)
      const start = performance.now()
      const socket = yield* connect({ ...options, dial: greeted(options), attemptDelay: 30 })
      expect(performance.now() - start).toBeGreaterThan(25)
      expect(sockets.indexOf(socket)).toBe(1)
      expect(closed).toEqual(sockets.slice(0, 1))
    })
  })

  test('IPv6 is preferred, and IPv4 stands in for it', async () => {
    await leavingNothing(function* () {
      if (!(yield* hasIPv6())) return
      const six = yield* greeter('::1', 'six')
      const four = yield* greeter('127.0.0.1', 'four')
      const preferred = yield* connect(host({ '127.0.0.7': four.port, '::1': six.port }))
      expect(yield* helloOf(preferred)).toBe('six')
      const refusing = yield* closedPort('::1')
      const other = yield* connect(host({ '127.0.0.7': four.port, '::1': refusing }))
      expect(yield* helloOf(other)).toBe('four')
    })
  })

  test('cancelled while it hangs, it leaves no socket', async () => {
    const outcome = await leavingNothing(function* () {
      const { port } = yield* blockedListener('127.0.0.1')
      const everyone = host({ '127.0.0.7': port, '127.0.0.8': port, '127.0.0.9': port })
      return yield* moveOnAfter(70, connect({ ...everyone, dial: greeted(everyone), attemptDelay: 20 }))
    })
    expect(outcome.status).toBe('cancelled')
  })

  /** Where a queue is not full, a connection to it is established, and nothing comes: only who says hello is connected. */
  const greeted = ({ dial }: ConnectOptions) =>
    operation('greeted', function* (target: Target) {
      const socket = yield* dial!(target)
      let hasGreeted = false
      try {
        yield* helloOf(socket)
        hasGreeted = true
        return socket
      } finally {
        if (!hasGreeted) {
          const closed = new Promise((resolve) => socket.once('close', resolve))
          socket.destroy()
          yield* until(closed)
        }
      }
    })
})

describe('beside autoSelectFamily of Node', () => {
  /** It works, but takes a second to answer: the first SYN is dropped. The second address refuses. */
  const addresses = ['127.0.0.1', '127.0.0.2']
  // 127.0.0.2 is an address, and a queue is full when it says so, on Linux only.
  const onLinux = process.platform === 'linux' ? test : test.failing

  onLinux(
    'a route that is slow but works is given up there, and not here',
    async () => {
      const { theirs, ours } = await leavingNothing(function* () {
        const listener = yield* blockedListener('127.0.0.1')
        if (!listener.queueIsFull) throw new Error('The queue is not full')
        const { port } = listener
        const theirs = nodeConnect(port)
        const resolve = operation(function* (_host: string, family: Family) {
          return family === 4 ? addresses : []
        })
        const ourSocket = connect({ host: 'some.test', port, resolve })
        setTimeout(listener.unblock, 600)
        return yield* scope(function* () {
          const socket = yield* ourSocket
          return { theirs: yield* until(theirs), ours: socket.remoteAddress }
        })
      })
      expect(ours).toBe('127.0.0.1')
      expect(theirs).toMatchObject({
        errors: [
          { code: 'ETIMEDOUT', address: '127.0.0.1' },
          { code: 'ECONNREFUSED', address: '127.0.0.2' },
        ],
      })
    },
    10_000
  )

  /** The error of Node's own way of doing it. */
  function nodeConnect(port: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({
        host: 'some.test',
        port,
        autoSelectFamily: true,
        autoSelectFamilyAttemptTimeout: 250,
        lookup: (_host, _options, callback) =>
          callback(
            null,
            addresses.map((address) => ({ address, family: 4 }))
          ),
      })
      socket.once('error', resolve).once('connect', () => reject(new Error('It was not given up')))
    })
  }
})
