/**
 * The attempts of one `connect`, as tasks: a loop decides what to start, from what has happened so far and what time it
 * is; the tasks write down what happens, and wake it.
 */
import {
  CancelledError,
  MisuseError,
  type Operation,
  type Outcome,
  type Task,
  action,
  all,
  attempt,
  cancel,
  ensure,
  now,
  operation,
  pause,
  select,
  self,
  sleepUntil,
  spawn,
  suspend,
} from 'coppice'
import { closing } from './closing.ts'
import { ConnectError } from './connect-error.ts'
import { type Delays, Schedule, type Start } from './schedule.ts'
import { type Closable, type Family, type Target, printedAddress } from './target.ts'

export interface RaceSettings<S extends Closable> extends Delays {
  readonly host: string
  readonly port: number
  /** If the host is an address itself, its family: then nothing is looked up. */
  readonly literal: Family | null
  readonly resolve: (host: string, family: Family) => Operation<readonly string[]>
  readonly dial: (target: Target) => Operation<S>
}

/**
 * Gives the first socket, when all other attempts and lookups have ended. The task that dialled it stays, and closes it
 * when the scope is torn down.
 */
export const firstSocket = operation('firstSocket', function* <
  S extends Closable,
>(settings: RaceSettings<S>) {
  const race = new Race(settings)
  const tasks: Task[] = []
  const { host, port, literal } = settings
  if (literal === null) {
    for (const family of [6, 4] as const)
      tasks.push(yield* spawn(lookUp(race, family), { name: `lookup ${host} IPv${family}` }))
  } else {
    for (const family of [6, 4] as const) race.answered(family, literal === family ? [host] : [], 0)
  }
  while (race.winner === null) {
    const instant = yield* now()
    const { nextStart } = race.schedule
    if (nextStart <= instant) {
      const start = race.start(instant)
      tasks.push(yield* spawn(dialOnce(race, start), { name: printedAddress(start.address, port) }))
    } else if (race.isLost) {
      throw race.error()
    } else {
      const first = yield* select({ news: race.news(), due: sleepUntil(nextStart) })
      // What else happens in this instant comes first: a socket, or an answer, makes a difference to what is started.
      if (first.key === 'due') yield* pause()
    }
  }
  const { task: winner, socket } = race.winner
  yield* all(
    tasks
      .filter((task) => task !== winner)
      .reverse()
      .map((task) => cancel(task))
  )
  return socket
})

class Race<S extends Closable> {
  readonly settings: RaceSettings<S>
  readonly schedule: Schedule
  winner: { readonly task: Task; readonly socket: S } | null = null
  /** How many attempts are under way. */
  #running = 0
  readonly #failures: unknown[] = []
  readonly #lookupFailures: unknown[] = []
  #tell = (): void => {}

  constructor(settings: RaceSettings<S>) {
    this.settings = settings
    this.schedule = new Schedule(settings)
  }

  /** Nothing runs, and nothing is left to start. */
  get isLost(): boolean {
    return this.#running === 0 && this.schedule.isExhausted
  }

  error(): ConnectError {
    const { host, port } = this.settings
    return this.schedule.hasStarted
      ? new ConnectError('COPPICE_CONNECT_FAILED', host, port, this.#failures)
      : new ConnectError('COPPICE_NO_ADDRESS', host, port, this.#lookupFailures)
  }

  /** Waits until something has happened. What happens while nobody waits is seen in the state. */
  news(): Operation<void> {
    return action((resume) => {
      this.#tell = resume
      // A call that comes too late does nothing, so there is nothing to undo.
      return () => {}
    })
  }

  answered(family: Family, addresses: readonly string[], instant: number): void {
    this.schedule.answered(family, addresses, instant)
    this.#tell()
  }

  lookupFailed(family: Family, error: unknown, instant: number): void {
    this.#lookupFailures.push(error)
    this.answered(family, [], instant)
  }

  start(instant: number): Start {
    this.#running++
    return this.schedule.start(instant)
  }

  failed(start: Start, error: unknown, instant: number): void {
    this.#running--
    this.#failures.push(error)
    this.schedule.failed(start, error, instant)
    this.#tell()
  }

  /** A socket is open. Whether it is the first one. */
  opened(task: Task, socket: S): boolean {
    if (this.winner !== null) return false
    this.winner = { task, socket }
    this.#tell()
    return true
  }
}

const lookUp = operation('lookUp', function* (race: Race<Closable>, family: Family) {
  const { host, resolve } = race.settings
  let outcome: Outcome<readonly string[]> = left
  try {
    outcome = checked(yield* attempt(() => resolve(host, family)), isAddresses, NO_ADDRESSES)
  } finally {
    const instant = yield* now()
    if (outcome.status === 'done') race.answered(family, outcome.value, instant)
    else race.lookupFailed(family, errorOf(outcome), instant)
  }
})

const dialOnce = operation('dialOnce', function* (race: Race<Closable>, start: Start) {
  // It was decided to start before a socket opened that comes before it in the queue.
  if (race.winner !== null) return
  const { host, port, dial } = race.settings
  const { address, family } = start
  let outcome: Outcome<Closable> = left
  try {
    outcome = checked(yield* attempt(() => dial({ host, port, address, family })), isClosable, NO_SOCKET)
  } finally {
    if (outcome.status !== 'done') race.failed(start, errorOf(outcome), yield* now())
  }
  if (outcome.status !== 'done') return
  const socket = outcome.value
  // Never a point of cancellation, so that also a socket that came too late is closed, and once.
  yield* ensure(closing(socket))
  if (race.opened(yield* self(), socket)) yield* suspend()
})

/** How something ends that tells nothing: it was cancelled, by itself or by us. */
const left: Outcome<never> = { status: 'cancelled', reason: undefined }

function errorOf(outcome: Exclude<Outcome<unknown>, { status: 'done' }>): unknown {
  return outcome.status === 'failed' ? outcome.error : new CancelledError('It', outcome.reason)
}

const NO_ADDRESSES = 'connect: resolve gives an array of addresses, each a string.'
const NO_SOCKET = 'connect: dial gives an open socket, or something else that has destroy().'

/** What a function of the user gave has failed, too, if it is of no use. */
function checked<T>(outcome: Outcome<T>, isRight: (value: T) => boolean, otherwise: string): Outcome<T> {
  if (outcome.status !== 'done' || isRight(outcome.value)) return outcome
  return { status: 'failed', error: new MisuseError(otherwise) }
}

function isAddresses(addresses: readonly string[]): boolean {
  return Array.isArray(addresses) && addresses.every((address) => typeof address === 'string')
}

function isClosable(socket: Closable): boolean {
  return typeof socket?.destroy === 'function'
}
