/** `serveHttp` on real sockets of the loopback interface: what becomes of one request. */
import { once } from 'node:events'
import process from 'node:process'
import { finished } from 'node:stream/promises'
import { type HttpHandler, serveHttp } from '@coppice/node'
import {
  CancelledError,
  MisuseError,
  ScopeError,
  TimeoutError,
  attempt,
  createContext,
  createDeferred,
  createEvent,
  ensure,
  operation,
  scope,
  sleep,
  spawn,
  suspend,
  until,
} from 'coppice'
import { certificate, key } from '../connect/certificate.ts'
import { Client, ask, isNode, leavingNothing, serving, wait } from './clients.ts'

const hello: HttpHandler = function* (request, response) {
  response.end(`hello ${request.url}`)
}

const handlerOf = (act: (...args: Parameters<HttpHandler>) => unknown): HttpHandler =>
  operation('handler', function* (...args: Parameters<HttpHandler>) {
    yield* sleep(1)
    act(...args)
  })

/** A handler that waits for ever, and tells how it goes. */
function waiting() {
  const begun = createEvent()
  const ended = createEvent()
  const log: string[] = []
  const handler = operation('handler', function* (): Generator<any, void, any> {
    try {
      begun.set()
      yield* suspend()
    } catch {
      log.push('caught')
    } finally {
      yield* sleep(5)
      log.push('cleaned up')
      ended.set()
    }
  })
  return { begun, ended, log, handler: handler as unknown as HttpHandler }
}

afterEach(() => jest.restoreAllMocks())

describe('a server', () => {
  test('answers, and says where it is', () =>
    serving(hello, {}, function* (server) {
      expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
      expect(server.address).toMatchObject({ address: '127.0.0.1', port: server.port })
      expect(yield* wait(ask(server.port, '/x'))).toMatchObject({ status: 200, body: 'hello /x' })
      expect(server.requests).toBe(0)
    }))

  test('listens at any address by default', () =>
    serving(hello, { host: undefined as never }, function* (server) {
      expect(server.url).toBe(`http://localhost:${server.port}`)
      expect((yield* wait(ask(server.port))).status).toBe(200)
    }))

  test('listens at a path', () => {
    const path = `${process.env.TMPDIR ?? '/tmp'}/coppice-${process.pid}.sock`
    return serving(hello, { host: undefined as never, path }, function* (server) {
      expect([server.url, server.port, server.address]).toEqual(['', 0, path])
      expect((yield* wait(ask(0, '/', { socketPath: path }))).body).toBe('hello /')
    })
  })

  test('speaks HTTPS with a certificate', () =>
    serving(hello, { tls: { cert: certificate, key } }, function* (server) {
      expect(server.url).toBe(`https://127.0.0.1:${server.port}`)
      const https = yield* until(import('node:https'))
      const request = https.get(`${server.url}/x`, { ca: certificate, agent: false })
      const [response] = yield* until(once(request, 'response'))
      const [body] = yield* until(once(response.setEncoding('utf8'), 'data'))
      expect(body).toBe('hello /x')
    }))

  test('hands its context down to its handlers', () => {
    const name = createContext('name', 'nobody')
    const handler: HttpHandler = function* (_request, response) {
      response.end(yield* name.get())
    }
    return leavingNothing(function* () {
      yield* scope(function* () {
        yield* name.set('somebody')
        const server = yield* serveHttp(handler, { host: '127.0.0.1' })
        expect((yield* wait(ask(server.port))).body).toBe('somebody')
      })
    })
  })

  test('answers several requests on one connection, in their order', () => {
    const later = createEvent()
    const handler: HttpHandler = function* (request, response) {
      if (request.url === '/first') yield* later.wait()
      else later.set()
      response.end(`${request.url} answered`)
    }
    return serving(handler, {}, function* (server) {
      const client = new Client(server.port).ask('/first').ask('/second')
      yield* wait(client.received('/second answered'))
      expect(client.text.indexOf('/first answered')).toBeLessThan(client.text.indexOf('/second answered'))
    })
  })

  test('that can not listen throws what the host says', () =>
    serving(hello, {}, function* (server) {
      const outcome = yield* attempt(serveHttp(hello, { host: '127.0.0.1', port: server.port }))
      expect(outcome).toMatchObject({ status: 'failed', error: { code: 'EADDRINUSE' } })
    }))
})

describe('H1: a client that goes away', () => {
  test.each(['by a reset', 'by an end'])('%s cancels its handler, and nothing is reported', (how) => {
    const { begun, ended, log, handler } = waiting()
    return serving(handler, {}, function* (server, reported) {
      const client = new Client(server.port).ask('/')
      yield* begun.wait()
      if (how === 'by a reset') client.reset()
      else client.socket.end()
      yield* ended.wait()
      expect(log).toEqual(['cleaned up'])
      expect(reported).toEqual([])
      yield* wait(client.closed)
    })
  })

  test('cancels also those of its requests whose turn to answer has not come', () => {
    const ended = createEvent()
    const both = createEvent()
    let running = 0
    const handler: HttpHandler = function* () {
      try {
        if (++running === 2) both.set()
        yield* suspend()
      } finally {
        if (--running === 0) ended.set()
      }
    }
    return serving(handler, {}, function* (server, reported) {
      const client = new Client(server.port).ask('/first').ask('/second')
      yield* both.wait()
      client.reset()
      yield* ended.wait()
      expect(reported).toEqual([])
    })
  })

  test('when it has its response does not cancel what the handler still does', () => {
    const gone = createEvent()
    const done = createDeferred<string>()
    const handler: HttpHandler = function* (_request, response) {
      response.end('here you are')
      yield* gone.wait()
      yield* sleep(1)
      done.resolve('to the end')
    }
    return serving(handler, {}, function* (server) {
      const client = new Client(server.port).ask('/')
      yield* wait(client.received('here you are'))
      client.reset()
      yield* wait(client.closed)
      yield* sleep(10)
      gone.set()
      expect(yield* done).toBe('to the end')
    })
  })

  test('while it sends is no error of a handler that reads', () => {
    const begun = createEvent()
    const ended = createEvent()
    const handler: HttpHandler = function* (request) {
      try {
        begun.set()
        yield* until(request.resume() && once(request, 'end'))
      } finally {
        ended.set()
      }
    }
    return serving(handler, {}, function* (server, reported) {
      const client = new Client(server.port).send(
        'POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 9\r\n\r\n123'
      )
      yield* begun.wait()
      client.reset()
      yield* ended.wait()
      yield* sleep(10)
      expect(reported).toEqual([])
    })
  })

  test('is no error of a handler whose cleanup waits for what it was reading', () => {
    const begun = createEvent()
    const ended = createEvent()
    const handler: HttpHandler = function* (request) {
      const reading = finished(request.resume())
      try {
        begun.set()
        yield* suspend()
      } finally {
        expect(yield* attempt(until(reading))).toMatchObject({ error: { code: 'ECONNRESET' } })
        ended.set()
        yield* until(reading)
      }
    }
    return serving(handler, {}, function* (server, reported) {
      const client = new Client(server.port).send(
        'POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 9\r\n\r\n123'
      )
      yield* begun.wait()
      client.reset()
      yield* ended.wait()
      yield* sleep(10)
      expect(reported).toEqual([])
    })
  })

  test('before its handler has begun cancels that at its first wait', () => {
    const ended = createEvent()
    const handler: HttpHandler = function* () {
      try {
        yield* suspend()
      } finally {
        ended.set()
      }
    }
    return serving(handler, {}, function* (server, reported) {
      const client = new Client(server.port)
      yield* wait(once(client.socket, 'connect'))
      client.ask('/').socket.end()
      // The task of the request stands behind these, and between two of them the host tells what else has come (S6).
      for (let i = 0; i < 10; i++)
        yield* spawn(function* () {
          for (const end = performance.now() + 20; performance.now() < end;);
        })
      yield* ended.wait()
      expect(reported).toEqual([])
    })
  })

  test('is no error of a handler that still writes to it', () => {
    const begun = createEvent()
    const written = createEvent()
    const handler: HttpHandler = function* (_request, response) {
      try {
        begun.set()
        yield* suspend()
      } finally {
        response.write('too late')
        written.set()
      }
    }
    return serving(handler, {}, function* (server, reported) {
      const client = new Client(server.port).ask('/')
      yield* begun.wait()
      client.reset()
      yield* written.wait()
      yield* sleep(10)
      expect(reported).toEqual([])
    })
  })

  test('cancels a handler whose cleanup fails: that is reported, and the server goes on', () => {
    const begun = createEvent()
    const handler: HttpHandler = function* (request, response) {
      if (request.url === '/fine') return void response.end('fine')
      yield* ensure(() => Promise.reject(new Error('cleanup')))
      begun.set()
      yield* suspend()
    }
    return serving(handler, {}, function* (server, reported) {
      const client = new Client(server.port).ask('/fails')
      yield* begun.wait()
      client.reset()
      while (reported.length === 0) yield* sleep(1)
      expect(reported).toEqual([{ error: expect.objectContaining({ message: 'cleanup' }), url: '/fails' }])
      expect((yield* wait(ask(server.port, '/fine'))).body).toBe('fine')
    })
  })
})

describe('a timeout', () => {
  test('cancels the handler, answers 503, and is reported as TimeoutError', () => {
    const { log, handler } = waiting()
    return serving(handler, { timeout: 20 }, function* (server, reported) {
      const { status, headers, body } = yield* wait(ask(server.port))
      expect({ status, body }).toEqual({ status: 503, body: 'Service Unavailable\n' })
      expect(headers['retry-after']).toBe('1')
      expect(log).toEqual(['cleaned up'])
      expect(reported).toEqual([{ error: expect.any(TimeoutError), url: '/' }])
    })
  })

  test('that has not passed changes nothing', () =>
    serving(hello, { timeout: 60_000 }, function* (server, reported) {
      expect((yield* wait(ask(server.port))).body).toBe('hello /')
      expect(reported).toEqual([])
    }))
})

describe('a limit of concurrency', () => {
  /** Handlers that go on one by one. */
  function gates() {
    const begun: string[] = []
    const gate = createEvent()
    let running = 0
    let most = 0
    const handler: HttpHandler = function* (request, response) {
      most = Math.max(most, ++running)
      try {
        begun.push(request.url!)
        yield* gate.wait()
        response.end(`done ${request.url}`)
      } finally {
        running--
      }
    }
    return { begun, gate, handler, most: () => most }
  }

  test('lets so many run, and others wait for their turn, in order', () => {
    const { begun, gate, handler, most } = gates()
    return serving(handler, { concurrency: 2, waiting: 10 }, function* (server) {
      const answers: Promise<string>[] = []
      for (let i = 0; i < 6; i++) {
        answers.push(ask(server.port, `/${i}`).then(({ body }) => body))
        while (server.requests <= i) yield* sleep(1)
      }
      expect(begun).toEqual(['/0', '/1'])
      gate.set()
      expect(yield* until(Promise.all(answers))).toEqual([0, 1, 2, 3, 4, 5].map((i) => `done /${i}`))
      expect(begun).toEqual([0, 1, 2, 3, 4, 5].map((i) => `/${i}`))
      expect(most()).toBe(2)
    })
  })

  test('answers 503 at once when as many wait as may', () => {
    const { begun, gate, handler } = gates()
    return serving(handler, { concurrency: 1, waiting: 1 }, function* (server, reported) {
      const first = ask(server.port, '/0')
      while (server.requests < 1) yield* sleep(1)
      const second = ask(server.port, '/1')
      while (server.requests < 2) yield* sleep(1)
      const third = yield* wait(ask(server.port, '/2'))
      expect(third).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
      gate.set()
      expect([(yield* wait(first)).status, (yield* wait(second)).status]).toEqual([200, 200])
      expect(begun).toEqual(['/0', '/1'])
      expect(reported).toEqual([])
    })
  })

  test('lets as many wait as run, by default', () => {
    const { gate, handler } = gates()
    return serving(handler, { concurrency: 1 }, function* (server) {
      const clients = [new Client(server.port), new Client(server.port)]
      for (const [i, client] of clients.entries()) {
        client.ask('/')
        while (server.requests <= i) yield* sleep(1)
      }
      expect((yield* wait(ask(server.port))).status).toBe(503)
      gate.set()
      for (const client of clients) yield* wait(client.received('done'))
    })
  })

  test('gives the place of a client that goes while it waits to the next', () => {
    const { begun, gate, handler } = gates()
    return serving(handler, { concurrency: 1, waiting: 1 }, function* (server) {
      const first = ask(server.port, '/0')
      while (server.requests < 1) yield* sleep(1)
      const leaving = new Client(server.port).ask('/leaves')
      while (server.requests < 2) yield* sleep(1)
      leaving.reset()
      while (server.requests > 1) yield* sleep(1)
      const next = ask(server.port, '/next')
      while (server.requests < 2) yield* sleep(1)
      gate.set()
      expect([(yield* wait(first)).status, (yield* wait(next)).status]).toEqual([200, 200])
      expect(begun).toEqual(['/0', '/next'])
    })
  })

  test('counts the time that a request waits for its timeout', () => {
    const { begun, gate, handler } = gates()
    return serving(handler, { concurrency: 1, waiting: 1, timeout: 40 }, function* (server, reported) {
      const first = ask(server.port, '/0')
      while (server.requests < 1) yield* sleep(1)
      const second = ask(server.port, '/1')
      expect((yield* wait(first)).status).toBe(503)
      yield* wait(second)
      gate.set()
      expect(reported[0]).toEqual({ error: expect.any(TimeoutError), url: '/0' })
      expect(begun[0]).toBe('/0')
    })
  })

  test('holds for a handler that is a plain generator whose cleanup waits', () => {
    const begun = createEvent()
    const ended = createEvent()
    const handler: HttpHandler = function* () {
      try {
        begun.set()
        yield* suspend()
      } finally {
        yield* sleep(1)
        ended.set()
      }
    }
    return serving(handler, { concurrency: 1 }, function* (server, reported) {
      const client = new Client(server.port).ask('/')
      yield* begun.wait()
      client.reset()
      yield* ended.wait()
      expect(reported).toEqual([])
    })
  })
})

describe('H2, H3: a handler that fails', () => {
  const failing: HttpHandler = operation('failing', function* (request, response) {
    if (request.url === '/fine') return void response.end('fine')
    response.setHeader('content-length', 1000)
    response.setHeader('x-secret', 'half done')
    response.statusCode = 201
    response.statusMessage = 'Almost'
    if (request.url === '/late') response.write('so far so good')
    yield* sleep(1)
    throw new Error('boom')
  })

  test('answers 500, without what it had prepared, and is reported once', () =>
    serving(failing, {}, function* (server, reported) {
      const { status, headers, body } = yield* wait(ask(server.port, '/x?token=1'))
      expect({ status, body }).toEqual({ status: 500, body: 'Internal Server Error\n' })
      expect(headers).not.toHaveProperty('x-secret')
      expect(reported).toEqual([{ error: expect.objectContaining({ message: 'boom' }), url: '/x?token=1' }])
      expect((yield* wait(ask(server.port, '/fine'))).body).toBe('fine')
    }))

  test('is reported with the tasks that the error came through, without the query', () =>
    serving(failing, {}, function* (server, reported) {
      yield* wait(ask(server.port, '/x?token=1'))
      const { stack } = reported[0]!.error as Error
      expect(stack).toMatch(
        /\n {4}in failing\n {4}in exchange\n {4}in task GET \/x#\d+\n {4}in task requests#\d+\n {4}in task serveHttp#\d+\n {4}in task program#\d+$/
      )
    }))

  test('cuts the connection if it has begun to answer', () =>
    serving(failing, {}, function* (server, reported) {
      const client = new Client(server.port).ask('/late')
      yield* wait(client.closed)
      expect(client.text).toMatch(/^HTTP\/1.1 201 Almost[^]*so far so good$/)
      expect(reported).toHaveLength(1)
      expect((yield* wait(ask(server.port, '/fine'))).body).toBe('fine')
    }))

  test('fails also with what it has spawned', () => {
    const handler: HttpHandler = function* () {
      yield* spawn(function* () {
        yield* sleep(1)
        throw new Error('child')
      })
      yield* suspend()
    }
    return serving(handler, {}, function* (server, reported) {
      expect((yield* wait(ask(server.port))).status).toBe(500)
      expect(reported).toEqual([{ error: expect.objectContaining({ message: 'child' }), url: '/' }])
    })
  })

  test('with several errors is reported once', () => {
    const handler: HttpHandler = function* () {
      try {
        yield* sleep(1)
        throw new Error('first')
      } finally {
        yield* spawn(function* () {
          throw new Error('second')
        })
      }
    }
    return serving(handler, {}, function* (server, reported) {
      expect((yield* wait(ask(server.port))).status).toBe(500)
      expect(reported.map(({ error }) => error)).toEqual([expect.any(ScopeError)])
    })
  })

  test.each<[string, HttpHandler, RegExp]>([
    ['returns without an answer', function* () {}, /has not ended its response\. Write response\.end/],
    ['is asynchronous', (async () => {}) as never, /Write function\* instead of async function/],
    ['gives nothing', (() => {}) as never, /undefined, which is no operation/],
  ])('because it %s is told what to write', (_, handler, message) =>
    serving(handler, {}, function* (server, reported) {
      expect((yield* wait(ask(server.port))).status).toBe(500)
      expect(reported).toEqual([{ error: expect.any(MisuseError), url: '/' }])
      expect(reported[0]!.error.message).toMatch(message)
    })
  )

  const cutters: [string, HttpHandler][] = [
    ['response.destroy()', handlerOf((_request, response) => response.destroy())],
    ['request.destroy()', handlerOf((request) => request.destroy())],
  ]

  test.each<[string, HttpHandler]>([
    ['request.socket.destroy()', handlerOf((request) => request.socket.destroy())],
    // With these, other hosts answer before they close.
    ...(isNode ? cutters : []),
  ])('is none that has cut the connection itself: %s', (_, handler) =>
    serving(handler, {}, function* (server, reported) {
      const client = new Client(server.port).ask('/')
      yield* wait(client.closed)
      expect([client.text, reported]).toEqual(['', []])
    })
  )

  test('by a CancelledError of something else is reported', () => {
    const handler: HttpHandler = function* () {
      yield* scope(function* (scope) {
        scope.cancel('its own')
        yield* suspend()
      })
    }
    return serving(handler, {}, function* (server, reported) {
      expect((yield* wait(ask(server.port))).status).toBe(500)
      expect(reported).toEqual([{ error: expect.any(CancelledError), url: '/' }])
    })
  })

  test('because it writes behind its end is reported', () => {
    const handler: HttpHandler = function* (_request, response) {
      response.end('done')
      response.write('more')
      yield* sleep(1)
    }
    return serving(handler, {}, function* (server, reported) {
      expect((yield* wait(ask(server.port))).body).toBe('done')
      while (reported.length === 0) yield* sleep(1)
      expect(reported).toEqual([
        { error: expect.objectContaining({ code: 'ERR_STREAM_WRITE_AFTER_END' }), url: '/' },
      ])
    })
  })

  test('is printed, as main does, if nobody else hears of it', () => {
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    return serving(failing, { onError: undefined as never }, function* (server) {
      yield* wait(ask(server.port))
      expect(written.mock.calls.map(([text]) => text)).toEqual([
        expect.stringMatching(
          /^Error: boom\n {4}at [^]*\n {4}in task GET \/#\d+\n[^]*in task program#\d+\n$/
        ),
      ])
    })
  })

  test('ends the server with what onError throws', async () => {
    const onError = () => {
      throw new Error('of onError')
    }
    await expect(
      serving(failing, { onError }, function* (server) {
        void ask(server.port).catch(() => {})
        yield* suspend()
      })
    ).rejects.toThrow('of onError')
  })
})

describe('an upgrade', () => {
  const upgrade = { connection: 'upgrade', upgrade: 'echo' }
  const accepted = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'

  test('is a task that has the connection, which is closed behind it', () => {
    const options = {
      *upgrade(_request: unknown, socket: any, head: Buffer) {
        socket.write(`${accepted}head: ${head}`)
        const [data] = yield* until(once(socket, 'data'))
        socket.write(`data: ${data}`)
      },
    }
    return serving(hello, options, function* (server, reported) {
      const client = new Client(server.port)
      client.send('GET / HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nat once')
      yield* wait(client.received('head: at once'))
      expect(server.requests).toBe(1)
      client.send('later')
      yield* wait(client.closed)
      expect(client.text).toBe(`${accepted}head: at oncedata: later`)
      expect([server.requests, reported]).toEqual([0, []])
    })
  })

  test('is cancelled when the client goes away', () => {
    const { begun, ended, log, handler } = waiting()
    return serving(hello, { upgrade: handler as never }, function* (server, reported) {
      const client = new Client(server.port).ask('/', upgrade)
      yield* begun.wait()
      client.reset()
      yield* ended.wait()
      expect([log, reported]).toEqual([['cleaned up'], []])
    })
  })

  test('that fails is reported, and the client gets 500', () => {
    const options = {
      *upgrade() {
        yield* sleep(1)
        throw new Error('boom')
      },
    }
    return serving(hello, options, function* (server, reported) {
      const client = new Client(server.port).ask('/chat', upgrade)
      yield* wait(client.closed)
      expect(client.text).toMatch(/^HTTP\/1\.1 500 Internal Server Error\r\n[^]*connection: close\r\n/)
      expect(reported).toEqual([{ error: expect.objectContaining({ message: 'boom' }), url: '/chat' }])
      expect(reported[0]!.error.stack).toMatch(/in task GET \/chat#\d+/)
      expect((yield* wait(ask(server.port))).status).toBe(200)
    })
  })

  test('that fails behind its answer is cut', () => {
    const options = {
      *upgrade(_request: unknown, socket: any) {
        socket.write(accepted)
        yield* sleep(1)
        throw new Error('boom')
      },
    }
    return serving(hello, options, function* (server, reported) {
      const client = new Client(server.port).ask('/', upgrade)
      yield* wait(client.closed)
      expect(client.text).toBe(accepted)
      expect(reported).toHaveLength(1)
    })
  })

  test('is a request like others if nobody upgrades', () =>
    serving(hello, {}, function* (server) {
      const client = new Client(server.port).ask('/', { ...upgrade, connection: 'upgrade, close' })
      yield* wait(client.closed)
      expect(client.text).toMatch(/hello \//)
    }))
})

test('connections above maxConnections are closed at once', () =>
  serving(hello, { maxConnections: 1 }, function* (server) {
    const first = new Client(server.port).ask('/')
    yield* wait(first.received('hello'))
    const second = new Client(server.port).ask('/')
    yield* wait(second.closed)
    expect([second.text, first.isClosed]).toEqual(['', false])
  }))

describe('misuse', () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      'a handler',
      () => serveHttp({} as never),
      /serveHttp takes a handler, function\* \(request, response\)/,
    ],
    [
      'options',
      () => serveHttp(hello, 8080 as never),
      /serveHttp takes its options in one object, \{ port: 8080 \}/,
    ],
    [
      'port',
      () => serveHttp(hello, { port: 70_000 }),
      /port is a whole number from 0 to 65535; it was 70000/,
    ],
    ['port as text', () => serveHttp(hello, { port: '80' as never }), /it was '80'/],
    ['host', () => serveHttp(hello, { host: '' }), /host is a text like '127.0.0.1'; it was ''/],
    ['path and port', () => serveHttp(hello, { path: '/x', port: 1 }), /Leave out one of the two/],
    ['backlog', () => serveHttp(hello, { backlog: 0 }), /backlog is a whole number from 1 on/],
    [
      'maxConnections',
      () => serveHttp(hello, { maxConnections: 0 }),
      /maxConnections is a whole number from 1 on/,
    ],
    ['timeout', () => serveHttp(hello, { timeout: -1 }), /timeout takes milliseconds from 0 on/],
    ['grace', () => serveHttp(hello, { grace: NaN }), /grace takes milliseconds from 0 on/],
    ['concurrency', () => serveHttp(hello, { concurrency: 0 }), /concurrency is a whole number from 1 on/],
    [
      'waiting',
      () => serveHttp(hello, { concurrency: 1, waiting: -1 }),
      /waiting is a whole number from 0 on/,
    ],
    ['waiting alone', () => serveHttp(hello, { waiting: 1 }), /Write concurrency beside waiting/],
    ['onError', () => serveHttp(hello, { onError: 1 as never }), /onError is a function, \(error, request\)/],
    ['upgrade', () => serveHttp(hello, { upgrade: 1 as never }), /upgrade is a function, function\*/],
  ])('of %s is refused where it was written', (_, act, message) => {
    expect(act).toThrow(MisuseError)
    expect(act).toThrow(message)
  })
})
