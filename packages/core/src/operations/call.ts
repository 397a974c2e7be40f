import { MisuseError } from '../kernel/errors.ts'
import { isThenable } from '../kernel/misuse.ts'
import { OutsideEffect, type OutsideWait } from '../kernel/outside.ts'
import type { Operation } from '../operation.ts'

/** How a call is called in timelines and answered in tests. */
export interface CallDescription<A extends unknown[] = unknown[]> {
  /** What the call is called in trees and timelines, and what an answer in a test matches. */
  name: string
  /** What the function is called with. Default: nothing. */
  args?: [...A] | undefined
}

/**
 * Calls a function, synchronous or asynchronous, and gives its result. A function that declares one more parameter than it is given
 * arguments receives an `AbortSignal` there.
 *
 * **Cancelled:** the signal is aborted; what the function still does after that is ignored.
 * **Throws:** what the function throws, or its promise rejects with.
 *
 * @param description gives the call a name, and arguments that a test can match: `call({ name: 'fetchUser', args: [7] }, fetchUser)`
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const text = yield* call(load, 'page')
 *   console.assert(text === 'page loaded')
 * })
 * async function load(name: string, signal?: AbortSignal) {
 *   if (signal?.aborted) throw signal.reason
 *   return `${name} loaded`
 * }
 * ```
 */
export function call<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): Operation<Awaited<T>>
export function call<A extends unknown[], T>(
  fn: (...args: [...A, signal: AbortSignal]) => T,
  ...args: A
): Operation<Awaited<T>>
export function call<A extends unknown[], T>(
  description: CallDescription<A>,
  fn: (...args: A) => T
): Operation<Awaited<T>>
export function call<A extends unknown[], T>(
  description: CallDescription<A>,
  fn: (...args: [...A, signal: AbortSignal]) => T
): Operation<Awaited<T>>
export function call(first: unknown, ...rest: unknown[]): Operation<unknown> {
  if (typeof first === 'function') return new Call(first.name || 'call', rest, first as Fn)
  const { name, args } = (first ?? {}) as Partial<CallDescription>
  if (typeof rest[0] !== 'function' || typeof name !== 'string' || !Array.isArray(args ?? [])) {
    throw new MisuseError(
      'call takes a function and its arguments, call(fn, …args), or call({ name, args }, fn).'
    )
  }
  return new Call(name, args ?? [], rest[0] as Fn)
}

type Fn = (...args: unknown[]) => unknown

class Call extends OutsideEffect {
  readonly name: string
  readonly args: readonly unknown[]
  readonly fn: Fn

  constructor(name: string, args: readonly unknown[], fn: Fn) {
    super()
    this.name = name
    this.args = args
    this.fn = fn
  }

  performLive(wait: OutsideWait): void {
    const { args, fn } = this
    const controller = fn.length > args.length ? new AbortController() : null
    if (controller !== null) wait.abort = () => controller.abort()
    const result = controller === null ? fn(...args) : fn(...args, controller.signal)
    if (isThenable(result)) awaitInto(wait, result)
    else wait.resume(result)
  }

  protected override get printed(): readonly unknown[] {
    return this.args
  }
}

export function awaitInto(wait: OutsideWait, promise: PromiseLike<unknown>): void {
  promise.then(
    (value) => void wait.resume(value),
    (error) => void wait.fail(error)
  )
}
