/** The stdin of a process. */
import type { Writable } from 'node:stream'
import { MisuseError, type Operation, action, operation } from 'coppice'

/** What a process reads. */
export interface Input {
  /**
   * Writes, and waits until the process has taken it, or the host for it.
   *
   * **Cancelled:** what was handed over is written all the same.
   * **Throws:** the error of the pipe: `EPIPE` when nobody reads any more.
   */
  write(chunk: string | Uint8Array): Operation<void>
  /** Says that nothing more comes, and waits until all has been written. Does nothing the second time. **Throws:** as `write`. */
  end(): Operation<void>
}

/** Makes an input of a stream of Node. Without one nothing can be written. */
export function inputOf(writable: Writable | null): Input {
  // An error comes to whoever writes; one that comes to nobody must not end this process.
  writable?.on('error', () => {})
  return {
    write: (chunk) => write(writable, chunk),
    end: () => end(writable),
  }
}

const write = operation('write', function* (writable: Writable | null, chunk: string | Uint8Array) {
  if (writable === null)
    throw new MisuseError("stdin is not a pipe. Leave out the option, or write stdin: 'pipe'.")
  yield* action(function write(resume, fail) {
    writable.write(chunk, (error) => (error ? fail(error) : resume()))
    return () => {}
  })
})

const end = operation('end', function* (writable: Writable | null) {
  if (writable === null || writable.writableEnded) return
  yield* action(function end(resume, fail) {
    writable.end((error?: Error | null) => (error ? fail(error) : resume()))
    return () => {}
  })
})
