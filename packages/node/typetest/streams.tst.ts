import { EventEmitter } from 'node:events'
import net from 'node:net'
import { type Duplex, PassThrough, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import {
  type DuplexEnds,
  type FetchedResponse,
  type Writer,
  collectBytes,
  fetch,
  fromReadable,
  lines,
  on,
  once,
  collectText,
  through,
  toReadable,
  useDuplex,
  useWritable,
  writeTo,
} from '@coppice/node'
import { type Operation, type Stream, from, pipe } from 'coppice'
import { describe, expect, test } from 'tstyche'

const stream = new PassThrough()

describe('streams of Node', () => {
  test('are streams of bytes, unless it is said what they are of', () => {
    expect(fromReadable(stream)).type.toBe<Stream<Buffer>>()
    expect(fromReadable<number>(() => Readable.from([1]))).type.toBe<Stream<number>>()
    expect(fromReadable).type.not.toBeCallableWith('file.txt')
  })

  test('take bytes and text, unless it is said what they take', () => {
    expect(useWritable(stream)).type.toBe<Operation<Writer<string | Uint8Array>>>()
    expect(useWritable<number>(stream)).type.toBe<Operation<Writer<number>>>()
    expect(writeTo(from([1]), stream)).type.toBe<Operation<void>>()
    expect(useDuplex(new net.Socket())).type.toBe<Operation<DuplexEnds<Buffer, string | Uint8Array>>>()
    expect(useWritable).type.not.toBeCallableWith(new Readable())
  })

  test('go through pipe', () => {
    expect(pipe(fromReadable(stream), through(createGzip))).type.toBe<Stream<Buffer>>()
    expect(pipe(fromReadable(stream), lines())).type.toBe<Stream<string>>()
    expect(
      pipe(
        from([1]),
        through<number, string>(() => stream as Duplex)
      )
    ).type.toBe<Stream<string>>()
    expect(collectText(fromReadable(stream))).type.toBe<Operation<string>>()
    expect(collectBytes(from(['a']))).type.toBe<Operation<Buffer>>()
    expect(collectText).type.not.toBeCallableWith(from([1]))
    expect(toReadable(from([1]), { objectMode: true })).type.toBe<Readable>()
  })
})

describe('emitters', () => {
  const typed = new EventEmitter<{ login: [name: string, at: number]; close: [] }>()

  test('of known events give their arguments', () => {
    expect(once(typed, 'login')).type.toBe<Operation<[name: string, at: number]>>()
    expect(on(typed, 'login', { until: 'close' })).type.toBe<Stream<[name: string, at: number]>>()
    expect(once).type.not.toBeCallableWith(typed, 'logout')
    expect(on).type.not.toBeCallableWith(typed, 'login', { until: 'end' })
  })

  test('of any events give whatever comes', () => {
    expect(once(new EventEmitter(), 'some')).type.toBe<Operation<any[]>>()
    expect(on(new net.Socket(), 'data', { until: ['end', 'close'] })).type.toBe<Stream<any[]>>()
    expect(once).type.not.toBeCallableWith(new EventTarget(), 'some')
  })
})

describe('fetch', () => {
  test('gives a response, whose parts are operations', () => {
    expect(fetch('http://example.com')).type.toBe<Operation<FetchedResponse>>()
    const response = null as unknown as FetchedResponse
    expect(response.json()).type.toBe<Operation<unknown>>()
    expect(response.json<{ a: 1 }>()).type.toBe<Operation<{ a: 1 }>>()
    expect(response.body).type.toBe<Stream<Uint8Array>>()
    expect(fetch).type.not.toBeCallableWith(7)
  })
})
