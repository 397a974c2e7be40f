/** Readable streams of Node as streams. */
import type { Readable } from 'node:stream'
import { MisuseError, type Operation, type Stream, type Subscription, ensure, operation } from 'coppice'
import { checkReadable } from './checks.ts'
import { closeStream } from './closing-stream.ts'
import { PrematureCloseError } from './premature-close-error.ts'
import { PulledSubscription, ended } from './pulled.ts'
import { stream } from './stream.ts'
import { toBeTold } from './told.ts'

/** What `fromReadable` takes. */
export interface FromReadableOptions {
  /**
   * Leaves the readable stream open when it is left, for somebody who reads on; he then has to look after its errors, too. Default: false, it
   * is destroyed.
   */
  keepOpen?: boolean | undefined
}

/**
 * A readable stream of Node as a stream. It is read when an item is asked for, so that it waits for its consumer once its own buffer is full; of
 * bytes, an item is what is there. Who leaves it has destroyed it, and it is closed, before the next statement runs.
 *
 * **Cancelled:** a `next` that is cancelled has taken nothing; when the scope that opened the stream is torn down, the readable stream is
 * destroyed.
 * **Throws:** the readable stream's own error, behind what came before it; `PrematureCloseError` if it was closed before its end;
 * `MisuseError` for one that is being read, or was read to its end.
 *
 * @param readable one readable stream can be read once; a function makes one for each opening
 *
 * @example
 * ```ts
 * import { Readable } from 'node:stream'
 *
 * await run(function* () {
 *   const letters = fromReadable<string>(() => Readable.from(['a', 'b', 'c']))
 *   const first = yield* collect(pipe(letters, take(2))) // It is closed by now.
 *   console.assert(first.join() === 'a,b')
 * })
 * ```
 */
export function fromReadable<T = Buffer>(
  readable: Readable | (() => Readable),
  options: FromReadableOptions = {}
): Stream<T> {
  if (typeof readable !== 'function') checkReadable(readable, 'fromReadable')
  return stream(() => openReadable<T>(readable, options.keepOpen ?? false))
}

/** As the opening of `fromReadable`, with something that is called at the end, and may throw: then that stands there instead. */
export const openReadable = operation(
  'fromReadable',
  function* (source: Readable | (() => Readable), keepOpen: boolean, atEnd: () => void = nothing) {
    const readable = typeof source === 'function' ? checkReadable(source(), 'fromReadable') : source
    checkUnread(readable, keepOpen)
    const reading = new Reading<unknown>(readable, atEnd)
    yield* ensure(() => leave(reading, keepOpen))
    return reading
  }
) as <T>(
  readable: Readable | (() => Readable),
  keepOpen: boolean,
  atEnd?: () => void
) => Operation<Subscription<T>>

const nothing = (): void => {}

/** Those that are being read: from each, items go to one reader. */
const beingRead = new WeakSet<Readable>()

function checkUnread(readable: Readable, keepOpen: boolean): void {
  if (beingRead.has(readable))
    throw new MisuseError(
      'This readable stream is being read already. It has one reader, who may share what he reads: share(fromReadable(…)).'
    )
  if (readable.readableEnded && !keepOpen)
    throw new MisuseError(
      'This readable stream was read to its end before. For a stream that can be opened again, write fromReadable(() => createReadStream(…)).'
    )
}

class Reading<T> extends PulledSubscription<T> {
  readonly readable: Readable
  readonly #tell = (): void => this.tell()

  readonly #atEnd: () => void

  constructor(readable: Readable, atEnd: () => void) {
    super()
    this.readable = readable
    this.#atEnd = atEnd
    beingRead.add(readable)
    for (const event of NEWS) readable.on(event, this.#tell)
  }

  get hasEnded(): boolean {
    return this.readable.readableEnded
  }

  stopListening(): void {
    beingRead.delete(this.readable)
    for (const event of NEWS) this.readable.off(event, this.#tell)
  }

  protected override take(): IteratorResult<T, void> | undefined {
    const { readable } = this
    const chunk = readable.read() as T | null
    if (chunk !== null) return { done: false, value: chunk }
    if (readable.errored) throw toBeTold(readable.errored)
    if (readable.readableEnded) {
      this.#atEnd()
      return ended
    }
    if (readable.destroyed) throw new PrematureCloseError('A readable stream', 'its end')
    return undefined
  }
}

const NEWS = ['readable', 'end', 'error', 'close'] as const

const leave = operation('leave', function* (reading: Reading<unknown>, keepOpen: boolean) {
  const { readable } = reading
  reading.stopListening()
  // The other half of a duplex stream that has ended is its writer's.
  if (!keepOpen && !(reading.hasEnded && isWritable(readable))) yield* closeStream(readable)
})

function isWritable(readable: Readable): boolean {
  return (readable as Readable & { writable?: boolean }).writable === true
}
