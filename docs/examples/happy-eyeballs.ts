// Happy Eyeballs (RFC 8305, section 5). A host has several addresses, and some of them may not work. Dial the first
// one; whenever an attempt fails, or 250 ms have passed, dial the next one as well. The first connection wins.

import net from 'node:net'
import {
  action,
  any,
  moveOnAfter,
  operation,
  resource,
  self,
  until,
  type Operation,
  type Task,
} from 'coppice'

/** From the start of one attempt to the start of the next, in milliseconds: the "Connection Attempt Delay". */
export const attemptDelay = 250

export interface Address {
  readonly host: string
  readonly port: number
}

/** Opens a connection, which belongs to whoever asks for it. */
export type Dial<S> = (address: Address) => Operation<S>

/**
 * Gives the first connection that opens; it is closed with the scope that asked for it. All other attempts are
 * cancelled, and what they had opened is closed, before it is given.
 *
 * **Throws:** an `AggregateError` of what the attempts threw, in the order of the addresses, if all of them fail.
 */
export const connect = operation('connect', function* <S>(addresses: readonly Address[], dial: Dial<S>) {
  const attempts: Task[] = []
  function* attempt(address: Address, index: number) {
    attempts[index] = yield* self()
    // Every attempt before this one has a head start, which ends early if it fails.
    for (const earlier of attempts.slice(0, index)) yield* moveOnAfter(attemptDelay, earlier)
    return yield* dial(address)
  }
  return yield* any(addresses.map((address, index) => operation(nameOf(address), attempt)(address, index)))
})

/** Opens a TCP connection; it is closed with the scope that asked for it. */
export const dialTcp = ({ host, port }: Address): Operation<net.Socket> =>
  resource(function* socket(provide) {
    const socket = net.connect({ host, port })
    const closed = new Promise((resolve) => socket.once('close', resolve))
    try {
      yield* connected(socket)
      yield* provide(socket)
    } finally {
      socket.destroy()
      yield* until(closed)
    }
  })

const connected = (socket: net.Socket) =>
  action(function connected(resume, fail) {
    socket.once('connect', () => resume()).once('error', fail)
  })

export function nameOf({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
