/** Writable streams of Node as resources. */
import type { Writable } from 'node:stream'
import { type Operation, type Provide, operation, resource, shield } from 'coppice'
import { checkWritable } from './checks.ts'
import { closeStream } from './closing-stream.ts'
import { WriteLine } from './write-line.ts'

/** Writes into a stream of Node, as fast as that takes it. */
export interface Writer<T> {
  /**
   * Waits until there is room, and hands the chunk over. Writers are served in the order in which they came.
   *
   * **Cancelled:** nothing was written. (What has been handed over is written, whatever comes after.)
   * **Throws:** the stream's own error; `PrematureCloseError` if it was closed; `MisuseError` after `end`, and for a chunk that it does not take.
   */
  write(chunk: T): Operation<void>
  /** Says that nothing more comes, and waits until all has been written. The second time it only waits. **Throws:** as `write`. */
  end(): Operation<void>
}

/** What `useWritable`, `writeTo` and `through` take for the writable end. */
export interface UseWritableOptions {
  /** Leaves the stream open, `process.stdout` for instance, when the scope closes. Default: false, it is destroyed, ended or not. */
  keepOpen?: boolean | undefined
}

/**
 * A writable stream of Node as a resource: writers wait while its buffer is full, until it says `drain`. It is destroyed, and closed, with
 * the scope that asked for it, and what it still holds by then is lost; so `end` it when all went well. (Of a duplex stream that was ended, the other half is left to its reader.)
 *
 * **Cancelled:** the stream is destroyed.
 * **Throws:** `MisuseError` for what is no writable stream. An error of the stream comes to whoever writes, or else to the scope.
 *
 * @example
 * ```ts
 * import { PassThrough } from 'node:stream'
 *
 * await run(function* () {
 *   const target = new PassThrough()
 *   const { write, end } = yield* useWritable(target)
 *   yield* write('some text')
 *   yield* end()
 *   console.assert(String(target.read()) === 'some text')
 * })
 * ```
 */
export function useWritable<T = string | Uint8Array>(
  writable: Writable,
  options: UseWritableOptions = {}
): Operation<Writer<T>> {
  checkWritable(writable, 'useWritable')
  const { keepOpen = false } = options
  return resource<Writer<T>>(function useWritable(provide) {
    return writing(writable, keepOpen, provide as Provide<Writer<unknown>>)
  })
}

const writing = operation(
  'writing',
  function* (writable: Writable, keepOpen: boolean, provide: Provide<Writer<unknown>>) {
    const line = new WriteLine(writable)
    try {
      yield* provide(writerOf(line))
    } finally {
      line.stopListening()
      // The other half of a duplex stream that was ended is its reader's.
      if (!keepOpen && !(writable.writableFinished && isReadable(writable)))
        yield* shield(closeStream(writable))
      line.settle()
    }
  }
)

function isReadable(writable: Writable): boolean {
  return (writable as Writable & { readable?: boolean }).readable === true
}

export function writerOf<T>(line: WriteLine): Writer<T> {
  return { write: (chunk) => line.write(chunk), end: () => line.end() }
}
