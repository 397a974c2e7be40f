import { MisuseError } from '../errors.ts'
import type { RunOptions } from '../operations/run.ts'
import type { Stream } from '../stream.ts'
import { toAsyncIterable } from './to-async-iterable.ts'

/** The `ReadableStream` of the host, if its types are there. */
export type HostReadableStream = typeof globalThis extends { ReadableStream: { prototype: infer R } }
  ? R
  : unknown

interface Controller {
  enqueue(chunk: unknown): void
  close(): void
}

type ReadableStreamConstructor = new (
  source: { pull(controller: Controller): Promise<void>; cancel(): Promise<void> },
  strategy: { highWaterMark: number }
) => HostReadableStream

/**
 * A stream as a `ReadableStream` of the host, for a `Response` for instance. It starts a tree of its own with the first read, and reads on
 * only when the next item is asked for.
 *
 * **Cancelled:** `cancel()` on what is returned cancels the tree, and resolves when it has closed.
 * **Throws:** what the stream throws is the error of the `ReadableStream`; `MisuseError` on a host that has none.
 *
 * @param options those of `run`
 *
 * @example
 * ```ts
 * const readable = toReadableStream(from(['a', 'b']))
 * const reader = readable.getReader()
 * console.assert((await reader.read()).value === 'a')
 * await reader.cancel()
 * ```
 */
export function toReadableStream<T>(stream: Stream<T>, options?: RunOptions): HostReadableStream {
  const { ReadableStream } = globalThis as unknown as { ReadableStream?: ReadableStreamConstructor }
  if (ReadableStream === undefined)
    throw new MisuseError(
      'toReadableStream needs a host that has ReadableStream. Write toAsyncIterable(stream).'
    )
  const iterator = toAsyncIterable(stream, options)[Symbol.asyncIterator]()
  return new ReadableStream(
    {
      async pull(controller) {
        const result = await iterator.next()
        if (result.done === true) controller.close()
        else controller.enqueue(result.value)
      },
      async cancel() {
        await iterator.return()
      },
    },
    // Nothing is read ahead of its consumer.
    { highWaterMark: 0 }
  )
}
