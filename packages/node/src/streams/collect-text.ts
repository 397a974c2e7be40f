/** All that a stream has to give, as text or bytes. */
import { type Operation, type Stream, collect, operation } from 'coppice'

/**
 * All that a stream of bytes or text has to give, as UTF-8.
 *
 * **Cancelled:** the stream is released.
 * **Throws:** what the stream throws.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   console.assert((yield* collectText(from(['some ', Buffer.from('text')]))) === 'some text')
 * })
 * ```
 */
export const collectText: (stream: Stream<Uint8Array | string>) => Operation<string> = operation(
  'collectText',
  function* (stream: Stream<Uint8Array | string>) {
    return (yield* collectBytes(stream)).toString('utf8')
  }
)

/**
 * All that a stream of bytes or text has to give, as one buffer.
 *
 * **Cancelled:** the stream is released.
 * **Throws:** what the stream throws.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   console.assert((yield* collectBytes(from([Uint8Array.of(1, 2), Uint8Array.of(3)]))).length === 3)
 * })
 * ```
 */
export const collectBytes: (stream: Stream<Uint8Array | string>) => Operation<Buffer> = operation(
  'collectBytes',
  function* (stream: Stream<Uint8Array | string>) {
    const chunks = yield* collect(stream)
    return Buffer.concat(chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)))
  }
)
