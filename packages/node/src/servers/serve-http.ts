/** Servers of HTTP as resources: how they come up, and how they go down. */
import {
  type Operation,
  type Provide,
  type Scope,
  type Task,
  cancel,
  cancelRequested,
  ensure,
  operation,
  resource,
  scope,
  select,
  shield,
  spawn,
  until,
} from 'coppice'
import { bound, broken } from './bind.ts'
import { type HttpHandler, type HttpSettings, type ServeHttpOptions, settingsFrom } from './http-options.ts'
import { type HttpServer, Service } from './service.ts'

/**
 * Serves HTTP as long as the scope that asked for it is open. Each request is a task below the server, which runs the handler; it sees the
 * context of the place where the server was started.
 *
 * - When the client goes away before it has its response, the handler is cancelled.
 * - When the handler has not returned within `timeout` milliseconds, it is cancelled, and the client gets 503.
 * - When `concurrency` handlers run, further requests wait for their turn, and those above `waiting` get 503 at once. The time that a
 *   request waits counts for its timeout.
 * - When the handler throws, the client gets 500, or a connection that is cut if it was answered in part, and `onError` gets the error. The
 *   server goes on.
 *
 * When its scope is torn down, a graceful cancellation is announced above, or `stop` is called, the server goes down: it accepts nothing
 * more, closes idle connections, tells handlers through `cancelRequested()`, and waits for them and for their responses, at
 * most `grace` milliseconds; then it cancels what is left. Who has not been answered gets 503. When that is done, every connection is closed.
 *
 * **Cancelled:** it goes down gracefully, and that is waited for. If that was announced before, the grace is over.
 * **Throws:** the host's error if it can't listen, `EADDRINUSE` for instance; `MisuseError` for options that can't work. What the cleanup of a
 * handler throws that is cancelled since the server goes down fails the scope.
 *
 * @param handler ends the response before it returns: a server that goes down has then nothing left to wait for
 * @param options where to listen, by default at any free port of all addresses; limits; what to do with errors
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const server = yield* serveHttp(function* (request, response) {
 *     yield* sleep(1)
 *     response.end(`You asked for ${request.url}.`)
 *   })
 *   const response = yield* fetch(`${server.url}/news`)
 *   console.assert((yield* response.text()) === 'You asked for /news.')
 * })
 * ```
 */
export function serveHttp(handler: HttpHandler, options: ServeHttpOptions = {}): Operation<HttpServer> {
  const settings = settingsFrom(handler, options)
  return resource<HttpServer>(function serveHttp(provide) {
    return serving(settings, provide)
  })
}

const serving = operation('serving', function* (settings: HttpSettings, provide: Provide<HttpServer>) {
  const service = new Service(settings)
  const requests = yield* spawn(owningRequests(service), { name: 'requests', background: true })
  const closing = yield* spawn(closingDown(service, requests), { name: 'closing', background: true })
  try {
    yield* bound(service.server, settings.binding)
    yield* provide(service)
  } finally {
    yield* shield(goDown(service, requests, closing))
  }
})

/** Owns the requests until it is told to finish. Then it waits for their responses, and for them, as every scope does (T3). */
const owningRequests = operation('requests', function* (service: Service) {
  yield* scope(function owning(scope: Scope) {
    service.scope = scope
    return untilIdle(service)
  })
})

const untilIdle = operation('untilIdle', function* (service: Service) {
  try {
    yield* cancelRequested()
    service.stopAccepting()
    yield* service.isIdle.wait()
  } finally {
    // Before the scope is torn down, since nothing can be spawned in it then.
    service.stopAccepting()
  }
})

/** Waits until the server is to go down, and then sees to it. */
const closingDown = operation('closing', function* (service: Service, requests: Task<unknown>) {
  yield* ensure(closingAll(service, requests))
  const first = yield* select({
    announced: cancelRequested(),
    asked: service.asked.wait(),
    broken: broken(service.server),
  })
  service.stopAccepting()
  if (first.key === 'announced') service.announced(first.value.reason)
  yield* cancel(requests, { reason: service.reason, grace: service.settings.grace })
})

const closingAll = operation('closingAll', function* (service: Service, requests: Task<unknown>) {
  service.stopAccepting()
  yield* cancel(requests, { reason: service.reason })
  yield* until(service.connections.destroy())
  service.hasClosed.set()
})

/** The scope is torn down. If it was announced, those who run have had their time. */
const goDown = operation(
  'goDown',
  function* (service: Service, requests: Task<unknown>, closing: Task<unknown>) {
    if (service.isAnnounced) yield* cancel(requests, { reason: service.reason })
    service.stop()
    yield* closing
  }
)
