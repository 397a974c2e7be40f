import { Frame, isGenerator } from '../kernel/frame.ts'
import { MisuseError } from '../kernel/errors.ts'
import { isOperation, notAGenerator } from '../kernel/misuse.ts'
import { GENERATOR } from '../kernel/states.ts'
import { pushFrame } from '../kernel/step.ts'
import type { Task } from '../kernel/task.ts'
import { FrameEffect } from '../kernel/wait.ts'
import { Effect } from '../effect.ts'
import type { Operation } from '../operation.ts'

type GeneratorFunction<A extends unknown[], T> = (...args: A) => Operation<T>

/**
 * Declares a reusable operation: a frame that the kernel drives itself. Its cleanup may wait, recursion costs the same at any
 * depth, its name stands in traces, and what it returns can be run many times.
 *
 * **Cancelled:** calling one is no point of cancellation; the waits inside are.
 * **Throws:** `MisuseError` if it is not given a generator function.
 *
 * @param name for traces; else the function's own name. Give it in front where the operation calls itself: a named function expression
 * would shadow the declared one and recurse natively.
 *
 * @example
 * ```ts
 * const countdown = operation('countdown', function* (from: number): Generator<any, string, any> {
 *   if (from === 0) return 'lift-off'
 *   yield* sleep(1)
 *   return yield* countdown(from - 1)
 * })
 * console.assert((await run(countdown(3))) === 'lift-off')
 * ```
 */
export function operation<A extends unknown[], T>(fn: GeneratorFunction<A, T>): (...args: A) => Operation<T>
export function operation<A extends unknown[], T>(
  name: string,
  fn: GeneratorFunction<A, T>
): (...args: A) => Operation<T>
export function operation<A extends unknown[], T>(
  nameOrFn: string | GeneratorFunction<A, T>,
  maybeFn?: GeneratorFunction<A, T>
): (...args: A) => Operation<T> {
  const fn = typeof nameOrFn === 'string' ? maybeFn : nameOrFn
  if (typeof fn !== 'function')
    throw new MisuseError('operation takes a generator function: operation(function* () {…}).')
  const name = typeof nameOrFn === 'string' ? nameOrFn : fn.name || 'operation'
  const declared = (...args: A): Operation<T> => new Declared<A, T>(name, fn, args)
  return Object.defineProperty(declared, 'name', { value: name })
}

class Declared<A extends unknown[] = unknown[], T = unknown> extends FrameEffect<T> {
  readonly name: string
  readonly fn: GeneratorFunction<A, T>
  readonly args: A

  constructor(name: string, fn: GeneratorFunction<A, T>, args: A) {
    super()
    this.name = name
    this.fn = fn
    this.args = args
  }

  push(task: Task): void {
    const { fn, args } = this
    // A spread is slow beside the call of a generator function, and most take one argument.
    const body = args.length === 1 ? (fn as unknown as (first: unknown) => unknown)(args[0]) : fn(...args)
    const flags = isGenerator(body) ? GENERATOR : 0
    if (flags === 0 && !isIterator(body)) throw notAGenerator(this.name, body)
    pushFrame(task, new DeclaredFrame(body as Generator, flags, task.frame, this.name))
  }

  protected override get printed(): readonly unknown[] {
    return this.args
  }
}

/** What stands for a generator where generators are compiled to something else. */
function isIterator(value: unknown): boolean {
  return (
    isOperation(value) &&
    typeof (value as Partial<Generator>).throw === 'function' &&
    !(value instanceof Effect)
  )
}

class DeclaredFrame extends Frame {
  readonly below: Frame
  private readonly named: string

  constructor(body: Generator, flags: number, below: Frame, named: string) {
    super(body, flags)
    this.below = below
    this.named = named
  }

  get label(): string {
    return this.named
  }
}
