/** The content of an open file, piece by piece. */
import type { FileHandle } from 'node:fs/promises'
import { inspect } from 'node:util'
import { MisuseError, type Operation, type Subscription, ensure, operation, until } from 'coppice'
import { PromisedSubscription } from '../streams/promised.ts'

/** Which part of a file is read, and in what pieces. */
export interface ChunkOptions {
  /** Bytes that are read at once. Default: 65536. */
  chunkSize?: number | undefined
  /** The first byte that is read. Default: 0. */
  start?: number | undefined
  /** The byte before which it ends. Default: the end of the file. */
  end?: number | undefined
}

/** Reads a file from one place to another. */
export function openChunks(handle: FileHandle, options: ChunkOptions): Operation<Subscription<Buffer>> {
  const { chunkSize = 65_536, start = 0, end = Infinity } = options
  if (!(
    Number.isInteger(chunkSize) &&
    chunkSize > 0 &&
    Number.isInteger(start) &&
    start >= 0 &&
    end >= start
  ))
    throw new MisuseError(
      `chunks takes chunkSize from 1 on, and start and end, whole numbers of bytes; it was given ${inspect(options)}.`
    )
  return open(handle, chunkSize, start, end)
}

const open = operation(
  'chunks',
  function* (handle: FileHandle, chunkSize: number, start: number, end: number) {
    // What has no places, a pipe for instance, is read on from where it stands.
    const hasPlaces = (yield* until(handle.stat())).isFile()
    let position = start
    const chunks = new PromisedSubscription<Buffer>(async () => {
      const length = Math.min(chunkSize, end - position)
      if (length === 0) return { done: true, value: undefined }
      const buffer = Buffer.allocUnsafe(length)
      const { bytesRead } = await handle.read(buffer, 0, length, hasPlaces ? position : null)
      if (bytesRead === 0) return { done: true, value: undefined }
      position += bytesRead
      return { done: false, value: buffer.subarray(0, bytesRead) }
    })
    yield* ensure(() => chunks.idle)
    return chunks
  }
)
