import { answer } from '../effect.ts'
import { isOperation, misfit } from '../kernel/misuse.ts'
import type { Task } from '../kernel/task.ts'
import { ImmediateEffect } from '../kernel/wait.ts'
import type { Operation, ValueOf } from '../operation.ts'
import { atTeardown } from './ensure.ts'

/**
 * Registers something disposable with the current scope and gives it back: an object with `Symbol.dispose` or `Symbol.asyncDispose`, or a
 * resource, which is acquired. It is released when the scope is torn down. `null` and `undefined` pass through.
 *
 * **Cancelled:** never a point of cancellation for an object; a resource is acquired as by `yield*`.
 * **Throws:** `MisuseError` for an object that can't be disposed of. What disposing throws, the scope throws.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const lock = yield* use({ held: true, [Symbol.dispose]() { this.held = false } })
 *   console.assert(lock.held)
 * })
 * ```
 */
export function use<T extends Disposable | AsyncDisposable | null | undefined>(disposable: T): Operation<T>
export function use<T>(resource: Operation<T>): Operation<T>
export function use<O extends Operation<unknown>>(resource: O): Operation<ValueOf<O>>
export function use(value: unknown): Operation<unknown> {
  if (isOperation(value) && !isDisposable(value)) return value
  if (value !== null && value !== undefined && !isDisposable(value)) {
    throw misfit(
      'use takes what has Symbol.dispose or Symbol.asyncDispose, or a resource, and ensure(() => …) anything else',
      value
    )
  }
  return new Use(value)
}

function isDisposable(value: unknown): value is Partial<Disposable & AsyncDisposable> {
  const { [Symbol.dispose]: dispose, [Symbol.asyncDispose]: asyncDispose } = value as Partial<
    Disposable & AsyncDisposable
  >
  return typeof dispose === 'function' || typeof asyncDispose === 'function'
}

class Use extends ImmediateEffect {
  readonly disposable: Partial<Disposable & AsyncDisposable> | null | undefined

  constructor(disposable: Partial<Disposable & AsyncDisposable> | null | undefined) {
    super()
    this.disposable = disposable
  }

  get name(): string {
    return 'use'
  }

  perform(task: Task) {
    const { disposable } = this
    if (disposable)
      atTeardown(task, () =>
        (disposable[Symbol.asyncDispose] ?? disposable[Symbol.dispose])!.call(disposable)
      )
    return answer(disposable)
  }
}
