import { now } from '../operations/now.ts'
import { operation } from '../operations/operation.ts'
import { select } from '../operations/select.ts'
import { sleepUntil } from '../operations/sleep.ts'
import { spawn } from '../operations/spawn.ts'
import type { Operation } from '../operation.ts'
import type { Subscription } from '../stream.ts'
import type { Task } from '../task.ts'

/** What reading has come to: an item, or the end. What is thrown is a value here, since there may be items that have to go before it. */
export type Read<T> = { readonly item: T; readonly end?: never } | { readonly end: End }

type End = { readonly failure?: { readonly error: unknown } }

/**
 * Reads a subscription against time. An item that is not there in time goes on being waited for, in a task of its own, so that whatever is
 * under way for it is neither lost nor begun anew.
 */
export class ReadAhead<T> {
  readonly subscription: Subscription<T>
  reading: Task<Read<T>> | undefined = undefined

  constructor(subscription: Subscription<T>) {
    this.subscription = subscription
  }

  /** The next item or the end; undefined if it has not come within `ms`. */
  within(ms: number): Operation<Read<T> | undefined> {
    return readWithin<T>(this, ms)
  }

  /** The next item or the end; undefined if it has not come by then. */
  until(instant: number): Operation<Read<T> | undefined> {
    return readUntil<T>(this, instant)
  }

  next(): Operation<Read<T>> {
    return readUntil<T>(this, Infinity) as Operation<Read<T>>
  }
}

const readUntil = /* @__PURE__ */ operation('readUntil', function* (ahead: ReadAhead<any>, instant: number) {
  if (instant === Infinity && ahead.reading === undefined) return yield* read(ahead.subscription)
  const reading = (ahead.reading ??= yield* spawn(read(ahead.subscription), { background: true }))
  const first = yield* select({ reading, late: sleepUntil(instant) })
  if (first.key === 'late') return undefined
  ahead.reading = undefined
  return first.value
}) as <T>(ahead: ReadAhead<T>, instant: number) => Operation<Read<T> | undefined>

const readWithin = /* @__PURE__ */ operation('readWithin', function* (ahead: ReadAhead<any>, ms: number) {
  return yield* readUntil(ahead, (yield* now()) + ms)
}) as <T>(ahead: ReadAhead<T>, ms: number) => Operation<Read<T> | undefined>

const read = /* @__PURE__ */ operation('read', function* <T>(subscription: Subscription<T>) {
  let outcome: Read<T>
  try {
    const result = yield* subscription.next()
    outcome = result.done === true ? { end: {} } : { item: result.value }
  } catch (error) {
    outcome = { end: { failure: { error } } }
  }
  return outcome
}) as <T>(subscription: Subscription<T>) => Operation<Read<T>>

/** At the end of what an operator reads: throws what it ended with. */
export function throwFailure(end: End): void {
  if (end.failure !== undefined) throw end.failure.error
}
