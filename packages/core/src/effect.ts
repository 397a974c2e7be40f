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

/** The task whose step is under way, for plain code that a task calls; null outside of all steps, and in what an effect calls outside. */
export function runningTask(): Task | null {
  return machine.task
}

/** The answer of an effect that need not wait. It is read at once: the result object is the same one every time. */
export function answer(value: unknown): Box {
  machine.box.value = value
  return machine.box
}

/** A descriptor of something that a task waits for or has done: reusable, printable, and run by `yield*`. */
export abstract class Effect<T = any> implements Operation<T> {
  /** What it is called in trees, timelines and error messages. */
  abstract readonly name: string

  /** Performs the effect for the running task: an answer, or the effect itself if the kernel has to go on. */
  abstract perform(task: Task): Box | this

  /** False: what comes out of a generator is an effect, and no end. An effect is its own iterator result. */
  get done(): false {
    machine.reads++
    return false
  }

  /** The effect itself, as the value of that result. */
  get value(): this {
    return this
  }

  [Symbol.iterator](): this {
    machine.opened = true
    return this
  }

  /**
   * Effects that programs perform by the million have a copy of these three lines in their own class. There the engine sees one class at the call
   * of `perform`, and inlines it; here it sees all classes of a program, and looks the method up each time.
   */
  next(box?: Box): IteratorResult<this, T> {
    if (box !== undefined) return box
    if (!isBegun(arguments.length)) return notBegun(this, arguments.length)
    return comeOut(this, this.perform(machine.task!))
  }

  /** Called by the `return` of the generator that waits here. */
  return(value: T): IteratorResult<this, T> {
    machine.watch?.returned()
    return answer(value)
  }

  /** Called by the `throw` of the generator that waits here. */
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
  return `${name}(${args.map((each) => printed(each)).join(', ')})`
}

/** Whether a running task has reached the effect by `yield*`, which opens its iterator and hands over an argument. */
export function isBegun(args: number): boolean {
  if (machine.task === null || machine.out !== null || !machine.opened || args === 0) return false
  machine.opened = false
  return true
}

/** What becomes of an effect that was not begun by `yield*` in a running task. */
export function notBegun<E extends Effect>(effect: E, args: number): IteratorResult<E, any> {
  // A loop or a comparison of two effects hands over no argument: to these an effect is empty.
  if (args === 0) return { done: true, value: undefined }
  if (machine.task === null) throw notRunning(effect)
  // Something came out before and did not reach the kernel: a loop over a generator keeps it to itself.
  if (machine.out !== null) throw misuseOfLoop(effect)
  machine.stolen = true
  return comeOut(effect, effect)
}

/** Unless it was answered, the effect leaves the generator for the kernel. */
export function comeOut<E extends Effect>(effect: E, result: Box | E): IteratorResult<E, any> {
  if (result === effect) {
    machine.out = effect
    machine.reads = 0
  }
  return result
}

/** The error for an effect that was begun inside a task, but not by `yield*`. */
export function misuseOfLoop(effect: Effect): MisuseError {
  return new MisuseError(
    `${effect} was run by a loop or by next(), which effects can't be. Write yield* generator.`
  )
}

function notRunning(effect: Effect): Error {
  if (machine.poison !== null) return machine.poison
  return new MisuseError(
    `${effect} was run outside a task. Hand the generator to run(…), or to scope.spawn(…).`
  )
}

/** Marks a class of values that print themselves when they are arguments, as effects and errors do. */
export const printsItself: unique symbol = Symbol('prints itself')

/** A short text for a value in a printed effect. */
export function printed(value: unknown, depth = 0): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'function':
      return value.name || 'anonymous'
    case 'object':
      return Array.isArray(value)
        ? `[${depth > 3 ? '…' : value.map((each) => printed(each, depth + 1)).join(', ')}]`
        : printedObject(value)
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
