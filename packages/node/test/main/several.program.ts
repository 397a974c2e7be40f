/** Runs many programs, one after the other, in one process, and prints what became of each. Signals are those that it sends itself. */
import process from 'node:process'
import { exit, main, type MainOptions } from '@coppice/node'
import {
  cancelRequested,
  ensure,
  operation,
  pause,
  run,
  scope,
  select,
  shield,
  sleep,
  spawn,
  suspend,
  type Operation,
} from 'coppice'

export interface Told {
  code: number
  /** What it printed with `say`, and what `main` printed to stderr. */
  said: string[]
  stderr: string
  exitCode: unknown
  /** What is left of it in the process. */
  left: string[]
}

let told: Told

const say = (text: string) => void told.said.push(text)
const signal = (name: NodeJS.Signals) => process.kill(process.pid, name)
const fail = (error: unknown) =>
  operation('fail', function* (): Generator<any, void> {
    yield* sleep(1)
    throw error
  })()

/** Waits for ever, with a cleanup that takes its time. */
const guarded = operation('guarded', function* (name: string, cleanup: Operation<unknown> = sleep(20)) {
  try {
    say(`${name} begins`)
    yield* suspend()
  } finally {
    yield* cleanup
    say(`${name} has cleaned up`)
  }
})

const sending = (names: NodeJS.Signals[], body: () => Operation<unknown>) =>
  function* sending() {
    yield* spawn(body, { name: 'body' })
    // Each signal arrives in a turn of its own, and some more turns pass before the next one.
    for (const name of names) {
      yield* shield(sleep(30))
      signal(name)
    }
  }

const finishing = operation('finishing', function* (end: () => Operation<unknown>) {
  const first = yield* select({ told: cancelRequested(), work: sleep(60_000) })
  if (first.key === 'told') say(`told: ${String(first.value.reason)}`)
  yield* end()
})

/** Sleeps for so long, again and again until `main` has printed something: on a busy machine a signal is late. */
const untilPrinted = operation('untilPrinted', function* (ms: number) {
  do yield* sleep(ms)
  while (told.stderr === '')
})

/** A cleanup in which the next signal comes. */
const interrupted = operation('interrupted', function* () {
  signal('SIGINT')
  yield* untilPrinted(150)
})

const nothing = () => pause()
const boom = new TypeError('boom')

const programs: Record<string, [() => Operation<unknown>, MainOptions?]> = {
  returns: [() => sleep(1)],
  'fails in a child': [
    function* () {
      yield* spawn(fail(boom), { name: 'worker' })
      yield* guarded('body')
    },
    { name: 'service' },
  ],
  'fails with several': [
    function* () {
      yield* ensure(() => {
        throw new Error('first cleanup', { cause: new Error('its cause') })
      })
      yield* ensure(() => {
        throw new Error('second cleanup')
      })
      throw boom
    },
  ],
  'throws a text': [() => fail('just a text')],
  'is sent SIGINT': [sending(['SIGINT'], () => guarded('body'))],
  'is sent SIGTERM': [sending(['SIGTERM'], () => guarded('body'))],
  'is sent a signal of its choice': [sending(['SIGHUP'], () => guarded('body')), { signals: ['SIGHUP'] }],
  'fails in its cleanup after a signal': [sending(['SIGINT'], () => guarded('body', fail(boom)))],
  'finishes within the grace': [sending(['SIGTERM'], () => finishing(nothing)), { grace: 60_000 }],
  'finishes within the grace and exits with 0': [
    sending(['SIGTERM'], () => finishing(() => exit(0))),
    { grace: 60_000 },
  ],
  'does not use its grace': [sending(['SIGINT'], () => guarded('body')), { grace: 40 }],
  'is sent a second signal within the grace': [
    sending(['SIGINT', 'SIGTERM'], () => guarded('body')),
    { grace: 60_000 },
  ],
  'is sent a second signal while it cleans up': [sending(['SIGINT'], () => guarded('body', interrupted()))],
  'is sent SIGUSR2': [sending(['SIGUSR2'], () => untilPrinted(50))],
  'prints its tree on another signal': [
    sending(['SIGHUP'], () => untilPrinted(50)),
    { treeSignal: 'SIGHUP' },
  ],
  'exits deep down': [
    function* () {
      yield* spawn(guarded('sibling'))
      yield* scope(function* () {
        yield* spawn(function* deep() {
          yield* sleep(5)
          yield* exit(3)
          say('never')
        })
      })
      // Its value stands: the cancellation is seen at the next wait.
      yield* sleep(1)
      say('never')
    },
  ],
  'exits at once': [() => exit(4)],
  'exits twice': [
    function* () {
      yield* spawn(guarded('sibling', exit(6)))
      yield* pause()
      yield* exit(5)
    },
  ],
  'exits with 0 and fails in its cleanup': [
    function* () {
      yield* ensure(fail(boom))
      yield* exit(0)
    },
  ],
  'exits with 7 and fails in its cleanup': [
    function* () {
      yield* ensure(fail(boom))
      yield* exit(7)
    },
  ],
  'exits in a shield': [
    function* () {
      yield* shield(function* () {
        yield* exit(8)
        say('goes on')
      })
      yield* sleep(1)
      say('never')
    },
  ],
  'sets the exit code itself': [
    function* () {
      yield* pause()
      process.exitCode = 9
    },
  ],
  'has a cleanup that hangs': [sending(['SIGINT'], () => guarded('body', suspend())), { cleanupTimeout: 50 }],
  'is cancelled by an AbortSignal': [() => guarded('body'), { signal: AbortSignal.timeout(20) }],
}

const write = process.stderr.write.bind(process.stderr)
const results: Record<string, Told> = {}

/** Runs a program, and writes down what becomes of it. */
async function tell(name: string, program: () => Promise<number>): Promise<void> {
  told = results[name] = { code: -1, said: [], stderr: '', exitCode: undefined, left: [] }
  process.exitCode = undefined
  process.stderr.write = (text: string | Uint8Array) => {
    told.stderr += String(text)
    return true
  }
  told.code = await program()
  process.stderr.write = write
  told.exitCode = process.exitCode
  // After a long step a tree gives the host a turn, which may still be to come.
  await new Promise(setImmediate)
  told.left = process.getActiveResourcesInfo().filter((kind) => kind !== 'PipeWrap')
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) {
    if (process.listenerCount(signal) > 0) told.left.push(signal)
  }
}

for (const [name, [program, options]] of Object.entries(programs))
  await tell(name, () => main(program, options))

await tell('has a second main beside it', async () => {
  const fails = main(function* () {
    yield* sleep(1)
    yield* exit(3)
  })
  await main(() => sleep(20))
  return fails
})

await tell('has no main', async () => {
  await run(() => exit(1)).then(undefined, (error) => say((error as Error).message))
  return 0
})

process.exitCode = 0
process.stdout.write(JSON.stringify(results))
