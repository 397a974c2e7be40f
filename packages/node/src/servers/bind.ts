/** Where a server listens: options, their checks, and the waits for it. */
import type net from 'node:net'
import { inspect } from 'node:util'
import { MisuseError, type Operation, action } from 'coppice'

/** Where a server listens. */
export interface BindOptions {
  /** The port, from 0 to 65535. Default 0: any that is free. */
  port?: number | undefined
  /** The address to listen at, or a name for it. Default: all addresses of the host. */
  host?: string | undefined
  /** A Unix domain socket, or a named pipe on Windows, instead of a port. */
  path?: string | undefined
  /** How many connections the host keeps that have not been accepted. Default: that of Node, 511. */
  backlog?: number | undefined
  /** How many connections may be open at once. One more is closed as soon as it is accepted. Default `Infinity`. */
  maxConnections?: number | undefined
}

/** Checks where the options are written, and takes what concerns the binding out of them. */
export function checkBinding(options: BindOptions, by: string): BindOptions {
  if (typeof options !== 'object' || options === null)
    throw new MisuseError(
      `${by} takes its options in one object, { port: 8080 }; it was given ${inspect(options)}.`
    )
  const { port = 0, host, path, backlog, maxConnections = Infinity } = options
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new MisuseError(`${by}: port is a whole number from 0 to 65535; it was ${inspect(port)}.`)
  if (path !== undefined && (options.port !== undefined || host !== undefined))
    throw new MisuseError(`${by} listens at a path, or at a port of a host. Leave out one of the two.`)
  checkText(host, `${by}: host`, "'127.0.0.1'")
  checkText(path, `${by}: path`, "'/run/service.sock'")
  checkLimit(backlog ?? 1, 1, `${by}: backlog`)
  checkLimit(maxConnections, 1, `${by}: maxConnections`)
  return { port, maxConnections, ...(host && { host }), ...(path && { path }), ...(backlog && { backlog }) }
}

function checkText(text: string | undefined, of: string, example: string): void {
  if (text !== undefined && (typeof text !== 'string' || text === ''))
    throw new MisuseError(`${of} is a text like ${example}; it was ${inspect(text)}.`)
}

/** Checks a number of things that there may be: whole, or `Infinity`. */
export function checkLimit(limit: number, least: number, of: string): number {
  if (Number.isInteger(limit) ? limit >= least : limit === Infinity) return limit
  throw new MisuseError(`${of} is a whole number from ${least} on, or Infinity; it was ${inspect(limit)}.`)
}

/** Waits until a server listens. **Throws:** the host's error, `EADDRINUSE` for instance. */
export function bound(
  server: net.Server,
  { port, path, maxConnections, ...rest }: BindOptions
): Operation<void> {
  if (maxConnections !== Infinity) server.maxConnections = maxConnections!
  return action(function bound(resume, fail) {
    server.once('error', fail)
    server.listen(path === undefined ? { ...rest, port } : { ...rest, path }, () => {
      server.off('error', fail)
      resume()
    })
    // The name of the host may still be looked up; what then begins to listen is closed at once.
    return () => server.once('listening', () => server.close())
  })
}

/** Waits for ever, and throws if the server can't accept any more. */
export function broken(server: net.Server): Operation<never> {
  return action<never>(function broken(_resume, fail) {
    server.once('error', fail)
    return () => server.off('error', fail)
  })
}

/** The host and the port in a URL at which a server can be reached from this machine. */
export function hostOf(address: net.AddressInfo): string {
  const isAny = address.address === '::' || address.address === '0.0.0.0'
  const host = isAny ? 'localhost' : address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `${host}:${address.port}`
}

/** The port of an address; 0 for a path. */
export function portOf(address: net.AddressInfo | string): number {
  return typeof address === 'string' ? 0 : address.port
}
