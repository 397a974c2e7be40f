/** The stdout and stderr of a process. */
import type { Readable } from 'node:stream'
import { MisuseError, type Operation, type Stream, type Subscription, ensure, operation, pipe } from 'coppice'
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
  readonly #readable: Readable | null
  #reader: PulledOutput | undefined = undefined

  constructor(readable: Readable | null, name: string) {
    this.name = name
    this.#readable = readable
    const tell = () => this.#reader?.tell()
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

  /** Its one reader, until it is left. */
  open(): PulledOutput {
    if (this.#reader !== undefined)
      throw new MisuseError(
        `${this.name} is being read already. It has one reader, who may share what he reads.`
      )
    return (this.#reader = new PulledOutput(this.#readable))
  }

  leave(): void {
    this.#reader = undefined
  }
}

class PulledOutput extends PulledSubscription<Buffer> {
  readonly #readable: Readable | null

  constructor(readable: Readable | null) {
    super()
    this.#readable = readable
  }

  protected override take(): IteratorResult<Buffer, void> | undefined {
    const readable = this.#readable
    if (readable === null) return ended
    const chunk = readable.read() as Buffer | null
    if (chunk !== null) return { done: false, value: chunk }
    if (readable.errored) throw readable.errored
    return readable.readableEnded || readable.destroyed ? ended : undefined
  }
}

const openOutput = operation('output', function* (output: ReadableOutput) {
  const reader = output.open()
  yield* ensure(() => output.leave())
  return reader as Subscription<Buffer>
})
