/** How a server of HTTP goes down: on its own account, with its scope, and because something above is to be cancelled. */
import net from 'node:net'
import { type HttpHandler, type HttpServer, serveHttp } from '@coppice/node'
import {
  type CancelRequest,
  type Task,
  attempt,
  cancel,
  cancelRequested,
  createDeferred,
  createEvent,
  ensure,
  now,
  operation,
  run,
  scope,
  select,
  sleep,
  spawn,
  suspend,
} from 'coppice'
import { Client, ask, handles, isNode, leavingNothing, serving, wait } from './clients.ts'

/** Answers when it is let, and writes down what became of it. */
function gated() {
  const begun = createEvent()
  const gate = createEvent()
  const log: string[] = []
  const handler: HttpHandler = function* (request, response) {
    if (request.url === '/fine') return void response.end('fine')
    if (request.url === '/hangs') return yield* suspend()
    let end = 'cancelled'
    try {
      if (request.url === '/partly') response.write('one')
      begun.set()
      yield* gate.wait()
      response.end('two')
      end = 'answered'
    } finally {
      yield* sleep(1)
      log.push(end)
    }
  }
  return { begun, gate, log, handler }
}

const refused = (port: number) =>
  wait(
    new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(false)
      })
      socket.on('error', () => resolve(true))
    })
  )

describe('H4: a server that is told to stop', () => {
  test('accepts nothing more, answers what is under way, and closes each connection behind that', () => {
    const { begun, gate, log, handler } = gated()
    return serving(handler, { grace: 60_000 }, function* (server) {
      const idle = new Client(server.port).ask('/fine')
      yield* wait(idle.received('fine'))
      const client = new Client(server.port).ask('/')
      yield* begun.wait()
      server.stop()
      yield* wait(idle.closed)
      while (!(yield* refused(server.port))) yield* sleep(1)
      expect(server.requests).toBe(1)
      gate.set()
      yield* server.closed()
      expect(log).toEqual(['answered'])
      yield* wait(client.closed)
      expect(client.text).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*connection: close[^]*two/i)
    })
  })

  test('closes idle connections at once, and such on which nothing was asked yet', () =>
    serving(gated().handler, { grace: 60_000 }, function* (server) {
      const idle = new Client(server.port).ask('/fine')
      yield* wait(idle.received('fine'))
      const fresh = new Client(server.port)
      const half = new Client(server.port).send('GET / HTTP/1.1\r\nhost: ')
      const last = new Client(server.port).ask('/fine')
      yield* wait(last.received('fine'))
      server.stop()
      yield* server.closed()
      // What has not asked is known to the server only on Node.
      for (const client of isNode ? [idle, fresh, half, last] : [idle, last]) yield* wait(client.closed)
      for (const client of [fresh, half]) client.reset()
    }))

  test('closes a connection behind a response that had promised to keep it', () => {
    const { begun, gate, handler } = gated()
    return serving(handler, { grace: 60_000 }, function* (server) {
      const other = new Client(server.port).ask('/hangs')
      const client = new Client(server.port).ask('/partly')
      yield* begun.wait()
      yield* wait(client.received('one'))
      server.stop()
      yield* sleep(1)
      gate.set()
      // While another one is under way, so it is not the end of the server that closes it.
      yield* wait(client.closed)
      expect(server.requests).toBe(1)
      other.reset()
      yield* server.closed()
      expect(client.text).toMatch(/connection: keep-alive/i)
      expect(client.text).toMatch(/two\r\n0\r\n\r\n$/)
    })
  })

  test('answers 503 to what is asked on a connection that is still open', () => {
    const { begun, gate, log, handler } = gated()
    return serving(handler, { grace: 60_000 }, function* (server) {
      const client = new Client(server.port).ask('/')
      yield* begun.wait()
      const late = new Client(server.port).send('GET /late HTTP/1.1\r\nhost: test\r\n')
      yield* wait(ask(server.port, '/fine'))
      server.stop()
      while (!(yield* refused(server.port))) yield* sleep(1)
      late.send('\r\n')
      yield* wait(late.closed)
      expect(late.text).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\n[^]*connection: close/i)
      expect(late.text).toMatch(/retry-after: 1/)
      gate.set()
      yield* wait(client.received('two'))
      yield* server.closed()
      expect(log).toEqual(['answered'])
    })
  })

  test('refuses an upgrade on a connection that is still open', () => {
    const { begun, gate, handler } = gated()
    return serving(handler, { upgrade: () => suspend(), grace: 60_000 }, function* (server) {
      const client = new Client(server.port).ask('/')
      yield* begun.wait()
      const late = new Client(server.port).send(
        'GET / HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: x\r\n'
      )
      yield* wait(ask(server.port, '/fine'))
      server.stop()
      while (!(yield* refused(server.port))) yield* sleep(1)
      late.send('\r\n')
      yield* wait(late.closed)
      expect(late.text).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\n/)
      gate.set()
      yield* wait(client.received('two'))
    })
  })

  test('cancels what is left when the grace has passed, and tells those clients', () => {
    const { begun, log, handler } = gated()
    return serving(handler, { grace: 20 }, function* (server, reported) {
      const client = new Client(server.port).ask('/')
      yield* begun.wait()
      server.stop()
      yield* server.closed()
      yield* wait(client.closed)
      expect(log).toEqual(['cancelled'])
      expect(client.text).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\n[^]*connection: close/i)
      expect(reported).toEqual([])
    })
  })

  test('cuts a response that was sent in part when the grace has passed', () => {
    const { begun, log, handler } = gated()
    return serving(handler, { grace: 20 }, function* (server) {
      const client = new Client(server.port).ask('/partly')
      yield* begun.wait()
      yield* wait(client.received('one'))
      server.stop()
      yield* server.closed()
      yield* wait(client.closed)
      expect(log).toEqual(['cancelled'])
      expect(client.text).not.toMatch(/0\r\n\r\n$/)
    })
  })

  test('waits for a response that its client is slow to read, and cuts it when the grace has passed', () => {
    const returned = createEvent()
    const handler: HttpHandler = function* (_request, response) {
      response.end(Buffer.alloc(50_000_000, 'x'))
      yield* ensure(() => returned.set())
    }
    return serving(handler, { grace: 100 }, function* (server, reported) {
      // Bun says of a response that it is sent when it has taken all of it into buffers of its own.
      if (!isNode) return
      const client = new Client(server.port)
      client.socket.pause()
      client.ask('/')
      yield* returned.wait()
      const begun = yield* now()
      server.stop()
      yield* server.closed()
      expect((yield* now()) - begun).toBeGreaterThanOrEqual(99)
      client.socket.resume()
      yield* wait(client.closed)
      expect(client.text.length).toBeLessThan(50_000_000)
      expect(reported).toEqual([])
    })
  })

  test('is not slowed down by a client whose request comes in pieces', () =>
    serving(gated().handler, { grace: 60_000 }, function* (server) {
      const client = new Client(server.port).send('GET / HT')
      yield* wait(ask(server.port, '/fine'))
      server.stop()
      yield* server.closed()
      yield* wait(client.closed)
    }))

  test('tells handlers and upgraded connections, which may finish', () => {
    const begun = createEvent()
    const told: CancelRequest[] = []
    const handler: HttpHandler = function* (_request, response) {
      begun.set()
      told.push(yield* cancelRequested())
      response.end('bye')
    }
    const upgrade = operation('upgrade', function* (_request: unknown, socket: any) {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
      told.push(yield* cancelRequested())
      socket.write('bye')
    })
    return serving(handler, { upgrade, grace: 60_000 }, function* (server) {
      const client = new Client(server.port).ask('/')
      const upgraded = new Client(server.port).ask('/', { connection: 'upgrade', upgrade: 'x' })
      yield* begun.wait()
      yield* wait(upgraded.received('101'))
      server.stop('a new version')
      yield* server.closed()
      yield* wait(client.closed)
      yield* wait(upgraded.closed)
      expect([client.text, upgraded.text]).toEqual([
        expect.stringMatching(/bye$/),
        expect.stringMatching(/bye$/),
      ])
      expect(told.map(({ reason }) => reason)).toEqual(['a new version', 'a new version'])
    })
  })

  test('cancels an upgraded connection when the grace has passed', () => {
    const ended = createEvent()
    const upgrade = operation('upgrade', function* (_request: unknown, socket: any) {
      try {
        socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
        yield* suspend()
      } finally {
        ended.set()
      }
    })
    return serving(gated().handler, { upgrade, grace: 20 }, function* (server) {
      const client = new Client(server.port).ask('/', { connection: 'upgrade', upgrade: 'x' })
      yield* wait(client.received('101'))
      server.stop()
      yield* server.closed()
      expect(ended.isSet).toBe(true)
      yield* wait(client.closed)
    })
  })

  test('gives those that wait for their turn their turn', () => {
    const { begun, gate, log, handler } = gated()
    return serving(handler, { concurrency: 1, waiting: 1, grace: 60_000 }, function* (server) {
      const first = ask(server.port)
      yield* begun.wait()
      const second = ask(server.port)
      while (server.requests < 2) yield* sleep(1)
      server.stop()
      gate.set()
      expect([(yield* wait(first)).status, (yield* wait(second)).status]).toEqual([200, 200])
      yield* server.closed()
      expect(log).toEqual(['answered', 'answered'])
    })
  })

  test('twice, and by several, goes down once', () =>
    serving(gated().handler, {}, function* (server) {
      server.stop('first')
      server.stop('second')
      const waiting = yield* spawn(server.closed())
      yield* server.closed()
      yield* waiting
      server.stop('third')
      expect(yield* refused(server.port)).toBe(true)
    }))

  test('by one of its handlers goes down as well', () => {
    const handler: HttpHandler = function* (_request, response) {
      const server = yield* theServer
      server.stop()
      response.end('going')
    }
    const theServer = createDeferred<HttpServer>()
    return serving(handler, { grace: 60_000 }, function* (server) {
      theServer.resolve(server)
      expect((yield* wait(ask(server.port))).body).toBe('going')
      yield* server.closed()
    })
  })
})

describe('H4: a scope that is torn down', () => {
  test('is left when the last connection has closed, however long the host takes for that', () => {
    let isClosed = false
    const handler: HttpHandler = function* ({ socket }, response) {
      const emit = socket.emit.bind(socket) as (name: string, ...args: unknown[]) => boolean
      socket.emit = (name: string, ...args: unknown[]) => {
        if (name !== 'close') return emit(name, ...args)
        setTimeout(() => emit(name, ...args), 30)
        return true
      }
      socket.once('close', () => (isClosed = true))
      response.end('fine')
    }
    return leavingNothing(function* () {
      const client = yield* scope(function* () {
        const { port } = yield* serveHttp(handler, { host: '127.0.0.1' })
        const client = new Client(port).ask('/')
        yield* wait(client.received('fine'))
        return client
      })
      expect(isClosed).toBe(true)
      yield* wait(client.closed)
    })
  })

  test('lets its server go down gracefully, and is left when that is down', () => {
    const { begun, gate, log, handler } = gated()
    return leavingNothing(function* () {
      let answer!: Promise<{ body: string }>
      yield* scope(function* () {
        const server = yield* serveHttp(handler, { host: '127.0.0.1', grace: 60_000 })
        answer = ask(server.port)
        yield* begun.wait()
        setTimeout(gate.set.bind(gate), 20)
      })
      expect(log).toEqual(['answered'])
      expect((yield* wait(answer)).body).toBe('two')
    })
  })

  test('closes what was acquired before the server only when the server is down', () => {
    const { begun, log, handler } = gated()
    return leavingNothing(function* () {
      yield* scope(function* () {
        yield* ensure(() => log.push('pool closed'))
        const server = yield* serveHttp(handler, { host: '127.0.0.1', grace: 20 })
        ask(server.port).catch(() => {})
        yield* begun.wait()
      })
      expect(log).toEqual(['cancelled', 'pool closed'])
    })
  })

  test('because of an error still goes down gracefully', () => {
    const { begun, gate, log, handler } = gated()
    return leavingNothing(function* () {
      const outcome = yield* attempt(function* () {
        yield* scope(function* () {
          const server = yield* serveHttp(handler, { host: '127.0.0.1', grace: 60_000 })
          void ask(server.port)
          yield* begun.wait()
          setTimeout(gate.set.bind(gate), 20)
          throw new Error('boom')
        })
      })
      expect(outcome).toMatchObject({ status: 'failed', error: { message: 'boom' } })
      expect(log).toEqual(['answered'])
    })
  })

  test('fails with what the cleanup of a handler throws that had to be cancelled', () => {
    const begun = createEvent()
    const handler: HttpHandler = function* () {
      yield* ensure(() => Promise.reject(new Error('cleanup')))
      begun.set()
      yield* suspend()
    }
    const reported: unknown[] = []
    return leavingNothing(function* () {
      const outcome = yield* attempt(() =>
        scope(function* () {
          const server = yield* serveHttp(handler, {
            host: '127.0.0.1',
            grace: 1,
            onError: (error) => reported.push(error),
          })
          ask(server.port).catch(() => {})
          yield* begun.wait()
        })
      )
      expect(outcome).toMatchObject({ status: 'failed', error: { message: 'cleanup' } })
      expect(reported).toEqual([])
    })
  })

  test('while the server is not listening yet leaves nothing', () =>
    leavingNothing(function* () {
      const task = yield* spawn(function* () {
        yield* serveHttp(gated().handler, { host: 'localhost' })
        yield* suspend()
      })
      yield* cancel(task)
      yield* sleep(20)
    }))
})

describe('H4: a graceful cancellation above', () => {
  /** Runs a service, and gives its task and its server. */
  const service = operation('service', function* (handler: HttpHandler, grace: number, waits: boolean) {
    const ready = createDeferred<HttpServer>()
    const task: Task<unknown> = yield* spawn(
      () =>
        attempt(function* () {
          const server = yield* serveHttp(handler, { host: '127.0.0.1', grace })
          ready.resolve(server)
          if (waits) yield* server.closed()
          else yield* suspend()
        }),
      { name: 'service' }
    )
    return { task, server: yield* ready }
  })

  test('lets the server go down, and who waits for that goes on as soon as it is down', () => {
    const { begun, gate, log, handler } = gated()
    return leavingNothing(function* () {
      const { task, server } = yield* service(handler, 60_000, true)
      const answer = ask(server.port)
      yield* begun.wait()
      setTimeout(gate.set.bind(gate), 20)
      yield* cancel(task, { grace: 60_000, reason: 'SIGTERM' })
      expect(task.outcome).toMatchObject({ status: 'done', value: { status: 'done' } })
      expect(log).toEqual(['answered'])
      expect((yield* wait(answer)).body).toBe('two')
    })
  })

  test('tells handlers its reason, and the earliest deadline holds', () => {
    const begun = createEvent()
    const told: CancelRequest[] = []
    const handler: HttpHandler = function* (_request, response) {
      begun.set()
      told.push(yield* cancelRequested())
      response.end()
    }
    return leavingNothing(function* () {
      const { task, server } = yield* service(handler, 60_000, true)
      void ask(server.port)
      yield* begun.wait()
      const deadline = (yield* now()) + 30_000
      yield* cancel(task, { grace: 30_000, reason: 'SIGTERM' })
      expect(told).toEqual([{ reason: 'SIGTERM', deadline: expect.any(Number) }])
      expect(Math.abs(told[0]!.deadline - deadline)).toBeLessThan(1000)
    })
  })

  test('whose grace is longer than that of the server leaves it its own', () => {
    const { begun, log, handler } = gated()
    return leavingNothing(function* () {
      const { task, server } = yield* service(handler, 20, true)
      ask(server.port).catch(() => {})
      yield* begun.wait()
      yield* cancel(task, { grace: 60_000 })
      expect(log).toEqual(['cancelled'])
      expect(task.outcome).toMatchObject({ value: { status: 'done' } })
    })
  })

  test('whose grace is shorter ends that of the server: they do not add up', () => {
    const { begun, log, handler } = gated()
    return leavingNothing(function* () {
      const { task, server } = yield* service(handler, 60_000, false)
      ask(server.port).catch(() => {})
      yield* begun.wait()
      yield* cancel(task, { grace: 20 })
      expect(log).toEqual(['cancelled'])
    })
  })

  test('that is followed by a second request does not go on waiting', () => {
    const { begun, log, handler } = gated()
    return leavingNothing(function* () {
      const { task, server } = yield* service(handler, 60_000, false)
      ask(server.port).catch(() => {})
      yield* begun.wait()
      yield* spawn(cancel(task, { grace: 60_000 }))
      while (!(yield* refused(server.port))) yield* sleep(1)
      yield* cancel(task)
      expect(log).toEqual(['cancelled'])
    })
  })
})

test('a server whose program is cancelled at any moment leaves nothing', async () => {
  for (let steps = 0; steps < 12; steps++) {
    const { handler } = gated()
    const before = await handles()
    const task = run(function* () {
      const server = yield* serveHttp(handler, { host: '127.0.0.1', grace: 5 })
      const client = new Client(server.port).ask('/partly')
      yield* select({ received: wait(client.received('one')), never: suspend() })
      yield* suspend()
    })
    for (let step = 0; step < steps; step++) await new Promise(setImmediate)
    await task.cancel()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await handles()).toEqual(before)
  }
})
