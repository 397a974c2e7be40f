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
    for (let next = yield* chunks.next(); !next.done; next = yield* chunks.next())
      if (!outgoing.write(next.value)) yield* drained(outgoing)
  }
)

/** Waits until the client has taken what was written. If it goes, this is cancelled. */
const drained = (outgoing: ServerResponse): Operation<void> =>
  action(function drained(resume) {
    const listener = () => resume()
    outgoing.once('drain', listener)
    return () => void outgoing.off('drain', listener)
  })
