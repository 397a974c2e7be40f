import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import {
  MisuseError,
  type Operation,
  type Stream,
  type Subscription,
  action,
  ensure,
  operation,
  scope,
} from 'coppice'

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
  #isOpen = false
  #tell = (): void => {}

  constructor(readable: Readable | null, name: string) {
    this.name = name
    this.#readable = readable
    const tell = () => this.#tell()
    // They stay: an error of a pipe that nobody reads must not end this process.
    readable?.on('readable', tell).on('end', tell).on('close', tell).on('error', tell)
  }

  [Symbol.iterator]() {
    return openOutput(this)[Symbol.iterator]()
  }

  text(): Operation<string> {
    return textOf(this)
  }

  bytes(): Operation<Buffer> {
    return bytesOf(this)
  }

  lines(): Stream<string> {
    return openLines(this)
  }

  /** Its one reader. Gives what ends the reading. */
  open(): () => void {
    if (this.#isOpen)
      throw new MisuseError(
        `${this.name} is being read already. It has one reader, who may share what he reads.`
      )
    this.#isOpen = true
    return () => (this.#isOpen = false)
  }

  /** What there is now, null if nothing has come yet, undefined after the end. */
  take(): Buffer | null | undefined {
    if (this.#readable === null) return undefined
    const chunk = this.#readable.read() as Buffer | null
    if (chunk !== null) return chunk
    if (this.#readable.errored) throw this.#readable.errored
    return this.#readable.readableEnded || this.#readable.destroyed ? undefined : null
  }

  /** Waits until something has changed. */
  news(): Operation<void> {
    return action(
      function output(this: ReadableOutput, resume: () => void) {
        this.#tell = resume
        return () => {}
      }.bind(this)
    )
  }
}

const openOutput = operation('output', function* (output: ReadableOutput) {
  yield* ensure(output.open())
  return { next: () => nextChunk(output) } satisfies Subscription<Buffer>
})

const nextChunk = operation('nextChunk', function* (output: ReadableOutput) {
  for (let chunk = output.take(); ; chunk = output.take()) {
    if (chunk === undefined) return { done: true, value: undefined } as const
    if (chunk !== null) return { done: false, value: chunk } as const
    yield* output.news()
  }
})

const openLines = operation('lines', function* (output: ReadableOutput) {
  const chunks = yield* output
  const decoder = new StringDecoder('utf8')
  const lines: string[] = []
  let rest = ''
  let ended = false
  const next = operation('nextLine', function* () {
    while (lines.length === 0 && !ended) {
      const { done, value } = yield* chunks.next()
      const text = rest + (done ? decoder.end() : decoder.write(value))
      lines.push(...text.split(/\r?\n/))
      // What stands behind the last end of a line is not complete yet.
      rest = lines.pop()!
      if (!done) continue
      ended = true
      if (rest !== '') lines.push(rest)
    }
    const line = lines.shift()
    return line === undefined
      ? ({ done: true, value: undefined } as const)
      : ({ done: false, value: line } as const)
  })
  return { next } satisfies Subscription<string>
})

const textOf = operation('text', function* (output: ReadableOutput) {
  return (yield* bytesOf(output)).toString('utf8')
})

const bytesOf = operation('bytes', function* (output: ReadableOutput) {
  const chunks: Buffer[] = []
  yield* scope(() => collectInto(chunks, output))
  return Buffer.concat(chunks)
})

const collectInto = operation('collect', function* (chunks: Buffer[], output: ReadableOutput) {
  const subscription = yield* output
  for (let next = yield* subscription.next(); !next.done; next = yield* subscription.next())
    chunks.push(next.value)
})
