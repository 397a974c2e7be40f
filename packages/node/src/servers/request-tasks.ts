/**
 * The tasks of requests. The handler runs in a scope inside of its task: what fails there, its cleanup included, is caught here and does not
 * come to the server, and that scope alone is cancelled when the client goes. A task that is cancelled itself is one of a server that goes
 * down; what its cleanup throws then is the server's, as ever (E3).
 */
import { type Operation, type Scope, type Semaphore, operation, scope, self, timeout } from 'coppice'
import type { Task } from 'coppice/kernel'
import type { Exchange } from './exchange.ts'
import type { Service } from './service.ts'
import type { Upgrade } from './upgrade.ts'

/** Lasts as long as the handler. The response may still be on its way then; a server that goes down waits for that, too. */
export const exchanging = operation('exchange', function* (service: Service, exchange: Exchange) {
  try {
    yield* scope((scope) => handling(service, exchange, scope))
    exchange.returned()
  } catch (error) {
    exchange.failed(error, (yield* self()) as Task)
  } finally {
    service.handlers--
    if (exchange.holdsPermit) service.permits!.release()
    exchange.refuse(503)
  }
})

function handling(service: Service, exchange: Exchange, scope: Scope): Operation<unknown> {
  const { request, response } = exchange
  const { permits } = service
  const { handler, timeout: timeoutMs } = service.settings
  exchange.begin(scope)
  const handle = () => handler(request, response)
  exchange.holdsPermit = permits !== null && permits.tryAcquire()
  if (permits !== null && !exchange.holdsPermit) return timeout(timeoutMs, inTurn(permits, exchange, handle))
  return timeoutMs === Infinity ? handle() : timeout(timeoutMs, handle)
}

const inTurn = operation(
  'inTurn',
  function* (permits: Semaphore, exchange: Exchange, handle: () => Operation<unknown>) {
    yield* permits.acquire()
    exchange.holdsPermit = true
    // A frame of its own, since it may be a generator whose cleanup waits.
    yield* scope(handle)
  }
)

/** Lasts until the connection is closed, or is about to be. */
export const upgrading = operation('upgrade', function* (service: Service, upgrade: Upgrade, head: Buffer) {
  try {
    yield* scope((scope) => {
      upgrade.begin(scope)
      return service.settings.upgrade!(upgrade.request, upgrade.socket, head)
    })
  } catch (error) {
    upgrade.failed(error, (yield* self()) as Task)
  } finally {
    upgrade.refuse(503)
    upgrade.end()
  }
})
