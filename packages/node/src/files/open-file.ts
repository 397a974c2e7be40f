/** Files as resources. */
import type { PathLike } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { inspect } from 'node:util'
import {
  type Mutex,
  MisuseError,
  type Operation,
  type Provide,
  type Stream,
  call,
  createMutex,
  operation,
  pipe,
  resource,
  scope,
  shield,
  until,
} from 'coppice'
import { collectText } from '../streams/collect-text.ts'
import { lines } from '../streams/lines.ts'
import { stream } from '../streams/stream.ts'
import { type ChunkOptions, openChunks } from './chunks.ts'

/**
 * A file that is open.
 *
 * **Cancelled:** what was handed to the host goes on to its end, and the file is closed after that.
 * **Throws:** the host's error, with its `code`.
 *
 * @example
 * ```ts
 * const firstLine = operation('firstLine', function* (path: string) {
 *   const file = yield* openFile(path)
 *   const [line = ''] = yield* collect(pipe(file.lines(), take(1)))
 *   return line
 * })
 * ```
 */
export class OpenFile {
  /** The host's own, for all that is not here: `yield* call(() => file.handle.sync())`. */
  readonly handle: FileHandle
  readonly #writing: Mutex = createMutex()

  /** @internal */
  constructor(handle: FileHandle) {
    this.handle = handle
  }

  /** Up to `length` bytes from `position` on: fewer at the end of the file, and none behind it. */
  read(position: number, length: number): Operation<Buffer> {
    for (const number of [position, length])
      if (!Number.isInteger(number) || number < 0)
        throw new MisuseError(
          `read takes a position and a length, whole numbers from 0 on; it was given ${number}.`
        )
    return readAt(this.handle, position, length)
  }

  /**
   * Writes all of it, behind what was written before; at the end of the file if it was opened with `'a'`. Tasks that write at the same time
   * have their turns.
   *
   * **Cancelled:** before its turn, nothing was written; from then on, all of it is.
   */
  write(data: string | Uint8Array): Operation<void> {
    return scope(() => write(this.handle, this.#writing, data))
  }

  /** What is in the file, from its beginning each time that it is opened, in chunks of 64 KiB. */
  chunks(options: ChunkOptions = {}): Stream<Buffer> {
    return stream(() => openChunks(this.handle, options))
  }

  /** The same, line by line, as UTF-8, without the ends of the lines. */
  lines(): Stream<string> {
    return pipe(this.chunks(), lines())
  }

  /** All of the file, as UTF-8. */
  text(): Operation<string> {
    return collectText(this.chunks())
  }
}

/**
 * Opens a file that is closed with the scope that asked for it, after all that was under way with it.
 *
 * **Cancelled:** the file is closed as soon as the host has opened it, and that is waited for.
 * **Throws:** the host's error, with its `code`: `ENOENT`, `EACCES`, … `MisuseError` for what is no path. What closing it throws, the scope throws.
 *
 * @param flags as for `open` of `node:fs`: `'r'` reads (the default), `'w'` writes anew, `'a'` writes at the end, `'wx'` only if there is none, …
 * @param mode its permissions, if it is made. Default: 0o666 without the umask
 *
 * @example
 * ```ts
 * import { tmpdir } from 'node:os'
 * import path from 'node:path'
 *
 * await run(function* () {
 *   const file = yield* openFile(path.join(tmpdir(), 'notes.txt'), 'w+')
 *   yield* file.write('one\n')
 *   yield* file.write('two\n')
 *   console.assert((yield* collect(file.lines())).join() === 'one,two')
 * })
 * ```
 */
export function openFile(path: PathLike, flags: string | number = 'r', mode?: number): Operation<OpenFile> {
  if (typeof path !== 'string' && !(path instanceof URL) && !Buffer.isBuffer(path))
    throw new MisuseError(
      `openFile takes a path, as 'notes.txt'; it was given ${inspect(path, { depth: 0 })}.`
    )
  return resource<OpenFile>(function openFile(provide) {
    return opened(path, flags, mode, provide)
  })
}

const opened = operation(
  'openFile',
  function* (path: PathLike, flags: string | number, mode: number | undefined, provide: Provide<OpenFile>) {
    // What the host is about to open would be nobody's if this were cut short.
    const handle = yield* shield(
      call({ name: 'openFile', args: [String(path), flags] }, () => open(path, flags, mode))
    )
    try {
      yield* provide(new OpenFile(handle))
    } finally {
      yield* shield(until(handle.close()))
    }
  }
)

const readAt = operation('read', function* (handle: FileHandle, position: number, length: number) {
  const buffer = Buffer.allocUnsafe(length)
  let count = 0
  while (count < length) {
    const { bytesRead } = yield* until(handle.read(buffer, count, length - count, position + count))
    if (bytesRead === 0) break
    count += bytesRead
  }
  return buffer.subarray(0, count)
})

const write = operation('write', function* (handle: FileHandle, writing: Mutex, data: string | Uint8Array) {
  yield* writing.use()
  yield* shield(until(handle.writeFile(data)))
})
