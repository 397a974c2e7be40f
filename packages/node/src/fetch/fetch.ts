/** Requests whose responses live as long as a scope. */
import { inspect } from 'node:util'
import { MisuseError, type Operation, type Provide, call, operation, resource } from 'coppice'
import { clearError } from './fetch-error.ts'
import { FetchedResponse } from './response.ts'

/**
 * Sends a request, and gives its response when the head of that has come. The response belongs to the scope that asked for it: what of its body was not
 * read by the end of that is not read any more, and its connection is closed; one that was read to its end may be used again by the host.
 *
 * In a simulation it is answered as `fetch`, with the URL and the options, by a `Response`.
 *
 * **Cancelled:** the request is aborted, also while the body is read; its connection is closed.
 * **Throws:** `FetchError` if there is no connection, or it breaks; a response with a status like 404 is no error. `MisuseError` for what is no
 * absolute URL. If a `signal` was given and is aborted, its reason.
 *
 * @param init as for the host's `fetch`. A stream is sent as `{ body: toReadableStream(stream), duplex: 'half' }`.
 *
 * @example
 * ```ts
 * import { once } from 'node:events'
 * import http from 'node:http'
 * import type { AddressInfo } from 'node:net'
 *
 * const server = http.createServer((_, response) => response.end('{"answer":42}')).listen(0, '127.0.0.1')
 * await once(server, 'listening')
 * const { port } = server.address() as AddressInfo
 *
 * await run(function* () {
 *   const response = yield* timeout(5000, fetch(`http://127.0.0.1:${port}/`))
 *   const { answer } = yield* response.json<{ answer: number }>()
 *   console.assert(response.ok && answer === 42)
 * })
 * server.closeAllConnections()
 * server.close()
 * ```
 */
export function fetch(input: string | URL | Request, init: RequestInit = {}): Operation<FetchedResponse> {
  const url = urlOf(input)
  return resource<FetchedResponse>(function fetch(provide) {
    return fetching({ input, url, init }, provide)
  })
}

interface Sent {
  readonly input: string | URL | Request
  readonly url: string
  readonly init: RequestInit
}

function urlOf(input: string | URL | Request): string {
  const url = typeof input === 'string' || input instanceof URL ? String(input) : input?.url
  if (typeof url === 'string' && URL.canParse(url)) return url
  throw new MisuseError(
    `fetch takes an absolute URL, as "https://example.com/", or a Request; it was given ${inspect(input, { depth: 0 })}.`
  )
}

const fetching = operation('fetch', function* (sent: Sent, provide: Provide<FetchedResponse>) {
  const controller = new AbortController()
  try {
    const response = yield* call({ name: 'fetch', args: [sent.url, sent.init] }, () => send(sent, controller))
    yield* provide(new FetchedResponse(response, sent.url, controller))
  } finally {
    // After the body was read to its end, this changes nothing.
    controller.abort()
  }
})

async function send({ input, url, init }: Sent, controller: AbortController): Promise<Response> {
  const others = [init.signal, input instanceof Request ? input.signal : undefined].filter(
    (signal) => !!signal
  )
  const signal = others.length === 0 ? controller.signal : AbortSignal.any([...others, controller.signal])
  try {
    return await globalThis.fetch(input, { ...init, signal })
  } catch (error) {
    throw clearError(init.method ?? (input instanceof Request ? input.method : 'GET'), url, error)
  }
}
