/** One program, named by the first argument, in a process of its own: signals and exit codes are those of the process. */
import process from 'node:process'
import { main } from '@coppice/node'
import { operation, sleep, suspend, type Operation } from 'coppice'

const say = (text: string) => process.stdout.write(`${text}\n`)

const programs: Record<string, () => unknown> = {
  /** Nothing but the tree is there to keep the process. */
  'waits for ever': () => main(waiting),
  'hangs in its cleanup': () => main(hanging),
  'leaves something behind': () =>
    main(function* () {
      // Somebody else's: it is his to say when the process may end.
      setTimeout(() => say('its timer'), 300)
      yield* sleep(1)
      say('main has ended')
    }),
}

const waiting = operation('waiting', function* () {
  try {
    say('waits')
    yield* suspend()
  } finally {
    say('cleans up')
    yield* sleep(20)
    say('has cleaned up')
  }
})

const hanging: () => Operation<void> = operation('hanging', function* () {
  try {
    say('waits')
    yield* suspend()
  } finally {
    say('cleans up')
    yield* suspend()
  }
})

await programs[process.argv[2]!]!()
