import type http from 'node:http'
import type net from 'node:net'
import {
  type Connection,
  type HttpHandler,
  type HttpServer,
  type Listener,
  fetchHandler,
  listen,
  serveHttp,
} from '@coppice/node'
import { type Operation, type Stream, operation, sleep } from 'coppice'
import { describe, expect, test } from 'tstyche'

describe('serveHttp', () => {
  test('gives a server, and infers what its handlers take', () => {
    const server = serveHttp(
      function* (request, response) {
        expect(request).type.toBe<http.IncomingMessage>()
        expect(response).type.toBe<http.ServerResponse>()
        yield* sleep(1)
      },
      {
        *upgrade(request, socket, head) {
          expect(request).type.toBe<http.IncomingMessage>()
          expect(socket).type.toBe<net.Socket>()
          expect(head).type.toBe<Buffer>()
        },
        onError(error, request) {
          expect(error).type.toBe<unknown>()
          expect(request).type.toBe<http.IncomingMessage>()
        },
      }
    )
    expect(server).type.toBe<Operation<HttpServer>>()
  })

  test('takes declared operations, and such that take less', () => {
    expect(serveHttp).type.toBeCallableWith(operation(function* (_request: http.IncomingMessage) {}))
    expect(serveHttp).type.toBeCallableWith(operation('nothing', function* () {}))
  })

  test('takes no asynchronous handler, and no unknown option', () => {
    expect(serveHttp).type.not.toBeCallableWith(async () => {})
    expect(serveHttp).type.not.toBeCallableWith(function* () {}, { prot: 80 })
  })
})

describe('fetchHandler', () => {
  test('gives a handler of whatever gives a Response', () => {
    expect(fetchHandler(() => new Response())).type.toBe<HttpHandler>()
    expect(fetchHandler).type.toBeCallableWith(async (_request: Request) => new Response())
    expect(fetchHandler).type.toBeCallableWith(
      operation(function* (_request: Request) {
        yield* sleep(1)
        return new Response()
      })
    )
  })

  test('takes nothing that gives something else', () => {
    expect(fetchHandler).type.not.toBeCallableWith(() => 'text')
    expect(fetchHandler).type.not.toBeCallableWith(async () => ({ status: 200 }))
  })
})

test('listen gives a stream of connections, each of which gives a socket', () => {
  expect(listen()).type.toBe<Operation<Listener>>()
  expect<Listener>().type.toBeAssignableTo<Stream<Connection>>()
  expect<Connection>().type.toBe<Operation<net.Socket>>()
})
