/** Makes a `Request` of the web of one that has come to a server. */
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'

/** Makes a `Request` of what has come; undefined if that can't be: it has a method, a target or a host that a URL can't hold. */
export function requestFrom(incoming: IncomingMessage, signal: AbortSignal): Request | undefined {
  try {
    const { method = 'GET' } = incoming
    const init = { method, headers: headersOf(incoming), signal }
    if (method === 'GET' || method === 'HEAD') return new Request(urlOf(incoming), init)
    return new Request(urlOf(incoming), { ...init, body: bodyOf(incoming), duplex: 'half' })
  } catch {
    return undefined
  }
}

/** The target is a path, or a whole URL if the client takes us for a proxy: RFC 9112, 3.2. */
function urlOf({ url = '/', headers, socket }: IncomingMessage): URL {
  if (!url.startsWith('/')) return new URL(url)
  const scheme = (socket as TLSSocket).encrypted === true ? 'https' : 'http'
  const base = new URL(`${scheme}://${headers.host ?? 'localhost'}`)
  if (base.pathname !== '/' || base.username !== '' || base.search !== '' || base.hash !== '')
    throw new TypeError('A host is a name and a port')
  // Not as a relative URL, since `//host` would be one.
  return new URL(base.origin + url)
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!)
  return headers
}

/** Reads on when it is asked for more. To leave it does not cut the connection: the response may still be sent. */
function bodyOf(incoming: IncomingMessage): ReadableStream {
  let chunks: AsyncIterator<Buffer> | undefined
  return new ReadableStream(
    {
      async pull(controller) {
        chunks ??= incoming.iterator({ destroyOnReturn: false })
        const { done, value } = await chunks.next()
        if (done === true) controller.close()
        else controller.enqueue(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
      },
      async cancel() {
        await chunks?.return?.()
      },
    },
    { highWaterMark: 0 }
  )
}

/** Reads on, for nobody: what stands on the connection behind a body that was left would never be seen. */
export function dropRest(incoming: IncomingMessage): void {
  if (incoming.listenerCount('readable') > 0) incoming.removeAllListeners('readable')
  incoming.resume()
}
