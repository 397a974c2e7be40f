/** Bugs of cancellation: it comes at the one moment at which nobody thought of it. */
import {
  type Deferred,
  type Operation,
  type Semaphore,
  all,
  cancel,
  createDeferred,
  createSemaphore,
  ensure,
  pause,
  shield,
  spawn,
} from 'coppice'
import { type KnownBug, after, breaksLaw, deadlocks } from './known-bug.ts'

/** Starts a task, and cancels it at whichever moment the schedule chooses. */
function* startAndCancel(body: () => Operation<unknown>) {
  const task = yield* spawn(body)
  yield* after(5, cancel(task))
}

function* acquireThenTry(permits: Semaphore) {
  yield* permits.acquire()
  yield* pause()
  yield* pause()
  try {
    yield* pause()
  } finally {
    permits.release()
  }
}

function* acquireAndTry(permits: Semaphore) {
  yield* permits.acquire()
  try {
    yield* pause()
    yield* pause()
  } finally {
    permits.release()
  }
}

const leakedPermit = breaksLaw('cancellation', {
  name: 'permit leaked by a cancellation before the try',
  source: 'Effect-TS/effect#6910',
  *broken() {
    const permits = createSemaphore(1)
    yield* startAndCancel(() => acquireThenTry(permits))
    return permits.available === 1
  },
  *mended() {
    const permits = createSemaphore(1)
    yield* startAndCancel(() => acquireAndTry(permits))
    return permits.available === 1
  },
})

interface Pool {
  open: number
}

function* openThenEnsure(pool: Pool) {
  yield* pause()
  pool.open++
  yield* pause()
  yield* ensure(() => pool.open--)
  yield* pause()
}

function* openAndEnsure(pool: Pool) {
  yield* pause()
  pool.open++
  yield* ensure(() => pool.open--)
  yield* pause()
  yield* pause()
}

const leakedConnection = breaksLaw('cancellation', {
  name: 'connection opened before its cleanup is known',
  source: 'getkyo/kyo#1820',
  *broken() {
    const pool = { open: 0 }
    yield* startAndCancel(() => openThenEnsure(pool))
    return pool.open === 0
  },
  *mended() {
    const pool = { open: 0 }
    yield* startAndCancel(() => openAndEnsure(pool))
    return pool.open === 0
  },
})

interface Handover {
  free: number
  line: Deferred<void>[]
}

/** A lock made by hand, which gives its permit to whoever waits longest. */
function giveBack(handover: Handover) {
  const next = handover.line.shift()
  if (next === undefined) handover.free++
  else next.resolve()
}

function* take(handover: Handover) {
  const turn = createDeferred()
  handover.line.push(turn)
  yield* turn
  giveBack(handover)
}

function* takeOrWithdraw(handover: Handover) {
  const turn = createDeferred()
  handover.line.push(turn)
  try {
    yield* turn
  } finally {
    const place = handover.line.indexOf(turn)
    // No longer in line, it was given the permit, even if it never learned of it.
    if (place < 0) giveBack(handover)
    else handover.line.splice(place, 1)
  }
}

function* giveBackSoon(handover: Handover) {
  yield* pause()
  giveBack(handover)
}

function* handOver(body: (handover: Handover) => Operation<void>) {
  const handover: Handover = { free: 0, line: [] }
  yield* all([giveBackSoon(handover), startAndCancel(() => body(handover))])
  return handover.free === 1
}

const lostHandover = breaksLaw('cancellation', {
  name: 'permit handed to a waiter that is being cancelled',
  source: 'MagicStack/asyncpg#467',
  broken: () => handOver(take),
  mended: () => handOver(takeOrWithdraw),
})

interface Sessions {
  open: number
  most: number
}

function* session(sessions: Sessions) {
  sessions.open++
  sessions.most = Math.max(sessions.most, sessions.open)
  yield* ensure(function* () {
    yield* pause()
    sessions.open--
  })
  yield* pause()
}

function* restartAtOnce(sessions: Sessions) {
  const old = yield* spawn(() => session(sessions))
  // Nobody waits for the old cleanup.
  yield* after(
    5,
    spawn(() => cancel(old))
  )
  yield* spawn(() => session(sessions))
}

function* restartAfter(sessions: Sessions) {
  const old = yield* spawn(() => session(sessions))
  yield* after(5, cancel(old))
  yield* spawn(() => session(sessions))
}

function* restarted(restart: (sessions: Sessions) => Operation<void>) {
  const sessions = { open: 0, most: 0 }
  yield* all([restart(sessions)])
  return sessions.most === 1
}

const overlap = breaksLaw('cancellation', {
  name: 'latest call overlaps the cleanup of the one before',
  source: 'redux-saga/redux-saga#1560',
  *broken() {
    return yield* restarted(restartAtOnce)
  },
  *mended() {
    return yield* restarted(restartAfter)
  },
})

interface Payment {
  charged: number
  booked: number
}

function* pay(payment: Payment) {
  yield* pause()
  payment.charged++
  yield* pause()
  payment.booked++
}

const halfPayment = breaksLaw('cancellation', {
  name: 'cancelled between two writes that belong together',
  source: 'redis/redis-py#2624',
  *broken() {
    const payment = { charged: 0, booked: 0 }
    yield* startAndCancel(() => pay(payment))
    return payment.charged === payment.booked
  },
  *mended() {
    const payment = { charged: 0, booked: 0 }
    yield* startAndCancel(() => shield(() => pay(payment)))
    return payment.charged === payment.booked
  },
})

function* flush(written: Deferred<void>) {
  try {
    yield* pause()
    written.resolve()
  } finally {
    yield* written
  }
}

function* flushAlways(written: Deferred<void>) {
  try {
    yield* pause()
  } finally {
    written.resolve()
    yield* written
  }
}

const waitingCleanup = deadlocks('cancellation', {
  name: 'cleanup waits for what only its cancelled body would do',
  source: 'tya5/reyn#4965',
  *broken() {
    const written = createDeferred()
    yield* startAndCancel(() => flush(written))
    return true
  },
  *mended() {
    const written = createDeferred()
    yield* startAndCancel(() => flushAlways(written))
    return true
  },
})

export const cancellation: readonly KnownBug[] = [
  leakedPermit,
  leakedConnection,
  lostHandover,
  overlap,
  halfPayment,
  waitingCleanup,
]
