/** How an open socket is closed, and when the host has let go of it. */
import net from 'node:net'
import type { Closable } from './target.ts'

/**
 * Gives what closes a socket that is open now: it destroys it, and resolves when the host has let go of it. That is when the event
 * comes; `socket.closed` says so before.
 */
export function closing(socket: Closable): () => Promise<void> | undefined {
  const closed =
    socket instanceof net.Socket && !socket.destroyed
      ? new Promise<void>((resolve) => socket.once('close', () => resolve()))
      : undefined
  return () => {
    socket.destroy()
    return closed
  }
}
