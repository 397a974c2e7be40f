// A server in a process of its own, for http.mjs: named by the first argument. It says at which port it listens, and at each message what
// processor time it has used, in microseconds.

import http from 'node:http'
import process from 'node:process'
import { run, suspend } from 'coppice'
import { serveHttp } from '@coppice/node'

const TEXT = 'Hello, world!'
const host = '127.0.0.1'

function* hello(_request, response) {
  response.end(TEXT)
}

const serve = (options) =>
  run(function* () {
    const server = yield* serveHttp(hello, { host, ...options })
    process.send({ port: server.port })
    yield* suspend()
  })

const servers = {
  node: () => {
    const server = http.createServer((_request, response) => response.end(TEXT))
    server.listen(0, host, () => process.send({ port: server.address().port }))
  },
  coppice: () => serve({}),
  'coppice with limits': () => serve({ timeout: 30_000, concurrency: 1000 }),
}

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send({ used: user + system })
})
process.on('disconnect', () => process.exit())
servers[process.argv[2]]()
