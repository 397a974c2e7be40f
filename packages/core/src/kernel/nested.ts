/**
 * C11: asynchronous cleanup inside generators that delegate natively. When `return` is called on the outer generator and
 * an inner one waits in its `finally`, JavaScript resumes it with `next` later, and the outer one forgets that it was
 * returning. We notice before that wait begins: the outer generator then still stands at the same `yield*` as when
 * `return` was called, which two short stack traces show.
 *
 * No trace is taken unless the frame waited inside several generators: on V8 and SpiderMonkey every `yield*` reads `done` of the
 * effect that comes through it, so we can count them (`machine.reads`). JavaScriptCore wraps the effect anew at the innermost one;
 * there, each `return` takes a trace.
 */
import { Effect, machine } from '../effect.ts'
import { NestedCleanupError } from './errors.ts'
import type { Body, Frame } from './frame.ts'
import { NESTED } from './states.ts'
import type { Task } from './task.ts'
import { recordFailure } from './unwind.ts'

/** How many lines of a trace we look through for our own call of `return`. */
const LONGEST_TRACE = 1000

/** One call of `return` that may go through several generators. */
export class Watch {
  /** Where the outermost generator stood when it was told to return; undefined if there is just one. */
  before: string | undefined = undefined

  /** The effect at which the frame waited is told to return. */
  returned(): void {
    const lines = linesAboveReturn()
    if (lines === null ? engine!.direct < Infinity : lines.length > engine!.direct)
      this.before = outermost(lines)
  }

  /** Whether the outermost generator stands where it stood: then it delegates to the one that is about to wait. */
  get nested(): boolean {
    if (this.before === undefined) return false
    const lines = linesAboveReturn()
    return outermost(lines) === this.before
  }

  // Its name is looked for in traces; a method keeps it through minifiers.
  coppiceReturn(body: Body): IteratorResult<unknown, unknown> {
    // What stands behind the call keeps JavaScriptCore from making it a tail call, which leaves no trace.
    const result = body.return!(undefined)
    machine.watch = null
    return result
  }
}

/** Called by an effect that is about to wait, or to push a frame, while such a `return` is under way. */
export function rejectNested(effect: Effect): void {
  if (!machine.watch!.nested) return
  machine.watch = null
  const error = new NestedCleanupError(String(effect))
  recordFailure(machine.task!.scope, error)
  // Until the generator has ended, every effect in it throws this again: nobody runs on as if nothing had happened.
  machine.poison = error
  machine.task = null
  throw error
}

/** Tells a frame's generator to return. */
export function callReturn(task: Task, frame: Frame): IteratorResult<unknown, unknown> {
  const body = frame.body as Body
  if (body.return === undefined) return { done: true, value: undefined }
  engine ??= calibrate()
  if (engine.counts && !(frame.flags & NESTED)) return body.return(undefined)
  machine.watch = new Watch()
  try {
    return machine.watch.coppiceReturn(body)
  } finally {
    machine.watch = null
    machine.poison = null
    machine.task = task
  }
}

/** What the engine's traces look like. */
interface Engine {
  /** Every `yield*` reads `done` of what comes through it. */
  readonly counts: boolean
  /** Lines above our call when it reaches an effect through one generator, and lines that each further one adds. */
  readonly direct: number
  readonly each: number
}

/** Unknown until the first `return`. */
let engine: Engine | null = null

/** Looks at two generators of our own, one in the other. */
function calibrate(): Engine {
  const one = sample(delegate(new Probe()))
  const two = sample(delegate(delegate(new Probe())))
  return { counts: two.reads === 2, direct: one.lines, each: Math.max(1, two.lines - one.lines) }
}

function* delegate(probe: Iterable<unknown>): Generator<unknown, void> {
  yield* probe
}

function sample(generator: Generator): { reads: number; lines: number } {
  machine.opened = false
  generator.next()
  const { reads } = machine
  const probing = new ProbeWatch()
  machine.watch = probing
  probing.coppiceReturn(generator)
  machine.out = null
  return { reads, lines: probing.lines }
}

class ProbeWatch extends Watch {
  lines = 0

  override returned(): void {
    this.lines = linesAboveReturn()?.length ?? Infinity
  }
}

/** An effect that comes out and does nothing. */
class Probe extends Effect {
  readonly name = 'probe'

  perform(): this {
    return this
  }
}

/** Where the outermost generator stands; nothing if that is too far away to be seen. */
function outermost(lines: readonly string[] | null): string {
  return lines === null ? '' : lines.slice(-engine!.each).join()
}

/** The lines of a trace above our call of `return`; null if it is too far away, or there are no traces. */
function linesAboveReturn(): string[] | null {
  const limit = replaceOnError('stackTraceLimit', LONGEST_TRACE)
  const prepare = replaceOnError('prepareStackTrace', undefined)
  try {
    const lines = String(new Error().stack).split('\n')
    const call = lines.findIndex((line) => line.includes('coppiceReturn'))
    return call < 0 ? null : lines.slice(0, call)
  } finally {
    prepare()
    limit()
  }
}

/** Sets a property of `Error` that changes traces, if the host lets us; gives the way back. */
function replaceOnError(key: 'stackTraceLimit' | 'prepareStackTrace', value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(Error, key)
  Reflect.defineProperty(Error, key, { value, writable: true, configurable: true })
  return () => {
    if (before) Reflect.defineProperty(Error, key, before)
    else Reflect.deleteProperty(Error, key)
  }
}
