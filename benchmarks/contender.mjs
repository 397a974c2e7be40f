/**
 * Takes one measurement of one library, in a process of its own: `node --expose-gc contender.mjs <library> <measurement> [--quick]`.
 * Prints the answer as a line of JSON.
 */
import process from 'node:process'
import { measure } from 'mitata'
import { now } from './clock.mjs'
import { parseMeasurement } from './workloads.mjs'

const NS_PER_S = 1e9
const WARM_UP_NS = 0.25 * NS_PER_S
const [library, id, mode] = process.argv.slice(2)
const quick = mode === '--quick'

/** One value per unit of a workload: its median time over many calls, in nanoseconds. */
async function measureTime(run, workload, size) {
  let calls = 0
  const call = async () => {
    const start = now()
    const result = await run(size)
    const elapsed = now() - start
    calls++
    // A workload that times a part of itself returns { check, ns }. The checking is not in the time.
    const { check, ns } = typeof result === 'object' ? result : { check: result, ns: elapsed }
    verify(check, workload, size)
    return ns
  }

  const start = now()
  const firstNs = await call()
  const callNs = now() - start
  // A call of many seconds has warmed itself up; the rounds repeat it.
  if (callNs > 3 * NS_PER_S) return { value: firstNs / workload.units(size), calls, callMs: callNs / 1e6 }
  // The compilers work beside the program: what is called often enough is fast only some time later.
  while (now() - start < WARM_UP_NS) await call()
  const budgetNs = quick ? 0.2 * NS_PER_S : 0.6 * NS_PER_S
  // mitata takes samples until both limits are reached. A call of a second or more is a sample that needs no company.
  const samples = callNs > NS_PER_S ? 1 : quick ? 3 : 7
  // `manual`: a sample is what `call` returns. mitata collects garbage once, before the first sample; in between
  // (`.gc('inner')`) it would take out of the times exactly the garbage that a library makes.
  const { p50 } = await measure(call, { manual: 'real', min_cpu_time: budgetNs, min_samples: samples })
  return { value: p50 / workload.units(size), calls, callMs: callNs / 1e6 }
}

/** One value per unit of a workload: the bytes that it holds while all its children wait. */
async function measureHeap(run, workload, size) {
  // Once at a small size first, so that what is loaded, compiled and created once does not count.
  verify(await run(1_000, () => {}), workload, 1_000)
  const before = liveBytes()
  let after
  const start = now()
  verify(await run(size, () => (after = liveBytes())), workload, size)
  return { value: (after - before) / workload.units(size), calls: 1, callMs: (now() - start) / 1e6 }
}

function liveBytes() {
  // What the first collection finalises is freed by the second.
  globalThis.gc()
  globalThis.gc()
  // `external` contains `arrayBuffers` already.
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function verify(check, workload, size) {
  const expected = workload.expected(size)
  if (check !== expected) throw new Error(`${workload.name} returned ${check} instead of ${expected}`)
}

async function measureOne() {
  const { workload, size } = parseMeasurement(id)
  const { workloads } = await import(`./contenders/${library}.mjs`)
  const run = workloads[workload.name]
  if (run === undefined) return { absent: true }
  return await (workload.kind === 'heap' ? measureHeap : measureTime)(run, workload, size)
}

let answer
try {
  answer = await measureOne()
} catch (error) {
  answer = { error: String(error?.message ?? error) }
}
// Promises that sleep for an hour cannot be cancelled; do not wait for them.
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit())
