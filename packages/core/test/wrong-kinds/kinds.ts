/** Calls a function with each kind of value in each place, and tells what becomes of it. */
import {
  MisuseError,
  type Operation,
  ScopeError,
  Task,
  collect,
  moveOnAfter,
  pipe,
  scope,
  sleep,
  take,
} from 'coppice'
import { CoppiceError } from 'coppice/kernel'
import { live, simulate } from '@coppice/testing'

/** What is called, by the name of the export or the option that a failing test shows, and arguments with which it works. */
export type Row = [name: string, call: (...args: any[]) => unknown, ...good: unknown[]]

/** Each kind of value, by what it is called in a failing test. What a class or a function throws when it is called is its own affair. */
export const kinds: readonly [string, unknown][] = [
  ...[undefined, null, true, -1, 0, 1, 1.5, NaN, Infinity, 2 ** 60, 10n, '', 'text'].map(
    (value): [string, unknown] => [typeof value === 'string' ? `'${value}'` : String(value), value]
  ),
  ['a symbol', Symbol('s')],
  ['{}', {}],
  ['[]', []],
  ['[5]', [5]],
  ['an array in itself', inItself()],
  ['an object without a prototype', Object.create(null)],
  ['a map', new Map()],
  ['an error', new Error('given as an argument')],
  ['a promise', Promise.resolve(1)],
  ['a function', () => 5],
  ['an async function', async () => 5],
  ['an effect', sleep(1)],
  ['a generator function', worker],
]

function* worker() {
  yield* sleep(1)
  return 1
}

function inItself(): unknown[] {
  const array: unknown[] = []
  array.push(array)
  return array
}

/** What the program waits for is past this instant, or never comes. */
const LATE = 1e6

/** What is none of these is the engine's error: it says nothing to whoever made the mistake. */
export type End = 'taken' | 'refused' | 'waits' | (string & {})

/** What becomes of a call, and of what it gave if that can be performed. */
export async function endOf(call: (...args: any[]) => unknown, args: readonly unknown[]): Promise<End> {
  try {
    return await performed(call(...args))
  } catch (error) {
    if (isRefusal(error)) return 'refused'
    // An error of the library, of a time that was too short for instance, is a result.
    return error instanceof CoppiceError ? 'taken' : String(error)
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof ScopeError ? error.errors.every(isRefusal) : error instanceof MisuseError
}

async function performed(given: unknown): Promise<End> {
  if (given instanceof Task) return endOfTask(given)
  if (typeof given !== 'object' || given === null || Array.isArray(given) || !(Symbol.iterator in given))
    return 'taken'
  const program = () =>
    moveOnAfter(
      LATE,
      scope(() => opened(given as Operation<unknown>))
    )
  const sim = simulate(program, { answers: [[() => true, live()]], maxSteps: 10_000 })
  const result = await sim.settle({ patienceMs: 100 })
  if (result.status === 'failed') throw result.error
  if (result.status === 'cancelled' || result.value.status === 'cancelled') return 'waits'
  if (result.value.status === 'failed') throw result.value.error
  return 'taken'
}

async function endOfTask(task: Task): Promise<End> {
  await task
  return 'taken'
}

/** Operations are performed; streams are read, too. A generator that comes as a value is no subscription. */
function* opened(given: Operation<unknown>): Generator<any, void, any> {
  const got = (yield* given) as { next?: unknown; throw?: unknown } | undefined
  if (typeof got?.next === 'function' && got.throw === undefined)
    yield* collect(pipe(given as never, take(2)))
}

/** What is neither taken nor refused, a line each. */
export async function strangeEnds([name, call, ...good]: Row): Promise<string[]> {
  const lines: string[] = []
  const usual = await endOf(call, good)
  if (usual !== 'taken' && usual !== 'waits') lines.push(`${name} is not called rightly: ${usual}`)
  for (const place of good.keys()) {
    for (const [kind, value] of kinds) {
      const end = await endOf(
        call,
        good.map((each, i) => (i === place ? value : each))
      )
      const mayWait = usual === 'waits' || value === Infinity || value === 2 ** 60
      if (end !== 'taken' && end !== 'refused' && !(end === 'waits' && mayWait))
        lines.push(`${name}, argument ${place}: ${kind}: ${end}`)
    }
  }
  return lines
}
