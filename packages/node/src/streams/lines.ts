/** An operator that takes text apart into its lines. */
import { StringDecoder } from 'node:string_decoder'
import { type Operation, type Operator, type Stream, type Subscription, operation } from 'coppice'
import { checkpoint } from './checkpoint.ts'
import { ended, twoReaders } from './pulled.ts'
import { stream } from './stream.ts'

/**
 * An operator that gives text line by line, without the ends of the lines, `\n` or `\r\n`. Bytes are read as UTF-8, also where a chunk ends in
 * the middle of a character. What stands behind the last end of a line is a line, too, unless it is empty.
 *
 * **Cancelled:** a `next` that is cancelled loses no line.
 * **Throws:** what the stream throws, behind the lines that came before; what stands there of an incomplete line is given first.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const read = yield* collect(pipe(from(['one\nt', 'wo\r\nthree']), lines()))
 *   console.assert(read.join() === 'one,two,three')
 * })
 * ```
 */
export function lines(): Operator<Uint8Array | string, string> {
  return (chunks: Stream<Uint8Array | string>) => stream(() => openLines(chunks))
}

const openLines = operation('lines', function* (chunks: Stream<Uint8Array | string>) {
  return new Lines(yield* chunks)
})

class Lines implements Subscription<string> {
  readonly source: Subscription<Uint8Array | string>
  /** Its length behind `at` is what has come and was not given. */
  ready: string[] = []
  at = 0
  hasEnded = false
  /** A task waits for the source. */
  isRead = false
  failure: { readonly error: unknown } | undefined = undefined
  readonly #next: Operation<IteratorResult<string, void>>
  readonly #decoder = new StringDecoder('utf8')
  /** What stands behind the last end of a line is not complete yet; a \r there may be half of one. */
  #rest: string[] = []

  constructor(source: Subscription<Uint8Array | string>) {
    this.source = source
    this.#next = nextLine(this)
  }

  next(): Operation<IteratorResult<string, void>> {
    return this.#next
  }

  get isEmpty(): boolean {
    return this.at === this.ready.length
  }

  accept(chunk: Uint8Array | string): void {
    const text = typeof chunk === 'string' ? chunk : this.#decoder.write(Buffer.from(chunk))
    const [first, ...others] = text.split('\n')
    this.#rest.push(first!)
    this.ready = []
    this.at = 0
    // The rest is put together once, so that a long line costs what it is long, in however many chunks it comes.
    if (others.length === 0) return
    const last = others.pop()!
    this.ready = [this.#rest.join(''), ...others].map(withoutReturn)
    this.#rest = [last]
  }

  end(failure?: { readonly error: unknown }): void {
    this.hasEnded = true
    this.failure = failure
    const rest = this.#rest.join('') + this.#decoder.end()
    this.ready = rest === '' ? [] : [withoutReturn(rest)]
    this.at = 0
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

const nextLine = operation('nextLine', function* (lines: Lines) {
  for (;;) {
    while (lines.isEmpty && !lines.hasEnded) yield* fill(lines)
    // A line that was not handed over stays.
    yield* checkpoint
    if (!lines.isEmpty) return { done: false, value: lines.ready[lines.at++]! } as const
    // Somebody else may have had it, while others had their turn.
    if (!lines.hasEnded) continue
    if (lines.failure !== undefined) throw lines.failure.error
    return ended
  }
})

const fill = operation('fill', function* (lines: Lines) {
  if (lines.isRead) throw twoReaders()
  lines.isRead = true
  try {
    const result = yield* lines.source.next()
    if (result.done === true) lines.end()
    else lines.accept(result.value)
  } catch (error) {
    lines.end({ error })
  } finally {
    lines.isRead = false
  }
})
