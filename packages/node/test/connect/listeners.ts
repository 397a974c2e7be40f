/** Real listeners on the loopback interface. All are resources: they are closed with their scope. */
import net from 'node:net'
import { Worker } from 'node:worker_threads'
import { type Operation, action, attempt, ensure, moveOnAfter, operation, resource, until } from 'coppice'
import { type Target, dialTcp } from '@coppice/node'

export interface Listener {
  readonly host: string
  readonly port: number
  /** The connections that it has accepted and that are open. */
  readonly connections: ReadonlySet<net.Socket>
}

/** Accepts every connection, and says hello on it. */
export const greeter = (host: string, hello: string, server = net.createServer()): Operation<Listener> =>
  resource<Listener>(function* listener(provide) {
    const connections = new Set<net.Socket>()
    server.on('connection', (socket) => {
      connections.add(socket)
      socket.on('error', () => {}).on('close', () => connections.delete(socket))
      socket.resume().write(hello)
    })
    const closed = new Promise((resolve) => server.once('close', resolve))
    try {
      const port = yield* listening(server, host)
      yield* provide({ host, port, connections })
    } finally {
      server.close()
      for (const socket of connections) socket.destroy()
      yield* until(closed)
    }
  })

/** A port at which nobody listens. */
export const closedPort = operation('closedPort', function* (host: string) {
  const server = net.createServer()
  const port = yield* listening(server, host)
  yield* until(new Promise((resolve) => server.close(resolve)))
  return port
})

export const hasIPv6 = operation('hasIPv6', function* () {
  return (yield* attempt(closedPort('::1'))).status === 'done'
})

export interface BlockedListener {
  readonly port: number
  /** New connections hang, because their SYN is dropped. Other hosts than Linux have other ideas of a queue. */
  readonly queueIsFull: boolean
  /** From now on it accepts everything. A connection that hangs is established at its next SYN, a second after the first. */
  unblock(): void
}

/** Accepts nothing until it is unblocked, and its accept queue is full. */
export const blockedListener = (host: string): Operation<BlockedListener> =>
  resource<BlockedListener>(function* listener(provide) {
    const signal = new Int32Array(new SharedArrayBuffer(4))
    // A process can't be kept from accepting what it listens for. But a thread can be kept from doing anything.
    const worker = new Worker(listenAndBlock, { eval: true, workerData: { host, signal }, execArgv: [] })
    try {
      const port = yield* portOf(worker)
      const queueIsFull = yield* fillQueue(host, port)
      const unblock = () => {
        Atomics.store(signal, 0, 1)
        Atomics.notify(signal, 0)
      }
      yield* provide({ port, queueIsFull, unblock })
    } finally {
      yield* until(worker.terminate())
    }
  })

const listenAndBlock = `
  const { parentPort, workerData: { host, signal } } = require('node:worker_threads')
  require('node:net').createServer((socket) => socket.on('error', () => {})).listen({ host, port: 0, backlog: 1 }, function () {
    parentPort.postMessage(this.address().port)
    Atomics.wait(signal, 0, 0)
  })`

const portOf = (worker: Worker) =>
  action<number>(function port(resume, fail) {
    worker.once('message', resume).once('error', fail)
    return () => {}
  })

const fillQueue = operation('fillQueue', function* (host: string, port: number) {
  for (let connections = 0; connections < 8; connections++) {
    const outcome = yield* moveOnAfter(100, held({ host, port, address: host, family: 4 }))
    if (outcome.status !== 'done') return outcome.status === 'cancelled'
  }
  return false
})

const held = operation('held', function* (target: Target) {
  const socket = yield* dialTcp(target)
  yield* ensure(() => void socket.destroy())
})

const listening = (server: net.Server, host: string) =>
  action<number>(function listening(resume, fail) {
    server.once('error', fail)
    server.listen({ host, port: 0 }, () => resume((server.address() as net.AddressInfo).port))
    return () => {}
  })

/** The sockets that `connect` of a module opens from now on, and those of them of which the host has let go, each in order. */
export function track(module: { connect(...args: never[]): net.Socket }) {
  const sockets: net.Socket[] = []
  const closed: net.Socket[] = []
  const { connect } = module
  jest.spyOn(module, 'connect').mockImplementation((...args) => {
    const socket = connect.apply(module, args)
    sockets.push(socket)
    return socket.once('close', () => closed.push(socket))
  })
  return { sockets, closed }
}
