/** Streams that follow a script in virtual time, and what a consumer saw of them. */
import {
  type Operation,
  type Stream,
  type Subscription,
  ensure,
  forEach,
  now,
  operation,
  produce,
  sleep,
  sleepUntil,
} from 'coppice'
import type { Simulation } from '@coppice/testing'
import { runAll, runToEnd, start, stepNow } from '../virtual.ts'

/** An item with the instant at which it comes. */
export type Timed<T> = readonly [instant: number, item: T]

/** Items at instants, then the end, or an error, at the instant of the last one or at `endAt`. */
export interface Script<T> {
  readonly items: readonly Timed<T>[]
  readonly endAt?: number
  readonly error?: unknown
}

/** How many streams were opened and released, and in which order. */
export class Ledger {
  opened = 0
  released = 0
  readonly log: string[] = []

  get open(): number {
    return this.opened - this.released
  }

  /** The same stream, noted when it is opened and when it has been released. That takes `cleanupMs`. */
  watch<T>(stream: Stream<T>, name = 'stream', cleanupMs = 1): Stream<T> {
    return watched(this, stream, name, cleanupMs) as Stream<T>
  }
}

const watched = operation(
  'watched',
  function* (ledger: Ledger, stream: Stream<unknown>, name: string, ms: number) {
    ledger.opened++
    ledger.log.push(`open ${name}`)
    yield* ensure(function* () {
      yield* sleep(ms)
      ledger.released++
      ledger.log.push(`released ${name}`)
    })
    return yield* stream
  }
)

/** A stream that comes by its script, counted from when it is opened; a slow consumer makes it late. */
export function scripted<T>({ items, endAt, error }: Script<T>): Stream<T> {
  return produce<T>(function* scripted(emit) {
    const start = yield* now()
    for (const [instant, item] of items) {
      yield* sleepUntil(start + instant)
      yield* emit(item)
    }
    if (endAt !== undefined) yield* sleepUntil(start + endAt)
    if (error !== undefined) throw error
  })
}

/** A stream whose `next` is the one of another, each time cut short if it takes longer than the next of some limits. */
export function* nextInPieces<T>(
  subscription: Subscription<T>,
  limits: Iterator<number>,
  within: <R>(ms: number, operation: Operation<R>) => Operation<R | undefined>
): Generator<any, IteratorResult<T, void>, any> {
  for (;;) {
    const { value, done } = limits.next()
    if (done) return yield* subscription.next()
    const result = yield* within(value, subscription.next())
    if (result !== undefined) return result
  }
}

/** Runs a stream to its end in virtual time: what came when. An error is the last entry. */
export function timelineOf<T>(stream: Stream<T>, busyMs = 0): Timed<T | string>[] {
  const seen: Timed<T | string>[] = []
  return runToEnd(function* () {
    try {
      yield* forEach(stream, function* (item) {
        seen.push([yield* now(), item])
        if (busyMs > 0) yield* sleep(busyMs)
      })
    } catch (error) {
      seen.push([yield* now(), String(error)])
    }
    return seen
  })
}

/** How many steps and instants a program goes through when nothing disturbs it. */
export function countSteps(program: () => Operation<unknown>): number {
  let steps = 0
  const { task, sim } = start(program)
  while (task.outcome === undefined && steps < 10_000) {
    while (stepNow(sim)) steps++
    if (task.outcome === undefined) jumpToNextTimer(sim)
  }
  return steps
}

/** Runs so many steps of a program, then what `act` does to it, then the rest. */
export function disturbAfter<T>(
  steps: number,
  program: () => Operation<T>,
  act: (task: ReturnType<typeof start<T>>['task']) => void
): ReturnType<typeof start<T>> {
  const started = start(program)
  const { task, sim } = started
  for (let left = steps; left > 0 && task.outcome === undefined;) {
    if (stepNow(sim)) left--
    else jumpToNextTimer(sim)
  }
  act(task)
  runAll(sim)
  return started
}

function jumpToNextTimer(sim: Simulation): void {
  if (!sim.jump()) throw new Error('The program waits for ever')
}
