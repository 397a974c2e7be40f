/** RxJS pushes: there is no tree and no backpressure, so it has no counterpart for any but the stream workloads. */
import { filter, from, lastValueFrom, map, mergeMap, reduce, scan, skip, take } from 'rxjs'
import { CONCURRENCY } from '../workloads.mjs'
import { asyncNumbers, count, decrement, isEven, numbers } from '../numbers.mjs'

const add = (sum, n) => sum + n

async function suspendingChild(i) {
  await null
  return i
}

const sumOf = (source, n) =>
  lastValueFrom(source.pipe(skip(1), map(decrement), filter(isEven), scan(count, 0), take(n), reduce(add, 0)))

export const workloads = {
  'stream-operators': (n) => sumOf(from(numbers(n)), n),
  'stream-from-async': (n) => sumOf(from(asyncNumbers(n)), n),
  'stream-concurrency': (n) =>
    lastValueFrom(from(numbers(n)).pipe(mergeMap(suspendingChild, CONCURRENCY), reduce(add, 0))),
}
