/** The output of a process without a process: the stream behind it does what it is told. */
import { PassThrough, Readable } from 'node:stream'
import { attempt, createEvent, moveOnAfter, run, select, sleep, spawn } from 'coppice'
import { type Output, outputOf } from '../../src/processes/output.ts'

function* linesOf(output: Output) {
  const subscription = yield* output.lines()
  const lines: string[] = []
  for (let next = yield* subscription.next(); !next.done; next = yield* subscription.next())
    lines.push(next.value)
  return lines
}

test.each([
  ['', []],
  ['one\n', ['one']],
  ['one\ntwo', ['one', 'two']],
  ['\n\n', ['', '']],
])('the lines of %j are %j', async (text, lines) => {
  const stream = new PassThrough()
  stream.end(text)
  expect(await run(linesOf(outputOf(stream, 'stdout')))).toEqual(lines)
})

test('what comes before an error is read, then the error is thrown, each time', async () => {
  const stream = new PassThrough()
  const broken = new Error('broken pipe')
  const output = outputOf(stream, 'stdout')
  stream.write('some')
  const outcomes = await run(function* () {
    const subscription = yield* output
    const first = yield* subscription.next()
    stream.destroy(broken)
    return [first, yield* attempt(subscription.next()), yield* attempt(subscription.next())]
  })
  const failed = { status: 'failed', error: broken }
  expect(outcomes).toEqual([{ done: false, value: Buffer.from('some') }, failed, failed])
})

test('a stream that is destroyed without an error has come to its end', async () => {
  const stream = new PassThrough()
  const reading = run(outputOf(stream, 'stdout').text())
  stream.destroy()
  expect(await reading).toBe('')
})

test('what comes in the very turn in which another branch wins is not lost (F3)', async () => {
  const stream = new Readable({ read() {} })
  const event = createEvent()
  await run(function* () {
    const subscription = yield* outputOf(stream, 'stdout')
    yield* spawn(function* () {
      yield* sleep(1)
      stream.push('some')
      stream.emit('readable')
      event.set()
    })
    const first = yield* select({ chunk: subscription.next(), event: event.wait() })
    const chunk = first.key === 'chunk' ? first.value : (yield* moveOnAfter(5, subscription.next())).status
    expect(chunk).toEqual({ done: false, value: Buffer.from('some') })
  })
})
