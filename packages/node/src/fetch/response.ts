/** The response of `fetch`, whose body is read once: in one piece, or as a stream. */
import { MisuseError, type Operation, type Stream, action, ensure, operation } from 'coppice'
import { PromisedSubscription } from '../streams/promised.ts'
import { stream } from '../streams/stream.ts'
import { clearError } from './fetch-error.ts'

/**
 * What a request was answered with. Its body is read when it is asked for, once: in one piece, or as a stream.
 *
 * **Cancelled:** reading that is cancelled stops for good, and the connection is closed.
 * **Throws:** reading throws `FetchError` if the connection breaks, and `MisuseError` the second time.
 *
 * @example
 * ```ts
 * const length = operation('length', function* (url: string) {
 *   const response = yield* fetch(url)
 *   let length = 0
 *   yield* forEach(response.body, (chunk) => void (length += chunk.length))
 *   return length
 * })
 * ```
 */
export class FetchedResponse {
  /** The host's own, for all that is not here. Its body is read by one of the two. */
  readonly response: Response
  readonly #url: string
  readonly #controller: AbortController

  /** @internal */
  constructor(response: Response, url: string, controller: AbortController) {
    this.response = response
    this.#url = url
    this.#controller = controller
  }

  /** Whether the status is one from 200 to 299. */
  get ok(): boolean {
    return this.response.ok
  }

  /** The status code, 200 for instance. */
  get status(): number {
    return this.response.status
  }

  /** What the server says of the status; empty over HTTP/2. */
  get statusText(): string {
    return this.response.statusText
  }

  /** The headers of the response. */
  get headers(): Headers {
    return this.response.headers
  }

  /** Where it has come from in the end, after redirections. */
  get url(): string {
    return this.response.url || this.#url
  }

  /** The body in the chunks in which it comes. To leave it closes the connection. */
  get body(): Stream<Uint8Array> {
    return stream(() => openBody(this))
  }

  /** The body as UTF-8. */
  text(): Operation<string> {
    return this.#read('text', (response) => response.text())
  }

  /** The body as JSON. **Throws:** also `SyntaxError` if it is none. */
  json<T = unknown>(): Operation<T> {
    return this.#read('json', (response) => response.json() as Promise<T>)
  }

  /** The body as bytes. */
  bytes(): Operation<Uint8Array> {
    return this.#read('bytes', async (response) => new Uint8Array(await response.arrayBuffer()))
  }

  /** Takes the body, once. */
  take(): Response {
    if (!this.response.bodyUsed && !this.response.body?.locked) return this.response
    throw new MisuseError(
      `The body of ${this.#url} was read before. It can be read once: keep what came of it.`
    )
  }

  /** What reading the body has thrown, in clear words. */
  errorOf(error: unknown): unknown {
    return clearError('Reading', this.#url, error)
  }

  #read<T>(name: string, read: (response: Response) => Promise<T>): Operation<T> {
    return reading(name, (resume, fail) => {
      read(this.take()).then(resume as (value: T) => void, (error) => fail(this.errorOf(error)))
      return () => this.#controller.abort()
    }) as Operation<T>
  }
}

/** In trees it has the name of what is read. */
function reading(name: string, executor: Parameters<typeof action<unknown>>[0]): Operation<unknown> {
  return action(Object.defineProperty(executor, 'name', { value: name }))
}

const openBody = operation('body', function* (response: FetchedResponse) {
  const { body } = response.take()
  const reader = body?.getReader()
  const subscription = new PromisedSubscription<Uint8Array>(async () => {
    if (reader === undefined) return { done: true, value: undefined }
    try {
      return (await reader.read()) as IteratorResult<Uint8Array, undefined>
    } catch (error) {
      throw response.errorOf(error)
    }
  })
  yield* ensure(async () => {
    // It may have broken behind what was read: nobody's failure who leaves it.
    if (!subscription.hasEnded) await reader?.cancel().catch(() => {})
    reader?.releaseLock()
  })
  return subscription
})
