/** `connect` with a handshake. */
import type tls from 'node:tls'
import type { Operation } from 'coppice'
import { type ConnectOptions, connect } from './connect.ts'
import { dialTls } from './dial.ts'

/** What `connectTls` takes: as `connect`, and what TLS needs. */
export interface ConnectTlsOptions extends Omit<ConnectOptions<tls.TLSSocket>, 'dial'> {
  /** As for `tls.connect`: certificates, `ALPNProtocols`, `servername` (by default the host), … */
  tls?: tls.ConnectionOptions | undefined
}

/**
 * Opens a TLS connection, as `connect` does: an attempt has won when its handshake is done, and one whose handshake fails or hangs gives
 * way to the next address.
 *
 * **Cancelled:** as `connect`.
 * **Throws:** as `connect`; a certificate that does not fit is the failure of an attempt.
 *
 * @param options as for `connect`, and `tls` for the handshake
 *
 * @example
 * ```ts no-run
 * await run(function* () {
 *   const socket = yield* connectTls({ host: 'example.com', port: 443 })
 *   console.log(socket.getPeerCertificate().subject.CN)
 * })
 * ```
 */
export function connectTls(options: ConnectTlsOptions): Operation<tls.TLSSocket> {
  const { tls: handshake, ...rest } = options ?? {}
  return connect({ ...rest, dial: (target) => dialTls(target, handshake) })
}
