// npm run bench:threads
//
// What a job costs that does nothing, with the built packages: sent to one thread and awaited, one after the other, and many at once to two
// threads. Beside it stand the host's own messages, which are the least that it can cost, and piscina if it is installed (`npm install
// --no-save piscina@5.3.2`). Rounds are taken in turn; the median counts.

import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import { workerPool } from '@coppice/node'
import { map, run, until } from 'coppice'

const ROUNDS = 9
const JOBS = 2_000

const file = (name) => new URL(`./threads/${name}.mjs`, import.meta.url)
const inputs = Array.from({ length: JOBS }, (_, index) => index)

/** Each gives what runs a job, and what ends its threads. */
const contenders = {
  async messages(size) {
    const threads = await Promise.all(
      Array.from({ length: size }, async () => {
        const worker = new Worker(file('messages'))
        await once(worker, 'online')
        const waiting = []
        worker.on('message', (value) => waiting.shift()(value))
        return { worker, waiting }
      })
    )
    let turn = 0
    const perform = (input) =>
      new Promise((resolve) => {
        const { worker, waiting } = threads[turn++ % size]
        waiting.push(resolve)
        worker.postMessage(input)
      })
    return { ...promised(perform), end: () => Promise.all(threads.map(({ worker }) => worker.terminate())) }
  },

  async coppice(size) {
    let end
    const opened = new Promise((resolve) => {
      const task = run(function* () {
        resolve(yield* workerPool(file('coppice'), { size }))
        yield* until(new Promise((close) => (end = () => (close(), task))))
      })
    })
    const pool = await opened
    return {
      inTurn: () =>
        run(function* () {
          for (const input of inputs) yield* pool.run(input)
        }),
      atOnce: () => run(map(inputs, (input) => pool.run(input))),
      end: () => end(),
    }
  },

  async piscina(size) {
    const { Piscina } = await import('piscina')
    const pool = new Piscina({ filename: file('piscina').href, minThreads: size, maxThreads: size })
    return { ...promised((input) => pool.run(input)), end: () => pool.destroy() }
  },
}

function promised(perform) {
  return {
    async inTurn() {
      for (const input of inputs) await perform(input)
    },
    atOnce: () => Promise.all(inputs.map(perform)),
  }
}

async function timed(act) {
  const start = performance.now()
  await act()
  return ((performance.now() - start) * 1000) / JOBS
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

const times = {}
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, start] of Object.entries(contenders)) {
    for (const [how, size] of [
      ['inTurn', 1],
      ['atOnce', 2],
    ]) {
      try {
        const contender = await start(size)
        await contender[how]()
        const time = await timed(contender[how])
        await contender.end()
        // The first round warms up.
        if (round > 0) ((times[name] ??= {})[how] ??= []).push(time)
      } catch (error) {
        if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
      }
    }
  }
}

process.stdout.write('microseconds a job      in turn   at once\n')
for (const [name, { inTurn, atOnce }] of Object.entries(times)) {
  const columns = [inTurn, atOnce].map((values) => median(values).toFixed(1).padStart(9))
  process.stdout.write(`${name.padEnd(21)} ${columns.join(' ')}\n`)
}
