/** Rows for what tasks coordinate by: values come once, permits that went in come out, and nobody is left in a line. */
import {
  type Channel,
  type Operation,
  type Semaphore,
  type Subscription,
  all,
  attempt,
  createBroadcast,
  createChannel,
  createDeferred,
  createEvent,
  createLimiter,
  createMutex,
  createSemaphore,
  createWatch,
  forEach,
  moveOnAfter,
  now,
  operation,
  pause,
  race,
  scope,
  select,
  sleep,
  spawn,
} from 'coppice'
import type { Ledger } from './ledger.ts'
import { type Row, row } from './row.ts'

function* sendAll(
  ledger: Ledger,
  channel: Channel<string>,
  items: readonly string[]
): Generator<any, void, any> {
  for (const item of items) yield* channel.send(ledger.sent(item))
}

/** Closes it when the senders have ended, also if they are cancelled. */
const sendFromTwo = operation('sendFromTwo', function* (ledger: Ledger, channel: Channel<string>) {
  try {
    yield* all([sendAll(ledger, channel, ['a1', 'a2']), sendAll(ledger, channel, ['b1'])])
  } finally {
    channel.close()
  }
})

/** Receives until the end. */
const consume = operation('consume', function* (ledger: Ledger, channel: Channel<string>, into: string[]) {
  yield* forEach(channel, function* (item) {
    into.push(ledger.received(item))
    yield* pause()
  })
})

function nobodyWaits(ledger: Ledger, channel: Channel<unknown>): void {
  ledger.inTheEnd('nobody waits', () => channel.waitingSenders + channel.waitingReceivers === 0)
}

const throughChannel = (capacity: number) =>
  function* (ledger: Ledger) {
    const channel = createChannel<string>({ capacity })
    nobodyWaits(ledger, channel)
    const received: string[] = []
    yield* all([sendFromTwo(ledger, channel), consume(ledger, channel, received)])
    return received.sort()
  }

const channels: readonly Row[] = [
  row('createChannel', throughChannel(0), ['a1', 'a2', 'b1'], { how: 'without room', mayStarve: true }),
  row('createChannel', throughChannel(1), ['a1', 'a2', 'b1'], { how: 'with room for one', mayStarve: true }),
  row(
    'createChannel',
    function* (ledger) {
      const channel = createChannel<string>({ capacity: 2, overflow: 'drop-oldest' })
      nobodyWaits(ledger, channel)
      yield* spawn(function* () {
        const out = yield* channel.producer()
        yield* sendAll(ledger, out, ['a1', 'a2', 'a3', 'a4'])
      })
      yield* sleep(1)
      const received: string[] = []
      yield* consume(ledger, channel, received)
      return received
    },
    ['a3', 'a4'],
    { how: 'that drops the oldest' }
  ),
  row(
    'createChannel',
    function* (ledger) {
      const channel = createChannel<string>()
      nobodyWaits(ledger, channel)
      const kept: string[] = []
      yield* spawn(function* () {
        yield* sleep(2)
        yield* channel.send(ledger.sent('a'))
      })
      // Both could receive it; one does.
      const { value } = yield* select({ left: channel.receive(), right: channel.receive() })
      kept.push(ledger.received(value))
      const after = channel.tryReceive()
      return [kept, after]
    },
    [['a'], undefined],
    { how: 'in two branches of one select', mayStarve: true }
  ),
  row(
    'createChannel',
    function* (ledger) {
      const channel = createChannel<string>()
      nobodyWaits(ledger, channel)
      const receiver = yield* spawn(() => attempt(channel.receive()))
      const sender = yield* spawn(function* () {
        yield* sleep(2)
        channel.close()
        return yield* attempt(channel.send(ledger.sent('late')))
      })
      return [(yield* receiver).status, (yield* sender).status]
    },
    ['failed', 'failed'],
    { how: 'that is closed while somebody waits', mayStarve: true }
  ),
  row(
    'createBroadcast',
    function* (ledger) {
      const news = createBroadcast<string>({ capacity: 1, overflow: 'wait' })
      const heard: string[][] = [[], []]
      ledger.inTheEnd(
        'nobody is subscribed, and nobody waits',
        () => news.subscribers + news.waitingSenders === 0
      )
      ledger.inTheEnd('nobody hears a thing twice, or in another order', () =>
        heard.every((items) => items.join() === [...new Set(items)].sort().join())
      )
      const listeners = []
      for (const into of heard) listeners.push(yield* spawn(listen(ledger, yield* news, into)))
      for (const item of ['a', 'b']) yield* news.send(item)
      news.close()
      for (const listener of listeners) yield* listener
      return heard
    },
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    { mayStarve: true }
  ),
]

function* listen(
  ledger: Ledger,
  subscription: Subscription<string>,
  into: string[]
): Generator<any, void, any> {
  yield* ledger.hold()
  for (let next = yield* subscription.next(); !next.done; next = yield* subscription.next()) {
    into.push(next.value)
    yield* pause()
  }
}

const latches: readonly Row[] = [
  row(
    'createWatch',
    function* (ledger) {
      const level = createWatch(0)
      const seen: number[] = []
      ledger.inTheEnd('values are seen in order', () =>
        seen.every((value, i) => i === 0 || value > seen[i - 1]!)
      )
      const reader = yield* spawn(function* () {
        yield* forEach(level.changes, function* (value) {
          seen.push(value)
          yield* pause()
        })
      })
      const next = yield* spawn(() => level.next())
      for (const value of [1, 2, 3]) {
        yield* sleep(1)
        level.set(value)
      }
      yield* sleep(1)
      const first = yield* next
      yield* race([reader, sleep(1)])
      return [first, seen.at(-1), level.value]
    },
    [1, 3, 3],
    { mayStarve: true }
  ),
  row(
    'createEvent',
    function* (ledger) {
      const gate = createEvent()
      const through: string[] = []
      const pass = (name: string) =>
        spawn(function* () {
          yield* ledger.hold()
          yield* gate.wait()
          through.push(name)
        })
      const tasks = [yield* pass('a'), yield* pass('b')]
      yield* sleep(1)
      gate.set()
      // Whoever waited passes, although it is closed again at once.
      gate.reset()
      for (const task of tasks) yield* task
      const late = yield* moveOnAfter(2, gate.wait())
      return [through.sort(), late.status, gate.isSet]
    },
    [['a', 'b'], 'cancelled', false]
  ),
  row(
    'createDeferred',
    function* (ledger) {
      const result = createDeferred<string>()
      const readers = []
      for (let i = 0; i < 2; i++) {
        readers.push(
          yield* spawn(function* () {
            yield* ledger.hold()
            return yield* result
          })
        )
      }
      yield* spawn(function* () {
        try {
          yield* sleep(2)
        } finally {
          result.resolve('there')
          result.reject('too late')
        }
      })
      return [yield* readers[0]!, yield* readers[1]!, yield* result]
    },
    ['there', 'there', 'there'],
    { mayStarve: true }
  ),
]

/** Takes permits for a while, twice, in two ways. */
const takeTurns = operation('takeTurns', function* (semaphore: Semaphore, count: number, inside: Inside) {
  yield* scope(function* () {
    yield* semaphore.use(count)
    yield* inside.stay(count)
  })
  yield* semaphore.acquire(count)
  try {
    yield* inside.stay(count)
  } finally {
    semaphore.release(count)
  }
})

/** Who is inside, and how many may be. */
class Inside {
  #now = 0
  readonly #limit: () => number

  constructor(limit: () => number) {
    this.#limit = limit
  }

  *stay(count: number): Operation<void> {
    this.#now += count
    try {
      if (this.#now > this.#limit()) throw new Error(`${this.#now} are inside at once`)
      yield* sleep(1)
    } finally {
      this.#now -= count
    }
  }
}

const permits: readonly Row[] = [
  row(
    'createSemaphore',
    function* (ledger) {
      const semaphore = createSemaphore(2)
      const inside = new Inside(() => 2)
      ledger.inTheEnd('all permits are back', () => semaphore.available === 2 && semaphore.waiting === 0)
      yield* all([
        takeTurns(semaphore, 1, inside),
        takeTurns(semaphore, 2, inside),
        takeTurns(semaphore, 1, inside),
      ])
      return semaphore.tryAcquire(2) && (semaphore.release(2), semaphore.available)
    },
    2
  ),
  row(
    'createSemaphore',
    function* (ledger) {
      const semaphore = createSemaphore(1)
      ledger.inTheEnd('all permits are back', () => semaphore.available === 1 && semaphore.waiting === 0)
      yield* spawn(function* () {
        yield* semaphore.use()
        yield* sleep(3)
      })
      yield* pause()
      // The permit comes at the instant at which it is given up.
      const outcome = yield* moveOnAfter(
        3,
        scope(function* () {
          yield* semaphore.use()
          yield* pause()
        })
      )
      return outcome.status
    },
    (status: unknown) => status === 'done' || status === 'cancelled',
    { how: 'that is given up as the permit comes' }
  ),
  row(
    'createSemaphore',
    function* (ledger) {
      const semaphore = createSemaphore(1)
      let size = 1
      const inside = new Inside(() => 2)
      ledger.inTheEnd('all permits are back', () => semaphore.available === size && semaphore.waiting === 0)
      yield* all([
        takeTurns(semaphore, 1, inside),
        takeTurns(semaphore, 1, inside),
        function* () {
          yield* sleep(1)
          semaphore.resize((size = 2))
          yield* sleep(1)
          semaphore.resize((size = 1))
        },
      ])
      return semaphore.available
    },
    1,
    { how: 'that is resized' }
  ),
  row(
    'createMutex',
    function* (ledger) {
      const mutex = createMutex()
      const inside = new Inside(() => 1)
      ledger.inTheEnd('it is free', () => !mutex.isLocked && mutex.waiting === 0)
      const turns = operation('turns', function* () {
        yield* scope(function* () {
          yield* mutex.use()
          yield* inside.stay(1)
        })
        yield* mutex.acquire()
        try {
          yield* inside.stay(1)
        } finally {
          mutex.release()
        }
      })
      yield* all([turns(), turns(), turns()])
      return mutex.isLocked
    },
    false
  ),
  row(
    'createLimiter',
    function* (ledger) {
      const limiter = createLimiter({ rate: 1, intervalMs: 10, burst: 2, concurrency: 2 })
      const inside = new Inside(() => 2)
      ledger.inTheEnd('nobody waits', () => limiter.waiting === 0)
      const one = operation('one', function* () {
        yield* scope(function* () {
          yield* limiter.use()
          yield* inside.stay(1)
        })
      })
      yield* all([one(), one(), one(), one()])
      return yield* now()
    },
    21
  ),
]

export const coordination: readonly Row[] = [...channels, ...latches, ...permits]
