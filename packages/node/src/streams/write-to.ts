/** Writes a whole stream into one of Node. */
import type { Writable } from 'node:stream'
import { type Operation, type Stream, forEach, operation, scope } from 'coppice'
import { checkWritable } from './checks.ts'
import { type UseWritableOptions, useWritable } from './use-writable.ts'

/**
 * Writes all items of a stream into a writable stream of Node, each when there is room for it, then ends that and waits until all has been
 * written and it is closed.
 *
 * **Cancelled:** the stream is left, the writable one destroyed, and both are closed.
 * **Throws:** what the stream throws, and the writable stream's own error; the other one is left or destroyed then. `PrematureCloseError` if
 * the writable stream was closed before all was written.
 *
 * @param options `keepOpen` neither ends nor destroys the writable stream, as befits `process.stdout`; then what it has buffered may be
 * written later
 *
 * @example
 * ```ts
 * import { PassThrough } from 'node:stream'
 *
 * await run(function* () {
 *   const target = new PassThrough()
 *   const reading = yield* spawn(collectText(fromReadable(target)))
 *   yield* writeTo(from(['some ', 'text']), target)
 *   console.assert((yield* reading) === 'some text')
 * })
 * ```
 */
export function writeTo<T>(
  stream: Stream<T>,
  writable: Writable,
  options: UseWritableOptions = {}
): Operation<void> {
  checkWritable(writable, 'writeTo')
  return scope(writingAll(stream, writable, options), { name: 'writeTo' })
}

const writingAll = operation(
  'writeTo',
  function* (stream: Stream<unknown>, writable: Writable, options: UseWritableOptions) {
    const { write, end } = yield* useWritable<unknown>(writable, options)
    yield* forEach(stream, write)
    if (!options.keepOpen) yield* end()
  }
)
