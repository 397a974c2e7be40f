import type { Readable } from 'node:stream'
import { MisuseError, type Operation, type Stream, ensure, operation, pipe } from 'coppice'
import { collectBytes, collectText } from '../streams/collect-text.ts'
import { lines } from '../streams/lines.ts'
import { PulledSubscription, ended } from '../streams/pulled.ts'

/**
 * What a process writes, as a stream of chunks of bytes. It is read when it is asked for, by one reader at a time: one that opens it after
 * another goes on where that has left off. A process whose output nobody reads waits, once the pipe is full.
 */
export interface Output extends Stream<Buffer> {
  /** All that comes from here on, as UTF-8. */
  text(): Operation<string>
  /** All that comes from here on. */
  bytes(): Operation<Buffer>
  /** Line by line, as UTF-8, without the ends of the lines. What has come of the next lines goes with its reader. */
  lines(): Stream<string>
}

/** Makes an output of a stream of Node. Without one there is nothing to read. */
export function outputOf(readable: Readable | null, name: string): Output {
  return new ReadableOutput(readable, name)
}

class ReadableOutput implements Output {
  readonly name: string
  readonly readable: Readable | null
  #reading: Reading | undefined = undefined

  constructor(readable: Readable | null, name: string) {
    this.name = name
    this.readable = readable
    const tell = () => this.#reading?.tell()
    // They stay: an error of a pipe that nobody reads must not end this process.
    readable?.on('readable', tell).on('end', tell).on('close', tell).on('error', tell)
  }

  [Symbol.iterator]() {
    return openOutput(this)[Symbol.iterator]()
  }

  text(): Operation<string> {
    return collectText(this)
  }

  bytes(): Operation<Buffer> {
    return collectBytes(this)
  }

  lines(): Stream<string> {
    return pipe(this, lines())
  }

  /** Its one reader, until he leaves. */
  open(): Reading {
    if (this.#reading !== undefined)
      throw new MisuseError(
        `${this.name} is being read already. It has one reader, who may share what he reads.`
      )
    return (this.#reading = new Reading(this.readable))
  }

  leave(): void {
    this.#reading = undefined
  }
}

const openOutput = operation('output', function* (output: ReadableOutput) {
  const reading = output.open()
  yield* ensure(() => output.leave())
  return reading
})

class Reading extends PulledSubscription<Buffer> {
  readonly #readable: Readable | null

  constructor(readable: Readable | null) {
    super()
    this.#readable = readable
  }

  protected override take(): IteratorResult<Buffer, void> | undefined {
    if (this.#readable === null) return ended
    const chunk = this.#readable.read() as Buffer | null
    if (chunk !== null) return { done: false, value: chunk }
    if (this.#readable.errored) throw this.#readable.errored
    // A process that is ended by force has closed its output, too: that is the end of it.
    return this.#readable.readableEnded || this.#readable.destroyed ? ended : undefined
  }
}
