/** Bugs of event loops: callbacks that come in another order than the one in which they were asked for. */
import { all, pause } from 'coppice'
import { type KnownBug, after, breaksLaw } from './known-bug.ts'

interface Directory {
  made: number
  conflicts: number
}

function make(directory: Directory) {
  if (directory.made > 0) directory.conflicts++
  directory.made = 1
}

function* lookThenMake(directory: Directory) {
  yield* pause()
  if (directory.made > 0) return
  yield* pause()
  make(directory)
}

function* lookAndMake(directory: Directory) {
  yield* pause()
  if (directory.made === 0) make(directory)
}

const directory = breaksLaw('event', {
  name: 'directory made between the look and the making',
  source: 'Node.fz, mkdirp',
  *broken() {
    const directory = { made: 0, conflicts: 0 }
    yield* all([lookThenMake(directory), after(3, lookThenMake(directory))])
    return directory.conflicts === 0
  },
  *mended() {
    const directory = { made: 0, conflicts: 0 }
    yield* all([lookAndMake(directory), after(3, lookAndMake(directory))])
    return directory.conflicts === 0
  },
})

interface Emitter {
  listener: (() => void) | null
  hasFired: boolean
  heard: number
}

const emitter = (): Emitter => ({ listener: null, hasFired: false, heard: 0 })

function* fire(emitter: Emitter) {
  yield* pause()
  emitter.hasFired = true
  emitter.listener?.()
}

function* listenLate(emitter: Emitter) {
  yield* pause()
  emitter.listener = () => void emitter.heard++
}

function* listenOrCatchUp(emitter: Emitter) {
  yield* listenLate(emitter)
  if (emitter.hasFired) emitter.heard++
}

const lateListener = breaksLaw('event', {
  name: 'event fired before its listener is there',
  source: 'cocotb/cocotb#4675',
  *broken() {
    const events = emitter()
    yield* all([listenLate(events), fire(events)])
    return events.heard === 1
  },
  *mended() {
    const events = emitter()
    yield* all([listenOrCatchUp(events), fire(events)])
    return events.heard === 1
  },
})

function* append(lines: number[], line: number) {
  yield* pause()
  lines.push(line)
}

function* place(lines: number[], line: number) {
  yield* pause()
  lines[line] = line
}

const isInOrder = (lines: readonly number[]) => lines.every((line, index) => line === index)

const arrival = breaksLaw('event', {
  name: 'replies taken in the order of their arrival',
  source: 'mattermost/mattermost#4860',
  *broken() {
    const lines: number[] = []
    yield* all([append(lines, 0), append(lines, 1), append(lines, 2)])
    return isInOrder(lines)
  },
  *mended() {
    const lines: number[] = []
    yield* all([place(lines, 0), place(lines, 1), place(lines, 2)])
    return isInOrder(lines)
  },
})

interface Connection {
  socket: { sent: number } | null
  errors: number
}

function* beat(connection: Connection) {
  if (connection.socket === null) return
  yield* pause()
  if (connection.socket === null) connection.errors++
  else connection.socket.sent++
}

function* beatIfOpen(connection: Connection) {
  yield* pause()
  if (connection.socket !== null) connection.socket.sent++
}

function* hangUp(connection: Connection) {
  yield* pause()
  connection.socket = null
}

const closedSocket = breaksLaw('event', {
  name: 'callback that uses a socket closed meanwhile',
  source: 'sockjs/sockjs-node#185',
  *broken() {
    const connection = { socket: { sent: 0 }, errors: 0 }
    yield* all([beat(connection), hangUp(connection)])
    return connection.errors === 0
  },
  *mended() {
    const connection = { socket: { sent: 0 }, errors: 0 }
    yield* all([beatIfOpen(connection), hangUp(connection)])
    return connection.errors === 0
  },
})

interface Gate {
  pending: number
  opened: number
}

function* load(gate: Gate) {
  gate.pending++
  yield* pause()
  gate.pending--
  if (gate.pending === 0) gate.opened++
}

function* loadExpected(gate: Gate) {
  yield* pause()
  gate.pending--
  if (gate.pending === 0) gate.opened++
}

const earlyGate = breaksLaw('event', {
  name: 'all done reported before all have begun',
  source: 'pvorb/node-dive#2',
  *broken() {
    const gate = { pending: 0, opened: 0 }
    yield* all([load(gate), load(gate)])
    return gate.opened === 1
  },
  *mended() {
    const gate = { pending: 2, opened: 0 }
    yield* all([loadExpected(gate), loadExpected(gate)])
    return gate.opened === 1
  },
})

export const events: readonly KnownBug[] = [directory, lateListener, arrival, closedSocket, earlyGate]
