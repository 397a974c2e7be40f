/** Bugs of locks and signals: a circle of waits, a wake-up that nobody heard, a permit that nobody gave back. */
import {
  type Mutex,
  type Semaphore,
  type Channel,
  type Deferred,
  type TaskEvent,
  all,
  createChannel,
  createDeferred,
  createEvent,
  createMutex,
  createSemaphore,
  pause,
} from 'coppice'
import { type KnownBug, after, deadlocks } from './known-bug.ts'

function* takeBoth(first: Mutex, second: Mutex) {
  yield* first.acquire()
  try {
    yield* pause()
    yield* second.acquire()
    second.release()
  } finally {
    first.release()
  }
}

const circle = deadlocks('lock', {
  name: 'two locks taken in opposite orders',
  source: 'SCTBench, CS.deadlock01',
  *broken() {
    const [left, right] = [createMutex(), createMutex()]
    yield* all([takeBoth(left, right), after(3, takeBoth(right, left))])
    return true
  },
  *mended() {
    const [left, right] = [createMutex(), createMutex()]
    yield* all([takeBoth(left, right), after(3, takeBoth(left, right))])
    return true
  },
})

const philosophers = deadlocks('lock', {
  name: 'three philosophers with the left fork each',
  source: 'SCTBench, CS.din_phil3',
  *broken() {
    const [a, b, c] = [createMutex(), createMutex(), createMutex()]
    yield* all([takeBoth(a, b), takeBoth(b, c), after(2, takeBoth(c, a))])
    return true
  },
  *mended() {
    const [a, b, c] = [createMutex(), createMutex(), createMutex()]
    yield* all([takeBoth(a, b), takeBoth(b, c), after(2, takeBoth(a, c))])
    return true
  },
})

interface Flag {
  isRaised: boolean
}

function* lookThenWait(flag: Flag, signal: Channel<void>) {
  if (flag.isRaised) return
  yield* pause()
  yield* signal.receive()
}

function* waitAtOnce(flag: Flag, signal: Channel<void>) {
  yield* pause()
  if (!flag.isRaised) yield* signal.receive()
}

function* raise(flag: Flag, signal: Channel<void>) {
  yield* pause()
  flag.isRaised = true
  signal.trySend()
}

const lostSignal = deadlocks('lock', {
  name: 'signal between the look and the wait',
  source: 'ochinchina/supervisord#223',
  *broken() {
    const [flag, signal] = [{ isRaised: false }, createChannel<void>()]
    yield* all([lookThenWait(flag, signal), raise(flag, signal)])
    return true
  },
  *mended() {
    const [flag, signal] = [{ isRaised: false }, createChannel<void>()]
    yield* all([waitAtOnce(flag, signal), raise(flag, signal)])
    return true
  },
})

interface Latch {
  isOpen: boolean
  line: Deferred<void>[]
  /** Somebody stands in line. */
  awaited: TaskEvent
}

const newLatch = (): Latch => ({ isOpen: false, line: [], awaited: createEvent() })

function* standInLine(latch: Latch) {
  const turn = createDeferred()
  latch.line.push(turn)
  latch.awaited.set()
  yield* turn
}

function* passIfOpen(latch: Latch) {
  while (!latch.isOpen) yield* standInLine(latch)
}

function* passOnceOpened(latch: Latch) {
  if (!latch.isOpen) yield* standInLine(latch)
}

function* openBriefly(latch: Latch) {
  yield* latch.awaited.wait()
  latch.isOpen = true
  for (const turn of latch.line.splice(0)) turn.resolve()
  yield* pause()
  latch.isOpen = false
}

const reopenedLatch = deadlocks('lock', {
  name: 'latch reopened while waking',
  source: 'planetis-m/sync#14',
  *broken() {
    const latch = newLatch()
    yield* all([passIfOpen(latch), openBriefly(latch)])
    return true
  },
  *mended() {
    const latch = newLatch()
    yield* all([passOnceOpened(latch), openBriefly(latch)])
    return true
  },
})

interface Store {
  isClosed: boolean
}

function* leaveWithPermit(permits: Semaphore, store: Store) {
  yield* pause()
  yield* permits.acquire()
  if (store.isClosed) return
  permits.release()
}

function* leaveWithout(permits: Semaphore, store: Store) {
  yield* pause()
  yield* permits.acquire()
  try {
    if (store.isClosed) return
  } finally {
    permits.release()
  }
}

function* closeStore(store: Store) {
  yield* pause()
  yield* pause()
  store.isClosed = true
}

const missingUnlock = deadlocks('lock', {
  name: 'early return that keeps the lock',
  source: 'flynn/flynn#2591',
  *broken() {
    const [permits, store] = [createSemaphore(1), { isClosed: false }]
    yield* all([leaveWithPermit(permits, store), leaveWithPermit(permits, store), closeStore(store)])
    return true
  },
  *mended() {
    const [permits, store] = [createSemaphore(1), { isClosed: false }]
    yield* all([leaveWithout(permits, store), leaveWithout(permits, store), closeStore(store)])
    return true
  },
})

export const locks: readonly KnownBug[] = [circle, philosophers, lostSignal, reopenedLatch, missingUnlock]
