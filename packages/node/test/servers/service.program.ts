/** A service in a process of its own, named by the first argument: signals and exit codes are those of the process. */
import process from 'node:process'
import { fetchHandler, main, type MainOptions, serveHttp, type ServeHttpOptions } from '@coppice/node'
import { operation, sleep, suspend } from 'coppice'

const say = (text: string) => process.stdout.write(`${text}\n`)

/** `/slow` takes its time, `/hangs` never ends, anything else is answered at once. */
const handler = fetchHandler(
  operation('handler', function* (request: Request) {
    const { pathname } = new URL(request.url)
    try {
      say(`begins ${pathname}`)
      if (pathname === '/slow') yield* sleep(300)
      if (pathname === '/hangs') yield* suspend()
      return new Response(`answered ${pathname}`)
    } finally {
      yield* sleep(1)
      say(`ends ${pathname}`)
    }
  })
)

const upgrade: ServeHttpOptions['upgrade'] = operation('upgrade', function* (_request, socket) {
  socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
  yield* suspend()
})

interface Service {
  readonly grace: number
  readonly waits: 'for ever' | 'for the server'
  readonly main: MainOptions
}

const services: Record<string, Service> = {
  'has a grace': { grace: 30_000, waits: 'for ever', main: {} },
  'has a short grace': { grace: 50, waits: 'for ever', main: {} },
  'has its grace from main': { grace: 30_000, waits: 'for the server', main: { grace: 30_000 } },
  'has a short grace from main': { grace: 30_000, waits: 'for ever', main: { grace: 50 } },
}

const { grace, waits, main: options } = services[process.argv[2]!]!

const service = operation('service', function* () {
  const server = yield* serveHttp(handler, { host: '127.0.0.1', grace, upgrade })
  say(`listens at ${server.port}.`)
  if (waits === 'for ever') yield* suspend()
  else yield* server.closed()
})

await main(service, options)
// After a long step a tree gives the host a turn, which may still be to come.
await new Promise(setImmediate)
say(
  `left: ${process
    .getActiveResourcesInfo()
    .filter((kind) => kind !== 'PipeWrap')
    .join()}.`
)
