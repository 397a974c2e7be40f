/** Answers in the place of a handler. */
import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Answers with a status and its name. What was prepared and not sent is dropped, but for what was said of the connection. */
export function refuse(response: ServerResponse, status: number): void {
  const reason = STATUS_CODES[status]!
  for (const name of response.getHeaderNames()) if (name !== 'connection') response.removeHeader(name)
  const text = `${reason}\n`
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'content-length': text.length }
  response.writeHead(status, reason, { ...headers, ...retryAfter(status) })
  response.end(text)
}

/** The same on a connection that is to be upgraded, and is not. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  const reason = STATUS_CODES[status]!
  const headers = { connection: 'close', 'content-length': 0, ...retryAfter(status) }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n`)
}

/** In seconds: RFC 9110, 10.2.3. */
function retryAfter(status: number): Record<string, number> {
  return status === 503 ? { 'retry-after': 1 } : {}
}
