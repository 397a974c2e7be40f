/** Streams as readable streams of Node. */
import { Readable } from 'node:stream'
import { MisuseError, type RunOptions, type Stream, type StreamIterator, toAsyncIterable } from 'coppice'

/** What `toReadable` takes. */
export interface ToReadableOptions extends RunOptions {
  /** Whether items are anything, and not only bytes and text. Default: false. */
  objectMode?: boolean | undefined
  /** How much is read ahead of the consumer: bytes, or items with `objectMode`. Default: 0, nothing. */
  highWaterMark?: number | undefined
}

/**
 * A stream as a readable stream of Node, for libraries that take one. It starts a tree of its own with the first read, and reads on only when
 * more is asked for.
 *
 * **Cancelled:** `destroy()` cancels the tree; `close` is emitted when that has closed.
 * **Throws:** what the stream throws is the error of the readable stream, and so is what its cleanup throws; `MisuseError` for items that it
 * can't carry.
 *
 * @param options those of `run`, `objectMode`, and `highWaterMark`
 *
 * @example
 * ```ts
 * import { pipeline } from 'node:stream/promises'
 * import { PassThrough } from 'node:stream'
 *
 * const target = new PassThrough()
 * await pipeline(toReadable(from(['some ', 'text'])), target)
 * console.assert(String(target.read()) === 'some text')
 * ```
 */
export function toReadable<T>(stream: Stream<T>, options: ToReadableOptions = {}): Readable {
  const { objectMode = false, highWaterMark = 0, ...rest } = options
  const iterator = toAsyncIterable(stream, { ...rest, name: rest.name ?? 'toReadable' })[
    Symbol.asyncIterator
  ]()
  let reading: Promise<void> | undefined
  return new Readable({
    objectMode,
    highWaterMark,
    read() {
      // Node asks once at a time: again when something was pushed.
      reading = pushNext(this, iterator)
      reading.catch((error) => this.destroy(error))
    },
    destroy(error, callback) {
      // What the cleanup throws comes to whoever waits for an item then, or else to who leaves.
      Promise.allSettled([iterator.return(), reading]).then((results) => {
        const failed = results.find(({ status }) => status === 'rejected') as
          PromiseRejectedResult | undefined
        callback(error ?? failed?.reason)
      })
    },
  })
}

async function pushNext(readable: Readable, iterator: StreamIterator<unknown>): Promise<void> {
  const result = await iterator.next()
  if (!readable.destroyed) readable.push(result.done === true ? null : checkItem(readable, result.value))
}

/** What Node takes for the end, or can't carry, is an error of ours: it says what to write. */
function checkItem(readable: Readable, item: unknown): unknown {
  const isBytes = typeof item === 'string' || item instanceof Uint8Array
  if (readable.readableObjectMode ? item !== null && item !== undefined : isBytes) return item
  throw new MisuseError(
    readable.readableObjectMode
      ? 'A readable stream of Node can carry neither null nor undefined: filter them out first.'
      : `A readable stream of Node carries bytes and text, and was given something else; write toReadable(stream, { objectMode: true }).`
  )
}
