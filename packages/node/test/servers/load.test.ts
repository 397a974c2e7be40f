/** Under load from another process, whose clients now and then go away, a server goes down in the middle. Real time: a slow test. */
import { type HttpHandler, type HttpServer, serveHttp } from '@coppice/node'
import { type Observer, createEvent, run, scope, shield, sleep } from 'coppice'
import { start } from '../program.ts'
import { handles } from './clients.ts'
import type { Counted } from './load.program.ts'

jest.setTimeout(120_000)

/** What a server counts of its requests. */
function counting(enough: number) {
  const server = { begun: 0, answered: 0, cancelled: 0, cleanedUp: 0 }
  const hasEnough = createEvent()
  const handler: HttpHandler = function* (request, response) {
    let isAnswered = false
    try {
      if (++server.begun === enough) hasEnough.set()
      yield* sleep(Number(request.url!.slice(1)))
      response.end('done')
      isAnswered = true
      server.answered++
    } finally {
      if (!isAnswered) server.cancelled++
      // Shielded, since a client may leave while its answer is on its way (C12).
      yield* shield(sleep(1))
      server.cleanedUp++
    }
  }
  return { server, hasEnough, handler }
}

/** Tasks that have been started, and not closed. */
function countingTasks() {
  const tasks = { started: 0, closed: 0 }
  const observer: Observer = { started: () => tasks.started++, closed: () => tasks.closed++ }
  return { tasks, observer }
}

async function load(seed: number, serve: (handler: HttpHandler) => ReturnType<typeof serveHttp>) {
  const before = await handles()
  const { server, hasEnough, handler } = counting(2000)
  const { tasks, observer } = countingTasks()
  let http!: HttpServer
  let clients!: ReturnType<typeof start>
  await run(
    () =>
      scope(function* () {
        http = yield* serve(handler)
        clients = start('servers/load.program.ts', String(http.port), String(seed))
        yield* hasEnough.wait()
        http.stop()
        yield* http.closed()
      }),
    { observers: [observer] }
  )
  // What the clients have counted comes when they have found that the server is gone.
  const { code, output, errors } = await clients.ended
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(http.requests).toBe(0)
  expect(tasks.closed).toBe(tasks.started)
  expect(await handles()).toEqual(before)
  return { server, clients: JSON.parse(output) as Counted }
}

const seed = Number(process.env.COPPICE_SEED ?? 1)

test(`every request is answered or cancelled, with its cleanup, and nothing is left (COPPICE_SEED=${seed})`, async () => {
  const reported: unknown[] = []
  const { server, clients } = await load(seed, (handler) =>
    serveHttp(handler, { host: '127.0.0.1', grace: 60_000, onError: (error) => reported.push(error) })
  )
  expect(reported).toEqual([])
  expect(server.begun).toBeGreaterThanOrEqual(2000)
  expect(server.answered + server.cancelled).toBe(server.begun)
  expect(server.cleanedUp).toBe(server.begun)
  expect(clients.left).toBeGreaterThan(100)
  // Only clients that have left were not answered, of all whose request has come.
  expect(server.cancelled).toBeLessThanOrEqual(clients.left)
  expect(server.answered).toBeGreaterThanOrEqual(clients.answered)
  expect(server.answered).toBeLessThanOrEqual(clients.answered + clients.left)
  expect(clients.answered + clients.refused + clients.left + clients.cut).toBe(clients.asked)
})

test(`the same with a limit of concurrency and a grace that is too short (COPPICE_SEED=${seed})`, async () => {
  let most = 0
  let running = 0
  const { server, clients } = await load(seed + 1, (handler) => {
    const watched: HttpHandler = function* (request, response) {
      most = Math.max(most, ++running)
      try {
        yield* scope(() => handler(request, response))
      } finally {
        running--
      }
    }
    return serveHttp(watched, { host: '127.0.0.1', grace: 1, concurrency: 8, waiting: 4 })
  })
  expect(most).toBe(8)
  expect(server.answered + server.cancelled).toBe(server.begun)
  expect(server.cleanedUp).toBe(server.begun)
  expect(clients.refused).toBeGreaterThan(0)
  expect(clients.answered + clients.refused + clients.left + clients.cut).toBe(clients.asked)
})
