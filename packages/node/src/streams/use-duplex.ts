/** Duplex streams of Node as resources. */
import type { Duplex } from 'node:stream'
import { type Operation, type Provide, type Stream, operation, resource, shield } from 'coppice'
import { checkReadable, checkWritable } from './checks.ts'
import { closeStream } from './closing-stream.ts'
import { fromReadable } from './from-readable.ts'
import { type Writer, writerOf } from './use-writable.ts'
import { WriteLine } from './write-line.ts'

/** Both halves of a duplex stream. */
export interface DuplexEnds<R, W> extends Writer<W> {
  /** What comes in. To leave it leaves the duplex stream open; who opens it again reads on. */
  readonly incoming: Stream<R>
}

/**
 * A duplex stream of Node as a resource: a socket that `connect` has given, or one end of a pair. Its halves are independent: one can write on
 * after what comes in has ended. It is destroyed, and closed, with the scope that asked for it; so `end` it when all went well.
 *
 * **Cancelled:** the stream is destroyed.
 * **Throws:** `MisuseError` for what is no duplex stream. An error of the stream comes to whoever reads or writes, or else to the scope if something was
 * written.
 *
 * @example
 * ```ts
 * import { once } from 'node:events'
 * import net from 'node:net'
 *
 * const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
 * await once(server, 'listening')
 * const { port } = server.address() as net.AddressInfo
 *
 * await run(function* () {
 *   const { incoming, write, end } = yield* useDuplex(yield* connect({ host: '127.0.0.1', port }))
 *   yield* write('hello')
 *   yield* end()
 *   console.assert((yield* collectText(incoming)) === 'hello')
 * })
 * server.close()
 * ```
 */
export function useDuplex<R = Buffer, W = string | Uint8Array>(duplex: Duplex): Operation<DuplexEnds<R, W>> {
  checkReadable(checkWritable(duplex, 'useDuplex'), 'useDuplex')
  return resource<DuplexEnds<R, W>>(function useDuplex(provide) {
    return usingDuplex(duplex, provide as Provide<DuplexEnds<any, any>>)
  })
}

const usingDuplex = operation(
  'usingDuplex',
  function* (duplex: Duplex, provide: Provide<DuplexEnds<unknown, unknown>>) {
    const line = new WriteLine(duplex)
    try {
      yield* provide({ ...writerOf(line), incoming: fromReadable(duplex, { keepOpen: true }) })
    } finally {
      line.stopListening()
      yield* shield(closeStream(duplex))
      line.settle()
    }
  }
)
