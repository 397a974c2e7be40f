/**
 * redux-saga 1, without Redux: `runSaga`. A fork runs at once up to its first suspension, inside the parent's step.
 * NODE_ENV=production and the package's default export condition: no development checks.
 */
import { buffers, channel, runSaga } from 'redux-saga'
import { all, call, cancel, cps, delay, fork, getContext, join, put, race, take } from 'redux-saga/effects'
import { HOUR, RECURSION_DEPTH, RECURSION_SUSPENSIONS, RESUMES_AT_DEPTH } from '../workloads.mjs'
import { now } from '../clock.mjs'

// Errors reach the harness through the promise; the default handler would print them as well.
const io = { context: { one: 1 }, onError() {} }
const run = (saga, ...args) => runSaga(io, saga, ...args).toPromise()

// The nearest to suspending once is to wait for a promise that is settled: one microtask.
const settled = Promise.resolve()
// A callback that nobody calls.
const never = cps(() => {})

const callback = cps((done) => queueMicrotask(() => done(null, 1)))

function* child(i) {
  return i
}

function* suspendingChild(i) {
  yield settled
  return i
}

function* sleepingChild(ms) {
  yield delay(ms)
  return 1
}

function* spawnAndJoin(n, body) {
  const tasks = []
  for (let i = 0; i < n; i++) tasks.push(yield fork(body, i))
  let sum = 0
  for (const value of yield join(tasks)) sum += value
  return sum
}

function* descend(depth, suspensions) {
  if (depth > 0) return yield call(descend, depth - 1, suspensions)
  for (let i = 0; i < suspensions; i++) yield settled
  return suspensions
}

let waiting = 0
let cleaned = 0

function* foreverChild() {
  waiting++
  try {
    yield never
  } finally {
    cleaned++
  }
}

function* plainForeverChild() {
  waiting++
  yield never
}

function* hourChild() {
  waiting++
  yield delay(HOUR)
}

function* staggeredChild(i) {
  waiting++
  try {
    yield delay(HOUR + (i % 1_000))
  } finally {
    cleaned++
  }
}

function* link(below) {
  waiting++
  try {
    if (below > 0) yield fork(link, below - 1)
    yield never
  } finally {
    cleaned++
  }
}

function* crowd(n, body) {
  for (let i = 0; i < n; i++) yield fork(body, i)
  yield never
}

function* cancelTimed(top, ...args) {
  waiting = cleaned = 0
  const task = yield fork(top, ...args)
  const start = now()
  yield cancel(task)
  return { check: cleaned, ns: now() - start }
}

function* holdWaiting(n, body, allWaiting) {
  waiting = 0
  const task = yield fork(crowd, n, body)
  allWaiting()
  const check = waiting
  yield cancel(task)
  return check
}

function* selects(n) {
  let sum = 0
  for (let i = 0; i < n; i++)
    sum += (yield race({ value: call(suspendingChild, 1), late: delay(1_000) })).value
  return sum
}

// A put never waits, so a channel needs room for all; there is no semaphore.
const makeChannel = () => channel(buffers.expanding())

function* pong(there, back, n) {
  for (let i = 0; i < n; i++) yield put(back, yield take(there))
}

function* pingPong(n) {
  const [there, back] = [makeChannel(), makeChannel()]
  yield fork(pong, there, back, n)
  let sum = 0
  for (let i = 0; i < n; i++) {
    yield put(there, i)
    sum += yield take(back)
  }
  return sum
}

function* sendAll(to, n) {
  for (let i = 0; i < n; i++) yield put(to, i)
}

function* throughput(n) {
  const items = makeChannel()
  yield fork(sendAll, items, n)
  let sum = 0
  for (let i = 0; i < n; i++) sum += yield take(items)
  return sum
}

function* receiver(from) {
  return yield take(from)
}

function* backlog(n) {
  const items = makeChannel()
  const tasks = []
  for (let i = 0; i < n; i++) tasks.push(yield fork(receiver, items))
  for (let i = 0; i < n; i++) yield put(items, i)
  let sum = 0
  for (const value of yield join(tasks)) sum += value
  return sum
}

export const workloads = {
  'spawn-join-bulk': (n) => run(spawnAndJoin, n, child),

  'spawn-join-each': (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield join(yield fork(child, i))
      return sum
    }),

  'spawn-suspend': (n) => run(spawnAndJoin, n, suspendingChild),

  'all-bulk': (n) =>
    run(function* () {
      const effects = []
      for (let i = 0; i < n; i++) effects.push(call(child, i))
      let sum = 0
      for (const value of yield all(effects)) sum += value
      return sum
    }),

  'fan-out': (n) =>
    run(function* () {
      const effects = []
      for (let i = 0; i < n; i++) effects.push(call(suspendingChild, i))
      let sum = 0
      for (const value of yield all(effects)) sum += value
      return sum
    }),

  'callback-bridge': (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield callback
      return sum
    }),

  step: (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield getContext('one')
      return sum
    }),

  recursion: (descents) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < descents; i++) sum += yield call(descend, RECURSION_DEPTH, RECURSION_SUSPENSIONS)
      return sum
    }),

  'resume-at-depth': (depth) => run(descend, depth, RESUMES_AT_DEPTH),

  'cancel-100k': (n) => run(cancelTimed, crowd, n, foreverChild),

  'cancel-chain': (n) => run(cancelTimed, link, n - 1),

  timers: (n) =>
    run(function* () {
      const tasks = []
      for (let i = 0; i < n; i++) tasks.push(yield fork(sleepingChild, 1))
      let sum = 0
      for (const value of yield join(tasks)) sum += value
      return sum
    }),

  'sleep-and-cancel': (n) =>
    run(function* () {
      cleaned = 0
      const task = yield fork(crowd, n, staggeredChild)
      yield cancel(task)
      return cleaned
    }),

  // The same effect serves for both: a race with a delay is how a timeout is written.
  'select-two': (n) => run(selects, n),
  timeout: (n) => run(selects, n),

  'channel-ping-pong': (n) => run(pingPong, n),
  'channel-throughput': (n) => run(throughput, n),
  'channel-backlog': (n) => run(backlog, n),

  'heap-per-suspended': (n, allWaiting) => run(holdWaiting, n, plainForeverChild, allWaiting),
  'heap-per-sleeping': (n, allWaiting) => run(holdWaiting, n, hourChild, allWaiting),
}
