/** Transform streams of Node as operators. */
import type { Duplex } from 'node:stream'
import {
  MisuseError,
  type Operator,
  type Provide,
  type Stream,
  type Subscription,
  attempt,
  ensure,
  forEach,
  operation,
  resource,
  spawn,
} from 'coppice'
import { closeStream } from './closing-stream.ts'
import { shown } from './checks.ts'
import { openReadable } from './from-readable.ts'
import { stream } from './stream.ts'
import { writerOf } from './use-writable.ts'
import { WriteLine } from './write-line.ts'

/**
 * An operator of a transform stream of Node: what comes from the stream is written into it, and what it makes of that goes on. It reads
 * ahead by as much as the transform stream holds.
 *
 * **Cancelled:** the stream is left, and the transform stream destroyed, before the next statement runs.
 * **Throws:** what the stream throws, behind all that came of the items before it, and the transform stream's own error.
 *
 * @param make gives a transform stream for each opening: `createGzip`, or `() => createGzip({ level: 9 })`
 *
 * @example
 * ```ts
 * import { createGunzip, createGzip } from 'node:zlib'
 *
 * await run(function* () {
 *   const there = pipe(from(['some ', 'text']), through(createGzip))
 *   const andBack = pipe(there, through(createGunzip))
 *   console.assert((yield* collectText(andBack)) === 'some text')
 * })
 * ```
 */
export function through<T = string | Uint8Array, U = Buffer>(make: () => Duplex): Operator<T, U> {
  if (typeof make !== 'function')
    throw new MisuseError(
      `through takes a function that makes a transform stream, through(createGzip) or through(() => createGzip(options)); it was given ${shown(make)}.`
    )
  return (source: Stream<T>) =>
    stream<U>(() =>
      resource<Subscription<U>>(function through(provide) {
        return transforming(source, make, provide as Provide<Subscription<any>>)
      })
    )
}

const transforming = operation(
  'through',
  function* (source: Stream<unknown>, make: () => Duplex, provide: Provide<Subscription<unknown>>) {
    const feed = new Feed(make())
    yield* ensure(() => closeStream(feed.transform))
    yield* ensure(() => feed.line.stopListening())
    const subscription = yield* openReadable<unknown>(feed.transform, true, () => feed.throwFailure())
    yield* spawn(feeding(source, feed), { background: true })
    yield* provide(subscription)
  }
)

/** What goes into a transform stream. */
class Feed {
  readonly transform: Duplex
  readonly line: WriteLine
  /** What the stream before has thrown. It comes behind all that the transform stream has made of what came before it (F4). */
  failure: { readonly error: unknown } | undefined = undefined

  constructor(transform: Duplex) {
    this.transform = transform
    this.line = new WriteLine(transform)
  }

  throwFailure(): void {
    if (this.failure !== undefined) throw this.failure.error
  }
}

const feeding = operation('feeding', function* (source: Stream<unknown>, feed: Feed) {
  const { write, end } = writerOf<unknown>(feed.line)
  try {
    yield* forEach(source, write)
  } catch (error) {
    feed.failure = { error }
  }
  // What goes wrong with the transform stream itself comes to its reader.
  yield* attempt(end())
})
