/** Requests to a real server on the loopback interface. */
import { once } from 'node:events'
import http from 'node:http'
import type net from 'node:net'
import { FetchError, type FetchedResponse, fetch } from '@coppice/node'
import { simulate, returns } from '@coppice/testing'
import {
  MisuseError,
  type Operation,
  attempt,
  cancel,
  collect,
  forEach,
  from,
  moveOnAfter,
  operation,
  pipe,
  resource,
  run,
  scope,
  sleep,
  spawn,
  take,
  toReadableStream,
  until,
} from 'coppice'
import { cancelEverywhere, leavingNothing } from '../leaving.ts'

interface Site {
  readonly at: string
  /** The connections that have carried a request and are open, and how many there were. (The host may open a spare one.) */
  readonly open: Set<net.Socket>
  count: number
  /** How many bytes of /endless have been taken off. */
  sent: number
}

const site = (): Operation<Site> =>
  resource<Site>(function* (provide) {
    const server = http.createServer(serve)
    const state = { at: '', open: new Set<net.Socket>(), count: 0, sent: 0 }
    server.on('request', ({ socket }) => {
      if (state.open.has(socket)) return
      state.count++
      state.open.add(socket)
      socket.on('close', () => state.open.delete(socket))
    })
    try {
      server.listen(0, '127.0.0.1')
      yield* until(once(server, 'listening'))
      state.at = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`
      yield* provide(state)
    } finally {
      server.closeAllConnections()
      yield* until(new Promise<void>((resolve) => server.close(() => resolve())))
    }

    function serve(request: http.IncomingMessage, response: http.ServerResponse): void {
      response.on('error', () => {})
      switch (request.url) {
        case '/json':
          response.setHeader('connection', 'close').end('{"answer":42}')
          break
        case '/missing':
          response.writeHead(404, { connection: 'close' }).end('nothing here')
          break
        case '/echo':
          response.setHeader('connection', 'close')
          request.pipe(response)
          break
        case '/half':
          response.writeHead(200, { 'content-length': '10' }).write('half')
          setTimeout(() => response.destroy(), 5)
          break
        case '/endless': {
          const send = () => {
            while (response.write('x'.repeat(1000))) state.sent += 1000
          }
          response.on('drain', send)
          send()
          break
        }
        case '/kept':
          response.end('kept')
          break
        default:
        // /silent gives no answer
      }
    }
  })

const untilClosed = operation('untilClosed', function* ({ open }: Site) {
  for (let turn = 0; open.size > 0; turn++) {
    if (turn > 200) throw new Error(`${open.size} connections are open`)
    yield* sleep(2)
  }
})

describe('fetch', () => {
  test('gives a response, and its body in one piece', async () => {
    await leavingNothing(function* () {
      const { at } = yield* site()
      const response = yield* fetch(`${at}/json`)
      expect([response.ok, response.status, response.statusText]).toEqual([true, 200, 'OK'])
      expect([response.url, response.headers.get('connection')]).toEqual([`${at}/json`, 'close'])
      expect(yield* response.json()).toEqual({ answer: 42 })
      const missing = yield* fetch(new URL(`${at}/missing`))
      expect([missing.ok, missing.status, yield* missing.text()]).toEqual([false, 404, 'nothing here'])
    })
  })

  test('sends a body, also from a stream', async () => {
    await leavingNothing(function* () {
      const { at } = yield* site()
      const text = yield* (yield* fetch(`${at}/echo`, { method: 'POST', body: 'some text' })).text()
      const body = toReadableStream(from([Buffer.from('some '), Buffer.from('bytes')]))
      const init: RequestInit = { method: 'POST', body, duplex: 'half' }
      const bytes = yield* (yield* fetch(new Request(`${at}/echo`, init))).bytes()
      expect([text, String(Buffer.from(bytes))]).toEqual(['some text', 'some bytes'])
    })
  })

  test('gives the body as a stream', async () => {
    await leavingNothing(function* () {
      const { at } = yield* site()
      const { body } = yield* fetch(`${at}/json`)
      expect(Buffer.concat(yield* collect(body)).toString()).toBe('{"answer":42}')
      expect(yield* attempt(collect(body))).toMatchObject({ error: expect.any(MisuseError) })
    })
  })

  test('a connection whose body was read may be used again', async () => {
    await leavingNothing(function* () {
      const place = yield* site()
      for (let i = 0; i < 3; i++) {
        yield* scope(function* () {
          expect(yield* (yield* fetch(`${place.at}/kept`)).text()).toBe('kept')
        })
        yield* sleep(2)
      }
      expect(place.count).toBe(1)
    })
  })

  test('cancelled before it is answered, it closes the connection', async () => {
    await leavingNothing(function* () {
      const place = yield* site()
      const asking = yield* spawn(fetch(`${place.at}/silent`), { background: true })
      while (place.count === 0) yield* sleep(1)
      yield* cancel(asking)
      yield* untilClosed(place)
    })
  })

  test.each<[string, (response: FetchedResponse) => Operation<unknown>]>([
    ['text', (response) => response.text()],
    ['json', (response) => response.json()],
    ['bytes', (response) => response.bytes()],
    ['a stream', (response) => forEach(response.body, () => sleep(1))],
  ])(
    'cancelled while the body is read as %s, it stops reading and closes the connection',
    async (_, read) => {
      await leavingNothing(function* () {
        const place = yield* site()
        const response = yield* fetch(`${place.at}/endless`)
        const outcome = yield* moveOnAfter(20, read(response))
        expect(outcome.status).toBe('cancelled')
        // The response is still open: to cancel the reading is enough.
        yield* untilClosed(place)
        const { sent } = place
        yield* sleep(5)
        expect(place.sent).toBe(sent)
      })
    }
  )

  test('a body that is left early, or was never read, closes the connection', async () => {
    await leavingNothing(function* () {
      const place = yield* site()
      const response = yield* fetch(`${place.at}/endless`)
      yield* collect(pipe(response.body, take(2)))
      yield* untilClosed(place)
      yield* scope(() => fetch(`${place.at}/endless`))
      yield* untilClosed(place)
      expect(place.count).toBe(2)
    })
  })

  test('a slow reader slows the server down', async () => {
    await leavingNothing(function* () {
      const place = yield* site()
      const { body } = yield* fetch(`${place.at}/endless`)
      const chunks = yield* body
      yield* chunks.next()
      // Until all buffers on the way are full.
      let sent = 0
      while (sent !== place.sent) {
        sent = place.sent
        yield* sleep(50)
      }
      expect((yield* chunks.next()).done).toBe(false)
    })
  })

  test('a next of the body that is cancelled loses nothing (F3)', async () => {
    await leavingNothing(function* () {
      const place = yield* site()
      const response = yield* fetch(`${place.at}/json`)
      let text = ''
      yield* scope(function* () {
        const chunks = yield* response.body
        for (;;) {
          const outcome = yield* moveOnAfter(0, chunks.next())
          if (outcome.status !== 'done') continue
          if (outcome.value.done) break
          text += Buffer.from(outcome.value.value)
        }
      })
      expect(text).toBe('{"answer":42}')
    })
  })

  test('no connection is a FetchError that says why', async () => {
    const { at } = await run(scope(site))
    const outcome = await leavingNothing(() => attempt(fetch(`${at}/`, { method: 'PUT' })))
    const { error } = outcome as { error: FetchError }
    expect(error).toBeInstanceOf(FetchError)
    expect(error).toMatchObject({ code: 'COPPICE_FETCH_FAILED', url: `${at}/` })
    // As the host calls it.
    expect((error.cause as NodeJS.ErrnoException).code).toMatch(/ECONNREFUSED|ConnectionRefused/)
    expect(error.message).toBe(`PUT ${at}/ failed: ${(error.cause as Error).message}`)
  })

  test.each<[string, (response: FetchedResponse) => Operation<unknown>]>([
    ['text', (response) => response.text()],
    ['a stream', (response) => collect(response.body)],
  ])('a connection that breaks while the body is read as %s is a FetchError', async (_, read) => {
    await leavingNothing(function* () {
      const { at } = yield* site()
      const response = yield* fetch(`${at}/half`)
      const outcome = yield* attempt(read(response))
      expect(outcome).toMatchObject({ status: 'failed', error: { name: 'FetchError', url: `${at}/half` } })
    })
  })

  test('a connection that breaks behind what was read is no error of who leaves it', async () => {
    await leavingNothing(function* () {
      const place = yield* site()
      yield* scope(function* () {
        const body = yield* (yield* fetch(`${place.at}/half`)).body
        expect(String(Buffer.from((yield* body.next()).value!))).toBe('half')
        yield* untilClosed(place)
        yield* sleep(5)
      })
    })
  })

  test('a signal that was given aborts it, with its reason', async () => {
    const reason = new Error('enough')
    await leavingNothing(function* () {
      const place = yield* site()
      for (const asRequest of [false, true]) {
        const controller = new AbortController()
        const { signal } = controller
        const url = `${place.at}/silent`
        const waiting = yield* spawn(
          attempt(asRequest ? fetch(new Request(url, { signal })) : fetch(url, { signal }))
        )
        yield* sleep(10)
        controller.abort(reason)
        expect(yield* waiting).toEqual({ status: 'failed', error: reason })
        yield* untilClosed(place)
      }
    })
  })

  test('an error of the host that has no cause is left as it is', async () => {
    await leavingNothing(function* () {
      const { at } = yield* site()
      const outcome = yield* attempt(fetch(at, { body: 'x' }))
      expect(outcome).toMatchObject({ status: 'failed', error: { name: 'TypeError' } })
      const response = yield* fetch(`${at}/missing`)
      expect(yield* attempt(response.json())).toMatchObject({ error: { name: 'SyntaxError' } })
    })
  })

  test.each(['/relative', '', null, undefined, 7, {}])('takes no %j', (input) => {
    expect(() => fetch(input as never)).toThrow(MisuseError)
  })

  test('cancelled at any wait, it leaves nothing', async () => {
    const places = await cancelEverywhere(function* () {
      const { at } = yield* site()
      const { answer } = yield* (yield* fetch(`${at}/json`)).json<{ answer: number }>()
      const { body } = yield* fetch(`${at}/json`)
      expect([answer, (yield* collect(body)).length]).toEqual([42, 1])
    })
    expect(places).toBeGreaterThan(5)
  })

  test('in a simulation it is answered as fetch', async () => {
    const program = operation('program', function* () {
      const response = yield* fetch('http://example.com/')
      return yield* response.json()
    })
    const simulation = simulate(program(), { answers: [['fetch', returns(new Response('{"answer":42}'))]] })
    expect(await simulation.settle()).toMatchObject({ status: 'done', value: { answer: 42 } })
  })
})
