/** What can be wrong with what we are handed, and what to write instead (E9). */
import { Effect, printed } from '../effect.ts'
import type { Operation, Startable } from '../operation.ts'
import { MisuseError } from './errors.ts'
import type { Body, Frame } from './frame.ts'
import { isGenerator } from './frame.ts'
import { BARE, GENERATOR, HANDED } from './states.ts'

/** Turns what a frame was handed into the iterator that it drives. */
export function openBody(frame: Frame): Body {
  const startable = frame.body as Startable<unknown>
  const operation = typeof startable === 'function' ? startable() : startable
  if (isGenerator(operation)) {
    frame.flags |= GENERATOR | HANDED
    frame.body = operation as Body
    return operation as Body
  }
  if (!isOperation(operation)) throw notAnOperation(operation, 'a task', startable)
  const iterator = operation[Symbol.iterator]()
  if (typeof iterator?.next !== 'function' || typeof iterator.throw !== 'function') {
    throw notAnOperation(operation, 'a task', startable)
  }
  if (iterator instanceof Effect) frame.flags |= BARE
  else if ((iterator as unknown) === operation) frame.flags |= HANDED
  frame.body = iterator
  return iterator
}

/** On generators that were handed to us and have ended. A mark on the object costs a tenth of an entry in a `WeakSet`. */
const usedUp = Symbol('used up')

export function markUsedUp(frame: Frame): void {
  try {
    ;(frame.body as { [usedUp]?: boolean })[usedUp] = true
  } catch {
    // A frozen iterator can't be marked, nor told apart when it comes again.
  }
}

/** A generator that has ended before we began looks like one that returns at once, but for the mark. */
export function rejectUsedUp(frame: Frame): void {
  if (frame.flags & HANDED && (frame.body as { [usedUp]?: boolean })[usedUp]) {
    throw new MisuseError(`This generator has run already. ${ONE_EACH}`)
  }
}

export function startedTwice(waitsAt: Effect): MisuseError {
  return new MisuseError(`This generator runs already: it waits at ${waitsAt}. ${ONE_EACH}`)
}

const ONE_EACH =
  'Hand over worker or () => worker(1), which make a new one for each use, or declare it with operation(…).'

/** Checks at the call, as far as that can be seen there, that something can be started. */
export function checkStartable<T>(startable: Startable<T>, by: string): Startable<T> {
  if (typeof startable !== 'function' && !isOperation(startable)) throw notAnOperation(startable, by)
  return startable
}

/** The error for a value of the wrong kind: what is taken, and what came instead. */
export function misfit(what: string, value: unknown): MisuseError {
  return new MisuseError(`${what}; it was given ${printed(value)}.`)
}

/** Checks that options, if there are any, came as one object: anything else would be taken for options that say nothing. */
export function checkOptions<O extends object>(options: O | undefined, by: string): O {
  const given = options === undefined ? {} : options
  if (!isRecord(given)) throw misfit(`${by} takes its options in one object`, given)
  return given as O
}

/** The same for what writes its name into messages. */
export function checkNamed<O extends { name?: string | undefined }>(options: O | undefined, by: string): O {
  const given = checkOptions(options, by)
  if (given.name !== undefined && typeof given.name !== 'string')
    throw misfit(`${by}: name is a text`, given.name)
  return given
}

/** Whether it is a number, and at least so large. */
export function isFrom(least: number, value: unknown): value is number {
  return typeof value === 'number' && value >= least
}

/** Checks a number of items: whole, or `Infinity`. */
export function checkCount(count: number, least: number, of: string): number {
  if (Number.isInteger(count) ? count >= least : count === Infinity) return count
  throw misfit(`${of} is a whole number from ${least} on, or Infinity`, count)
}

/** Checks what an operation on several was given: an array or a record of operations. */
export function checkSeveral(operations: unknown, by: string): void {
  if (!Array.isArray(operations) && !isRecord(operations))
    throw misfit(
      `${by} takes one array or record of operations, ${by}([a, b]) or ${by}({ a, b })`,
      operations
    )
  for (const each of Object.values(operations)) checkStartable(each, by)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !isOperation(value) && !isThenable(value)
}

/** The error for a declared operation whose function returned something else than a generator. */
export function notAGenerator(name: string, value: unknown): MisuseError {
  return new MisuseError(
    isThenable(value)
      ? `operation ${name} was declared with an async function. Write function* instead, and yield* instead of await.`
      : `operation ${name} returned ${printed(value)}. Declare it with function*.`
  )
}

export function notAnOperation(value: unknown, by: string, from?: unknown): MisuseError {
  const cure = isThenable(value)
    ? 'a promise. Write function* instead of async function and yield* instead of await; to wait for a promise, ' +
      'yield* until(promise) or yield* call(asyncFunction).'
    : `${printed(value)}, which is no operation. Hand over a function*, what it returns, or an effect.`
  const source = typeof from === 'function' && from.name !== '' ? ` It came from ${from.name}.` : ''
  return new MisuseError(`${by} was handed ${cure}${source}`)
}

/** The error that a generator gets where it yielded something that did not come from `yield*` on an effect. */
export function misuseOfYield(value: unknown): MisuseError {
  return new MisuseError(
    value instanceof Effect
      ? `yield ${value} does nothing. Write yield* ${value}.`
      : Array.isArray(value)
        ? 'An array was yielded. Write yield* all([…]).'
        : isOperation(value)
          ? 'An operation was yielded. Write yield* instead of yield.'
          : isThenable(value)
            ? 'A promise was yielded. Write yield* until(promise), or yield* call(asyncFunction, …args).'
            : `${printed(value)} was yielded, which is no effect. Write yield* and an operation.`
  )
}

/** Whether it has a `then`, as a promise has; one that throws when it is looked at is none. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
  } catch {
    return false
  }
}

/** Whether what a plain function gave is to be run: an effect, a task or a generator, and not just anything that can be iterated. */
export function isResultOperation(value: unknown): value is Operation<unknown> {
  return (
    isOperation(value) && (isThenable(value) || typeof (value as Partial<Generator>).throw === 'function')
  )
}

/** Durations are milliseconds; `Infinity` never ends. */
export function checkDuration(ms: number, of: string): number {
  if (isFrom(0, ms)) return ms
  throw misfit(`${of} takes milliseconds from 0 on, or Infinity for never`, ms)
}

/** Instants are milliseconds of the interpreter's clock. */
export function checkInstant(instant: number): number {
  if (isFrom(-Infinity, instant)) return instant
  throw misfit(`sleepUntil takes an instant in milliseconds, as now() gives it`, instant)
}

/** Whether something can be `yield*`-ed. Arrays can be iterated, but are no operations. */
export function isOperation(value: unknown): value is Operation<unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return typeof (value as Partial<Operation<unknown>>)[Symbol.iterator] === 'function'
}
