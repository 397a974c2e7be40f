/**
 * Effect 4. Generator functions are wrapped once, with `Effect.fnUntraced`: `Effect.gen` with a closure for each child
 * costs three times as much. Children are forked with `startImmediately`, which is faster here than the default.
 */
import { Effect, Fiber, Queue, Semaphore, Stream } from 'effect'
import {
  CHANNEL_CAPACITY,
  CONCURRENCY,
  HOUR,
  PERMITS,
  RECURSION_DEPTH,
  RECURSION_SUSPENSIONS,
  RESUMES_AT_DEPTH,
  TURNS,
} from '../workloads.mjs'
import { asyncNumbers, count, decrement, isEven, numbers } from '../numbers.mjs'
import { now } from '../clock.mjs'

const run = (body) => Effect.runPromise(Effect.gen(body))
const immediately = { startImmediately: true }

// `Effect.yieldNow` waits for the host's `setImmediate`, which costs a lone fiber 1.2 µs; a microtask is five times as
// fast. Many fibers share one `setImmediate`, so in bulk it is the other way round.
const microtask = Effect.promise(() => Promise.resolve())

const callback = Effect.callback((resume) => {
  queueMicrotask(() => resume(Effect.succeed(1)))
})

const child = Effect.fnUntraced(function* (i) {
  return i
})

const suspendingChild = Effect.fnUntraced(function* (i) {
  yield* Effect.yieldNow
  return i
})

const quickChild = Effect.fnUntraced(function* (i) {
  yield* microtask
  return i
})

const sleepingChild = Effect.fnUntraced(function* (ms) {
  yield* Effect.sleep(ms)
  return 1
})

const spawnAndJoin = Effect.fnUntraced(function* (n, body) {
  const fibers = []
  for (let i = 0; i < n; i++) fibers.push(yield* Effect.forkChild(body(i), immediately))
  let sum = 0
  for (const fiber of fibers) sum += yield* Fiber.join(fiber)
  return sum
})

const descend = Effect.fnUntraced(function* (depth, suspensions) {
  if (depth > 0) return yield* descend(depth - 1, suspensions)
  for (let i = 0; i < suspensions; i++) yield* microtask
  return suspensions
})

let waiting = 0
let cleaned = 0

// JavaScript's `finally` is not entered by an interruption; `ensuring` is Effect's.
const countCleanup = Effect.sync(() => {
  cleaned++
})

const plainForeverChild = Effect.fnUntraced(function* () {
  waiting++
  yield* Effect.never
})

const foreverChild = Effect.fnUntraced(function* () {
  waiting++
  yield* Effect.never
}, Effect.ensuring(countCleanup))

const hourChild = Effect.fnUntraced(function* () {
  waiting++
  yield* Effect.sleep(HOUR)
})

const staggeredChild = Effect.fnUntraced(function* (i) {
  waiting++
  yield* Effect.sleep(HOUR + (i % 1_000))
}, Effect.ensuring(countCleanup))

// Not forked immediately: a chain of immediate starts would grow the stack.
const link = Effect.fnUntraced(function* (below) {
  waiting++
  if (below > 0) yield* Effect.forkChild(link(below - 1))
  yield* Effect.never
}, Effect.ensuring(countCleanup))

const crowd = Effect.fnUntraced(function* (n, body) {
  for (let i = 0; i < n; i++) yield* Effect.forkChild(body(i), immediately)
  yield* Effect.never
})

/** Starts `top`, and returns its fiber when `n` fibers have come to wait. */
const startAndWait = Effect.fnUntraced(function* (n, top) {
  waiting = cleaned = 0
  const fiber = yield* Effect.forkChild(top)
  while (waiting < n) yield* Effect.yieldNow
  return fiber
})

const cancelTimed = Effect.fnUntraced(function* (n, top) {
  const fiber = yield* startAndWait(n, top)
  const start = now()
  yield* Fiber.interrupt(fiber)
  return { check: cleaned, ns: now() - start }
})

const holdWaiting = Effect.fnUntraced(function* (n, body, allWaiting) {
  const fiber = yield* startAndWait(n, crowd(n, body))
  allWaiting()
  const check = waiting
  yield* Fiber.interrupt(fiber)
  return check
})

// A queue without room would never hand anything over, so there is room for one.
const pong = Effect.fnUntraced(function* (there, back, n) {
  for (let i = 0; i < n; i++) yield* Queue.offer(back, yield* Queue.take(there))
})

const sendAll = Effect.fnUntraced(function* (queue, n) {
  for (let i = 0; i < n; i++) yield* Queue.offer(queue, i)
})

const receiver = Effect.fnUntraced(function* (queue) {
  return yield* Queue.take(queue)
})

let turns = 0

const takeTurns = Effect.fnUntraced(function* (semaphore) {
  const turn = semaphore.withPermits(1)(
    Effect.map(Effect.yieldNow, () => {
      turns++
    })
  )
  for (let i = 0; i < TURNS; i++) yield* turn
})

const add = (sum, n) => sum + n

// `Stream.scan` gives the initial value, too.
const sumOf = (stream, n) =>
  stream.pipe(
    Stream.drop(1),
    Stream.map(decrement),
    Stream.filter(isEven),
    Stream.scan(() => 0, count),
    Stream.drop(1),
    Stream.take(n),
    Stream.runFold(() => 0, add),
    Effect.runPromise
  )

export const workloads = {
  'spawn-join-bulk': (n) => Effect.runPromise(spawnAndJoin(n, child)),

  'spawn-join-each': (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield* Fiber.join(yield* Effect.forkChild(child(i), immediately))
      return sum
    }),

  'spawn-suspend': (n) => Effect.runPromise(spawnAndJoin(n, suspendingChild)),

  'all-bulk': (n) =>
    run(function* () {
      const effects = []
      for (let i = 0; i < n; i++) effects.push(child(i))
      let sum = 0
      for (const value of yield* Effect.all(effects, { concurrency: 'unbounded' })) sum += value
      return sum
    }),

  // A thousand are too few for the `setImmediate` that they share to pay.
  'fan-out': (n) =>
    run(function* () {
      const effects = []
      for (let i = 0; i < n; i++) effects.push(quickChild(i))
      let sum = 0
      for (const value of yield* Effect.all(effects, { concurrency: 'unbounded' })) sum += value
      return sum
    }),

  'callback-bridge': (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield* callback
      return sum
    }),

  step: (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield* Effect.succeed(1)
      return sum
    }),

  recursion: (descents) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < descents; i++) sum += yield* descend(RECURSION_DEPTH, RECURSION_SUSPENSIONS)
      return sum
    }),

  'resume-at-depth': (depth) => Effect.runPromise(descend(depth, RESUMES_AT_DEPTH)),

  'cancel-100k': (n) => Effect.runPromise(cancelTimed(n, crowd(n, foreverChild))),

  'cancel-chain': (n) => Effect.runPromise(cancelTimed(n, link(n - 1))),

  timers: (n) =>
    run(function* () {
      const fibers = []
      for (let i = 0; i < n; i++) fibers.push(yield* Effect.forkChild(sleepingChild(1), immediately))
      let sum = 0
      for (const fiber of fibers) sum += yield* Fiber.join(fiber)
      return sum
    }),

  'sleep-and-cancel': (n) =>
    run(function* () {
      const fiber = yield* startAndWait(n, crowd(n, staggeredChild))
      yield* Fiber.interrupt(fiber)
      return cleaned
    }),

  'select-two': (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield* Effect.raceFirst(quickChild(1), Effect.sleep(1_000))
      return sum
    }),

  timeout: (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield* Effect.timeout(quickChild(1), 1_000)
      return sum
    }),

  'channel-ping-pong': (n) =>
    run(function* () {
      const there = yield* Queue.bounded(1)
      const back = yield* Queue.bounded(1)
      yield* Effect.forkChild(pong(there, back, n))
      let sum = 0
      for (let i = 0; i < n; i++) {
        yield* Queue.offer(there, i)
        sum += yield* Queue.take(back)
      }
      return sum
    }),

  'channel-throughput': (n) =>
    run(function* () {
      const queue = yield* Queue.bounded(CHANNEL_CAPACITY)
      yield* Effect.forkChild(sendAll(queue, n))
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield* Queue.take(queue)
      return sum
    }),

  'channel-backlog': (n) =>
    run(function* () {
      const queue = yield* Queue.bounded(1)
      const fibers = []
      for (let i = 0; i < n; i++) fibers.push(yield* Effect.forkChild(receiver(queue), immediately))
      for (let i = 0; i < n; i++) yield* Queue.offer(queue, i)
      let sum = 0
      for (const fiber of fibers) sum += yield* Fiber.join(fiber)
      return sum
    }),

  semaphore: (n) =>
    run(function* () {
      turns = 0
      const semaphore = yield* Semaphore.make(PERMITS)
      const fibers = []
      for (let i = 0; i < n; i++) fibers.push(yield* Effect.forkChild(takeTurns(semaphore), immediately))
      for (const fiber of fibers) yield* Fiber.join(fiber)
      return turns
    }),

  'stream-operators': (n) => sumOf(Stream.fromIterable(numbers(n)), n),
  'stream-from-async': (n) =>
    sumOf(
      Stream.fromAsyncIterable(asyncNumbers(n), (error) => error),
      n
    ),
  'stream-concurrency': (n) =>
    Stream.fromIterable(numbers(n)).pipe(
      Stream.mapEffect(quickChild, { concurrency: CONCURRENCY }),
      Stream.runFold(() => 0, add),
      Effect.runPromise
    ),

  'heap-per-suspended': (n, allWaiting) => Effect.runPromise(holdWaiting(n, plainForeverChild, allWaiting)),
  'heap-per-sleeping': (n, allWaiting) => Effect.runPromise(holdWaiting(n, hourChild, allWaiting)),
}
