/** `connectTls` on real sockets: an attempt has won when its handshake is done. */
import net from 'node:net'
import process from 'node:process'
import tls from 'node:tls'
import { type ConnectError, type Family, type Target, connect, connectTls, dialTls } from '@coppice/node'
import { attempt, moveOnAfter, operation, run, scope, until } from 'coppice'
import { certificate, key } from './certificate.ts'
import { greeter, track } from './listeners.ts'

/** Speaks TLS, and says hello after the handshake. */
const secure = () => {
  const server = tls.createServer({ cert: certificate, key, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
    socket.on('error', () => {}).write('secret')
  })
  return greeter('127.0.0.1', '', server)
}

const trusted = { ca: certificate }

const helloOf = (socket: net.Socket) =>
  until(new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data)))))

const ipv4 = operation('ipv4', function* (_host: string, family: Family) {
  return family === 4 ? ['127.0.0.1'] : []
})

/** How many there are, after a while in which they may become as many as is expected: the host closes them when it comes to it. */
async function openSockets(expected?: number): Promise<number> {
  for (let patience = 200; ; patience--) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    const open = process.getActiveResourcesInfo().filter((kind) => /^(TCP|TLS)/.test(kind)).length
    if (expected === undefined || open === expected || patience === 0) return open
  }
}

describe('connectTls', () => {
  let before = 0
  beforeEach(async () => void (before = await openSockets()))
  afterEach(() => jest.restoreAllMocks())
  afterEach(async () => expect(await openSockets(before)).toBe(before))

  test('gives an authorized TLSSocket after its handshake, and closes it with the scope', async () => {
    await run(function* () {
      const { port } = yield* secure()
      let isClosed = false
      yield* scope(function* () {
        const socket = yield* connectTls({
          host: 'localhost',
          port,
          tls: { ...trusted, ALPNProtocols: ['h2'] },
        })
        expect(socket).toBeInstanceOf(tls.TLSSocket)
        expect([socket.authorized, socket.alpnProtocol]).toEqual([true, 'h2'])
        expect(yield* helloOf(socket)).toBe('secret')
        socket.once('close', () => (isClosed = true))
      })
      expect(isClosed).toBe(true)
    })
  })

  test('checks the certificate of a literal against the address', async () => {
    await run(function* () {
      const { port } = yield* secure()
      const socket = yield* connectTls({ host: '127.0.0.1', port, tls: trusted })
      expect(socket.authorized).toBe(true)
    })
  })

  test.each([
    ['of another host', { host: 'other.test', tls: trusted }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['that nobody trusts', { host: 'localhost' }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('fails on the certificate %s', async (_, options, code) => {
    const outcome = await run(function* () {
      const { port } = yield* secure()
      return yield* attempt(connectTls({ ...options, port, resolve: ipv4 }))
    })
    const { error } = outcome as { error: ConnectError }
    expect(error).toMatchObject({ code: 'COPPICE_CONNECT_FAILED', errors: [{ code }] })
  })

  test('an address whose handshake hangs gives way to the next, and its socket is closed first', async () => {
    await run(function* () {
      const mute = yield* greeter('127.0.0.1', '')
      const talking = yield* secure()
      const resolve = operation(function* (_host: string, family: Family) {
        return family === 4 ? ['127.0.0.7', '127.0.0.8'] : []
      })
      const { sockets, closed } = track(tls)
      const dial = (target: Target) => {
        const { port } = target.address === '127.0.0.7' ? mute : talking
        return dialTls({ ...target, address: '127.0.0.1', port }, trusted)
      }
      const socket = yield* connect({ host: 'localhost', port: 1, attemptDelay: 30, resolve, dial })
      expect(sockets.indexOf(socket)).toBe(1)
      expect(closed).toEqual(sockets.slice(0, 1))
    })
  })

  test('cancelled during the handshake it leaves nothing', async () => {
    const outcome = await run(function* () {
      const { port } = yield* greeter('127.0.0.1', '')
      return yield* moveOnAfter(50, connectTls({ host: '127.0.0.1', port }))
    })
    expect(outcome.status).toBe('cancelled')
  })

  test('says that a server spoke something else', async () => {
    const outcome = await run(function* () {
      const { port } = yield* greeter('127.0.0.1', 'HTTP/1.1 400 Bad Request\r\n\r\n')
      return yield* attempt(connectTls({ host: '127.0.0.1', port }))
    })
    const { error } = outcome as { error: ConnectError }
    expect(error.errors).toEqual([expect.objectContaining({ library: 'SSL routines' })])
  })
})
