/** Handlers in the style of `fetch`: requests and responses as they go over the wire. */
import { type FetchHandler, fetchHandler } from '@coppice/node'
import { MisuseError, createDeferred, createEvent, operation, sleep, suspend, until } from 'coppice'
import { Client, type Reported, ask, isNode, serving, wait } from './clients.ts'

const served = <T>(handler: FetchHandler, body: (port: number, reported: Reported[]) => any): Promise<T> =>
  serving(fetchHandler(handler), { grace: 1000 }, (server, reported) => body(server.port, reported))

describe('a handler', () => {
  test.each<[string, FetchHandler]>([
    [
      'an operation',
      function* (request) {
        yield* sleep(1)
        return new Response(`hello ${new URL(request.url).pathname}`)
      },
    ],
    ['a promise', async (request) => new Response(`hello ${new URL(request.url).pathname}`)],
    ['a response', (request) => new Response(`hello ${new URL(request.url).pathname}`)],
  ])('may give %s', (_, handler) =>
    served(handler, function* (port: number) {
      expect(yield* wait(ask(port, '/x?y'))).toMatchObject({ status: 200, body: 'hello /x' })
    })
  )

  test('sees the method, the URL and all headers of the request', () => {
    const seen = createDeferred<Request>()
    return served(
      (request) => {
        seen.resolve(request)
        return new Response()
      },
      function* (port: number) {
        yield* wait(
          ask(port, '//other/x?a=1', {
            method: 'DELETE',
            headers: { host: 'some.test:81', 'x-a': ['1', '2'] },
          })
        )
        const { method, url, headers } = yield* seen
        expect({ method, url, a: headers.get('x-a') }).toEqual({
          method: 'DELETE',
          url: 'http://some.test:81//other/x?a=1',
          a: '1, 2',
        })
      }
    )
  })

  test('answers with its status, its headers and several cookies', () =>
    served(
      () => {
        const response = new Response('made', { status: 201, statusText: 'Made', headers: { 'x-a': '1' } })
        response.headers.append('set-cookie', 'a=1')
        response.headers.append('set-cookie', 'b=2')
        return response
      },
      function* (port: number) {
        const { status, headers, body } = yield* wait(ask(port))
        expect({ status, body, a: headers['x-a'] }).toEqual({ status: 201, body: 'made', a: '1' })
        expect(headers['set-cookie']).toEqual(['a=1', 'b=2'])
      }
    ))

  test('answers without a body, and to HEAD without sending it', () => {
    let cancelled = 0
    const endless = () => new ReadableStream({ cancel: () => void cancelled++ })
    return served(
      ({ method }) => (method === 'HEAD' ? new Response(endless()) : new Response(null, { status: 204 })),
      function* (port: number) {
        expect(yield* wait(ask(port))).toMatchObject({ status: 204, body: '' })
        expect(yield* wait(ask(port, '/', { method: 'HEAD' }))).toMatchObject({ status: 200, body: '' })
        expect(cancelled).toBe(1)
      }
    )
  })

  test.each([
    ['TRACE / HTTP/1.1\r\nhost: test\r\n\r\n'],
    ['GET http://[ HTTP/1.1\r\nhost: test\r\n\r\n'],
    ['GET / HTTP/1.1\r\nhost: test/path\r\n\r\n'],
    ['GET / HTTP/1.1\r\nhost: user@test\r\n\r\n'],
  ])('does not see %j: that is answered 400', (text) =>
    served(
      () => new Response('seen'),
      function* (port: number, reported: Reported[]) {
        // Bun refuses that one itself.
        if (!isNode && text.startsWith('TRACE')) return
        const client = new Client(port).send(text)
        yield* wait(client.received('Bad Request'))
        expect(reported).toEqual([])
      }
    )
  )

  test.each<[string, FetchHandler]>([
    ['throws', () => Promise.reject(new Error('boom'))],
    [
      'throws in an operation',
      function* () {
        yield* sleep(1)
        throw new Error('boom')
      },
    ],
  ])('that %s is answered 500, and is reported', (_, handler) =>
    served(handler, function* (port: number, reported: Reported[]) {
      expect((yield* wait(ask(port))).status).toBe(500)
      expect(reported).toEqual([{ error: expect.objectContaining({ message: 'boom' }), url: '/' }])
    })
  )

  test('that gives something else is told so', () =>
    served(
      () => ({ status: 200 }) as never,
      function* (port: number, reported: Reported[]) {
        expect((yield* wait(ask(port))).status).toBe(500)
        expect(reported).toEqual([{ error: expect.any(MisuseError), url: '/' }])
        expect(reported[0]!.error.message).toMatch(/gives a Response; it gave \{ status: 200 \}/)
      }
    ))

  test('is a function', () => {
    expect(() => fetchHandler(new Response() as never)).toThrow(
      /fetchHandler takes a function, function\* \(request\)/
    )
  })
})

describe('the head of a response', () => {
  test('does not wait for a body that is not there yet', () =>
    served(
      () => new Response(new ReadableStream(), { headers: { 'x-a': 'here' } }),
      function* (port: number) {
        const client = new Client(port).ask('/')
        yield* wait(client.received('x-a: here'))
        client.reset()
      }
    ))
})

describe('the body of a request', () => {
  test('comes as it is sent', () =>
    served(
      function* (request) {
        return new Response(request.body, { headers: { 'x-method': request.method } })
      },
      function* (port: number) {
        const client = new Client(port).send(
          'POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n'
        )
        client.send('3\r\none\r\n')
        yield* wait(client.received('one'))
        client.send('3\r\ntwo\r\n0\r\n\r\n')
        yield* wait(client.received('two'))
        yield* wait(client.received('0\r\n\r\n'))
      }
    ))

  test('is read no further than it is asked for', () => {
    const size = 30_000_000
    const gate = createEvent()
    const reading = createEvent()
    return served(
      function* (request) {
        const reader = request.body!.getReader()
        const first = yield* until(reader.read())
        let length = first.value!.length
        reading.set()
        yield* gate.wait()
        for (;;) {
          const { done, value } = yield* until(reader.read())
          if (done) return new Response(String(length))
          length += value!.length
        }
      },
      function* (port: number) {
        const client = new Client(port).send(
          `POST / HTTP/1.1\r\nhost: test\r\ncontent-length: ${size}\r\n\r\n`
        )
        client.socket.write(Buffer.alloc(size))
        yield* reading.wait()
        let before = -1
        while (before !== (before = client.socket.bytesWritten - client.socket.writableLength))
          yield* sleep(50)
        expect(before).toBeLessThan(size)
        gate.set()
        yield* wait(client.received(String(size)))
      }
    )
  })

  test('that is left, or not read at all, does not cut the connection', () =>
    served(
      function* (request) {
        if (request.url.endsWith('/left')) {
          const reader = request.body!.getReader()
          yield* until(reader.read())
          if (!request.url.endsWith('/half/left')) yield* until(reader.cancel())
        }
        return new Response('enough')
      },
      function* (port: number) {
        for (const path of ['/left', '/half/left', '/unread']) {
          const client = new Client(port).send(
            `POST ${path} HTTP/1.1\r\nhost: test\r\ncontent-length: 200000\r\n\r\n${'x'.repeat(200_000)}`
          )
          yield* wait(client.received('enough'))
          client.text = ''
          yield* wait(client.ask('/again').received('enough'))
        }
      }
    ))

  test('whose client goes away fails for who reads it, and cancels the handler', () => {
    const outcome = createDeferred<string>()
    return served(
      async (request) => {
        const text = request.text()
        outcome.resolve(await text.catch((error) => `failed: ${error.code ?? error.name}`))
        return new Response('too late')
      },
      function* (port: number, reported: Reported[]) {
        const client = new Client(port).send('POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 6\r\n\r\n123')
        yield* sleep(20)
        client.reset()
        expect(yield* outcome).toMatch(/^failed: /)
        expect(reported).toEqual([])
      }
    )
  })
})

describe('the body of a response', () => {
  test('is read no further than the client takes', () => {
    let pulled = 0
    let cancelled: unknown = 'no'
    const body = () =>
      new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            pulled++
            controller.enqueue(new Uint8Array(100_000))
          },
          cancel: (reason) => void (cancelled = reason),
        },
        { highWaterMark: 0 }
      )
    return served(
      () => new Response(body()),
      function* (port: number, reported: Reported[]) {
        const client = new Client(port)
        client.socket.pause()
        client.ask('/')
        let before = -1
        while (pulled === 0 || before !== (before = pulled)) yield* sleep(50)
        // What the buffers of the host hold.
        expect(pulled).toBeLessThan(200)
        client.socket.resume()
        while (pulled === before) yield* sleep(1)
        client.reset()
        while (cancelled === 'no') yield* sleep(1)
        expect(reported).toEqual([])
      }
    )
  })

  test('that fails cuts the connection, and is reported', () => {
    const chunks = ['one', 'two']
    const body = () =>
      new ReadableStream({
        pull(controller) {
          if (chunks.length === 0) throw new Error('of the body')
          controller.enqueue(Buffer.from(chunks.shift()!))
        },
      })
    return served(
      () => new Response(body()),
      function* (port: number, reported: Reported[]) {
        const client = new Client(port).ask('/')
        yield* wait(client.closed)
        expect(client.text).not.toMatch(/0\r\n\r\n$/)
        expect(reported).toEqual([{ error: expect.objectContaining({ message: 'of the body' }), url: '/' }])
      }
    )
  })
})

describe('the signal of a request', () => {
  test('is aborted when the client goes away: for an operation, and for an async function', () => {
    const log: string[] = []
    const begun = createEvent()
    const aborted = createEvent()
    const listen = ({ signal }: Request) => {
      signal.addEventListener('abort', () => {
        log.push('aborted')
        aborted.set()
      })
      begun.set()
    }
    const handlers: FetchHandler[] = [
      operation(function* (request: Request) {
        listen(request)
        try {
          return yield* suspend()
        } finally {
          yield* sleep(1)
          log.push('cleaned up')
        }
      }) as FetchHandler,
      (request) => {
        listen(request)
        return new Promise<Response>(() => {})
      },
    ]
    return served(
      (request) => handlers[Number(new URL(request.url).pathname.slice(1))]!(request),
      function* (port: number, reported: Reported[]) {
        for (const path of ['/0', '/1']) {
          begun.reset()
          aborted.reset()
          const client = new Client(port).ask(path)
          yield* begun.wait()
          client.reset()
          yield* aborted.wait()
        }
        expect(log).toEqual(['cleaned up', 'aborted', 'aborted'])
        expect(reported).toEqual([])
      }
    )
  })

  test('is not aborted when the response was sent', () => {
    const seen: Request[] = []
    return served(
      (request) => {
        seen.push(request)
        return new Response('done')
      },
      function* (port: number) {
        const client = new Client(port).ask('/')
        yield* wait(client.received('done'))
        client.reset()
        yield* sleep(20)
        expect(seen[0]!.signal.aborted).toBe(false)
      }
    )
  })
})
