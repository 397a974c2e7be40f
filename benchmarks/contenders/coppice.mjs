/**
 * Coppice, as it is built, under the name and the conditions by which users on Node import it: not the sources. The runner names
 * another build when two versions are compared.
 */
import process from 'node:process'
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

// A namespace, so that an export which an older version lacks fails its own workloads and not all of them.
const coppice = await import(process.env.COPPICE_BUILD ?? 'coppice')
const { action, all, cancel, operation, pause, run, select, self, sleep, spawn, suspend, timeout } = coppice
const { createChannel, createSemaphore } = coppice

function* child(i) {
  return i
}

function* suspendingChild(i) {
  yield* pause()
  return i
}

function* sleepingChild(ms) {
  yield* sleep(ms)
  return 1
}

function* spawnAndJoin(n, body) {
  const tasks = []
  for (let i = 0; i < n; i++) tasks.push(yield* spawn(body(i)))
  let sum = 0
  for (const task of tasks) sum += yield* task
  return sum
}

function* fanOut(n) {
  const operations = []
  for (let i = 0; i < n; i++) operations.push(suspendingChild(i))
  let sum = 0
  for (const value of yield* all(operations)) sum += value
  return sum
}

const noop = () => {}

function answerLater(resume) {
  queueMicrotask(() => resume(1))
  return noop
}

const descend = operation?.('descend', function* (depth, suspensions) {
  if (depth > 0) return yield* descend(depth - 1, suspensions)
  for (let i = 0; i < suspensions; i++) yield* pause()
  return suspensions
})

let waiting = 0
let cleaned = 0

function* foreverChild() {
  waiting++
  try {
    yield* suspend()
  } finally {
    cleaned++
  }
}

function* plainForeverChild() {
  waiting++
  yield* suspend()
}

function* hourChild() {
  waiting++
  yield* sleep(HOUR)
}

function* staggeredChild(i) {
  waiting++
  try {
    yield* sleep(HOUR + (i % 1_000))
  } finally {
    cleaned++
  }
}

function* link(below) {
  waiting++
  try {
    if (below > 0) yield* spawn(link(below - 1))
    yield* suspend()
  } finally {
    cleaned++
  }
}

function* crowd(n, body) {
  for (let i = 0; i < n; i++) yield* spawn(body(i))
  yield* suspend()
}

/** Starts `top`, and returns it when `n` tasks below it have come to wait. */
function* startAndWait(n, top) {
  waiting = cleaned = 0
  const task = yield* spawn(top)
  while (waiting < n) yield* pause()
  return task
}

function* cancelTimed(n, top) {
  const task = yield* startAndWait(n, top)
  const start = now()
  yield* cancel(task)
  return { check: cleaned, ns: now() - start }
}

function* holdWaiting(n, body, allWaiting) {
  const task = yield* startAndWait(n, crowd(n, body))
  allWaiting()
  const check = waiting
  yield* cancel(task)
  return check
}

function* pong(there, back, n) {
  for (let i = 0; i < n; i++) yield* back.send(yield* there.receive())
}

function* sendAll(channel, n) {
  for (let i = 0; i < n; i++) yield* channel.send(i)
}

function* receiver(channel) {
  return yield* channel.receive()
}

let turns = 0

function* takeTurns(semaphore) {
  for (let i = 0; i < TURNS; i++) {
    yield* semaphore.acquire()
    try {
      yield* pause()
      turns++
    } finally {
      semaphore.release()
    }
  }
}

/** The sum of what five operators let through. */
function* sumOf(source, n) {
  const { drop, filter, forEach, from, mapEach, pipe, scan, take } = coppice
  let sum = 0
  const items = pipe(from(source), drop(1), mapEach(decrement), filter(isEven), scan(count, 0), take(n))
  yield* forEach(items, (item) => void (sum += item))
  return sum
}

export const workloads = {
  'spawn-join-bulk': (n) => run(spawnAndJoin(n, child)),

  'spawn-join-each': (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield* yield* spawn(child(i))
      return sum
    }),

  'spawn-suspend': (n) => run(spawnAndJoin(n, suspendingChild)),

  'all-bulk': (n) =>
    run(function* () {
      const operations = []
      for (let i = 0; i < n; i++) operations.push(child(i))
      let sum = 0
      for (const value of yield* all(operations)) sum += value
      return sum
    }),

  'fan-out': (n) => run(fanOut(n)),

  'callback-bridge': (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield* action(answerLater)
      return sum
    }),

  step: (n) =>
    run(function* () {
      const me = yield* self()
      let same = 0
      for (let i = 0; i < n; i++) if ((yield* self()) === me) same++
      return same
    }),

  recursion: (descents) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < descents; i++) sum += yield* descend(RECURSION_DEPTH, RECURSION_SUSPENSIONS)
      return sum
    }),

  'resume-at-depth': (depth) => run(descend(depth, RESUMES_AT_DEPTH)),

  'cancel-100k': (n) => run(cancelTimed(n, crowd(n, foreverChild))),

  'cancel-chain': (n) => run(cancelTimed(n, link(n - 1))),

  timers: (n) =>
    run(function* () {
      const tasks = []
      for (let i = 0; i < n; i++) tasks.push(yield* spawn(sleepingChild(1)))
      let sum = 0
      for (const task of tasks) sum += yield* task
      return sum
    }),

  'sleep-and-cancel': (n) =>
    run(function* () {
      const task = yield* startAndWait(n, crowd(n, staggeredChild))
      yield* cancel(task)
      return cleaned
    }),

  'select-two': (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) {
        const first = yield* select({ value: suspendingChild(1), late: sleep(1_000) })
        sum += first.value
      }
      return sum
    }),

  timeout: (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield* timeout(1_000, suspendingChild(1))
      return sum
    }),

  'channel-ping-pong': (n) =>
    run(function* () {
      const [there, back] = [createChannel(), createChannel()]
      yield* spawn(pong(there, back, n))
      let sum = 0
      for (let i = 0; i < n; i++) {
        yield* there.send(i)
        sum += yield* back.receive()
      }
      return sum
    }),

  'channel-throughput': (n) =>
    run(function* () {
      const channel = createChannel({ capacity: CHANNEL_CAPACITY })
      yield* spawn(sendAll(channel, n))
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield* channel.receive()
      return sum
    }),

  'channel-backlog': (n) =>
    run(function* () {
      const channel = createChannel()
      const tasks = []
      for (let i = 0; i < n; i++) tasks.push(yield* spawn(receiver(channel)))
      yield* pause()
      for (let i = 0; i < n; i++) yield* channel.send(i)
      let sum = 0
      for (const task of tasks) sum += yield* task
      return sum
    }),

  semaphore: (n) =>
    run(function* () {
      turns = 0
      const semaphore = createSemaphore(PERMITS)
      const tasks = []
      for (let i = 0; i < n; i++) tasks.push(yield* spawn(takeTurns(semaphore)))
      for (const task of tasks) yield* task
      return turns
    }),

  'stream-operators': (n) => run(sumOf(numbers(n), n)),
  'stream-from-async': (n) => run(sumOf(asyncNumbers(n), n)),
  'stream-concurrency': (n) =>
    run(function* () {
      let sum = 0
      function* add(i) {
        const value = yield* suspendingChild(i)
        sum += value
      }
      yield* coppice.forEach(coppice.from(numbers(n)), add, { concurrency: CONCURRENCY })
      return sum
    }),

  'heap-per-suspended': (n, allWaiting) => run(holdWaiting(n, plainForeverChild, allWaiting)),
  'heap-per-sleeping': (n, allWaiting) => run(holdWaiting(n, hourChild, allWaiting)),
}
