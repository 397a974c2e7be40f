/**
 * The descriptor protocol. An effect is a plain, reusable value that is its own iterator and its own iterator result:
 * a `yield*` on it allocates nothing. It performs itself inside its own `next`, against the task that is running. An
 * effect that need not wait answers with the box at once and never leaves the generator; one that waits, or that
 * pushes a frame, answers with itself and so comes out to the kernel.
 *
 * A plain `yield effect` (without the star) comes out wrapped in a fresh result: that is how it is detected (E9).
 */
import type { Interpreter } from './interpreters/interpreter.ts'
import type { Watch } from './kernel/nested.ts'
import type { Task } from './kernel/task.ts'
import type { Operation } from './operation.ts'
import { MisuseError, type NestedCleanupError } from './kernel/errors.ts'

/** The one result object in which every answer is handed over. It is read at once, before anything else can run. */
export interface Box {
  done: true
  value: any
}

/** What the machine knows globally: the task that is running right now, in whichever tree. */
export const machine = {
  task: null as Task | null,
  /** The iterator of an effect was opened: the `next` that follows begins it. Any other comes from a generator that runs elsewhere (E9). */
  opened: false,
  /** The effect that came out of a generator and was not looked at yet: whatever else comes out is misuse (E9). */
  out: null as Effect | null,
  /** It came out because somebody resumed a generator that waits at it already (E9). */
  stolen: false,
  /** How often `done` of that effect was read since: once by each `yield*` that it came through (C11). */
  reads: 0,
  /** A `return` that may go through several generators is under way (C11). */
  watch: null as Watch | null,
  /** Thrown by every effect while a generator runs on in which a nested cleanup was found (C11). */
  poison: null as NestedCleanupError | null,
  box: { done: true, value: undefined } as Box,
  /** Who interprets the trees that are made right now, if they do not say; null for the live interpreter. */
  interpreter: null as Interpreter | null,
}

/**
 * Has `interpreter` run the trees that are made from now on without one of their own: what a program starts beside itself runs
 * where the program runs (I2). Gives the one that was set before, to be set again.
 */
export function interpretBy(interpreter: Interpreter | null): Interpreter | null {
  const before = machine.interpreter
  machine.interpreter = interpreter
  return before
}

/** The task whose step is under way, in whichever tree; null outside of tasks. */
export function runningTask(): Task | null {
  return machine.task
}

export function answer(value: unknown): Box {
  machine.box.value = value
  return machine.box
}

export abstract class Effect<T = any> implements Operation<T> {
  /** What it is called in trees, timelines and error messages. */
  abstract readonly name: string

  /** Performs the effect for the running task: an answer, or the effect itself if the kernel has to go on. */
  abstract perform(task: Task): Box | this

  get done(): false {
    machine.reads++
    return false
  }

  get value(): this {
    return this
  }

  [Symbol.iterator](): this {
    machine.opened = true
    return this
  }

  next(box?: Box): IteratorResult<this, T> {
    if (box !== undefined) return box
    // `yield*` hands over an argument, a loop or a comparison of two effects hands over none: to these an effect is empty.
    if (arguments.length === 0) return { done: true, value: undefined as T }
    const { task } = machine
    if (task === null) throw notRunning(this)
    // Something came out before and did not reach the kernel: a loop over a generator keeps it to itself.
    if (machine.out !== null) throw misuseOfLoop(this)
    if (!machine.opened) {
      machine.stolen = true
      return comeOut(this)
    }
    machine.opened = false
    const result = this.perform(task)
    return result === this ? comeOut(this) : result
  }

  /** Called by the `return` of the generator that waits here. */
  return(value: T): IteratorResult<this, T> {
    machine.watch?.returned()
    return answer(value)
  }

  throw(error: unknown): never {
    throw error
  }

  toString(): string {
    return printCall(this.name, this.printed)
  }

  /** What stands in the parentheses when it is printed. */
  protected get printed(): readonly unknown[] {
    return Object.values(this)
  }
}

export function printCall(name: string, args: readonly unknown[]): string {
  return `${name}(${args.map(printed).join(', ')})`
}

/** The effect leaves the generator for the kernel. */
function comeOut<E extends Effect>(effect: E): E {
  machine.out = effect
  machine.reads = 0
  return effect
}

/** The error for an effect that was begun inside a task, but not by `yield*`. */
export function misuseOfLoop(effect: Effect): MisuseError {
  return new MisuseError(
    `${effect} was run by a loop or by next() instead of yield*. A generator of effects can't be looped over: write yield* generator.`
  )
}

function notRunning(effect: Effect): Error {
  if (machine.poison !== null) return machine.poison
  return new MisuseError(
    `${effect} was run outside a task. Hand the generator to run(…), or to scope.spawn(…) of an open scope.`
  )
}

/** Marks a class of values that print themselves when they are arguments, as effects and errors do. */
export const printsItself: unique symbol = Symbol('prints itself')

/** A short text for a value in a printed effect. */
export function printed(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'function':
      return value.name || 'anonymous'
    case 'object':
      return Array.isArray(value) ? `[${value.map(printed).join(', ')}]` : printedObject(value)
    default:
      return String(value)
  }
}

function printedObject(value: object | null): string {
  if (value === null || value instanceof Effect || value instanceof Error || printsItself in value) {
    return String(value)
  }
  const name = value.constructor?.name || Object.prototype.toString.call(value).slice(8, -1)
  return name === 'Object' ? '{…}' : name
}
