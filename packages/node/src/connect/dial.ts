/** One attempt: a connection to one address, by TCP or TLS. */
import net from 'node:net'
import tls from 'node:tls'
import { action, type Operation, operation, shield, until } from 'coppice'
import { closing } from './closing.ts'
import type { Target } from './target.ts'

/**
 * Opens a TCP connection to one address: what `connect` dials with by default. The open socket is the caller's to close.
 *
 * **Cancelled:** the socket is destroyed, and closed before the operation ends.
 * **Throws:** the socket's own error, with the code of the host: `ECONNREFUSED`, `ENETUNREACH`, …
 *
 * @example
 * ```ts
 * // Small messages are sent at once.
 * const dial = operation('dial', function* (target: Target) {
 *   const socket = yield* dialTcp(target)
 *   return socket.setNoDelay(true)
 * })
 * const connectNow = (host: string, port: number) => connect({ host, port, dial })
 * ```
 */
export const dialTcp: (target: Target) => Operation<net.Socket> = operation(
  'dialTcp',
  function* ({ address, port }: Target) {
    return yield* opened(net.connect({ host: address, port }), 'connect')
  }
)

/**
 * Opens a TLS connection to one address, handshake included; the certificate is checked against `target.host`.
 *
 * **Cancelled:** the socket is destroyed, and closed before the operation ends.
 * **Throws:** the socket's own error, of the connection or of the handshake.
 *
 * @param options as for `tls.connect`; `servername` is the host, unless that is an address
 *
 * @example
 * ```ts
 * const dial = (target: Target) => dialTls(target, { ALPNProtocols: ['h2'] })
 * const connectHttp2 = (host: string) => connect({ host, port: 443, dial })
 * ```
 */
export const dialTls: (target: Target, options?: tls.ConnectionOptions) => Operation<tls.TLSSocket> =
  operation('dialTls', function* (target: Target, options: tls.ConnectionOptions = {}) {
    const { host, address, port } = target
    const servername = net.isIP(host) === 0 ? { servername: host } : {}
    return yield* opened(tls.connect({ ...servername, ...options, host: address, port }), 'secureConnect')
  })

/** Waits until a socket is open, and closes it if it does not come to that. */
const opened = operation('opened', function* <S extends net.Socket>(socket: S, event: string) {
  const close = closing(socket)
  let isOpen = false
  try {
    yield* action(function opened(resume, fail) {
      // The second one stays, so that an error which nobody listens for, of a socket that lost for instance, does not end the process.
      socket.once(event, () => resume()).on('error', fail)
      return () => {}
    })
    isOpen = true
    return socket
  } finally {
    if (!isOpen) yield* shield(until(Promise.resolve(close())))
  }
})
