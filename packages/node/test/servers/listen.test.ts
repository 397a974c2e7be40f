/** `listen` on real sockets of the loopback interface. */
import { once } from 'node:events'
import type net from 'node:net'
import { pipeline } from 'node:stream/promises'
import process from 'node:process'
import { type Connection, listen } from '@coppice/node'
import {
  MisuseError,
  all,
  attempt,
  cancel,
  createEvent,
  forEach,
  from,
  operation,
  pipe,
  scope,
  sleep,
  spawn,
  suspend,
  take,
  timeout,
  until,
} from 'coppice'
import { Client, handles, leavingNothing, wait } from './clients.ts'

const host = '127.0.0.1'

const echo = operation('echo', function* (connection: Connection) {
  const socket = yield* connection
  yield* until(pipeline(socket, socket))
})

const next = operation(
  'next',
  function* (subscription: {
    next(): Iterable<any> & { [Symbol.iterator](): any }
  }): Generator<any, Connection, any> {
    const { done, value } = yield* subscription.next()
    if (done) throw new Error('It has ended')
    return value
  }
)

describe('a listener', () => {
  test('gives connections, each of which is served by a task of its own', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host })
      yield* spawn(forEach(listener, echo, { concurrency: 10 }), { background: true })
      const clients = [1, 2, 3].map((n) => new Client(listener.port).send(`hello ${n}`))
      for (const [i, client] of clients.entries()) {
        yield* wait(client.received(`hello ${i + 1}`))
        client.socket.end()
        yield* wait(client.closed)
      }
    }))

  test('leaves a socket the room for the listeners of a pipeline to itself', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host })
      const client = new Client(listener.port)
      const socket = yield* yield* next(yield* listener)
      const echoing = pipeline(socket, socket)
      expect(socket.listenerCount('close')).toBeLessThanOrEqual(socket.getMaxListeners())
      client.socket.end()
      yield* until(echoing)
    }))

  test('says where it is, also when it has stopped', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host })
      const address = { address: host, family: 'IPv4', port: listener.port }
      expect(listener.address).toEqual(address)
      expect(listener.port).toBeGreaterThan(0)
      listener.stop()
      expect(listener.address).toEqual(address)
    }))

  test('listens at a path', () =>
    leavingNothing(function* () {
      const path = `${process.env.TMPDIR ?? '/tmp'}/coppice-listen-${process.pid}.sock`
      const listener = yield* listen({ path })
      expect([listener.address, listener.port]).toEqual([path, 0])
      yield* spawn(forEach(listener, echo), { background: true })
      const client = new Client(0, { path } as never).send('hello')
      yield* wait(client.received('hello'))
    }))

  test('that can not listen throws what the host says', () =>
    leavingNothing(function* () {
      const { port } = yield* listen({ host })
      expect(yield* attempt(listen({ host, port }))).toMatchObject({ error: { code: 'EADDRINUSE' } })
      expect(yield* attempt(listen({ host: 'no-such-host.invalid' }))).toMatchObject({ status: 'failed' })
    }))

  test('keeps what nobody takes, and reads no more of it than fits into its buffers', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host })
      const size = 30_000_000
      const client = new Client(listener.port)
      client.socket.end(Buffer.alloc(size))
      const connections = yield* listener
      const connection = yield* next(connections)
      // Until nothing moves any more.
      let before = -1
      while (before !== (before = client.socket.bytesWritten - client.socket.writableLength)) yield* sleep(50)
      expect(client.socket.writableFinished).toBe(false)
      const socket = yield* connection
      expect(socket.bytesRead).toBeLessThan(1_000_000)
      let read = 0
      yield* forEach(from(socket), (chunk: Buffer) => void (read += chunk.length))
      expect(read).toBe(size)
    }))

  test('forgets what is closed before anybody takes it', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host })
      const [first, second, third] = [1, 2, 3].map((n) => new Client(listener.port).send(`from ${n}`))
      while (listener.size < 3) yield* sleep(1)
      second!.reset()
      while (listener.size > 2) yield* sleep(1)
      const connections = yield* listener
      for (const text of ['from 1', 'from 3']) {
        const socket = yield* yield* next(connections)
        const [data] = yield* until(once(socket, 'data'))
        expect(String(data)).toBe(text)
      }
      listener.stop()
      expect(yield* connections.next()).toEqual({ done: true })
      first!.reset()
      third!.reset()
    }))

  test('gives a connection to whoever waits for the longest time', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host })
      const order: string[] = []
      const taking = operation('taking', function* (name: string) {
        yield* yield* next(yield* listener)
        order.push(name)
      })
      const left = yield* spawn(taking('left'))
      const tasks = [yield* spawn(taking('a')), yield* spawn(taking('b'))]
      yield* sleep(1)
      yield* cancel(left)
      const clients = [new Client(listener.port), new Client(listener.port)]
      yield* all(tasks)
      expect(order).toEqual(['a', 'b'])
      for (const client of clients) client.reset()
    }))

  test('shares its connections among all that open it', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host })
      const served: string[] = []
      const both = createEvent()
      for (const name of ['a', 'b']) {
        yield* spawn(
          forEach(listener, function* (connection: Connection) {
            yield* connection
            served.push(name)
            if (served.length === 2) both.set()
            yield* suspend()
          }),
          { background: true }
        )
      }
      const clients = [new Client(listener.port), new Client(listener.port)]
      yield* both.wait()
      expect(served.sort()).toEqual(['a', 'b'])
      expect(clients.map(({ isClosed }) => isClosed)).toEqual([false, false])
    }))

  test('closes at once what comes above maxConnections', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host, maxConnections: 1 })
      yield* spawn(forEach(listener, echo), { background: true })
      const first = new Client(listener.port).send('hello')
      yield* wait(first.received('hello'))
      const second = new Client(listener.port)
      yield* wait(second.closed)
      first.socket.end()
      yield* wait(first.closed)
      while (listener.size > 0) yield* sleep(1)
      const third = new Client(listener.port).send('again')
      yield* wait(third.received('again'))
    }))
})

describe('H5: a socket', () => {
  test('is closed with the scope that took it', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host })
      const client = new Client(listener.port)
      const connections = yield* listener
      let socket!: net.Socket
      yield* scope(function* () {
        socket = yield* yield* next(connections)
        expect(socket.destroyed).toBe(false)
      })
      expect(socket.destroyed).toBe(true)
      yield* wait(client.closed)
      expect(listener.size).toBe(0)
    }))

  test('passes out of timeout to the caller', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host })
      const client = new Client(listener.port)
      const connections = yield* listener
      const socket = yield* timeout(60_000, function* () {
        return yield* yield* next(connections)
      })
      expect(socket.destroyed).toBe(false)
      socket.write('hello')
      yield* wait(client.received('hello'))
    }))

  test('is taken also by a task that is cancelled by then, and closed', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host })
      const client = new Client(listener.port)
      const connections = yield* listener
      const connection = yield* next(connections)
      const task = yield* spawn(function* () {
        yield* connection
        yield* suspend()
      })
      yield* cancel(task)
      yield* wait(client.closed)
      expect(task.status).toBe('cancelled')
    }))

  test('can be taken once', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host })
      const client = new Client(listener.port)
      const connection = yield* next(yield* listener)
      yield* connection
      expect(yield* attempt(connection)).toMatchObject({ status: 'failed', error: expect.any(MisuseError) })
      client.reset()
    }))

  test('on which something goes wrong ends no process', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host })
      const client = new Client(listener.port).send('hello')
      const socket = yield* yield* next(yield* listener)
      yield* until(once(socket, 'data'))
      const closed = new Promise((resolve) => socket.once('close', resolve))
      client.reset()
      yield* until(closed)
      expect(socket.errored).toMatchObject({ code: 'ECONNRESET' })
    }))

  test('of a handler that is cancelled is closed', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host })
      const taken = createEvent()
      const serving = yield* spawn(
        forEach(listener, function* (connection: Connection) {
          yield* connection
          taken.set()
          yield* suspend()
        })
      )
      const client = new Client(listener.port)
      yield* taken.wait()
      yield* cancel(serving)
      yield* wait(client.closed)
      expect(listener.size).toBe(0)
    }))
})

describe('a listener that stops', () => {
  test('ends its stream behind those that wait, and leaves open what is open', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host })
      const clients = [1, 2, 3].map((n) => new Client(listener.port).send(`hello ${n}`))
      while (listener.size < 3) yield* sleep(1)
      listener.stop()
      yield* spawn(forEach(listener, echo))
      for (const [i, client] of clients.entries()) {
        yield* wait(client.received(`hello ${i + 1}`))
        client.socket.end()
      }
      const late = new Client(listener.port)
      yield* wait(late.closed)
      listener.stop()
    }))

  test('because a graceful cancellation is announced has served whom it serves when it ends', () =>
    leavingNothing(function* () {
      const served = createEvent()
      let port = 0
      const service = yield* spawn(function* () {
        const listener = yield* listen({ host })
        port = listener.port
        served.set()
        yield* forEach(listener, echo, { concurrency: 10 })
        return 'done'
      })
      yield* served.wait()
      const client = new Client(port).send('hello')
      yield* wait(client.received('hello'))
      const cancelling = yield* spawn(cancel(service, { grace: 60_000 }))
      const late = new Client(port)
      yield* wait(late.closed)
      client.send(', and bye').socket.end()
      yield* wait(client.closed)
      yield* cancelling
      expect(client.text).toBe('hello, and bye')
      expect(service.outcome).toEqual({ status: 'done', value: 'done' })
    }))

  test('with its scope has closed all that is open, taken or not, also by others', async () => {
    const before = await handles()
    await leavingNothing(function* () {
      const clients: Client[] = []
      let outside!: net.Socket
      yield* scope(function* () {
        const holder = yield* spawn(function* () {
          yield* suspend()
        })
        const listener = yield* listen({ host })
        clients.push(new Client(listener.port), new Client(listener.port))
        while (listener.size < 2) yield* sleep(1)
        outside = yield* yield* next(yield* listener)
        yield* cancel(holder)
      })
      expect(outside.destroyed).toBe(true)
      for (const client of clients) yield* wait(client.closed)
    })
    expect(await handles()).toEqual(before)
  })

  test('while nobody asks is not leaked by a stream that is left', () =>
    leavingNothing(function* () {
      const listener = yield* listen({ host })
      const client = new Client(listener.port)
      yield* forEach(pipe(listener, take(1)), function* (connection) {
        yield* connection
      })
      yield* wait(client.closed)
    }))
})

test('misuse is refused where it was written', () => {
  expect(() => listen({ port: -1 })).toThrow(/listen: port is a whole number from 0 to 65535; it was -1/)
  expect(() => listen(80 as never)).toThrow(/listen takes its options in one object/)
})
