/** What a random program did, in the order in which it happened. */
import {
  CancelledError,
  CleanupTimeoutError,
  JoinCycleError,
  MisuseError,
  NestedCleanupError,
  type Outcome,
  TimeoutError,
} from 'coppice'

/** The error that statement `id` throws. */
export class Thrown extends Error {
  override readonly name = 'Thrown'
  readonly id: number

  constructor(id: number) {
    super(`by statement ${id}`)
    this.id = id
  }
}

/** How a `finally` was entered; `cancelled` is neither of the other two: a `return` from outside. */
export type How = 'returned' | 'threw' | 'cancelled'

export type Happening =
  | { what: 'opened'; body: number }
  | { what: 'began'; body: number; statement: number }
  | { what: 'received'; body: number; statement: number; value: unknown }
  | { what: 'threw'; body: number; statement: number; error: unknown; caught: boolean }
  | { what: 'provides'; body: number }
  | { what: 'entered'; body: number; how: How; error?: unknown }
  | { what: 'left'; body: number; how: 'finished' | 'threw' | 'cut'; error?: unknown }
  | { what: 'unwinding'; body: number }
  | { what: 'closed'; body: number; outcome: Outcome<unknown> }
  /** `by` is the `cancel` statement that asks, which may itself be cancelled before it does. */
  | { what: 'requested'; body: number; grace: number; by?: number }
  | { what: 'performed' | 'answered' | 'aborted'; body: number; statement: number }

/** `at` counts the entries, `turn` the steps of the scheduler. */
export type Entry = { at: number; time: number; turn: number } & Happening

export class Log {
  readonly entries: Entry[] = []
  clock: { readonly now: number } = { now: 0 }
  turn = 0

  add(happening: Happening): void {
    this.entries.push({ at: this.entries.length, time: this.clock.now, turn: this.turn, ...happening })
  }

  toString(): string {
    return this.entries.map(printEntry).join('\n')
  }
}

export function printEntry(entry: Entry): string {
  const head = `${String(entry.at).padStart(4)}  ${String(entry.time).padStart(3)} ms  turn ${String(entry.turn).padStart(3)}  #${entry.body}`
  return `${head} ${printHappening(entry)}`
}

function printHappening(happening: Happening): string {
  switch (happening.what) {
    case 'received':
      return `s${happening.statement} receives ${printValue(happening.value)}`
    case 'threw':
      return `s${happening.statement} throws ${printError(happening.error)}${happening.caught ? ', caught' : ''}`
    case 'entered':
      return `enters finally: ${happening.how}${'error' in happening ? ` ${printError(happening.error)}` : ''}`
    case 'left':
      return `leaves finally: ${happening.how}${'error' in happening ? ` ${printError(happening.error)}` : ''}`
    case 'closed':
      return `closed: ${printValue(happening.outcome)}`
    case 'requested':
      return `is asked to cancel${happening.grace > 0 ? ` within ${happening.grace} ms` : ''}`
    case 'began':
    case 'performed':
    case 'answered':
    case 'aborted':
      return `s${happening.statement} ${happening.what}`
    default:
      return happening.what
  }
}

function printValue(value: unknown): string {
  if (value instanceof Error) return printError(value)
  if (Array.isArray(value)) return `[${value.map(printValue).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const fields = Object.entries(value).map(([key, field]) => `${key}: ${printValue(field)}`)
  return `{ ${fields.join(', ')} }`
}

export function printError(error: unknown): string {
  if (error instanceof AggregateError) return `${error.name}[${error.errors.map(printError).join(', ')}]`
  if (error instanceof Thrown) return `Thrown(s${error.id})`
  return error instanceof Error ? `${error.name}(${error.message})` : String(error)
}

/** The errors in an error that holds several. */
export function* leaves(error: unknown): Generator<unknown, void, undefined> {
  if (error instanceof AggregateError) for (const inner of error.errors) yield* leaves(inner)
  else yield error
}

/** True for errors that a random program can meet; all others come from a fault inside the library. */
export function isExpected(error: unknown): boolean {
  return (
    error instanceof Thrown ||
    error instanceof CancelledError ||
    error instanceof TimeoutError ||
    error instanceof JoinCycleError ||
    (error instanceof MisuseError &&
      !(error instanceof NestedCleanupError || error instanceof CleanupTimeoutError))
  )
}
