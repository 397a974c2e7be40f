/** Bugs of shared state: somebody else's step falls between two that belong together. */
import { type Mutex, all, createMutex, pause, scope } from 'coppice'
import { type KnownBug, after, breaksLaw } from './known-bug.ts'

interface Account {
  balance: number
}

function* depositInTwoSteps(account: Account) {
  const seen = account.balance
  yield* pause()
  account.balance = seen + 1
}

function* depositUnder(lock: Mutex, account: Account) {
  yield* lock.use()
  yield* depositInTwoSteps(account)
}

function* locked(lock: Mutex, account: Account) {
  yield* scope(() => depositUnder(lock, account))
}

const lostDeposit = breaksLaw('lost update', {
  name: 'deposit lost between read and write',
  source: 'SCTBench, CS.account',
  *broken() {
    const account = { balance: 0 }
    yield* all([depositInTwoSteps(account), after(2, depositInTwoSteps(account))])
    return account.balance === 2
  },
  *mended() {
    const account = { balance: 0 }
    const lock = createMutex()
    yield* all([locked(lock, account), after(3, locked(lock, account))])
    return account.balance === 2
  },
})

const wrongLock = breaksLaw('lost update', {
  name: 'two locks for one variable',
  source: 'SCTBench, CS.wronglock',
  *broken() {
    const account = { balance: 0 }
    yield* all([locked(createMutex(), account), after(3, locked(createMutex(), account))])
    return account.balance === 2
  },
  *mended() {
    const account = { balance: 0 }
    const lock = createMutex()
    yield* all([locked(lock, account), after(3, locked(lock, account))])
    return account.balance === 2
  },
})

interface Pair {
  first: number
  second: number
}

function* writeInTwoSteps(pair: Pair) {
  pair.first = 1
  yield* pause()
  pair.second = 1
}

function* writeInOneStep(pair: Pair) {
  yield* pause()
  pair.first = 1
  pair.second = 1
}

function* isConsistent(pair: Pair) {
  yield* pause()
  return pair.first === pair.second
}

const reorder = breaksLaw('lost update', {
  name: 'a pair seen half written',
  source: 'SCTBench, CS.reorder',
  *broken() {
    const pair = { first: 0, second: 0 }
    const [, consistent] = yield* all([writeInTwoSteps(pair), isConsistent(pair)])
    return consistent
  },
  *mended() {
    const pair = { first: 0, second: 0 }
    const [, consistent] = yield* all([writeInOneStep(pair), isConsistent(pair)])
    return consistent
  },
})

function* under<T>(lock: Mutex, act: () => T) {
  yield* lock.acquire()
  try {
    yield* pause()
    return act()
  } finally {
    lock.release()
  }
}

function* writeInTwoStages(pair: Pair, locks: readonly [Mutex, Mutex]) {
  yield* under(locks[0], () => (pair.first = 1))
  yield* pause()
  yield* under(locks[1], () => (pair.second = pair.first + 1))
}

function* readInTwoStages(pair: Pair, locks: readonly [Mutex, Mutex]) {
  const first = yield* under(locks[0], () => pair.first)
  if (first === 0) return true
  const second = yield* under(locks[1], () => pair.second)
  return second === first + 1
}

function* writeBoth(pair: Pair, lock: Mutex) {
  yield* under(lock, () => Object.assign(pair, { first: 1, second: 2 }))
}

function* readBoth(pair: Pair, lock: Mutex) {
  return yield* under(lock, () => pair.first === 0 || pair.second === pair.first + 1)
}

const twoStages = breaksLaw('lost update', {
  name: 'reader between two locked stages',
  source: 'SCTBench, CS.twostage',
  *broken() {
    const pair = { first: 0, second: 0 }
    const locks = [createMutex(), createMutex()] as const
    const [, consistent] = yield* all([writeInTwoStages(pair, locks), readInTwoStages(pair, locks)])
    return consistent
  },
  *mended() {
    const pair = { first: 0, second: 0 }
    const lock = createMutex()
    const [, consistent] = yield* all([writeBoth(pair, lock), readBoth(pair, lock)])
    return consistent
  },
})

function* popAfterLook(stack: number[]) {
  if (stack.length === 0) return true
  yield* pause()
  return stack.pop() !== undefined
}

function* popAtOnce(stack: number[]) {
  yield* pause()
  return stack.length === 0 || stack.pop() !== undefined
}

const stack = breaksLaw('lost update', {
  name: 'pop from a stack emptied meanwhile',
  source: 'SCTBench, CS.stack',
  *broken() {
    const items = [1]
    const popped = yield* all([popAfterLook(items), after(2, popAfterLook(items))])
    return popped.every(Boolean)
  },
  *mended() {
    const items = [1]
    const popped = yield* all([popAtOnce(items), after(2, popAtOnce(items))])
    return popped.every(Boolean)
  },
})

interface Ring {
  slots: number[]
  end: number
}

function* putInTwoSteps(ring: Ring, item: number) {
  ring.slots[ring.end] = item
  yield* pause()
  ring.end++
}

function* putAtOnce(ring: Ring, item: number) {
  yield* pause()
  ring.slots[ring.end++] = item
}

const ring = breaksLaw('lost update', {
  name: 'slot of a circular buffer written twice',
  source: 'SCTBench, CS.circular_buffer',
  *broken() {
    const ring = { slots: [], end: 0 }
    yield* all([putInTwoSteps(ring, 1), after(2, putInTwoSteps(ring, 2))])
    return ring.slots.length === 2
  },
  *mended() {
    const ring = { slots: [], end: 0 }
    yield* all([putAtOnce(ring, 1), after(2, putAtOnce(ring, 2))])
    return ring.slots.length === 2
  },
})

export const lostUpdates: readonly KnownBug[] = [lostDeposit, wrongLock, reorder, twoStages, stack, ring]
