/** Sends a `Response` of the web as the response of a server: its head as soon as it is there, and of its body no more than the client takes. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Operation, action, from, operation, scope, until } from 'coppice'

/** Sends a `Response`, and ends with it. */
export const sent = operation(
  'sendResponse',
  function* (response: Response, incoming: IncomingMessage, outgoing: ServerResponse) {
    writeHead(response, outgoing)
    const { body } = response
    if (body !== null && incoming.method === 'HEAD') yield* until(body.cancel())
    else if (body !== null) yield* scope(() => sendBody(body, outgoing))
    outgoing.end()
  }
)

function writeHead({ status, statusText, headers }: Response, outgoing: ServerResponse): void {
  for (const [name, value] of headers) if (name !== 'set-cookie') outgoing.setHeader(name, value)
  // The one header that must not be joined: RFC 9110, 5.3.
  const cookies = headers.getSetCookie()
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies)
  if (statusText === '') outgoing.writeHead(status)
  else outgoing.writeHead(status, statusText)
}

const sendBody = operation(
  'sendBody',
  function* (body: ReadableStream<Uint8Array>, outgoing: ServerResponse) {
    const chunks = yield* from<Uint8Array>(body)
    let next = yield* sendingHead(outgoing, chunks.next())
    for (; !next.done; next = yield* chunks.next()) if (!outgoing.write(next.value)) yield* drained(outgoing)
  }
)

/** What of the body is there at once goes out with the head; otherwise the head does not wait for it. */
const sendingHead = operation('sendingHead', function* <T>(outgoing: ServerResponse, first: Operation<T>) {
  const head = setImmediate(() => outgoing.flushHeaders())
  try {
    return yield* first
  } finally {
    clearImmediate(head)
  }
})

/** Waits until the client has taken what was written. If it goes, this is cancelled. */
const drained = (outgoing: ServerResponse): Operation<void> =>
  action(function drained(resume) {
    const listener = () => resume()
    outgoing.once('drain', listener)
    return () => void outgoing.off('drain', listener)
  })
