/** `connect` under the simulation that users have: virtual time, any order, a cancellation at any moment. */
import { ConnectError, connect } from '@coppice/node'
import { cancelEverywhere, exhaustive, explore, random, simulate } from '@coppice/testing'
import { operation, scope, shield, sleep } from 'coppice'

class Socket {
  destroyed = 0
  destroy(): void {
    this.destroyed++
  }
}

let sockets: Socket[] = []
/** How many dials and lookups are under way. */
let running = 0

const slowly = operation('slowly', function* <T>(ms: number, give: () => T) {
  running++
  try {
    yield* sleep(ms)
    return give()
  } finally {
    // Also when it is entered before the cancellation comes.
    yield* shield(sleep(1))
    running--
  }
})

const open = () => {
  const socket = new Socket()
  sockets.push(socket)
  return socket
}

const connecting = operation('connecting', function* () {
  yield* connect({
    host: 'some.test',
    port: 1,
    resolve: (_host, family) => slowly(family === 6 ? 50 : 5, () => (family === 6 ? ['6a'] : ['4a', '4b'])),
    // All of them open in one instant.
    dial: ({ address }) => slowly({ '4a': 500, '6a': 250, '4b': 1 }[address]!, open),
  })
  if (running > 0) throw new Error('Something is still under way')
})

const program = operation('program', function* () {
  sockets = []
  running = 0
  yield* scope(function* () {
    yield* connecting()
    const others = sockets.filter(({ destroyed }) => destroyed === 0).length
    if (others !== 1) throw new Error(`${others} sockets are open`)
  })
})

const check = () => running === 0 && sockets.every(({ destroyed }) => destroyed === 1)

test.each([
  ['in random orders', random(), 300],
  ['in all orders with few departures', exhaustive({ bound: 2 }), 300],
])('gives one socket and closes all others once, %s', (_, strategy, runs) => {
  const report = explore(program, { strategy, runs, check })
  expect(String(report.failure?.error ?? 'nothing')).toBe('nothing')
})

test('cancelled at any moment it leaves nothing', () => {
  const report = explore(program, { runs: 15, faults: [cancelEverywhere()], check })
  expect(String(report.failure?.error ?? 'nothing')).toBe('nothing')
  expect(report.runs).toBeGreaterThan(10)
})

/** Of an attempt that is cancelled by itself the socket is closed, also if it has won: so one that is open can't be asked for. */
const disturbed = operation('disturbed', function* () {
  sockets = []
  running = 0
  yield* scope(connecting)
})

test.each([
  ['each of its tasks alone', cancelEverywhere({ each: true }), disturbed],
  ['twice', cancelEverywhere({ times: 2 }), program],
])("cancelled %s, at each place of production's order, it leaves nothing", (_, fault, connects) => {
  const report = explore(connects, {
    strategy: exhaustive({ bound: 0 }),
    faults: [fault],
    check,
  })
  if (report.failure !== undefined) throw new Error(String(report))
  expect(report.complete).toBe(true)
  expect(report.runs).toBeGreaterThan(50)
})

test('without a resolver of its own its lookups are calls that a test answers', () => {
  const dial = operation(function* () {
    yield* sleep(3)
    return open()
  })
  const sim = simulate(() => connect({ host: 'some.test', port: 1, dial }), {
    answers: [['lookup', (_host: string, family: number) => (family === 6 ? ['2001:db8::1'] : [])]],
  })
  expect(sim.runToEnd()).toMatchObject({ status: 'done', at: 3 })
  expect(sim.leaks()).toEqual([])
})

test('a lookup that no test answers says so', () => {
  const sim = simulate(() => connect({ host: 'some.test', port: 1 }))
  const { error } = sim.runToEnd() as { error: ConnectError }
  expect(error).toBeInstanceOf(ConnectError)
  expect(String(error.errors[0])).toMatch(/^UnansweredEffectError/)
})
