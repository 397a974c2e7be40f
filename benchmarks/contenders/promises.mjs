/**
 * Bare `async`/`await`: what the language gives, and the baseline of all ratios. A promise has neither an owner nor
 * cancellation, so the workloads that cancel have no counterpart here.
 */
import { clearTimeout, setTimeout } from 'node:timers'
import { CONCURRENCY, HOUR, RECURSION_DEPTH, RECURSION_SUSPENSIONS, RESUMES_AT_DEPTH } from '../workloads.mjs'
import { asyncNumbers, count, decrement, isEven, numbers } from '../numbers.mjs'

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const never = new Promise(() => {})

const answerLater = (resolve) => queueMicrotask(() => resolve(1))

async function child(i) {
  return i
}

async function suspendingChild(i) {
  await null
  return i
}

async function sleepingChild(ms) {
  await sleep(ms)
  return 1
}

async function descend(depth, suspensions) {
  if (depth > 0) return await descend(depth - 1, suspensions)
  for (let i = 0; i < suspensions; i++) await null
  return suspensions
}

async function joinAll(promises) {
  let sum = 0
  for (const promise of promises) sum += await promise
  return sum
}

/** The race that does not leave its timer behind. */
async function beforeDeadline(promise, ms) {
  let timer
  const late = new Promise((resolve) => (timer = setTimeout(resolve, ms, 0)))
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

async function beforeDeadlines(n) {
  let sum = 0
  for (let i = 0; i < n; i++) sum += await beforeDeadline(suspendingChild(1), 1_000)
  return sum
}

// Native async iterators, an async generator for each operator.
async function* drop(source, n) {
  for await (const item of source) {
    if (n > 0) n--
    else yield item
  }
}

async function* map(source, fn) {
  for await (const item of source) yield fn(item)
}

async function* filter(source, test) {
  for await (const item of source) if (test(item)) yield item
}

async function* scan(source, fn, accumulated) {
  for await (const item of source) yield (accumulated = fn(accumulated, item))
}

async function* take(source, n) {
  for await (const item of source) {
    yield item
    if (--n === 0) return
  }
}

async function sumOf(source, n) {
  let sum = 0
  for await (const item of take(scan(filter(map(drop(source, 1), decrement), isEven), count, 0), n))
    sum += item
  return sum
}

/** So many loops that share one iterator. */
async function sumTogether(n) {
  const source = numbers(n)
  let sum = 0
  const work = async () => {
    for (const i of source) {
      const value = await suspendingChild(i)
      sum += value
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
  return sum
}

let waiting = 0

async function foreverChild() {
  waiting++
  await never
}

async function hourChild() {
  waiting++
  await sleep(HOUR)
}

export const workloads = {
  async 'spawn-join-bulk'(n) {
    const promises = []
    for (let i = 0; i < n; i++) promises.push(child(i))
    return joinAll(promises)
  },

  async 'spawn-join-each'(n) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += await child(i)
    return sum
  },

  async 'spawn-suspend'(n) {
    const promises = []
    for (let i = 0; i < n; i++) promises.push(suspendingChild(i))
    return joinAll(promises)
  },

  async 'all-bulk'(n) {
    const promises = []
    for (let i = 0; i < n; i++) promises.push(child(i))
    let sum = 0
    for (const value of await Promise.all(promises)) sum += value
    return sum
  },

  async 'fan-out'(n) {
    const promises = []
    for (let i = 0; i < n; i++) promises.push(suspendingChild(i))
    let sum = 0
    for (const value of await Promise.all(promises)) sum += value
    return sum
  },

  async 'callback-bridge'(n) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += await new Promise(answerLater)
    return sum
  },

  async step(n) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += await 1
    return sum
  },

  async recursion(descents) {
    let sum = 0
    for (let i = 0; i < descents; i++) sum += await descend(RECURSION_DEPTH, RECURSION_SUSPENSIONS)
    return sum
  },

  'resume-at-depth': (depth) => descend(depth, RESUMES_AT_DEPTH),

  async timers(n) {
    const promises = []
    for (let i = 0; i < n; i++) promises.push(sleepingChild(1))
    return joinAll(promises)
  },

  'select-two': beforeDeadlines,
  timeout: beforeDeadlines,

  'stream-operators': (n) => sumOf(numbers(n), n),
  'stream-from-async': (n) => sumOf(asyncNumbers(n), n),
  'stream-concurrency': sumTogether,

  async 'heap-per-suspended'(n, allWaiting) {
    waiting = 0
    for (let i = 0; i < n; i++) foreverChild()
    allWaiting()
    return waiting
  },

  async 'heap-per-sleeping'(n, allWaiting) {
    waiting = 0
    for (let i = 0; i < n; i++) hourChild()
    allWaiting()
    return waiting
  },
}
