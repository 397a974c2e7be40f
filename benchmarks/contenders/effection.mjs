/** Effection 4. All generator functions are hoisted; `spawn` takes a function that makes the operation. */
import { action, all, createQueue, race, run, sleep, spawn, suspend, useScope } from 'effection'
import { HOUR, RECURSION_DEPTH, RECURSION_SUSPENSIONS, RESUMES_AT_DEPTH } from '../workloads.mjs'
import { now } from '../clock.mjs'

// Effection has no `yield` to the back of the queue. An action that resolves at once is the nearest: the task leaves
// its generator, is queued, and is resumed from the queue. (`sleep(0)` would wait for a host timer.)
const noop = () => {}
const pause = action((resolve) => {
  resolve()
  return noop
})

function answerLater(resolve) {
  queueMicrotask(() => resolve(1))
  return noop
}

function* child(i) {
  return i
}

function* suspendingChild(i) {
  yield* pause
  return i
}

function* sleepingChild(ms) {
  yield* sleep(ms)
  return 1
}

function* spawnAndJoin(n, body) {
  const tasks = []
  for (let i = 0; i < n; i++) tasks.push(yield* spawn(() => body(i)))
  let sum = 0
  for (const task of tasks) sum += yield* task
  return sum
}

function* descend(depth, suspensions) {
  if (depth > 0) return yield* descend(depth - 1, suspensions)
  for (let i = 0; i < suspensions; i++) yield* pause
  return suspensions
}

function* deadline(ms) {
  yield* sleep(ms)
  throw new Error('timeout')
}

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
    if (below > 0) yield* spawn(() => link(below - 1))
    yield* suspend()
  } finally {
    cleaned++
  }
}

function* crowd(n, body) {
  for (let i = 0; i < n; i++) yield* spawn(() => body(i))
  yield* suspend()
}

/** Starts `top`, and returns it when `n` tasks below it have come to wait. */
function* startAndWait(n, top) {
  waiting = cleaned = 0
  const task = yield* spawn(top)
  while (waiting < n) yield* sleep(0)
  return task
}

function* cancelTimed(n, top) {
  const task = yield* startAndWait(n, top)
  const start = now()
  yield* task.halt()
  return { check: cleaned, ns: now() - start }
}

function* holdWaiting(n, body, allWaiting) {
  const task = yield* startAndWait(n, () => crowd(n, body))
  allWaiting()
  const check = waiting
  yield* task.halt()
  return check
}

// A queue takes everything at once: there is neither room to wait for nor a semaphore.
function* pong(there, back, n) {
  for (let i = 0; i < n; i++) back.add((yield* there.next()).value)
}

function* sendAll(queue, n) {
  for (let i = 0; i < n; i++) queue.add(i)
}

function* receiver(queue) {
  return (yield* queue.next()).value
}

export const workloads = {
  'spawn-join-bulk': (n) => run(() => spawnAndJoin(n, child)),

  'spawn-join-each': (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield* yield* spawn(() => child(i))
      return sum
    }),

  'spawn-suspend': (n) => run(() => spawnAndJoin(n, suspendingChild)),

  'all-bulk': (n) =>
    run(function* () {
      const operations = []
      for (let i = 0; i < n; i++) operations.push(child(i))
      let sum = 0
      for (const value of yield* all(operations)) sum += value
      return sum
    }),

  'fan-out': (n) =>
    run(function* () {
      const operations = []
      for (let i = 0; i < n; i++) operations.push(suspendingChild(i))
      let sum = 0
      for (const value of yield* all(operations)) sum += value
      return sum
    }),

  'callback-bridge': (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield* action(answerLater)
      return sum
    }),

  step: (n) =>
    run(function* () {
      const scope = yield* useScope()
      let same = 0
      for (let i = 0; i < n; i++) if ((yield* useScope()) === scope) same++
      return same
    }),

  recursion: (descents) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < descents; i++) sum += yield* descend(RECURSION_DEPTH, RECURSION_SUSPENSIONS)
      return sum
    }),

  'resume-at-depth': (depth) => run(() => descend(depth, RESUMES_AT_DEPTH)),

  'cancel-100k': (n) => run(() => cancelTimed(n, () => crowd(n, foreverChild))),

  'cancel-chain': (n) => run(() => cancelTimed(n, () => link(n - 1))),

  timers: (n) =>
    run(function* () {
      const tasks = []
      for (let i = 0; i < n; i++) tasks.push(yield* spawn(() => sleepingChild(1)))
      let sum = 0
      for (const task of tasks) sum += yield* task
      return sum
    }),

  'sleep-and-cancel': (n) =>
    run(function* () {
      const task = yield* startAndWait(n, () => crowd(n, staggeredChild))
      yield* task.halt()
      return cleaned
    }),

  'select-two': (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield* race([suspendingChild(1), sleep(1_000)])
      return sum
    }),

  // There is no `timeout`; a race with an operation that throws is how it is written.
  timeout: (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield* race([suspendingChild(1), deadline(1_000)])
      return sum
    }),

  'channel-ping-pong': (n) =>
    run(function* () {
      const [there, back] = [createQueue(), createQueue()]
      yield* spawn(() => pong(there, back, n))
      let sum = 0
      for (let i = 0; i < n; i++) {
        there.add(i)
        sum += (yield* back.next()).value
      }
      return sum
    }),

  'channel-throughput': (n) =>
    run(function* () {
      const queue = createQueue()
      yield* spawn(() => sendAll(queue, n))
      let sum = 0
      for (let i = 0; i < n; i++) sum += (yield* queue.next()).value
      return sum
    }),

  'channel-backlog': (n) =>
    run(function* () {
      const queue = createQueue()
      const tasks = []
      for (let i = 0; i < n; i++) tasks.push(yield* spawn(() => receiver(queue)))
      yield* pause
      for (let i = 0; i < n; i++) queue.add(i)
      let sum = 0
      for (const task of tasks) sum += yield* task
      return sum
    }),

  'heap-per-suspended': (n, allWaiting) => run(() => holdWaiting(n, plainForeverChild, allWaiting)),
  'heap-per-sleeping': (n, allWaiting) => run(() => holdWaiting(n, hourChild, allWaiting)),
}
