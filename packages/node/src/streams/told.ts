/** Which errors of streams of Node have come to somebody. */
import type { NodeStream } from './closing-stream.ts'

/** Errors of streams that have come to somebody who reads or writes: they are his. */
const told = new WeakSet<object>()

/** Marks an error that is about to be thrown to somebody. */
export function toBeTold(error: Error): Error {
  told.add(error)
  return error
}

/** Throws the error of a stream if it has come to nobody: what was written is lost then, and somebody has to hear of it (E3). */
export function throwUntold({ errored }: NodeStream): void {
  if (errored && !told.has(errored) && !isEchoOfDestroying(errored)) throw errored
}

/** What the host says of writes that a stream still had in hand when it was destroyed. */
export function isEchoOfDestroying(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_STREAM_DESTROYED'
}
