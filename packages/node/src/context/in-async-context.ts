/** Operations whose calls run in surroundings of their own. */
import { AsyncResource } from 'node:async_hooks'
import { inspect } from 'node:util'
import { MisuseError, type Operation, type Startable, type ValueOf, operation } from 'coppice'
import { surroundings } from './carrying.ts'

/** Runs a job inside of something that holds for it, and for all that comes of it: `(job) => storage.run(value, job)`. */
export type Enter = <R>(job: () => R) => R

/**
 * Runs an operation whose calls see what `enter` has set: a value of an `AsyncLocalStorage`, the span of a tracer. It holds for what `call`, `action` and
 * effects of one's own call, at any depth, in child tasks, too, and on top of what holds around it. The bodies of tasks see what holds
 * for their tree. It needs `carryAsyncContext()`. What the operation acquires belongs to the caller.
 *
 * **Cancelled:** the operation unwinds.
 * **Throws:** what the operation or `enter` throws; `MisuseError` if `enter` does not run its job at once.
 *
 * @param enter `(job) => storage.run(value, job)`; for what holds right here, `AsyncLocalStorage.snapshot()`
 *
 * @example
 * ```ts
 * import { AsyncLocalStorage } from 'node:async_hooks'
 *
 * const spans = new AsyncLocalStorage<string>()
 * const stop = carryAsyncContext()
 *
 * await run(function* () {
 *   const where = operation('where', function* () {
 *     yield* sleep(1)
 *     return yield* call(() => spans.getStore())
 *   })
 *   const [inside, outside] = yield* all([inAsyncContext((job) => spans.run('query', job), where()), where()])
 *   console.assert(inside === 'query' && outside === undefined)
 * })
 * stop()
 * ```
 */
export function inAsyncContext<T>(enter: Enter, operation: Startable<T>): Operation<T>
export function inAsyncContext<O extends Startable<unknown>>(
  enter: Enter,
  operation: O
): Operation<ValueOf<O>>
export function inAsyncContext(enter: Enter, operation: Startable<unknown>): Operation<unknown> {
  if (typeof enter !== 'function')
    throw new MisuseError(
      `inAsyncContext takes a function, (job) => storage.run(value, job), and an operation; it was given ${inspect(enter, { depth: 0 })}.`
    )
  return entering(enter, operation)
}

const entering = operation('inAsyncContext', function* (enter: Enter, inner: Startable<unknown>) {
  const around = yield* surroundings.get()
  const set = around === undefined ? capture(enter) : around.runInAsyncScope(capture, undefined, enter)
  return yield* surroundings.with(set, inner)
})

function capture(enter: Enter): AsyncResource {
  const captured = enter(() => new AsyncResource('CoppiceOperation'))
  if (captured instanceof AsyncResource) return captured
  throw new MisuseError(
    'inAsyncContext: the function has to run its job at once, and to give what that gives: (job) => storage.run(value, job).'
  )
}
