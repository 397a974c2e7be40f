import type net from 'node:net'
import type tls from 'node:tls'
import { type Target, connect, connectTls, dialTcp } from '@coppice/node'
import { type Operation, operation } from 'coppice'
import { describe, expect, test } from 'tstyche'

const at = { host: 'example.com', port: 443 }

describe('connect', () => {
  test('gives a net.Socket', () => {
    expect(connect(at)).type.toBe<Operation<net.Socket>>()
  })

  test('gives what its dial gives', () => {
    const greeted = operation(function* (target: Target) {
      const socket = yield* dialTcp(target)
      return { hello: 'hello', destroy: () => void socket.destroy() }
    })
    expect(connect({ ...at, dial: greeted })).type.toBe<
      Operation<{ hello: string; destroy: () => undefined }>
    >()
  })

  test('infers the target of a dial that is written in place', () => {
    connect({
      ...at,
      dial: (target) => {
        expect(target).type.toBe<Target>()
        return dialTcp(target)
      },
    })
  })

  test('takes no dial whose value can not be closed', () => {
    const closeless = operation(function* (_target: Target): Generator<never, { send(): void }> {
      return { send() {} }
    })
    expect(connect).type.not.toBeCallableWith({ ...at, dial: closeless })
  })

  test('needs a host and a port that is a number', () => {
    expect(connect).type.not.toBeCallableWith({ port: 443 })
    expect(connect).type.not.toBeCallableWith({ host: 'example.com', port: '443' })
  })
})

test('connectTls gives a TLSSocket, and has a dial of its own', () => {
  expect(connectTls(at)).type.toBe<Operation<tls.TLSSocket>>()
  expect(connectTls).type.not.toBeCallableWith({ ...at, dial: dialTcp })
})
