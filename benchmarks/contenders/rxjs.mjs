/**
 * RxJS pushes: there is no tree, no `finally` in a body and no backpressure. What comes nearest to a child is a subscription, and
 * what comes nearest to cancelling a parent is to unsubscribe from the merger of all; where there is nothing near, it is left out.
 */
import {
  NEVER,
  Observable,
  defer,
  filter,
  finalize,
  firstValueFrom,
  forkJoin,
  from,
  lastValueFrom,
  map,
  mergeAll,
  mergeMap,
  of,
  race,
  range,
  reduce,
  scan,
  skip,
  take,
  timeout,
  timer,
} from 'rxjs'
import { CONCURRENCY, HOUR } from '../workloads.mjs'
import { asyncNumbers, count, decrement, isEven, numbers } from '../numbers.mjs'
import { now } from '../clock.mjs'

const add = (sum, n) => sum + n
const total = (values) => values.reduce(add, 0)

async function suspendingChild(i) {
  await null
  return i
}

let cleaned = 0
const countCleanup = () => {
  cleaned++
}

function createAll(n, create) {
  const all = []
  for (let i = 0; i < n; i++) all.push(create(i))
  return all
}

const callback = new Observable((subscriber) => {
  queueMicrotask(() => {
    subscriber.next(1)
    subscriber.complete()
  })
})

async function holdWaiting(n, create, allWaiting) {
  const subscription = from(createAll(n, create)).pipe(mergeAll()).subscribe()
  allWaiting()
  subscription.unsubscribe()
  return n
}

const sumOf = (source, n) =>
  lastValueFrom(source.pipe(skip(1), map(decrement), filter(isEven), scan(count, 0), take(n), reduce(add, 0)))

export const workloads = {
  'all-bulk': (n) => firstValueFrom(forkJoin(createAll(n, (i) => of(i))).pipe(map(total))),

  'fan-out': (n) =>
    firstValueFrom(forkJoin(createAll(n, (i) => defer(() => suspendingChild(i)))).pipe(map(total))),

  async 'callback-bridge'(n) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += await firstValueFrom(callback)
    return sum
  },

  async 'cancel-100k'(n) {
    cleaned = 0
    const subscription = range(0, n)
      .pipe(mergeMap(() => NEVER.pipe(finalize(countCleanup))))
      .subscribe()
    const start = now()
    subscription.unsubscribe()
    return { check: cleaned, ns: now() - start }
  },

  timers: (n) =>
    lastValueFrom(
      range(0, n).pipe(
        mergeMap(() => timer(1)),
        map(() => 1),
        reduce(add, 0)
      )
    ),

  async 'sleep-and-cancel'(n) {
    cleaned = 0
    range(0, n)
      .pipe(mergeMap((i) => timer(HOUR + (i % 1_000)).pipe(finalize(countCleanup))))
      .subscribe()
      .unsubscribe()
    return cleaned
  },

  async 'select-two'(n) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += await firstValueFrom(race(suspendingChild(1), timer(1_000)))
    return sum
  },

  async timeout(n) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += await firstValueFrom(from(suspendingChild(1)).pipe(timeout(1_000)))
    return sum
  },

  'stream-operators': (n) => sumOf(from(numbers(n)), n),
  'stream-from-async': (n) => sumOf(from(asyncNumbers(n)), n),
  'stream-concurrency': (n) =>
    lastValueFrom(from(numbers(n)).pipe(mergeMap(suspendingChild, CONCURRENCY), reduce(add, 0))),

  'heap-per-suspended': (n, allWaiting) => holdWaiting(n, () => NEVER, allWaiting),
  'heap-per-sleeping': (n, allWaiting) => holdWaiting(n, () => timer(HOUR), allWaiting),
}
