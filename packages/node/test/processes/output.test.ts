/** The output of a process without a process: the stream behind it does what it is told. */
import { PassThrough } from 'node:stream'
import { attempt, createEvent, pause, run, select, spawn } from 'coppice'
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

test('F3 what comes for a reader that loses a select is there for the next one', async () => {
  const stream = new PassThrough()
  const output = outputOf(stream, 'stdout')
  const read = await run(function* () {
    const subscription = yield* output.lines()
    const stop = createEvent()
    const first = yield* spawn(select({ line: subscription.next(), stop: stop.wait() }))
    for (let i = 0; i < 3; i++) yield* pause()
    stream.write('one\ntwo\n')
    // The host says so later; a program may hear of both at the same moment.
    stream.emit('readable')
    stop.set()
    return [(yield* first).key, yield* subscription.next(), yield* subscription.next()]
  })
  expect(read).toEqual(['stop', { done: false, value: 'one' }, { done: false, value: 'two' }])
})
