import { Effect } from '../effect.ts'
import { isResultOperation, isThenable } from '../kernel/misuse.ts'
import type { Operation } from '../operation.ts'
import type { Stream } from '../stream.ts'
import { operation } from './operation.ts'
import { until } from './until.ts'

/**
 * What a function of the user gives, once that has been performed: the value of an operation or of a promise, else the thing itself, which
 * streams are, too.
 */
export type Performed<R> = R extends readonly unknown[] | Stream<unknown>
  ? R
  : R extends Operation<infer T>
    ? T
    : R extends PromiseLike<infer T>
      ? Awaited<T>
      : R

/**
 * What is to be performed of what a function of the user gave: an effect, a task, a generator or a promise. Undefined if it is a plain
 * value, which streams are, too. It may stand behind any `yield*`.
 */
export function toPerform(result: unknown): Operation<unknown> | undefined {
  const operation = toStart(result)
  return operation === undefined || operation instanceof Effect || isThenable(operation)
    ? operation
    : generatorFrame(operation)
}

/** A generator gets a frame, so that its cleanup may wait (C11). */
const generatorFrame = /* @__PURE__ */ operation('performed', (generator: Operation<unknown>) => generator)

/** The same for what gives it a frame anyhow, as `scope` and `spawn` do. */
export function toStart(result: unknown): Operation<unknown> | undefined {
  if (typeof result !== 'object' || result === null) return undefined
  if (isResultOperation(result)) return result
  return isThenable(result) ? until(result) : undefined
}
