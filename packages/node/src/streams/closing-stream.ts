/** The end of a stream of Node, until the host has let go of it. */
import type { Duplex, Readable, Writable } from 'node:stream'
import { type Operation, action, operation } from 'coppice'
import { isEchoOfDestroying } from './told.ts'

export type NodeStream = Readable | Writable | Duplex

/**
 * Destroys a stream of Node, and waits until the host has let go of what is behind it. What goes wrong only in that, the closing of a file for
 * instance, is thrown.
 */
export const closeStream: (stream: NodeStream) => Operation<void> = operation(
  'closeStream',
  function* (stream: NodeStream) {
    const { errored } = stream
    // Errors of what is being destroyed have no listener any more, and must not end this process.
    stream.on('error', ignore)
    stream.destroy()
    if (!stream.closed && saysThatItCloses(stream)) yield* closed(stream)
    stream.off('error', ignore)
    const failure = stream.errored
    if (failure && failure !== errored && !isEchoOfDestroying(failure)) throw failure
  }
)

const ignore = (): void => {}

const closed = (stream: NodeStream) =>
  action(function closed(resume) {
    const listener = () => resume()
    stream.once('close', listener)
    return () => stream.off('close', listener)
  })

/** A stream may have been made with `emitClose: false`; Node has this in no public field. */
function saysThatItCloses(stream: NodeStream): boolean {
  const { _readableState: readable, _writableState: writable } = stream as NodeStream &
    Record<'_readableState' | '_writableState', { emitClose?: boolean } | undefined>
  return (readable?.emitClose ?? true) && (writable?.emitClose ?? true)
}
