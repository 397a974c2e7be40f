/** What the host hears of roots that fail (E8). Run as a program of its own; prints what was unhandled in each case. */
/* eslint-disable no-unsafe-finally -- Cleanup that fails is what these tests are about. */
import process from 'node:process'
import { attempt, run, scope, sleep, spawn, suspend } from 'coppice'

const boom = new Error('boom')

const cases: Record<string, () => unknown> = {
  'fails at once': () => {
    run(function* () {
      throw boom
    })
  },
  'fails later': () => {
    run(function* () {
      yield* spawn(function* () {
        yield* sleep(5)
        throw 'text'
      })
    })
  },
  'is awaited': () =>
    run(function* () {
      yield* sleep(1)
      throw boom
    }).then(undefined, () => {}),
  'is awaited after it has failed': () =>
    run(function* () {
      throw boom
    }).then(undefined, () => {}),
  'has a promise that is dropped': () => {
    const task = run(function* () {
      yield* sleep(1)
      throw boom
    })
    void task.then(() => {})
  },
  'is cancelled': () => {
    void run(suspend).cancel('enough')
  },
  'fails in its cleanup': () =>
    run(function* () {
      try {
        yield* suspend()
      } finally {
        throw boom
      }
    }).cancel(),
  'has a child whose failure is caught': () => {
    run(function* () {
      yield* attempt(
        scope(function* () {
          yield* spawn(function* () {
            throw boom
          })
        })
      )
    })
  },
  'was only cancelled by somebody who awaits that': async () => {
    await run(function* () {
      throw boom
    }).cancel()
  },
  'has an observer that throws': () => {
    run(suspend, {
      observers: [
        {
          started() {
            throw boom
          },
        },
      ],
    })
  },
}

const heard: Record<string, string[]> = {}
let current = ''
process.on(
  'unhandledRejection',
  (error) => void heard[current]!.push(error === boom ? 'boom itself' : String(error))
)

async function main() {
  for (const [name, act] of Object.entries(cases)) {
    current = name
    heard[name] = []
    await act()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  process.stdout.write(JSON.stringify(heard))
  process.exit()
}
void main()
