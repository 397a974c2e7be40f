// npm run bench:http [-- --rounds 5 --slices 20]
//
// Requests per second of `serveHttp` against plain `node:http`, with the built packages. In each round every server is started anew, in a process
// of its own, and then they take turns in short slices, so that whatever else the machine does meets all of them. This process is the client:
// a number of connections on which one request follows the other, with no more work than to count bytes, so that the server is the slower
// end. Two figures: requests per second, and the processor time of the server for a request. A ratio is the median of those of the slices: the
// servers of one slice have seen the same machine. Exits with 1 if the goal is missed.

import { Buffer } from 'node:buffer'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import process from 'node:process'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeEnvironment } from './environment.mjs'

const GOAL = 0.85
const CONNECTIONS = 50
const SLICE_MS = 250
const WARM_UP_MS = 1500
const REQUEST = Buffer.from('GET /hello HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n\r\n')

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, slices: { type: 'string', default: '20' } },
})
const rounds = Number(values.rounds)
const slices = Number(values.slices)

const names = ['node', 'coppice', 'coppice with limits']

/** How many bytes a response has: always as many, since the server's date has a fixed length. */
async function lengthOfResponse(port) {
  const socket = net.connect(port, '127.0.0.1')
  socket.write(REQUEST)
  const [data] = await once(socket, 'data')
  socket.destroy()
  if (!data.toString().startsWith('HTTP/1.1 200 OK\r\n') || !data.toString().endsWith('Hello, world!'))
    throw new Error(`The server answers\n${data}`)
  return data.length
}

/** A server, and the connections to it. */
class Server {
  requests = 0
  #isAsking = false
  #pending = 0
  #whenIdle = () => {}

  async start(name) {
    this.process = fork(fileURLToPath(new URL('./http-server.mjs', import.meta.url)), [name], {
      env: { ...process.env, NODE_ENV: 'production' },
    })
    const [{ port }] = await once(this.process, 'message')
    const length = await lengthOfResponse(port)
    this.sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => this.#open(port, length)))
    await this.#ask(WARM_UP_MS)
    return this
  }

  /** Asks for so long, and gives the requests per second, and the processor time of the server for each. */
  async measure() {
    const [usedBefore, requestsBefore, begun] = [await this.#used(), this.requests, performance.now()]
    await this.#ask(SLICE_MS)
    const [requests, ms] = [this.requests - requestsBefore, performance.now() - begun]
    return { perSecond: (requests / ms) * 1000, usedUs: ((await this.#used()) - usedBefore) / requests }
  }

  async stop() {
    for (const socket of this.sockets) socket.destroy()
    this.process.disconnect()
    await once(this.process, 'exit')
  }

  async #open(port, length) {
    const socket = net.connect(port, '127.0.0.1').setNoDelay(true)
    let missing = length
    socket.on('data', (data) => {
      missing -= data.length
      if (missing > 0) return
      if (missing < 0) throw new Error('More than was asked for')
      missing = length
      this.requests++
      if (this.#isAsking) socket.write(REQUEST)
      else if (--this.#pending === 0) this.#whenIdle()
    })
    await once(socket, 'connect')
    return socket
  }

  async #ask(ms) {
    const idle = new Promise((resolve) => (this.#whenIdle = resolve))
    this.#isAsking = true
    this.#pending = CONNECTIONS
    for (const socket of this.sockets) socket.write(REQUEST)
    await setTimeout(ms)
    this.#isAsking = false
    await idle
  }

  async #used() {
    this.process.send('used')
    const [{ used }] = await once(this.process, 'message')
    return used
  }
}

function quantile(numbers, part) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.round(part * (sorted.length - 1))]
}

const median = (numbers) => quantile(numbers, 0.5)

const results = new Map(names.map((name) => [name, []]))
for (let round = 0; round < rounds; round++) {
  const servers = new Map()
  for (const name of names) servers.set(name, await new Server().start(name))
  for (let slice = 0; slice < slices; slice++) {
    // Another one begins each time, so that none is always behind the same other one.
    for (let i = 0; i < names.length; i++) {
      const name = names[(slice + i) % names.length]
      results.get(name).push(await servers.get(name).measure())
    }
  }
  for (const server of servers.values()) await server.stop()
}

const of = (name, figure) => results.get(name).map((result) => result[figure])
const ratios = (name, figure) => of(name, figure).map((value, slice) => value / of('node', figure)[slice])
const percent = (ratio) => `${(ratio * 100).toFixed(1)} %`

console.log(
  `${describeEnvironment([]).line}; ${rounds} rounds of ${slices} slices of ${SLICE_MS} ms in turn, ${CONNECTIONS} connections\n`
)
console.log(
  '| | requests a second | of node:http | middle half of the slices | server time a request | of node:http |'
)
console.log('|---|---:|---:|---:|---:|---:|')
for (const name of names) {
  const [perSecond, usedUs] = [median(of(name, 'perSecond')), median(of(name, 'usedUs'))]
  const speed = ratios(name, 'perSecond')
  const cells = [
    name === 'node' ? 'node:http' : name,
    Math.round(perSecond).toLocaleString('en-US'),
    percent(median(speed)),
    `${percent(quantile(speed, 0.25))} to ${percent(quantile(speed, 0.75))}`,
    `${usedUs.toFixed(1)} µs`,
    percent(median(ratios(name, 'usedUs'))),
  ]
  console.log(`| ${cells.join(' | ')} |`)
}

const reached = median(ratios('coppice', 'perSecond'))
console.log(
  `\nGoal: at least ${percent(GOAL)} of node:http. ${reached >= GOAL ? 'Reached' : 'MISSED'}: ${percent(reached)}.`
)
process.exitCode = reached >= GOAL ? 0 : 1
