import { type Frame, isGeneratorFunction } from '../kernel/frame.ts'
import { MisuseError } from '../kernel/errors.ts'
import { isOperation, notAGenerator } from '../kernel/misuse.ts'
import { GENERATOR } from '../kernel/states.ts'
import { pushFrame } from '../kernel/step.ts'
import type { Task } from '../kernel/task.ts'
import { FrameEffect } from '../kernel/wait.ts'
import { type Box, Effect, comeOut, isBegun, machine, notBegun } from '../effect.ts'
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
  const declaration = { name, fn: fn as Declaration['fn'], flags: isGeneratorFunction(fn) ? GENERATOR : 0 }
  const declared = (...args: A): Operation<T> => new Declared<T>(declaration, args)
  return Object.defineProperty(declared, 'name', { value: name })
}

interface Declaration {
  readonly name: string
  readonly fn: (...args: unknown[]) => unknown
  /** What is known of the frames that run it. */
  readonly flags: number
}

class Declared<T = unknown> extends FrameEffect<T> {
  readonly declaration: Declaration
  readonly args: readonly unknown[]

  constructor(declaration: Declaration, args: readonly unknown[]) {
    super()
    this.declaration = declaration
    this.args = args
  }

  get name(): string {
    return this.declaration.name
  }

  // A copy, for speed: see Effect.
  override next(box?: Box): IteratorResult<this, T> {
    if (box !== undefined) return box
    if (!isBegun(arguments.length)) return notBegun(this, arguments.length)
    return comeOut(this, this.perform(machine.task!))
  }

  push(task: Task): void {
    const { declaration, args } = this
    pushFrame(task, new DeclaredFrame(bodyOf(declaration, args), task.frame, declaration))
  }

  protected override get printed(): readonly unknown[] {
    return this.args
  }
}

function bodyOf({ name, fn, flags }: Declaration, args: readonly unknown[]): unknown {
  const { length } = args
  // A spread is slow beside the call of a generator function.
  const body = length === 1 ? fn(args[0]) : length === 2 ? fn(args[0], args[1]) : fn(...args)
  // A generator function makes a generator; any other may make something that does for one.
  if (flags & GENERATOR || isIterator(body)) return body
  throw notAGenerator(name, body)
}

class DeclaredFrame implements Frame {
  body: unknown
  flags: number
  readonly below: Frame
  readonly declaration: Declaration

  constructor(body: unknown, below: Frame, declaration: Declaration) {
    this.body = body
    this.flags = declaration.flags
    this.below = below
    this.declaration = declaration
  }

  get label(): string {
    return this.declaration.name
  }
}

function isIterator(value: unknown): boolean {
  return (
    isOperation(value) &&
    typeof (value as Partial<Generator>).throw === 'function' &&
    !(value instanceof Effect)
  )
}
