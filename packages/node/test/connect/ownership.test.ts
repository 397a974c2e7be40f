/** Who owns what, and what becomes of it: on success, on failure, and on a cancellation at any moment. */
import { ConnectError, type Target, connect } from '@coppice/node'
import {
  MisuseError,
  ScopeError,
  TimeoutError,
  attempt,
  cancel,
  ensure,
  moveOnAfter,
  operation,
  resource,
  scope,
  self,
  sleep,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import fc from 'fast-check'
import { type Plan, World, hostError } from './world.ts'
import { runAll, stepNow } from '../../../core/test/virtual.ts'

const ipv6: Plan = { ipv6: { gives: ['6a', '6b', '6c'] }, ipv4: {} }

function* forEver() {
  yield* suspend()
}

describe('the socket', () => {
  test('is open while the scope that asked for it is, and destroyed once when that closes', () => {
    const world = new World({ ...ipv6, addresses: { '6a': { after: 5 } } })
    world.start(function* () {
      yield* scope(function* () {
        const socket = yield* world.connect()
        yield* sleep(100)
        world.note(`destroyed ${socket.destroyed}`)
      })
      world.note('scope closed')
    })
    runAll(world.sim)
    expect(world.lines.slice(-4)).toEqual([
      '5 open 6a',
      '105 destroyed 0',
      '105 destroy 6a',
      '105 scope closed',
    ])
  })

  test('passes out of timeout, attempt and the like to the caller', () => {
    const world = new World({ ...ipv6, addresses: { '6a': { after: 5 } } })
    const task = world.start(function* () {
      const socket = yield* timeout(1000, world.connect())
      yield* sleep(5000)
      return socket.destroyed
    })
    runAll(world.sim)
    expect(task.outcome).toEqual({ status: 'done', value: 0 })
    expect(world.sockets.map(({ destroyed }) => destroyed)).toEqual([1])
  })

  test('is another one each time that the same operation is run', () => {
    const world = new World({ ...ipv6, addresses: { '6a': {} } })
    const task = world.start(function* () {
      const connecting = world.connect()
      const [first, second] = [yield* connecting, yield* connecting]
      return first !== second
    })
    runAll(world.sim)
    expect(task.outcome).toEqual({ status: 'done', value: true })
    expect(world.sockets.map(({ destroyed }) => destroyed)).toEqual([1, 1])
  })

  test('outlives what the same scope opened after it', () => {
    const world = new World({ ...ipv6, addresses: { '6a': {} } })
    world.start(function* () {
      yield* world.connect()
      yield* ensure(() => world.note('cleanup'))
    })
    runAll(world.sim)
    expect(world.lines.slice(-2)).toEqual(['0 cleanup', '0 destroy 6a'])
  })

  test('of a dial that is a resource: it is destroyed first, then what the dial holds is released', () => {
    const world = new World(ipv6)
    const dial = () =>
      resource<{ destroy(): void }>(function* (provide) {
        try {
          yield* provide({ destroy: () => world.note('destroy') })
        } finally {
          world.note('released')
        }
      })
    world.start(function* () {
      yield* scope(function* () {
        yield* connect({ host: '::1', port: 1, dial })
        yield* sleep(10)
        world.note('used')
      })
    })
    runAll(world.sim)
    expect(world.lines).toEqual(['10 used', '10 destroy', '10 released'])
  })

  test('that cannot be destroyed fails the scope with what that throws', () => {
    const world = new World(ipv6)
    const boom = new Error('destroy')
    const destroy = () => {
      throw boom
    }
    const task = world.start(function* () {
      yield* connect({
        host: '::1',
        port: 1,
        dial: operation(function* () {
          yield* sleep(1)
          return { destroy }
        }),
      })
      return 'used'
    })
    runAll(world.sim)
    expect(task.outcome).toEqual({ status: 'failed', error: boom })
  })
})

describe('a loser', () => {
  test('whose cleanup fails fails connect, and the socket of the winner is closed', () => {
    const boom = new Error('cleanup')
    const world = new World({ ...ipv6, addresses: { '6b': { after: 5 } } })
    const failing = operation(function* (target: Target) {
      if (target.address === '6a') {
        yield* ensure(() => {
          throw boom
        })
      }
      return yield* world.dial(target)
    })
    const task = world.start(() => connect({ host: 'h', port: 1, resolve: world.resolve, dial: failing }))
    runAll(world.sim)
    expect(task.outcome).toEqual({ status: 'failed', error: boom })
    expect(world.sockets.map(({ destroyed }) => destroyed)).toEqual([1])
  })

  test('that cancels itself counts as failed', () => {
    const world = new World(ipv6)
    const dial = operation(function* () {
      yield* cancel(yield* self())
      return { destroy() {} }
    })
    const task = world.start(() => attempt(connect({ host: '::1', port: 1, dial })))
    runAll(world.sim)
    const { outcome } = task
    expect(outcome).toMatchObject({ value: { status: 'failed', error: { code: 'COPPICE_CONNECT_FAILED' } } })
  })
})

describe('cancelled', () => {
  test('by its deadline: every attempt and lookup ends first, and sockets are closed', () => {
    const world = new World({
      ipv6: { gives: ['6a', '6b'] },
      ipv4: { after: Infinity, cleanup: 40 },
      addresses: { '6a': { after: Infinity, cleanup: 20 } },
    })
    const task = world.start(() => moveOnAfter(300, world.connect()))
    runAll(world.sim)
    expect(task.outcome).toMatchObject({ value: { status: 'cancelled', reason: expect.any(TimeoutError) } })
    expect(world.sim.now).toBe(340)
    expect(world.log('cancel', 'end')).toEqual([
      '300 cancel attempt 6b',
      '300 end attempt 6b',
      '300 cancel attempt 6a',
      '300 cancel lookup 4',
      '320 end attempt 6a',
      '340 end lookup 4',
    ])
  })

  test('at the very instant at which a socket opens: it is closed, once', () => {
    const world = new World({ ...ipv6, addresses: { '6a': { after: 100 } } })
    const task = world.start(() => moveOnAfter(100, world.connect()))
    runAll(world.sim)
    expect(task.outcome).toMatchObject({ status: 'done', value: { status: 'cancelled' } })
    expect(world.log('open', 'destroy')).toEqual(['100 open 6a', '100 destroy 6a'])
  })

  test('while the losers close: the winner is closed, too', () => {
    const world = new World({
      ...ipv6,
      addresses: { '6a': { after: Infinity, cleanup: 100 }, '6b': { after: 5 } },
    })
    const task = world.start(() => moveOnAfter(300, world.connect()))
    runAll(world.sim)
    expect(task.outcome).toMatchObject({ status: 'done', value: { status: 'cancelled' } })
    expect(world.lines.slice(-3)).toEqual(['255 cancel attempt 6a', '300 destroy 6b', '355 end attempt 6a'])
  })
})

/** Something of everything: late and negative answers, failures, ties, slow cleanup. */
const rich: Plan = {
  ipv6: { after: 60, gives: ['6a', '6b'], cleanup: 3 },
  ipv4: { after: 5, gives: ['4a', '4b'], cleanup: 3 },
  addresses: {
    '4a': { after: 700, cleanup: 20 },
    '6a': { after: 100, throws: hostError('ECONNREFUSED') },
    '4b': { throws: hostError('ENETUNREACH') },
    '6b': { after: [200, 149], cleanup: 7 },
  },
}

describe('the cancel matrix', () => {
  const program = (world: World) =>
    function* () {
      yield* spawn(forEver, { background: true })
      yield* scope(function* () {
        const socket = yield* world.connect()
        world.note(`given ${socket.address}`)
        yield* sleep(10)
      })
      world.note('scope closed')
    }

  /** How many steps it takes, run to its end. */
  function steps(world: World): number {
    world.start(program(world))
    let count = 0
    for (;;) {
      while (stepNow(world.sim)) count++
      if (!world.sim.jump()) return count
    }
  }

  test.each(['step', 'instant'] as const)(
    'cancelled after each %s: all has ended, each socket is closed once',
    (unit) => {
      const total = steps(new World(rich))
      expect(total).toBeGreaterThan(30)
      for (let cancelAfter = 0; cancelAfter <= total; cancelAfter++) {
        const world = new World(rich)
        const task = world.start(program(world))
        let count = 0
        for (;;) {
          while (count < cancelAfter && stepNow(world.sim)) count++
          if (count >= cancelAfter || !world.sim.jump()) break
          // Everything due has entered the queue: waits have been answered, and nobody has resumed.
          if (unit === 'instant' && count + 1 >= cancelAfter) break
        }
        void task.cancel('enough')
        runAll(world.sim)
        expect(['done', 'cancelled']).toContain(task.status)
        expectAllEnded(world)
      }
    }
  )
})

function expectAllEnded(world: World): void {
  const ended = (what: string) => world.lines.filter((line) => line.includes(` ${what} `)).length
  expect(ended('end')).toBe(ended('cancel'))
  for (const { destroyed } of world.sockets) expect(destroyed).toBe(1)
  expect(world.sim.timers).toBe(0)
}

describe('in any order of the queue', () => {
  const after = fc.oneof(fc.integer({ min: 0, max: 400 }), fc.constantFrom(0, 10, 50, 250, 500, Infinity))
  const throws = fc.option(
    fc.constantFrom('ECONNREFUSED', 'ENETUNREACH', 'EADDRNOTAVAIL').map((code) => hostError(code)),
    { nil: undefined }
  )
  const behaviour = fc.record({ after, throws, cleanup: fc.constantFrom(0, 7, 300) })
  const answer = (addresses: string[]) =>
    fc.record({ after, throws, gives: fc.subarray(addresses), cleanup: fc.constantFrom(0, 7) })
  const plan: fc.Arbitrary<Plan> = fc.record({
    ipv6: answer(['6a', '6b', '6c']),
    ipv4: answer(['4a', '4b']),
    addresses: fc.dictionary(fc.constantFrom('6a', '6b', '6c', '4a', '4b'), behaviour),
    attemptDelay: fc.constantFrom(0, 10, 50, 250),
    resolutionDelay: fc.constantFrom(0, 50),
    firstFamilyCount: fc.constantFrom(1, 2),
  })
  const picks = fc.array(fc.nat(100), { maxLength: 60 })
  const cancelAt = fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 600 }))

  test('nothing starts after a socket has opened, none is forgotten, and starts keep their distance', () => {
    fc.assert(
      fc.property(plan, picks, cancelAt, (what, order, instant) => {
        let next = 0
        const world = new World(what, { pick: (count) => (order[next++] ?? 0) % count })
        const task = world.start(function* () {
          yield* moveOnAfter(Math.min(instant, 10_000), scope(world.connect()))
        })
        runAll(world.sim)
        if (task.outcome?.status === 'failed') expect(task.outcome.error).toBeInstanceOf(ConnectError)
        expectAllEnded(world)
        const dialsAndOpens = world.log('dial', 'open').map((line) => line.split(' ')[1])
        expect(dialsAndOpens.lastIndexOf('dial')).toBeLessThan(dialsAndOpens.concat('open').indexOf('open'))
        expectDistances(world, what)
      }),
      { numRuns: 500 }
    )
  })

  function expectDistances(world: World, { addresses = {} }: Plan): void {
    const dials = world.dials.map((line) => line.split(' ') as [string, string])
    for (const [index, [at, address]] of dials.slice(0, -1).entries()) {
      const { after, throws } = addresses[address] ?? {}
      const code = (throws as { code?: string } | undefined)?.code
      const sentNothing = after === 0 && code !== undefined && code !== 'ECONNREFUSED'
      if (!sentNothing) expect(Number(dials[index + 1]![0]) - Number(at)).toBeGreaterThanOrEqual(10)
    }
  }
})

describe('misuse', () => {
  const right = { host: 'host', port: 1 }

  test.each([
    [{ ...right, host: '' }, /host is a name or an address; it was ''/],
    [{ ...right, host: undefined }, /host is a name/],
    [{ ...right, port: 65_536 }, /port is a whole number up to 65535; it was 65536/],
    [{ ...right, port: '80' }, /port is a whole number up to 65535; it was '80'/],
    [{ ...right, attemptDelay: -1 }, /attemptDelay takes milliseconds from 0 on/],
    [{ ...right, attemptDelay: NaN }, /attemptDelay takes milliseconds/],
    [{ ...right, resolutionDelay: -1 }, /resolutionDelay takes milliseconds/],
    [{ ...right, firstFamilyCount: 0 }, /firstFamilyCount is a number from 1 on; it was 0/],
    [{ ...right, firstFamilyCount: NaN }, /firstFamilyCount/],
    [{ ...right, dial: 'tcp' }, /dial are functions/],
    [{ ...right, resolve: null }, /resolve and dial are functions/],
    [undefined, /host is a name/],
  ])('%j is refused where it was written', (options, message) => {
    const act = () => connect(options as never)
    expect(act).toThrow(MisuseError)
    expect(act).toThrow(message)
  })

  test.each([
    ['an operation that gives objects', [{ address: '::1', family: 6 }]],
    ['an operation that gives nothing', null],
  ])('a resolve that is %s is told what to give', (_, gives) => {
    const world = new World({ ipv6: { gives: gives as never }, ipv4: {} })
    const { error } = world.run()
    expect(error!.errors).toEqual([expect.any(MisuseError)])
    expect(String(error!.errors[0])).toMatch('resolve gives an array of addresses')
  })

  test.each([
    ['no operation', () => 'socket', /was handed/],
    [
      'an operation that gives no socket',
      operation(function* () {
        yield* sleep(1)
      }),
      /dial gives an open socket/,
    ],
  ])('a dial that is %s is told what to give', (_, dial, message) => {
    const world = new World(ipv6)
    const task = world.start(() => connect({ host: '::1', port: 1, dial: dial as never }))
    runAll(world.sim)
    const { error } = task.outcome as { error: ConnectError }
    expect(error.errors).toEqual([expect.any(MisuseError)])
    expect(String(error.errors[0])).toMatch(message)
  })

  test('several errors of one attempt come as one, unchanged', () => {
    const [inBody, inCleanup] = [new Error('body'), new Error('cleanup')]
    const world = new World(ipv6)
    const dial = operation(function* () {
      yield* ensure(() => {
        throw inCleanup
      })
      throw inBody
    })
    const task = world.start(() => connect({ host: '::1', port: 1, dial }))
    runAll(world.sim)
    const { error } = task.outcome as { error: ConnectError }
    expect(error.errors).toEqual([expect.any(ScopeError)])
    expect(error.errors[0].errors).toEqual([inBody, inCleanup])
  })
})
