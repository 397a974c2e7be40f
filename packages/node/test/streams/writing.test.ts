/** Writable and duplex streams of Node, transform streams, and readable streams made of ours. */
import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough, type Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import {
  PrematureCloseError,
  collectBytes,
  connect,
  fromReadable,
  collectText,
  through,
  toReadable,
  useDuplex,
  useWritable,
  writeTo,
} from '@coppice/node'
import {
  MisuseError,
  attempt,
  collect,
  ensure,
  from,
  moveOnAfter,
  operation,
  pipe,
  produce,
  scope,
  select,
  sleep,
  spawn,
  suspend,
  take,
} from 'coppice'
import { greeter } from '../connect/listeners.ts'
import { cancelEverywhere, leavingNothing } from '../leaving.ts'

/** Takes a chunk only when it is told to. */
class Slow extends Writable {
  readonly taken: unknown[] = []
  go: (error?: Error) => void = () => {}
  constructor(highWaterMark = 2) {
    super({ objectMode: true, highWaterMark })
  }
  override _write(chunk: unknown, _: string, callback: (error?: Error | null) => void): void {
    this.go = (error) => {
      if (error === undefined) this.taken.push(chunk)
      callback(error)
    }
  }
  override _final(callback: (error?: Error | null) => void): void {
    this.taken.push('final')
    callback()
  }
}

function expectNoListeners(stream: Writable): void {
  const ours = ['drain', 'error', 'close', 'readable'].filter((name) => stream.listenerCount(name) > 0)
  expect(ours).toEqual([])
}

describe('useWritable', () => {
  test('writes, and waits for drain when the buffer is full', async () => {
    const target = new Slow(2)
    await leavingNothing(function* () {
      const { write, end } = yield* useWritable<number>(target)
      yield* write(1)
      yield* write(2)
      expect((yield* moveOnAfter(5, write(3))).status).toBe('cancelled')
      const third = yield* spawn(write(33))
      const fourth = yield* spawn(write(4))
      yield* sleep(1)
      target.go()
      yield* sleep(1)
      expect([third.status, fourth.status]).toEqual(['running', 'running'])
      target.go()
      yield* third
      yield* fourth
      const ending = yield* spawn(end())
      yield* sleep(1)
      target.go()
      yield* sleep(1)
      expect(ending.status).toBe('running')
      target.go()
      yield* ending
    })
    // The one that was cancelled was never written, and nobody overtook.
    expect(target.taken).toEqual([1, 2, 33, 4, 'final'])
    expectNoListeners(target)
  })

  test('a write that loses a select has written nothing; one that wins has written at once', async () => {
    const target = new Slow(1)
    await leavingNothing(function* () {
      const { write } = yield* useWritable<string>(target)
      expect((yield* select({ write: write('a'), late: sleep(0) })).key).toBe('write')
      expect((yield* select({ write: write('b'), late: sleep(0) })).key).toBe('late')
      target.go()
      yield* sleep(1)
      expect(target.taken).toEqual(['a'])
      expect(target.writableLength).toBe(0)
    })
  })

  test('when the first in line is cancelled, the others have their turn', async () => {
    const target = new Slow(1)
    await leavingNothing(function* () {
      const { write, end } = yield* useWritable<string>(target)
      yield* write('a')
      const first = yield* spawn(write('b'), { background: true })
      const ending = yield* spawn(attempt(end()))
      yield* sleep(1)
      expect(target.writableEnded).toBe(false)
      void first.cancel()
      expect(target.writableEnded).toBe(true)
      target.go()
      yield* ending
    })
    expect(target.taken).toEqual(['a', 'final'])
  })

  test('what was not ended is destroyed with the scope, and closed before the next statement', async () => {
    const target = new Slow()
    await leavingNothing(function* () {
      yield* scope(function* () {
        const { write } = yield* useWritable<string>(target)
        yield* write('lost')
      })
      expect([target.destroyed, target.closed, target.taken]).toEqual([true, true, []])
    })
    expectNoListeners(target)
  })

  test('an error of the stream comes to whoever waits, and to whoever comes', async () => {
    const target = new Slow(1)
    const broken = new Error('broken')
    const outcomes = await leavingNothing(function* () {
      const { write, end } = yield* useWritable<string>(target)
      yield* write('a')
      const waiting = yield* spawn(attempt(write('b')))
      yield* sleep(1)
      target.go(broken)
      return [yield* waiting, yield* attempt(write('c')), yield* attempt(end())]
    })
    expect(outcomes).toEqual([1, 2, 3].map(() => ({ status: 'failed', error: broken })))
  })

  test('an error that nobody who writes has heard of is that of the scope (E3)', async () => {
    const broken = new Error('broken')
    const target = new Slow()
    const outcome = await leavingNothing(() =>
      attempt(
        scope(function* () {
          const { write } = yield* useWritable<string>(target)
          yield* write('a')
          target.go(broken)
          yield* sleep(1)
        })
      )
    )
    expect(outcome).toEqual({ status: 'failed', error: broken })
  })

  test('one that is closed by somebody else says so', async () => {
    const target = new Slow(1)
    const outcomes = await leavingNothing(function* () {
      const { write, end } = yield* useWritable<string>(target)
      yield* write('a')
      const waiting = yield* spawn(attempt(write('b')))
      yield* sleep(1)
      target.destroy()
      return [yield* waiting, yield* attempt(end())]
    })
    const error = expect.any(PrematureCloseError)
    expect(outcomes).toEqual([
      { status: 'failed', error },
      { status: 'failed', error },
    ])
    expect(String((outcomes[0] as { error: Error }).error)).toBe(
      'PrematureCloseError: A writable stream was closed before all was written'
    )
  })

  test('writing after the end, and what can not be written, is misuse', async () => {
    const target = new PassThrough()
    await leavingNothing(function* () {
      const { write, end } = yield* useWritable<unknown>(target)
      expect(yield* attempt(write(7))).toMatchObject({ error: expect.any(MisuseError) })
      yield* end()
      yield* end()
      expect(yield* attempt(write('x'))).toMatchObject({
        error: { message: expect.stringMatching(/was ended/) },
      })
    })
    expect(() => useWritable({} as never)).toThrow(MisuseError)
  })

  test('of an end that waits, those behind it in the line learn at once', async () => {
    const target = new Slow(1)
    await leavingNothing(function* () {
      const { write, end } = yield* useWritable<string>(target)
      yield* write('a')
      const ending = yield* spawn(end())
      const late = yield* spawn(attempt(write('b')))
      const again = yield* spawn(end())
      expect(yield* late).toMatchObject({ status: 'failed' })
      target.go()
      yield* ending
      yield* again
    })
  })

  test('of an end that has its turn, those behind it in the line learn at once', async () => {
    const target = new Slow(1)
    await leavingNothing(function* () {
      const { write, end } = yield* useWritable<string>(target)
      yield* write('a')
      const second = yield* spawn(write('b'))
      const ending = yield* spawn(end())
      const late = yield* spawn(attempt(write('c')))
      yield* sleep(1)
      expect(target.writableEnded).toBe(false)
      target.go()
      yield* second
      expect(yield* late).toMatchObject({ status: 'failed', error: expect.any(MisuseError) })
      expect(ending.status).toBe('running')
      target.go()
      yield* ending
    })
    expect(target.taken).toEqual(['a', 'b', 'final'])
  })

  test('what the host says of writes that were cut off is no error of the scope', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'coppice-')), 'a')
    await leavingNothing(function* () {
      yield* scope(function* () {
        const target = createWriteStream(file)
        const { write } = yield* useWritable(target)
        while (target.pending) yield* sleep(1)
        yield* sleep(1)
        // It is being written while the stream is destroyed.
        yield* write('a')
      })
    })
    rmSync(path.dirname(file), { recursive: true })
  })

  test('with keepOpen it is neither ended nor destroyed', async () => {
    const target = new PassThrough()
    await leavingNothing(function* () {
      yield* scope(function* () {
        const { write } = yield* useWritable(target, { keepOpen: true })
        yield* write('a')
      })
      expect([target.destroyed, target.writableEnded, String(target.read())]).toEqual([false, false, 'a'])
    })
    expectNoListeners(target)
  })

  test('cancelled at any wait, it leaves nothing', async () => {
    const places = await cancelEverywhere(function* () {
      const target = new PassThrough({ highWaterMark: 1 })
      const { write, end } = yield* useWritable(target)
      const reading = yield* spawn(collectText(fromReadable(target)))
      yield* write('some')
      yield* write('text')
      yield* end()
      expect(yield* reading).toBe('sometext')
    })
    expect(places).toBeGreaterThan(3)
  })
})

describe('writeTo', () => {
  let directory: string
  beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'coppice-'))))
  afterEach(() => rmSync(directory, { recursive: true }))

  test('copies a file, and has closed both when it is done', async () => {
    const [source, target] = [path.join(directory, 'a'), path.join(directory, 'b')]
    const content = 'some text\n'.repeat(50_000)
    writeFileSync(source, content)
    await leavingNothing(function* () {
      const writable = createWriteStream(target)
      yield* writeTo(
        fromReadable(() => createReadStream(source)),
        writable
      )
      expect(writable.closed).toBe(true)
      expect(readFileSync(target, 'utf8')).toBe(content)
    })
  })

  test('asks for the next item when there is room', async () => {
    const target = new Slow(2)
    let asked = 0
    const numbers = produce<number>(function* (emit) {
      for (;;) yield* emit(++asked)
    })
    await leavingNothing(() => moveOnAfter(10, writeTo(numbers, target)))
    expect(asked).toBe(3)
    expect(target.closed).toBe(true)
  })

  test('an error of the target leaves the source; an error of the source destroys the target', async () => {
    const log: string[] = []
    const source = produce<string>(function* (emit) {
      yield* ensure(() => void log.push('left'))
      for (;;) yield* emit('x')
    })
    const broken = new Error('broken')
    const failing = new Writable({ write: (_chunk, _encoding, callback) => callback(broken) })
    const target = new Slow()
    await leavingNothing(function* () {
      expect(yield* attempt(writeTo(source, failing))).toEqual({ status: 'failed', error: broken })
      expect([log, failing.closed]).toEqual([['left'], true])
      const failingSource = produce<string>(function* (emit) {
        yield* emit('x')
        throw broken
      })
      expect(yield* attempt(writeTo(failingSource, target))).toEqual({ status: 'failed', error: broken })
      expect([target.closed, target.taken]).toEqual([true, []])
    })
  })

  test('with keepOpen, several write one after the other', async () => {
    const target = new PassThrough()
    await leavingNothing(function* () {
      yield* writeTo(from(['a']), target, { keepOpen: true })
      yield* writeTo(from(['b']), target)
      expect(yield* collectText(fromReadable(target))).toBe('ab')
    })
  })

  test('cancelled at any wait, it leaves no file open', async () => {
    const source = path.join(directory, 'a')
    writeFileSync(source, 'x'.repeat(200_000))
    const places = await cancelEverywhere(function* () {
      const target = createWriteStream(path.join(directory, 'b'))
      yield* writeTo(
        fromReadable(() => createReadStream(source)),
        target
      )
      expect(readFileSync(target.path).length).toBe(200_000)
    })
    expect(places).toBeGreaterThan(5)
  })
})

describe('useDuplex', () => {
  /** Answers each connection with what comes in, in capitals. */
  const shouter = operation('shouter', function* () {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      const shout = new Transform({
        transform: (chunk, _, callback) => callback(null, String(chunk).toUpperCase()),
      })
      socket.on('error', () => {})
      socket.pipe(shout).pipe(socket)
    })
    yield* ensure(() => new Promise<void>((resolve) => server.close(() => resolve())))
    server.listen(0, '127.0.0.1')
    while (!server.listening) yield* sleep(1)
    return (server.address() as net.AddressInfo).port
  })

  test('a socket is written, ended and read', async () => {
    await leavingNothing(function* () {
      const port = yield* shouter()
      yield* scope(function* () {
        const socket = yield* connect({ host: '127.0.0.1', port })
        const { incoming, write, end } = yield* useDuplex(socket)
        yield* write('some ')
        expect(String((yield* collect(pipe(incoming, take(1))))[0])).toBe('SOME ')
        yield* write('text')
        yield* end()
        expect(yield* collectText(incoming)).toBe('TEXT')
      })
    })
  })

  test('a connection that breaks is the error of who reads', async () => {
    await leavingNothing(function* () {
      const { port, connections } = yield* greeter('127.0.0.1', 'hello')
      const { incoming } = yield* useDuplex(yield* connect({ host: '127.0.0.1', port }))
      const chunks = yield* incoming
      yield* chunks.next()
      for (const connection of connections) connection.resetAndDestroy()
      expect(yield* attempt(chunks.next())).toMatchObject({ status: 'failed', error: { code: 'ECONNRESET' } })
    })
  })

  test('cancelled at any wait, it leaves no socket', async () => {
    const places = await cancelEverywhere(function* () {
      const port = yield* shouter()
      yield* scope(function* () {
        const { incoming, write, end } = yield* useDuplex(yield* connect({ host: '127.0.0.1', port }))
        const writing = yield* spawn(function* () {
          yield* write('some text')
          yield* end()
        })
        expect(yield* collectText(incoming)).toBe('SOME TEXT')
        yield* writing
      })
    })
    expect(places).toBeGreaterThan(5)
  })
})

describe('through', () => {
  test('is an operator, each time with a transform stream of its own', async () => {
    const packed = pipe(from(['some ', 'text']), through(createGzip))
    const unpacked = pipe(packed, through(createGunzip))
    await leavingNothing(function* () {
      expect(yield* collectText(unpacked)).toBe('some text')
      expect(yield* collectText(unpacked)).toBe('some text')
      expect((yield* collectBytes(packed)).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]))
    })
  })

  test('an error of the stream comes behind all that came before it (F4)', async () => {
    const broken = new Error('broken')
    const source = produce<string>(function* (emit) {
      yield* emit('some text')
      throw broken
    })
    const outcomes = await leavingNothing(function* () {
      const subscription = yield* pipe(source, through(createGzip), through(createGunzip))
      return [yield* attempt(subscription.next()), yield* attempt(subscription.next())]
    })
    expect(outcomes).toEqual([
      { status: 'done', value: { done: false, value: Buffer.from('some text') } },
      { status: 'failed', error: broken },
    ])
  })

  test('an error of the transform stream is thrown, and leaves the stream', async () => {
    const log: string[] = []
    const source = produce<string>(function* (emit) {
      yield* ensure(() => void log.push('left'))
      for (;;) yield* emit('no gzip')
    })
    await leavingNothing(function* () {
      const outcome = yield* attempt(collect(pipe(source, through(createGunzip))))
      expect(outcome).toMatchObject({ status: 'failed', error: { code: 'Z_DATA_ERROR' } })
      expect(log).toEqual(['left'])
    })
  })

  test('left early, it has destroyed the transform stream, and left the stream (F2)', async () => {
    const log: string[] = []
    const source = produce<string>(function* (emit) {
      yield* ensure(() => void log.push('left'))
      for (;;) yield* emit('x')
    })
    const passing = new PassThrough()
    await leavingNothing(function* () {
      yield* collect(
        pipe(
          source,
          through(() => passing),
          take(1)
        )
      )
      expect([log, passing.closed]).toEqual([['left'], true])
    })
  })

  test('cancelled at any wait, it leaves nothing', async () => {
    const places = await cancelEverywhere(function* () {
      const there = pipe(from(['some ', 'text']), through(createGzip))
      expect(yield* collectText(pipe(there, through(createGunzip)))).toBe('some text')
    })
    expect(places).toBeGreaterThan(8)
  })

  test('takes a function', () => {
    expect(() => through(createGzip() as never)).toThrow(/through\(createGzip\)/)
  })
})

describe('toReadable', () => {
  const untilClosed = (readable: Readable) =>
    new Promise<void>((resolve) => readable.once('close', () => resolve()))

  test('gives all items, as bytes or as they are', async () => {
    expect(await pipelined(toReadable(from(['some ', Buffer.from('text')])))).toBe('some text')
    const items: unknown[] = []
    for await (const item of toReadable(from([1, { a: 1 }]), { objectMode: true })) items.push(item)
    expect(items).toEqual([1, { a: 1 }])
  })

  async function pipelined(readable: Readable): Promise<string> {
    const chunks: unknown[] = []
    const write = (chunk: unknown, _: string, callback: () => void) => {
      chunks.push(chunk)
      callback()
    }
    await pipeline(readable, new Writable({ write }))
    return chunks.join('')
  }

  test('reads nothing ahead, unless it is told to', async () => {
    let asked = 0
    const numbers = produce<number>(function* (emit) {
      for (;;) yield* emit(++asked)
    })
    const readable = toReadable(numbers, { objectMode: true })
    expect(asked).toBe(0)
    const iterator = readable[Symbol.asyncIterator]()
    expect((await iterator.next()).value).toBe(1)
    expect((await iterator.next()).value).toBe(2)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(asked).toBeLessThanOrEqual(3)
    const closed = untilClosed(readable)
    await iterator.return!()
    await closed
  })

  test('destroy cancels the tree, and close comes after its cleanup', async () => {
    const log: string[] = []
    const source = produce<string>(function* (emit) {
      yield* ensure(function* () {
        yield* sleep(5)
        log.push('left')
      })
      yield* emit('x')
      yield* suspend()
    })
    const readable = toReadable(source)
    await new Promise<void>((resolve) => readable.once('data', () => resolve()))
    const closed = untilClosed(readable)
    readable.destroy()
    await closed
    expect(log).toEqual(['left'])
  })

  test('an error of the stream, or of its cleanup, is its error', async () => {
    const broken = new Error('broken')
    const failing = produce<string>(function* (emit) {
      yield* emit('x')
      throw broken
    })
    await expect(pipelined(toReadable(failing))).rejects.toBe(broken)
    const failingCleanup = produce<string>(function* (emit) {
      yield* ensure(() => {
        throw broken
      })
      yield* emit('x')
      yield* suspend()
    })
    const readable = toReadable(failingCleanup)
    readable.resume()
    await new Promise((resolve) => setTimeout(resolve, 5))
    const failed = new Promise((resolve) => readable.once('error', resolve))
    readable.destroy()
    expect(await failed).toBe(broken)
  })

  test('a signal that cancels the tree ends it', async () => {
    const controller = new AbortController()
    const readable = toReadable(
      produce<string>(() => suspend()),
      { signal: controller.signal }
    )
    const closed = untilClosed(readable.resume())
    controller.abort()
    await closed
  })

  test.each([
    [[null], { objectMode: true }, /null nor undefined/],
    [[1], {}, /objectMode: true/],
  ])('items that it can not carry, %j, are misuse', async (items, options, message) => {
    await expect(pipelined(toReadable(from<unknown>(items), options))).rejects.toThrow(message)
  })
})
