// The servers that the demo dials: real listeners on the loopback interface, one for each way in which an address can
// behave. All of them are resources: they are closed, with every connection they accepted, when their scope ends.

import net from 'node:net'
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import {
  action,
  attempt,
  moveOnAfter,
  operation,
  resource,
  scope,
  select,
  shield,
  sleep,
  until,
  type Operation,
} from 'coppice'
import { dialTcp, type Address } from '../happy-eyeballs.ts'

/** Accepts every connection, and says hello on it after `afterMs` milliseconds. */
export const greeter = (host: string, hello: string, afterMs: number): Operation<Address> =>
  resource(function* listener(provide) {
    const server = net.createServer()
    const closed = new Promise((resolve) => server.once('close', resolve))
    try {
      yield* scope(function* (connections) {
        server.on('connection', (socket) => connections.spawn(greet(socket, hello, afterMs)))
        try {
          yield* provide(yield* listening(server, host))
        } finally {
          // Before the scope tears down what it owns: from then on nothing can be spawned in it.
          server.close()
        }
      })
    } finally {
      server.close()
      yield* until(closed)
    }
  })

const greet = operation('greet', function* (socket: net.Socket, hello: string, afterMs: number) {
  // A client may go away at any time; the end of a connection is noticed only by those who read it.
  socket.on('error', () => {}).resume()
  const closed = new Promise((resolve) => socket.once('close', resolve))
  try {
    const first = yield* select({ gone: until(closed), time: sleep(afterMs) })
    if (first.key === 'gone') return
    socket.write(`${hello}\n`)
    yield* until(closed)
  } finally {
    socket.destroy()
    yield* shield(until(closed))
  }
})

/** An address at which nobody listens: connections to it are refused. */
export const closedPort = operation('closedPort', function* (host: string) {
  return yield* scope(function* () {
    return yield* greeter(host, '', Infinity)
  })
})

export interface SilentListener extends Address {
  /** New connections hang before they are established: their SYN is dropped. Otherwise they open, and hang then. */
  readonly queueIsFull: boolean
}

/** Hangs: it never accepts a connection, and its accept queue is full. */
export const silentListener = (host: string): Operation<SilentListener> =>
  resource(function* listener(provide) {
    // A process can't be kept from accepting what it listens for. But a thread can be kept from doing anything.
    const worker = new Worker(listenAndBlock, { eval: true, workerData: host, execArgv: [] })
    try {
      const address = { host, port: yield* portOf(worker) }
      yield* provide({ ...address, queueIsFull: yield* fillQueue(address) })
    } finally {
      yield* until(worker.terminate())
    }
  })

const listenAndBlock = `
  const { parentPort, workerData: host } = require('node:worker_threads')
  require('node:net').createServer().listen({ host, port: 0, backlog: 1 }, function () {
    parentPort.postMessage(this.address().port)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`

const portOf = (worker: Worker) =>
  action<number>(function port(resume, fail) {
    worker.once('message', resume).once('error', fail)
  })

/**
 * Opens connections, which stay open, until one hangs: then the queue is full. Linux now drops every SYN, and the dialling
 * side sends it again after 1 s, 3 s, 7 s, …: such an attempt neither fails nor succeeds for minutes. Hosts that have
 * another idea of a queue go without; a connection to them is never answered either.
 */
const fillQueue = operation('fillQueue', function* (address: Address) {
  // Windows refuses what does not fit.
  if (process.platform === 'win32') return false
  for (let connections = 0; connections < 8; connections++) {
    const outcome = yield* moveOnAfter(100, dialTcp(address))
    if (outcome.status !== 'done') return outcome.status === 'cancelled'
  }
  return false
})

/** Whether this machine has IPv6 on its loopback interface. */
export const hasIPv6 = operation('hasIPv6', function* () {
  const outcome = yield* attempt(closedPort('::1'))
  return outcome.status === 'done'
})

const listening = (server: net.Server, host: string) =>
  action<Address>(function listening(resume, fail) {
    server.once('error', fail)
    server.listen({ host, port: 0 }, () => resume({ host, port: (server.address() as net.AddressInfo).port }))
  })
