/** Real files in a temporary directory. */
import { execFileSync } from 'node:child_process'
import fs, {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import os, { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { type FileChange, type OpenFile, openFile, watchFiles } from '@coppice/node'
import {
  EventOverflowError,
  MisuseError,
  all,
  attempt,
  collect,
  moveOnAfter,
  pause,
  pipe,
  run,
  scope,
  sleep,
  spawn,
  take,
  takeWhile,
} from 'coppice'
import { cancelEverywhere, leavingNothing } from '../leaving.ts'

/** Other hosts have other insides. */
const testOnNode: typeof test | typeof test.skip = process.versions.bun === undefined ? test : test.skip

let directory: string
let notes: string
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'coppice-'))
  notes = path.join(directory, 'notes.txt')
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('openFile', () => {
  test('reads places, all text, and lines', async () => {
    writeFileSync(notes, 'one\ntwo\nthree')
    await leavingNothing(function* () {
      const file = yield* openFile(notes)
      expect(String(yield* file.read(4, 3))).toBe('two')
      expect(String(yield* file.read(8, 100))).toBe('three')
      expect(yield* file.read(100, 5)).toHaveLength(0)
      expect(yield* file.text()).toBe('one\ntwo\nthree')
      expect(yield* collect(file.lines())).toEqual(['one', 'two', 'three'])
      // Each opening begins anew.
      expect(yield* collect(pipe(file.lines(), take(1)))).toEqual(['one'])
    })
  })

  test('gives chunks of a size, from one place to another', async () => {
    writeFileSync(notes, '0123456789')
    await leavingNothing(function* () {
      const file = yield* openFile(new URL(`file://${notes}`))
      const texts = (chunks: Buffer[]) => chunks.map(String)
      expect(texts(yield* collect(file.chunks({ chunkSize: 4 })))).toEqual(['0123', '4567', '89'])
      expect(texts(yield* collect(file.chunks({ chunkSize: 4, start: 2, end: 8 })))).toEqual(['2345', '67'])
      expect(yield* collect(file.chunks({ start: 10 }))).toEqual([])
    })
  })

  test('two read at once, each from the beginning', async () => {
    writeFileSync(notes, 'x'.repeat(200_000))
    await leavingNothing(function* () {
      const file = yield* openFile(notes)
      const [a, b] = yield* all([file.text(), file.text()])
      expect([a.length, b.length]).toEqual([200_000, 200_000])
    })
  })

  test('writes behind what was written, whoever writes', async () => {
    await leavingNothing(function* () {
      const file = yield* openFile(notes, 'w+', 0o600)
      yield* all([file.write('one\n'), file.write(Buffer.from('two\n')), file.write('three\n')])
      expect(yield* collect(file.lines())).toEqual(['one', 'two', 'three'])
    })
    expect(statSync(notes).mode & 0o777).toBe(0o600)
    await leavingNothing(function* () {
      const file = yield* openFile(Buffer.from(notes), 'a')
      yield* file.write('four\n')
    })
    expect(readFileSync(notes, 'utf8')).toBe('one\ntwo\nthree\nfour\n')
  })

  test('a write that is cancelled is done before the next one begins, or was never begun (N4)', async () => {
    const big = 'x'.repeat(5_000_000)
    await leavingNothing(function* () {
      const file = yield* openFile(notes, 'w')
      const first = yield* spawn(attempt(file.write(big)))
      const second = yield* spawn(attempt(file.write('never')))
      const third = yield* spawn(file.write('next'))
      yield* pause()
      void second.cancel()
      void first.cancel()
      yield* third
    })
    expect(readFileSync(notes, 'utf8')).toBe(`${big}next`)
  })

  test('a stream that is left waits for what is being read (N1)', async () => {
    writeFileSync(notes, 'some text')
    let underWay = 0
    await leavingNothing(function* () {
      const file = yield* openFile(notes)
      jest.spyOn(file.handle, 'read').mockImplementation(async () => {
        underWay++
        await new Promise((resolve) => setTimeout(resolve, 10))
        underWay--
        return { bytesRead: 0, buffer: Buffer.alloc(0) }
      })
      const outcome = yield* moveOnAfter(2, collect(file.chunks()))
      expect([outcome.status, underWay]).toEqual(['cancelled', 0])
    })
  })

  test('is closed with its scope', async () => {
    writeFileSync(notes, '')
    const handles: number[] = []
    await leavingNothing(function* () {
      let file: OpenFile | undefined
      yield* scope(function* () {
        file = yield* openFile(notes)
        handles.push(file.handle.fd)
      })
      handles.push(file!.handle.fd)
      expect(yield* attempt(file!.text())).toMatchObject({ status: 'failed', error: { code: 'EBADF' } })
    })
    expect(handles[0]).toBeGreaterThan(2)
    expect(handles[1]).toBe(-1)
  })

  test('throws the error of the host', async () => {
    await leavingNothing(function* () {
      expect(yield* attempt(openFile(notes))).toMatchObject({ status: 'failed', error: { code: 'ENOENT' } })
      expect(yield* attempt(openFile(directory, 'w'))).toMatchObject({ error: { code: 'EISDIR' } })
      const file = yield* openFile(directory)
      const failed = { status: 'failed', error: { code: 'EISDIR' } }
      expect(yield* attempt(file.read(0, 1))).toMatchObject(failed)
      const chunks = yield* file.chunks()
      expect(yield* attempt(chunks.next())).toMatchObject(failed)
      expect(yield* attempt(chunks.next())).toMatchObject(failed)
    })
  })

  const onUnix = process.platform === 'win32' ? test.skip : test
  onUnix('reads what has no places from where it stands', async () => {
    const pipePath = path.join(directory, 'pipe')
    execFileSync('mkfifo', [pipePath])
    await leavingNothing(function* () {
      const [reader] = yield* all([
        openFile(pipePath, 'r'),
        scope(function* () {
          const writer = yield* openFile(pipePath, 'r+')
          yield* writer.write('one\ntwo\n')
          yield* sleep(5)
        }),
      ])
      expect(yield* collect(pipe(reader.lines(), take(2)))).toEqual(['one', 'two'])
    })
  })

  test('a next that is cancelled loses nothing (F3)', async () => {
    writeFileSync(notes, Array.from({ length: 200 }, (_, n) => `${n}\n`).join(''))
    const seen: string[] = []
    await leavingNothing(function* () {
      const file = yield* openFile(notes)
      const lines = yield* file.lines()
      for (let turn = 0; ; turn++) {
        const outcome = yield* moveOnAfter(turn % 3 === 0 ? 0 : 5, lines.next())
        if (outcome.status !== 'done') continue
        if (outcome.value.done) return
        seen.push(outcome.value.value)
      }
    })
    expect(seen).toEqual(Array.from({ length: 200 }, (_, n) => String(n)))
  })

  test.each([null, undefined, 7, {}])('takes no path like %j', (value) => {
    expect(() => openFile(value as never)).toThrow(MisuseError)
  })

  test('takes no place that there can not be', async () => {
    writeFileSync(notes, 'x')
    await run(function* () {
      const file = yield* openFile(notes)
      expect(() => file.read(-1, 1)).toThrow(MisuseError)
      expect(() => file.read(0, 0.5)).toThrow(MisuseError)
      for (const options of [{ chunkSize: 0 }, { start: -1 }, { start: 2, end: 1 }])
        expect(yield* attempt(collect(file.chunks(options)))).toMatchObject({
          error: expect.any(MisuseError),
        })
    })
  })

  test('cancelled at any wait, it leaves no file open', async () => {
    const places = await cancelEverywhere(function* () {
      const file = yield* openFile(notes, 'w+')
      yield* file.write('some text\n'.repeat(20_000))
      expect((yield* collect(file.lines())).length).toBe(20_000)
      expect(yield* file.read(5, 4)).toHaveLength(4)
    })
    expect(places).toBeGreaterThan(5)
  })
})

describe('watchFiles', () => {
  test('tells of what happens from when it is opened, and is closed when it is left', async () => {
    writeFileSync(notes, '')
    await leavingNothing(function* () {
      const changes = yield* spawn(collect(pipe(watchFiles(directory), untilNamed('end'))))
      yield* sleep(20)
      appendFileSync(notes, 'more')
      yield* sleep(20)
      writeFileSync(path.join(directory, 'end'), '')
      const told = yield* changes
      expect(told).toContainEqual({ type: 'change', name: 'notes.txt' })
    })
  })

  const untilNamed = (name: string) => takeWhile((change: FileChange) => change.name !== name)

  test('watches below, too, if it is told to', async () => {
    mkdirSync(path.join(directory, 'below'))
    await leavingNothing(function* () {
      const seen = yield* spawn(
        collect(pipe(watchFiles(directory, { recursive: true }), untilNamed(path.join('below', 'a'))))
      )
      yield* sleep(50)
      writeFileSync(path.join(directory, 'below', 'a'), '')
      yield* seen
    })
  })

  test('throws the error of the host', async () => {
    await leavingNothing(function* () {
      expect(yield* attempt(collect(watchFiles(notes)))).toMatchObject({ error: { code: 'ENOENT' } })
    })
  })

  testOnNode('throws what the host says later, and can be left then', async () => {
    const watched = jest.spyOn(fs, 'watch')
    await leavingNothing(function* () {
      const outcome = yield* attempt(
        scope(function* () {
          const changes = yield* watchFiles(directory)
          fail(watched.mock.results[0]!.value)
          yield* changes.next()
        })
      )
      expect(outcome).toMatchObject({ status: 'failed', error: { code: 'ENOSPC' } })
    })
    watched.mockRestore()
  })

  /** As the host does it, which has closed the watcher by then. */
  function fail(watcher: unknown): void {
    const { onchange } = (watcher as { _handle: { onchange(status: number): void } })._handle
    onchange(-os.constants.errno.ENOSPC)
  }

  test('says when its consumer is too slow, unless something may be lost', async () => {
    writeFileSync(notes, '')
    await leavingNothing(function* () {
      const failing = yield* watchFiles(directory, { capacity: 1 })
      const losing = yield* watchFiles(directory, { capacity: 1, overflow: 'drop-oldest' })
      for (let i = 0; i < 5; i++) {
        yield* sleep(20)
        appendFileSync(notes, 'more')
      }
      yield* sleep(50)
      yield* failing.next()
      expect(yield* attempt(failing.next())).toMatchObject({ error: expect.any(EventOverflowError) })
      expect((yield* losing.next()).value).toEqual({ type: 'change', name: 'notes.txt' })
    })
  })

  test('cancelled at any wait, it leaves no watcher', async () => {
    await cancelEverywhere(function* () {
      const first = yield* spawn(collect(pipe(watchFiles(directory), take(1))))
      yield* sleep(10)
      writeFileSync(notes, String(Math.random()))
      yield* first
    })
  })
})
