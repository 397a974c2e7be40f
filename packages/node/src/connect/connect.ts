/** Connections to hosts with several addresses, as resources; and the checks of their options. */
import net from 'node:net'
import { inspect } from 'node:util'
import { MisuseError, type Operation, type Provide, operation, resource } from 'coppice'
import { checkDuration } from '../misuse.ts'
import { dialTcp } from './dial.ts'
import { lookup } from './lookup.ts'
import { type RaceSettings, firstSocket } from './race.ts'
import type { Closable, Family, Target } from './target.ts'

/** What `connect` takes: where to, and how eagerly. The defaults are those of RFC 8305. */
export interface ConnectOptions<S extends Closable = net.Socket> {
  /** A name, or an IP address, which is not looked up. */
  host: string
  /** A whole number up to 65535. */
  port: number
  /** Milliseconds from the start of one attempt to the start of the next. Default 250; less than 10 counts as 10. */
  attemptDelay?: number | undefined
  /** Milliseconds that a positive A answer waits for AAAA. Default 50. */
  resolutionDelay?: number | undefined
  /** How many attempts the first family has before the families alternate. Default 1. */
  firstFamilyCount?: number | undefined
  /** Gives the addresses of one family, best first. Default: the host's resolver. */
  resolve?: ((host: string, family: Family) => Operation<readonly string[]>) | undefined
  /** Gives an open socket; if it fails or is cancelled, it closes what it has opened. Default: `dialTcp`. */
  dial?: ((target: Target) => Operation<S>) | undefined
}

/**
 * Opens a connection to a host that may have several addresses, some of which may not work: Happy Eyeballs, RFC 8305. The addresses
 * are dialled one after the other, IPv6 and IPv4 in turn, each `attemptDelay` after the one before or as soon as that has
 * failed. The first socket to open wins. All other attempts and lookups have ended, and their sockets are closed, before it is
 * given.
 *
 * The socket is destroyed with the scope that asked for it. What becomes of an error on it is up to whoever reads it: a socket that nobody
 * listens to does not end the process.
 *
 * **Cancelled:** all attempts and lookups unwind; every socket that was opened is closed, once.
 * **Throws:** `ConnectError` with the errors of all attempts, if every address has failed, or of the lookups, if there was no address;
 * `MisuseError` for options that can't work.
 *
 * @param options times are milliseconds by the interpreter's clock, so that all of it can be simulated
 * @see https://www.rfc-editor.org/rfc/rfc8305
 *
 * @example
 * ```ts
 * import { once } from 'node:events'
 * import net from 'node:net'
 *
 * const server = net.createServer(socket => socket.end('hello')).listen(0, '127.0.0.1')
 * await once(server, 'listening')
 * const { port } = server.address() as net.AddressInfo
 *
 * const hello = await run(function* () {
 *   const socket = yield* timeout(5000, connect({ host: 'localhost', port }))
 *   const [data] = yield* until(once(socket, 'data'))
 *   return String(data)
 * })
 * console.assert(hello === 'hello')
 * server.close()
 * ```
 */
export function connect<S extends Closable = net.Socket>(options: ConnectOptions<S>): Operation<S> {
  const settings = settingsFrom(options)
  return resource<S>(function connect(provide) {
    return connected(settings, provide as Provide<Closable>)
  })
}

const connected = operation(
  'connected',
  function* (settings: RaceSettings<Closable>, provide: Provide<Closable>) {
    yield* provide(yield* firstSocket(settings))
  }
)

function settingsFrom<S extends Closable>(options: Partial<ConnectOptions<S>> = {}): RaceSettings<S> {
  const { host, port, attemptDelay = 250, resolutionDelay = 50, firstFamilyCount = 1 } = options
  const { resolve = lookup, dial = dialTcp as (target: Target) => Operation<never> } = options
  if (typeof host !== 'string' || host === '')
    throw new MisuseError(`connect: host is a name or an address; it was ${inspect(host)}.`)
  if (port === undefined || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new MisuseError(`connect: port is a whole number up to 65535; it was ${inspect(port)}.`)
  if (!(firstFamilyCount >= 1))
    throw new MisuseError(
      `connect: firstFamilyCount is a number from 1 on; it was ${inspect(firstFamilyCount)}.`
    )
  if (typeof resolve !== 'function' || typeof dial !== 'function') {
    throw new MisuseError(
      'connect: resolve and dial are functions that give operations, as resolve: function* (host, family) {…}.'
    )
  }
  return {
    host,
    port,
    literal: (net.isIP(host) || null) as Family | null,
    attemptDelay: checkDuration(attemptDelay, 'connect: attemptDelay'),
    resolutionDelay: checkDuration(resolutionDelay, 'connect: resolutionDelay'),
    firstFamilyCount,
    resolve,
    dial,
  }
}
