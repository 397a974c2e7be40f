/** Handlers in the style of `fetch`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { MisuseError, type Operation, operation, scope, until } from 'coppice'
import { isResultOperation, isThenable } from 'coppice/kernel'
import { dropRest, requestFrom } from './fetch-request.ts'
import { sent } from './fetch-response.ts'
import type { HttpHandler } from './http-options.ts'
import { refuse } from './refuse.ts'

/** Answers a `Request` with a `Response`, as an operation, a promise, or at once. */
export type FetchHandler = (request: Request) => Operation<Response> | PromiseLike<Response> | Response

/**
 * Makes a handler for `serveHttp` of one in the style of `fetch`. Both bodies are streams: of the request no more is read than the
 * handler asks for, and of the response's body no more than the client takes. A request that `Request` does not take is answered 400.
 *
 * **Cancelled:** `request.signal` is aborted, the body of the response is cancelled, and that is waited for.
 * **Throws:** what the handler throws, or the body of its response; `MisuseError` for something else than a `Response`.
 *
 * @param handler may be an `async` function, too; such a one hears of its cancellation only by `request.signal`
 *
 * @example
 * ```ts
 * const shout = fetchHandler(function* (request) {
 *   const text = yield* until(request.text())
 *   return new Response(text.toUpperCase())
 * })
 * await run(function* () {
 *   const { url } = yield* serveHttp(shout)
 *   const response = yield* fetch(url, { method: 'POST', body: 'hello' })
 *   console.assert((yield* response.text()) === 'HELLO')
 * })
 * ```
 */
export function fetchHandler(handler: FetchHandler): HttpHandler {
  if (typeof handler !== 'function')
    throw new MisuseError(
      `fetchHandler takes a function, function* (request) {…}; it was ${inspect(handler)}.`
    )
  return (request, response) => answering(handler, request, response)
}

const answering = operation(
  'fetchHandler',
  function* (handler: FetchHandler, incoming: IncomingMessage, outgoing: ServerResponse) {
    const controller = new AbortController()
    const request = requestFrom(incoming, controller.signal)
    if (request === undefined) return refuse(outgoing, 400)
    let isSent = false
    try {
      const response = yield* performed(handler, request)
      yield* sent(checked(response), incoming, outgoing)
      dropRest(incoming)
      isSent = true
    } finally {
      if (!isSent) controller.abort()
    }
  }
)

/** In a scope, since it may be a generator whose cleanup waits. */
const performed = operation('performed', function* (handler: FetchHandler, request: Request) {
  const result = handler(request)
  if (isResultOperation(result)) return yield* scope(result as Operation<Response>)
  return isThenable(result) ? yield* until(result) : result
})

function checked(response: unknown): Response {
  if (response instanceof Response) return response
  throw new MisuseError(`A handler in the style of fetch gives a Response; it gave ${inspect(response)}.`)
}
