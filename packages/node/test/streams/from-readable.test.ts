/** Readable streams of Node as streams (F1 to F6). */
import { Duplex, PassThrough, Readable } from 'node:stream'
import { PrematureCloseError, collectBytes, collectText, fromReadable, lines } from '@coppice/node'
import { expectLinear } from '../../../core/test/growth/expect-linear.ts'
import { runToEnd } from '../../../core/test/virtual.ts'
import {
  MisuseError,
  attempt,
  collect,
  createChannel,
  createEvent,
  from,
  moveOnAfter,
  pipe,
  run,
  scope,
  select,
  sleep,
  spawn,
  take,
} from 'coppice'
import { cancelEverywhere, leavingNothing } from '../leaving.ts'

const letters = () => Readable.from(['a', 'b', 'c', 'd'])

/** Says what was asked of it, and counts on. */
class Counting extends Readable {
  count = 0
  closedAt: number | undefined
  constructor(highWaterMark = 2) {
    super({ objectMode: true, highWaterMark })
  }
  override _read(): void {
    setImmediate(() => this.push(++this.count))
  }
  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    setTimeout(() => {
      this.closedAt = this.count
      callback(error)
    }, 5)
  }
}

/** No listener of ours, on whichever event. */
function expectNoListeners(stream: Readable): void {
  const names = stream.eventNames().filter((name) => !['prefinish', 'end'].includes(String(name)))
  expect(names).toEqual([])
}

describe('fromReadable', () => {
  test('gives all items, to the end, each time it is opened, if it makes its readable stream', async () => {
    const stream = fromReadable<string>(letters)
    const twice = await leavingNothing(function* () {
      return [yield* collect(stream), yield* collect(stream)]
    })
    expect(twice).toEqual([
      ['a', 'b', 'c', 'd'],
      ['a', 'b', 'c', 'd'],
    ])
  })

  test('gives bytes as they come, to the end, and then says that each time', async () => {
    const source = new PassThrough()
    await leavingNothing(function* () {
      const subscription = yield* fromReadable(source)
      source.write('some')
      expect(yield* subscription.next()).toEqual({ done: false, value: Buffer.from('some') })
      source.end('text')
      expect(yield* subscription.next()).toEqual({ done: false, value: Buffer.from('text') })
      expect(yield* subscription.next()).toEqual({ done: true, value: undefined })
      expect(yield* subscription.next()).toEqual({ done: true, value: undefined })
    })
    expect(source.closed).toBe(true)
  })

  test('the source waits for its consumer', async () => {
    const source = new Counting(3)
    await leavingNothing(function* () {
      const subscription = yield* fromReadable<number>(source)
      yield* subscription.next()
      // It fills its buffer, however long that takes on a busy machine, and then asks for no more.
      while (source.count < 4) yield* sleep(1)
      yield* sleep(20)
      expect(source.count).toBe(4)
    })
  })

  test.each<[string, (source: Counting) => Generator<any, unknown, any>]>([
    ['take', (source) => run1(collect(pipe(fromReadable(source), take(2))))],
    ['a scope that ends', (source) => run1(scope(() => fromReadable(source)))],
    ['a deadline', (source) => run1(moveOnAfter(10, collect(fromReadable(source))))],
    [
      'an error',
      (source) =>
        run1(
          attempt(
            scope(function* () {
              yield* fromReadable(source)
              throw new Error('of the consumer')
            })
          )
        ),
    ],
  ])('left by %s, it is destroyed and closed before the next statement runs (F2)', async (_, leave) => {
    const source = new Counting()
    await leavingNothing(function* () {
      yield* leave(source)
      expect(source.closedAt).toBeDefined()
      expect(source.closed).toBe(true)
      expectNoListeners(source)
    })
  })

  function* run1(operation: any): Generator<any, unknown, any> {
    return yield* operation
  }

  test('an error stands behind what came before it, and stays (F4)', async () => {
    const source = new PassThrough()
    const broken = new Error('broken')
    source.write('some')
    const outcomes = await leavingNothing(function* () {
      const subscription = yield* fromReadable(source)
      yield* sleep(1)
      source.destroy(broken)
      yield* sleep(1)
      return [
        yield* attempt(subscription.next()),
        yield* attempt(subscription.next()),
        yield* attempt(subscription.next()),
      ]
    })
    const failed = { status: 'failed', error: broken }
    expect(outcomes).toEqual([
      { status: 'done', value: { done: false, value: Buffer.from('some') } },
      failed,
      failed,
    ])
  })

  test('an error wakes the reader who waits for an item', async () => {
    const source = new PassThrough()
    const broken = new Error('broken')
    const outcome = await leavingNothing(function* () {
      const reading = yield* spawn(attempt(collect(fromReadable(source))))
      yield* sleep(1)
      source.destroy(broken)
      return yield* reading
    })
    expect(outcome).toEqual({ status: 'failed', error: broken })
  })

  test('one that is closed before its end says so', async () => {
    const source = new PassThrough()
    const outcome = await leavingNothing(function* () {
      const reading = yield* spawn(attempt(collect(fromReadable(source))))
      yield* sleep(1)
      source.destroy()
      return yield* reading
    })
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'COPPICE_PREMATURE_CLOSE' } })
    expect((outcome as { error: Error }).error).toBeInstanceOf(PrematureCloseError)
    expect(String((outcome as { error: Error }).error)).toBe(
      'PrematureCloseError: A readable stream was closed before its end'
    )
  })

  test('one that is closed, or has failed, before it is opened says so, too', async () => {
    const [closed, failed] = [new PassThrough(), new PassThrough()]
    const broken = new Error('broken')
    closed.destroy()
    failed.on('error', () => {}).destroy(broken)
    await run(function* () {
      const outcomes = [
        yield* attempt(collect(fromReadable(closed))),
        yield* attempt(collect(fromReadable(failed))),
      ]
      expect(outcomes).toEqual([
        { status: 'failed', error: expect.any(PrematureCloseError) },
        { status: 'failed', error: broken },
      ])
    })
  })

  test('an error of the closing itself is the error of the scope (E3)', async () => {
    const failing = new Readable({
      read() {},
      destroy: (_, callback) => void setTimeout(() => callback(new Error('of the closing')), 1),
    })
    const outcome = await run(attempt(scope(() => fromReadable(failing))))
    expect(outcome).toEqual({ status: 'failed', error: new Error('of the closing') })
  })

  test('a next that is cancelled, or loses, takes no item (F3)', async () => {
    const source = new PassThrough({ objectMode: true })
    const items = await leavingNothing(function* () {
      const subscription = yield* fromReadable<number>(source)
      yield* moveOnAfter(1, subscription.next())
      yield* select({ late: subscription.next(), now: sleep(0) })
      source.write(1)
      source.write(2)
      yield* sleep(1)
      // Both branches would have an item at once: only the first written one takes it.
      const first = yield* select({ item: subscription.next(), late: sleep(0) })
      return [first.value, yield* subscription.next()]
    })
    expect(items).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
    ])
  })

  test('no item is lost or comes twice, however often it is cancelled', async () => {
    const source = Readable.from(
      Array.from({ length: 40 }, (_, n) => n),
      { highWaterMark: 3 }
    )
    const seen: number[] = []
    await leavingNothing(function* () {
      const subscription = yield* fromReadable<number>(source)
      for (let turn = 0; ; turn++) {
        const first = yield* select({ item: subscription.next(), other: sleep(turn % 2) })
        if (first.key !== 'item') continue
        if (first.value.done) return
        seen.push(first.value.value)
      }
    })
    expect(seen).toEqual(Array.from({ length: 40 }, (_, n) => n))
  })

  test('with keepOpen it is left as it is, for who reads on', async () => {
    const source = letters()
    await leavingNothing(function* () {
      expect(yield* collect(pipe(fromReadable(source, { keepOpen: true }), take(1)))).toEqual(['a'])
      expect(source.destroyed).toBe(false)
      expectNoListeners(source)
      expect(yield* collect(fromReadable(source, { keepOpen: true }))).toEqual(['b', 'c', 'd'])
      expect(yield* collect(fromReadable(source, { keepOpen: true }))).toEqual([])
    })
  })

  test('of a duplex stream, the end leaves the other half to who writes', async () => {
    const duplex = new Duplex({ read() {}, write: (_chunk, _encoding, callback) => callback() })
    for (const chunk of ['a', 'b', null]) duplex.push(chunk)
    await leavingNothing(function* () {
      expect(yield* collectText(fromReadable(duplex))).toBe('ab')
      expect([duplex.readableEnded, duplex.destroyed, duplex.writable]).toEqual([true, false, true])
    })
    duplex.destroy()
  })

  test('one that does not say when it is closed is not waited for', async () => {
    const source = new Readable({
      emitClose: false,
      read() {},
      destroy: (error, callback) => void setTimeout(() => callback(error), 1),
    })
    await leavingNothing(() => scope(() => fromReadable(source)))
    expect(source.destroyed).toBe(true)
  })

  test('has one reader (F6)', async () => {
    const source = letters()
    await leavingNothing(function* () {
      const subscription = yield* fromReadable(source)
      expect(yield* attempt(collect(fromReadable(source)))).toEqual({
        status: 'failed',
        error: expect.any(MisuseError),
      })
      yield* sleep(5)
      while (!(yield* subscription.next()).done);
    })
    expect(await run(attempt(collect(fromReadable(source))))).toMatchObject({
      error: { message: expect.stringMatching(/read to its end before.*createReadStream/) },
    })
  })

  test('two tasks that read one subscription are told', async () => {
    const source = new PassThrough()
    const outcome = await leavingNothing(function* () {
      const subscription = yield* fromReadable(source)
      yield* spawn(subscription.next(), { background: true })
      yield* sleep(1)
      return yield* attempt(subscription.next())
    })
    expect(outcome).toMatchObject({ error: { message: expect.stringMatching(/Two tasks read one/) } })
  })

  test.each([null, undefined, 'file.txt', {}, [1]])('takes no %j', (value) => {
    expect(() => fromReadable(value as never)).toThrow(MisuseError)
  })

  test('cancelled at any wait, it leaves nothing', async () => {
    const places = await cancelEverywhere(function* () {
      yield* collect(pipe(fromReadable(new Counting()), take(3)))
    })
    expect(places).toBeGreaterThan(2)
  })
})

describe('text, bytes and lines', () => {
  test('give all of a stream', async () => {
    const chunks = from(['ä', Buffer.from([0xc3]), Buffer.from([0xa4])])
    expect(await run(collectText(chunks))).toBe('ää')
    expect(await run(collectBytes(from([Uint8Array.of(1), 'a'])))).toEqual(Buffer.from([1, 97]))
  })

  test.each([
    [[''], []],
    [['one\n'], ['one']],
    [['one\ntwo'], ['one', 'two']],
    [['\n\n'], ['', '']],
    [['one\r\ntwo\r\n'], ['one', 'two']],
    [
      ['one\r', '\ntwo'],
      ['one', 'two'],
    ],
    [['a\rb\n'], ['a\rb']],
    [
      ['o', 'ne', '\n', 't', 'wo'],
      ['one', 'two'],
    ],
    [[Buffer.from([0xc3]), Buffer.from([0xa4, 10])], ['ä']],
  ])('the lines of %j are %j', async (chunks, expected) => {
    expect(await run(collect(pipe(from<string | Uint8Array>(chunks), lines())))).toEqual(expected)
  })

  test('a long line costs what it is long, in however many chunks it comes', () => {
    expectLinear(10_000, (size, sim) => {
      const chunks = new Array<string>(size).fill('x'.repeat(1000))
      const [line] = runToEnd(collect(pipe(from(chunks), lines())), {}, sim)
      expect(line).toHaveLength(1000 * size)
    })
  })

  test('an error comes behind what came before it', async () => {
    const broken = new Error('broken')
    const chunks = from(
      (function* () {
        yield 'one\ntw'
        throw broken
      })()
    )
    const outcomes = await run(function* () {
      const subscription = yield* pipe(chunks, lines())
      const read = [yield* subscription.next(), yield* subscription.next()]
      return [...read, yield* attempt(subscription.next()), yield* attempt(subscription.next())]
    })
    const failed = { status: 'failed', error: broken }
    expect(outcomes).toEqual([{ done: false, value: 'one' }, { done: false, value: 'tw' }, failed, failed])
  })

  test('a line that comes in the very turn in which another branch wins is not lost (F3)', async () => {
    const [chunks, event] = [createChannel<string>({ capacity: 1 }), createEvent()]
    await run(function* () {
      const subscription = yield* pipe(chunks, lines())
      yield* spawn(function* () {
        yield* sleep(1)
        yield* chunks.send('one\n')
        event.set()
      })
      const first = yield* select({ line: subscription.next(), event: event.wait() })
      expect(first.key).toBe('event')
      expect(yield* subscription.next()).toEqual({ done: false, value: 'one' })
    })
  })

  test('no line is lost, however often another branch wins while others have their turn (S6)', async () => {
    const text = Array.from({ length: 20_000 }, (_, n) => n).join('\n')
    await run(function* () {
      const done = yield* spawn(function* () {})
      yield* done
      const subscription = yield* pipe(from([text]), lines())
      let others = 0
      for (let n = 0; n < 20_000;) {
        const first = yield* select({ line: subscription.next(), done })
        if (first.key === 'done') others++
        else expect(first.value).toEqual({ done: false, value: String(n++) })
      }
      expect(others).toBeGreaterThan(0)
    })
  })

  test('a second task that reads lines at the same time is told so, and the first goes on (F6)', async () => {
    const chunks = createChannel<string>({ capacity: 1 })
    await run(function* () {
      const subscription = yield* pipe(chunks, lines())
      const reading = yield* spawn(subscription.next())
      yield* sleep(1)
      expect(yield* attempt(subscription.next())).toMatchObject({ error: expect.any(MisuseError) })
      yield* chunks.send('one\n')
      expect(yield* reading).toEqual({ done: false, value: 'one' })
    })
  })

  test('no line is lost, however often next is cancelled', async () => {
    const source = Readable.from(['a\nb\n', 'c', '\nd\ne'])
    const seen: string[] = []
    await leavingNothing(function* () {
      const subscription = yield* pipe(fromReadable<string>(source), lines())
      for (;;) {
        const first = yield* select({ other: sleep(0), line: subscription.next() })
        if (first.key !== 'line') continue
        if (first.value.done) return
        seen.push(first.value.value)
      }
    })
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e'])
  })
})
