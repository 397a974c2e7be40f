/**
 * The cancel matrix: every operation that can wait, cancelled before its first step, while it waits, when its wait has been
 * answered but not resumed, during cleanup, after it closed, and between any two steps.
 */
import {
  type ChildSpec,
  type Operation,
  type Task,
  action,
  all,
  allSettled,
  any,
  attempt,
  call,
  cancel,
  cancelRequested,
  createBroadcast,
  createChannel,
  constant,
  createCircuitBreaker,
  createContext,
  createDeferred,
  createEvent,
  createLimiter,
  createMutex,
  createSemaphore,
  createWatch,
  defineEffect,
  dropping,
  enqueued,
  ensure,
  keepLatest,
  map,
  moveOnAfter,
  operation,
  pause,
  provide,
  race,
  repeat,
  resource,
  restartable,
  retry,
  run,
  scope,
  select,
  self,
  shield,
  sleep,
  sleepUntil,
  spawn,
  suspend,
  supervise,
  timeout,
  until,
  upTo,
  use,
} from 'coppice'
import { emptySimulation, stepNow } from '../virtual.ts'

/** How often a `finally` was entered, finished, and its block begun. */
interface Guard {
  begun: number
  entered: number
  finished: number
}

type Road = 'its own task' | 'a task above it'

const roads: Road[] = ['its own task', 'a task above it']

/** When the subject's wait is answered, if its timers have not done it. */
const answerAt = 10

class World {
  readonly log: string[] = []
  readonly guards = new Map<string, Guard>()
  readonly sim = emptySimulation()
  readonly root: Task
  subject!: Task
  helper!: Task
  /** When the subject's cleanup had ended. */
  cleanedUpAt = -1
  /** Answers the operation from outside; set by the rows that wait for that. */
  answer: (() => void) | undefined

  readonly row: Row
  readonly road: Road

  constructor(row: Row, road: Road) {
    this.row = row
    this.road = road
    const world = this
    this.root = run(
      function* root() {
        if (row.prepare !== undefined) yield* row.prepare(world)
        world.subject = yield* spawn(world.body, { name: 'subject' })
        if (road === 'a task above it') yield* suspend()
      },
      { interpreter: this.sim.interpreter }
    )
  }

  readonly body = (): Operation<string> => subjectOf(this)

  guard(name: string): Guard {
    const guard = this.guards.get(name) ?? { begun: 0, entered: 0, finished: 0 }
    this.guards.set(name, guard)
    guard.begun++
    return guard
  }

  cancel(reason: string, road = this.road): void {
    void (road === 'its own task' ? this.subject : this.root).cancel(reason)
  }

  /** Runs the instants up to and with `instant`, and what promises do meanwhile. */
  async advance(instant: number): Promise<void> {
    for (let at = this.sim.now; at <= instant; at++) {
      await this.#at(at)
      this.sim.advanceTo(at)
    }
  }

  async #at(instant: number): Promise<void> {
    if (instant === answerAt) this.answer?.()
    await microtasks()
  }

  /** One step of the tree, at the next instant that has one. False if there is none any more. */
  async step(): Promise<boolean> {
    while (this.root.outcome === undefined) {
      await microtasks()
      if (stepNow(this.sim)) return true
      if (this.sim.now >= 1000) return false
      this.sim.jump(this.sim.now + 1)
      if (this.sim.now === answerAt) this.answer?.()
    }
    return false
  }

  /** Runs until the root has closed; at that very instant no timer may be left. */
  async close(): Promise<void> {
    const latest = this.sim.now + 500
    while (this.root.outcome === undefined) {
      if (this.sim.now > latest) throw new Error(`Waits for ever: ${this.log.join(', ')}`)
      await this.advance(this.sim.now + 1)
    }
    expect(this.sim.timers).toBe(0)
  }

  /** What holds whenever and wherever the cancellation came. */
  async check(): Promise<void> {
    await this.close()
    for (const [name, guard] of this.guards) {
      expect({ name, ...guard }).toEqual({ name, begun: 1, entered: 1, finished: 1 })
    }
    expect(this.root.status).toBe(this.road === 'its own task' ? 'done' : 'cancelled')
    const { outcome } = this.subject
    expect(outcome?.status).toMatch(/^(done|cancelled)$/)
    expect(this.log.includes('went on')).toBe(outcome?.status === 'done')

    const before = [...this.log]
    this.answer?.()
    await this.advance(this.sim.now + 200)
    expect(this.log).toEqual(before)
    expect(this.sim.timers).toBe(0)
    expect(this.subject.outcome).toEqual(outcome)
  }
}

function* subjectOf(world: World): Generator<any, string, any> {
  const guard = world.guard('subject')
  let done = false
  world.log.push('entered')
  try {
    const value = yield* world.row.make(world)
    world.log.push('value')
    if (!world.row.anyValue) expect(value).toEqual(world.row.value)
    // A point of cancellation that takes time.
    yield* sleep(100)
    world.log.push('went on')
    done = true
    return 'result'
  } finally {
    guard.entered++
    if (!done) {
      world.log.push('cleans up')
      yield* sleep(5)
    }
    world.log.push('cleaned up')
    world.cleanedUpAt = world.sim.now
    guard.finished++
  }
}

/** Waits for 10 ms and gives a value; if it is cut short, its cleanup takes 2 ms. */
const work = (world: World, name = 'work', ms = answerAt) =>
  function* work() {
    const guard = world.guard(name)
    let done = false
    world.log.push(`${name} entered`)
    try {
      yield* sleep(ms)
      done = true
      return 'worked'
    } finally {
      guard.entered++
      if (!done) yield* sleep(2)
      world.log.push(`${name} left`)
      guard.finished++
    }
  }

/** An outside function whose promise is settled by the world. */
function promised(world: World): Promise<string> {
  world.log.push('called')
  return new Promise((resolve) => {
    world.answer = () => resolve('answered')
  })
}

async function microtasks(): Promise<void> {
  for (let i = 0; i < 6; i++) await null
}

interface Row {
  operation: string
  make: (world: World) => Operation<unknown>
  /** Runs in the root before the subject is spawned. */
  prepare?: (world: World) => Operation<unknown>
  value?: unknown
  anyValue?: boolean
  /** Its wait ends when it is cancelled, and only then. */
  endless?: boolean
  /** The answer is there at once: there is no time in which it waits. */
  immediate?: boolean
  /** Runs to its end whatever happens. */
  shielded?: boolean
  /** Its body has returned a value before it waits: a result is a result (C2, T7). */
  returned?: boolean
  /** How long the cleanup takes that the operation itself has when it is cut short while it waits. Default 0. */
  cleanup?: number
  /** Nothing of it starts when a cancellation is already waiting: C2 lists it among what can wait, or it starts tasks. */
  startsNothing?: boolean
  /** Runs until the wait has been answered but not resumed. Default: the timers of the instant 10, or `world.answer`, and no step. */
  answered?: (world: World) => void
  /** The value may be seen or not if the request comes at that moment: a task other than the subject's has still to take its step. */
  either?: boolean
  /** Closes by itself as cancelled. */
  closesCancelled?: boolean
}

const user = createContext<string>('user')
const ask = defineEffect('ask', (world: World) => promised(world))
const worked = operation('worked', function* (world: World) {
  return yield* operation('inner', work(world))()
})

const acquired = (world: World) =>
  resource<string>(function* (provide) {
    const guard = world.guard('resource')
    try {
      yield* sleep(answerAt)
      yield* provide('worked')
    } finally {
      guard.entered++
      yield* sleep(2)
      world.log.push('resource released')
      guard.finished++
    }
  })

/** Steps until the helper has closed: whoever waits for that has been answered. */
function untilHelperClosed(world: World): void {
  world.sim.jump(answerAt)
  while (world.helper.outcome === undefined)
    if (!stepNow(world.sim)) throw new Error('The helper does not close')
}

/** Steps until the branches have left. */
const untilLeft =
  (...names: string[]) =>
  (world: World) => {
    world.sim.jump(answerAt)
    while (!names.every((name) => world.log.includes(`${name} left`))) {
      if (!stepNow(world.sim)) throw new Error('The branches do not end')
    }
  }

const rows: Row[] = [
  { operation: 'sleep', make: () => sleep(answerAt) },
  { operation: 'sleepUntil', make: () => sleepUntil(answerAt) },
  { operation: 'suspend', make: () => suspend(), endless: true },
  { operation: 'pause', make: () => pause(), immediate: true },
  {
    operation: 'join',
    *prepare(world) {
      world.helper = yield* spawn(work(world, 'helper'))
    },
    make: (world) => world.helper,
    value: 'worked',
    answered: untilHelperClosed,
  },
  {
    operation: 'join of a closed task',
    *prepare(world) {
      world.helper = yield* spawn(function* () {
        return 'worked'
      })
    },
    make: (world) => world.helper,
    value: 'worked',
    immediate: true,
  },
  {
    operation: 'cancel of another task',
    *prepare(world) {
      world.helper = yield* spawn(function* () {
        const guard = world.guard('other')
        try {
          yield* suspend()
        } finally {
          guard.entered++
          yield* sleep(answerAt)
          guard.finished++
        }
      })
      // Whether or not the subject comes to it.
      yield* spawn(function* () {
        yield* sleep(20)
        yield* cancel(world.helper)
      })
    },
    make: (world) => cancel(world.helper),
    answered: untilHelperClosed,
  },
  {
    operation: 'call of an asynchronous function',
    make: (world) => call(() => promised(world)),
    value: 'answered',
    startsNothing: true,
  },
  {
    operation: 'call with a name',
    make: (world) => call({ name: 'promised', args: [] }, () => promised(world)),
    value: 'answered',
    startsNothing: true,
  },
  {
    operation: 'call of a synchronous function',
    make: (world) => call(() => (world.log.push('called'), 'called')),
    value: 'called',
    immediate: true,
    startsNothing: true,
  },
  {
    operation: 'until',
    *prepare(world) {
      const promise = promised(world)
      world.log.length = 0
      yield* user.set(promise as unknown as string)
    },
    *make() {
      return yield* until((yield* user.expect()) as unknown as Promise<string>)
    },
    value: 'answered',
  },
  {
    operation: 'action',
    make: (world) => {
      let guard: Guard
      return action<string>((resume) => {
        world.log.push('called')
        guard = world.guard('action')
        world.answer = () => {
          // Its end, if it has not been aborted.
          if (guard.entered === 0) guard.finished = guard.entered = 1
          resume('answered')
        }
        return () => {
          guard.entered++
          guard.finished++
        }
      })
    },
    value: 'answered',
    startsNothing: true,
  },
  {
    operation: 'select of waits',
    make: () => select({ never: suspend(), soon: sleep(answerAt), later: sleep(50) }),
    value: { key: 'soon', value: undefined },
  },
  {
    operation: 'select of a task',
    *prepare(world) {
      world.helper = yield* spawn(work(world, 'helper'))
    },
    make: (world) => select({ never: suspend(), helper: world.helper }),
    value: { key: 'helper', value: 'worked' },
    answered: untilHelperClosed,
  },
  {
    operation: 'select of operations',
    make: (world) => select({ slow: work(world, 'slow', 50), fast: work(world, 'fast') }),
    value: { key: 'fast', value: 'worked' },
    cleanup: 2,
    startsNothing: true,
    answered: untilLeft('fast'),
  },
  {
    operation: 'race',
    make: (world) => race([work(world, 'slow', 50), work(world, 'fast')]),
    value: 'worked',
    cleanup: 2,
    startsNothing: true,
    answered: untilLeft('fast'),
  },
  {
    operation: 'any',
    make: (world) => any([work(world, 'slow', 50), work(world, 'fast')]),
    value: 'worked',
    cleanup: 2,
    startsNothing: true,
    answered: untilLeft('fast'),
  },
  {
    operation: 'all',
    make: (world) => all({ a: work(world, 'a', 5), b: work(world, 'b'), c: sleep(3) }),
    value: { a: 'worked', b: 'worked', c: undefined },
    cleanup: 2,
    startsNothing: true,
    answered: untilLeft('a', 'b'),
  },
  {
    operation: 'all, one at a time',
    make: (world) => all([work(world, 'a', 4), work(world, 'b', 6)], { concurrency: 1 }),
    value: ['worked', 'worked'],
    cleanup: 2,
    startsNothing: true,
    either: true,
  },
  {
    operation: 'allSettled',
    make: (world) => allSettled([work(world, 'a', 5), work(world, 'b')]),
    value: [
      { status: 'done', value: 'worked' },
      { status: 'done', value: 'worked' },
    ],
    cleanup: 2,
    startsNothing: true,
    answered: untilLeft('a', 'b'),
  },
  {
    operation: 'map',
    make: (world) => map([4, 5, 6], (n) => work(world, `${n}`, n)(), { concurrency: 2 }),
    value: ['worked', 'worked', 'worked'],
    cleanup: 2,
    startsNothing: true,
    either: true,
  },
  { operation: 'timeout', make: (world) => timeout(50, work(world)), value: 'worked', cleanup: 2 },
  {
    operation: 'moveOnAfter',
    make: (world) => moveOnAfter(50, work(world)),
    value: { status: 'done', value: 'worked' },
    cleanup: 2,
  },
  {
    operation: 'moveOnAfter whose deadline comes',
    make: (world) => moveOnAfter(answerAt, work(world, 'work', 50)),
    anyValue: true,
    cleanup: 2,
    either: true,
  },
  {
    operation: 'attempt',
    make: (world) => attempt(work(world)),
    value: { status: 'done', value: 'worked' },
    cleanup: 2,
  },
  { operation: 'shield', make: (world) => shield(work(world)), value: 'worked', shielded: true },
  {
    operation: 'shield around tasks',
    make: (world) =>
      shield(function* () {
        const task = yield* spawn(work(world))
        return yield* select({ task, late: sleep(50) })
      }),
    value: { key: 'task', value: 'worked' },
    shielded: true,
  },
  { operation: 'scope', make: (world) => scope(work(world)), value: 'worked', cleanup: 2 },
  {
    operation: 'scope that waits for its children',
    make: (world) =>
      scope(function* () {
        yield* spawn(work(world, 'child'))
        return 'returned'
      }),
    value: 'returned',
    cleanup: 2,
    returned: true,
  },
  {
    operation: 'scope whose cleanup takes time',
    make: (world) =>
      scope(function* () {
        const guard = world.guard('ensured')
        yield* ensure(function* () {
          guard.entered++
          yield* sleep(2)
          guard.finished++
        })
        return yield* call(() => promised(world))
      }),
    value: 'answered',
    cleanup: 2,
    either: true,
  },
  {
    operation: 'acquisition of a resource',
    make: acquired,
    value: 'worked',
    cleanup: 2,
    either: true,
  },
  {
    operation: 'use of a resource',
    make: (world) => use(acquired(world)),
    value: 'worked',
    cleanup: 2,
    either: true,
  },
  { operation: 'ctx.with', make: (world) => user.with('ada', work(world)), value: 'worked', cleanup: 2 },
  {
    operation: 'provide',
    make: (world) => provide([[ask, () => 'provided']], work(world)),
    value: 'worked',
    cleanup: 2,
  },
  { operation: 'a defined effect', make: (world) => ask(world), value: 'answered', startsNothing: true },
  {
    operation: 'a defined effect that a handler answers',
    make: (world) => provide([[ask, (of: World) => work(of)()]], () => ask(world)),
    value: 'worked',
    cleanup: 2,
  },
  { operation: 'retry', make: (world) => retry(work(world), constant(5)), value: 'worked', cleanup: 2 },
  {
    operation: 'retry of what fails, cleans up, and is run again after a delay',
    make: (world) => {
      let attempts = 0
      return retry(
        function* () {
          if (++attempts === 2) return 'worked'
          const guard = world.guard('attempt')
          yield* ensure(function* () {
            guard.entered++
            yield* sleep(2)
            guard.finished++
          })
          yield* sleep(3)
          throw new Error('broken')
        },
        constant(answerAt - 5)
      )
    },
    value: 'worked',
    cleanup: 2,
    either: true,
  },
  {
    operation: 'repeat',
    make: () => repeat(sleep(3), upTo(1, constant(answerAt - 6))),
    either: true,
  },
  {
    operation: 'supervise',
    make: (world) => supervise([{ run: work(world), restart: 'temporary' }]),
    cleanup: 2,
    either: true,
  },
  {
    operation: 'supervise whose child waits for its restart',
    make: () => {
      let runs = 0
      const child: ChildSpec = {
        restart: 'transient',
        *run() {
          yield* sleep(1)
          if (++runs < 2) throw new Error('broken')
        },
      }
      return supervise([child], { delay: constant(answerAt - 2) })
    },
    either: true,
  },
  ...Object.entries({ restartable, dropping, enqueued, keepLatest }).map(([name, make]): Row => ({
    operation: `call of what is ${name}`,
    *make(world) {
      const call = yield* make(work(world))
      return yield* call()
    },
    value: 'worked',
    cleanup: 2,
    startsNothing: true,
    either: true,
  })),
  {
    operation: 'call that waits for its turn',
    *make(world) {
      const call = yield* enqueued((ms: number) => work(world, `${ms}`, ms)())
      call(4)
      return yield* call(6)
    },
    value: 'worked',
    cleanup: 2,
    startsNothing: true,
    either: true,
  },
  {
    operation: 'run of a circuit breaker',
    make: (world) => createCircuitBreaker().run(work(world)),
    value: 'worked',
    cleanup: 2,
  },
  { operation: 'a declared operation', make: (world) => worked(world), value: 'worked', cleanup: 2 },
  {
    operation: 'cancelRequested',
    *prepare(world) {
      yield* spawn(function* () {
        yield* sleep(answerAt)
        yield* cancel(world.subject, { reason: 'stop', grace: 50 })
      })
    },
    make: () => cancelRequested(),
    value: { reason: 'stop', deadline: 60 },
    answered: (world) => {
      world.sim.jump(answerAt)
      stepNow(world.sim)
    },
    closesCancelled: true,
  },
  {
    operation: 'send to a receiver that comes',
    make: (world) => {
      const channel = createChannel<string>()
      world.answer = () => void channel.tryReceive()
      return channel.send('item')
    },
  },
  {
    operation: 'send into a full channel',
    make: (world) => {
      const channel = createChannel<string>({ capacity: 1 })
      channel.trySend('before')
      world.answer = () => void channel.tryReceive()
      return channel.send('item')
    },
  },
  { operation: 'send into free room', make: () => createChannel({ capacity: 1 }).send(1), immediate: true },
  {
    operation: 'receive',
    make: (world) => {
      const channel = createChannel<string>()
      world.answer = () => void channel.trySend('worked')
      return channel.receive()
    },
    value: 'worked',
  },
  {
    operation: 'receive of an item that is there',
    make: () => {
      const channel = createChannel<string>({ capacity: 1 })
      channel.trySend('worked')
      return channel.receive()
    },
    value: 'worked',
    immediate: true,
  },
  {
    operation: 'receive from a channel that closes',
    *make(world) {
      const channel = createChannel<string>()
      world.answer = () => channel.close()
      const subscription = yield* channel
      return yield* subscription.next()
    },
    value: { done: true, value: undefined },
  },
  {
    operation: 'send to a broadcast',
    *make() {
      const broadcast = createBroadcast<string>({ capacity: 1, overflow: 'wait' })
      const subscription = yield* broadcast
      yield* broadcast.send('before')
      yield* spawn(
        function* () {
          yield* sleep(answerAt)
          yield* subscription.next()
        },
        { background: true }
      )
      yield* broadcast.send('item')
    },
    answered: (world) => {
      world.sim.jump(answerAt)
      stepNow(world.sim)
    },
  },
  {
    operation: 'receive from a broadcast',
    *make(world) {
      const broadcast = createBroadcast<string>()
      const subscription = yield* broadcast
      world.answer = () => void broadcast.trySend('worked')
      return (yield* subscription.next()).value
    },
    value: 'worked',
  },
  {
    operation: 'acquire of a semaphore',
    make: (world) => {
      const semaphore = createSemaphore(1)
      semaphore.tryAcquire()
      world.answer = () => semaphore.resize(2)
      return semaphore.acquire()
    },
  },
  {
    operation: 'use of a semaphore',
    make: (world) => {
      const semaphore = createSemaphore(1)
      semaphore.tryAcquire()
      world.answer = () => semaphore.resize(2)
      return semaphore.use()
    },
  },
  {
    operation: 'use of a mutex',
    *make() {
      const mutex = createMutex()
      yield* spawn(
        function* () {
          yield* mutex.use()
          yield* sleep(answerAt)
        },
        { background: true }
      )
      yield* pause()
      yield* mutex.use()
    },
    answered: (world) => {
      world.sim.jump(answerAt)
      stepNow(world.sim)
    },
  },
  {
    operation: 'use of a limiter',
    *make() {
      const limiter = createLimiter({ rate: 1, intervalMs: answerAt, burst: 1 })
      yield* limiter.use()
      yield* limiter.use()
    },
  },
  {
    operation: 'wait for an event',
    make: (world) => {
      const event = createEvent()
      world.answer = () => event.set()
      return event.wait()
    },
  },
  {
    operation: 'deferred',
    make: (world) => {
      const deferred = createDeferred<string>()
      world.answer = () => deferred.resolve('worked')
      return deferred
    },
    value: 'worked',
  },
  {
    operation: 'next of a watch',
    make: (world) => {
      const watch = createWatch('')
      world.answer = () => watch.set('worked')
      return watch.next()
    },
    value: 'worked',
  },
  {
    operation: 'changes of a watch',
    *make(world) {
      const watch = createWatch('')
      const changes = yield* watch.changes
      world.answer = () => watch.set('worked')
      return (yield* changes.next()).value
    },
    value: 'worked',
  },
]

describe.each(rows)('cancel matrix: $operation', (row) => {
  const { cleanup = 0 } = row
  // Also when it is cancelled before it is answered.
  const givesItsValue = row.shielded === true || row.returned === true

  test.each(roads)('closes by itself when nobody cancels it (%s)', async (road) => {
    const world = new World(row, road)
    await world.advance(200)
    if (row.endless) expect(world.log).not.toContain('value')
    else expect(world.log).toContain('value')
    const expected = row.endless ? 'running' : row.closesCancelled ? 'cancelled' : 'done'
    expect(world.subject.status).toBe(expected)
    expect(world.sim.timers).toBe(0)
    world.cancel('end')
    await world.advance(300)
  })

  test.each(roads)('is cancelled before its first step through %s', async (road) => {
    const world = new World(row, road)
    if (road === 'its own task') stepNow(world.sim)
    expect(world.log).toEqual([])
    world.cancel('stop')
    expect(world.log).toEqual([])
    await world.check()

    expect(world.log).toContain('entered')
    expect(world.log.includes('value')).toBe(givesItsValue)
    expect(world.subject.status).toBe('cancelled')
    if (row.startsNothing) expect(world.log).toEqual(['entered', 'cleans up', 'cleaned up'])
  })

  if (!row.immediate) {
    test.each(roads)('is cancelled through %s while it waits', async (road) => {
      const world = new World(row, road)
      await world.advance(3)
      expect(world.log).not.toContain('value')
      world.cancel('stop')
      const ends = (row.shielded ? answerAt : 3 + cleanup) + 5
      await world.advance(ends - 1)
      expect(world.subject.status).toBe('unwinding')
      await world.advance(ends)
      expect(world.subject.status).toBe('cancelled')
      expect(world.log.includes('value')).toBe(givesItsValue)
      await world.check()
    })

    test.each(roads)('is cancelled again, through %s, while it cleans up', async (road) => {
      const world = new World(row, road)
      await world.advance(3)
      world.cancel('stop', 'its own task')
      const ends = (row.shielded ? answerAt : 3 + cleanup) + 5
      for (let at = 4; at < ends; at++) {
        await world.advance(at)
        expect(world.subject.status).not.toBe('cancelled')
        world.cancel(`at ${at}`)
      }
      await world.advance(ends)
      expect(world.subject.outcome).toEqual({ status: 'cancelled', reason: 'stop' })
      world.cancel('late', 'a task above it')
      await world.close()
      for (const [name, guard] of world.guards) {
        expect({ name, ...guard }).toEqual({ name, begun: 1, entered: 1, finished: 1 })
      }
    })
  }

  if (!row.endless) {
    test.each(roads)(
      'is cancelled through %s when its wait has been answered but not resumed',
      async (road) => {
        const world = new World(row, road)
        if (row.immediate) {
          while (!world.log.includes('entered')) stepNow(world.sim)
          if (world.log.includes('value')) return // It does not even wait for its turn.
        } else {
          await world.advance(answerAt - 1)
          expect(world.log).not.toContain('value')
          if (row.answered !== undefined) row.answered(world)
          else {
            world.sim.jump(answerAt)
            world.answer?.()
            await microtasks()
          }
        }
        expect(world.log).not.toContain('value')
        world.cancel('stop')
        await world.check()
        if (!row.either) expect(world.log).toContain('value')
        expect(world.log).not.toContain('went on')
        expect(world.subject.status).toBe('cancelled')
      }
    )
  }

  test.each(roads)('is cancelled through %s after it closed', async (road) => {
    const world = new World(row, road)
    await world.advance(9)
    if (row.endless) world.cancel('stop', 'its own task')
    await world.advance(200)
    const outcome = world.subject.outcome
    expect(outcome).toEqual(
      row.endless || row.closesCancelled
        ? { status: 'cancelled', reason: 'stop' }
        : { status: 'done', value: 'result' }
    )
    const log = [...world.log]
    let resolved = false
    void world.subject.cancel('late').then(() => (resolved = true))
    await microtasks()
    expect(resolved).toBe(true)
    world.cancel('late')
    await world.check()
    expect(world.log).toEqual(log)
    expect(world.subject.outcome).toEqual(outcome)
  })

  test.each(roads)('is cancelled through %s between any two steps', async (road) => {
    let cancelled = 0
    for (let steps = road === 'its own task' ? 1 : 0; ; steps++) {
      const world = new World(row, road)
      let open = true
      for (let i = 0; i < steps && open; i++) {
        open = await world.step()
        if (world.subject?.outcome !== undefined) open = false
      }
      if (!open) {
        world.cancel('stop')
        await world.close()
        break
      }
      const { now: time } = world.sim
      world.cancel('stop')
      await world.check()
      if (world.subject.status === 'cancelled') cancelled++
      // Nothing but cleanup takes time after the request.
      if (!row.shielded) expect(world.cleanedUpAt).toBeLessThanOrEqual(time + cleanup + 5)
    }
    expect(cancelled).toBeGreaterThan(0)
  })
})

describe('cancel matrix: from below', () => {
  const waits = rows.filter((row) => !row.prepare && !row.immediate && !row.shielded && !row.returned)

  test.each(waits)('a child cancels the task that owns it while that waits: $operation', async (row) => {
    const world = new World(
      {
        ...row,
        *make(of) {
          const me = yield* self()
          yield* spawn(
            function* () {
              yield* sleep(3)
              yield* cancel(me, { reason: 'child' })
            },
            { background: true }
          )
          return yield* row.make(of)
        },
      },
      'its own task'
    )
    await world.check()
    expect(world.log).not.toContain('value')
    expect(world.subject.outcome).toEqual({ status: 'cancelled', reason: 'child' })
  })
})
