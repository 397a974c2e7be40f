// npm run bench:http [-- --rounds 9 --seconds 2]
//
// Requests per second of `serveHttp` against plain `node:http`, with the built packages. Each server runs in a process of its own, newly
// started for each round, and they take turns; this process is the client: a number of connections on which one request follows the other, with
// no more work than to count bytes, so that the server is the slower end. Two figures: requests per second, and the processor time of the
// server for a request, which suffers less from a machine that does other work. The ratio is the median of those of the rounds, since
// the two servers of one round have seen the same machine. Exits with 1 if the goal is missed.

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
const WARM_UP_MS = 1000
const REQUEST = Buffer.from('GET /hello HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n\r\n')

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, seconds: { type: 'string', default: '2' } },
})
const rounds = Number(values.rounds)
const measureMs = Number(values.seconds) * 1000

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

function open(port, length, count) {
  const socket = net.connect(port, '127.0.0.1')
  let missing = length
  socket.setNoDelay(true).on('data', (data) => {
    missing -= data.length
    if (missing > 0) return
    if (missing < 0) throw new Error('More than was asked for')
    missing = length
    count.requests++
    socket.write(REQUEST)
  })
  socket.once('connect', () => socket.write(REQUEST))
  return socket
}

async function usedBy(server) {
  server.send('used')
  const [{ used }] = await once(server, 'message')
  return used
}

async function measure(name) {
  const server = fork(fileURLToPath(new URL('./http-server.mjs', import.meta.url)), [name], {
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const [{ port }] = await once(server, 'message')
  const length = await lengthOfResponse(port)
  const count = { requests: 0 }
  const sockets = Array.from({ length: CONNECTIONS }, () => open(port, length, count))
  await setTimeout(WARM_UP_MS)
  const usedBefore = await usedBy(server)
  const [requestsBefore, begun] = [count.requests, performance.now()]
  await setTimeout(measureMs)
  const used = (await usedBy(server)) - usedBefore
  const [requests, ms] = [count.requests - requestsBefore, performance.now() - begun]
  for (const socket of sockets) socket.destroy()
  server.disconnect()
  await once(server, 'exit')
  return { perSecond: (requests / ms) * 1000, usedUs: used / requests }
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

const results = new Map(names.map((name) => [name, []]))
for (let round = 0; round < rounds; round++) {
  // Another one begins each time, so that none is always behind the same other one.
  for (let i = 0; i < names.length; i++) {
    const name = names[(round + i) % names.length]
    results.get(name).push(await measure(name))
  }
}

const of = (name, figure) => results.get(name).map((result) => result[figure])
const ratios = (name, figure) => of(name, figure).map((value, round) => value / of('node', figure)[round])
const percent = (ratio) => `${(ratio * 100).toFixed(1)} %`

console.log(
  `${describeEnvironment([]).line}; ${rounds} rounds of ${values.seconds} s, ${CONNECTIONS} connections\n`
)
console.log(
  '| | requests a second | of node:http | lowest, highest round | server time a request | of node:http |'
)
console.log('|---|---:|---:|---:|---:|---:|')
for (const name of names) {
  const [perSecond, usedUs] = [median(of(name, 'perSecond')), median(of(name, 'usedUs'))]
  const speed = ratios(name, 'perSecond')
  const cells = [
    name === 'node' ? 'node:http' : name,
    Math.round(perSecond).toLocaleString('en-US'),
    percent(median(speed)),
    `${percent(Math.min(...speed))}, ${percent(Math.max(...speed))}`,
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
