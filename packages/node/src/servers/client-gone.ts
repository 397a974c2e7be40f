/** How the client's going away shows in cancellations and errors. */
import type net from 'node:net'

/** Why a handler is cancelled whose client has closed the connection: found in `CancelledError.reason`. */
export const CLIENT_HAS_GONE = 'the client has gone'

/** What reading from, or writing to, a connection that was cut throws. */
const CODES: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
])

/** Whether an error says no more than that the client has gone. It may come to a handler just before the handler is cancelled. */
export function isOfTheConnection(error: unknown, socket: net.Socket): boolean {
  return socket.destroyed && CODES.has((error as { code?: unknown } | null | undefined)?.code)
}
