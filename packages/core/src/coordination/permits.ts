/**
 * Permits that are handed out first come, first served: what a semaphore, a mutex and a limiter have in common. Nobody overtakes the first in
 * the line, so a large request is not starved by small ones. A permit is handed over at the moment at which it comes back: it is never
 * free while somebody waits who could have it.
 */
import { misfit } from '../kernel/misuse.ts'
import { type Box, comeOut, isBegun, machine, notBegun } from '../effect.ts'
import { MisuseError } from '../kernel/errors.ts'
import type { Leftover, Primitive } from '../interpreters/interpreter.ts'
import type { Scope } from '../kernel/scope.ts'
import { NEXT } from '../kernel/states.ts'
import type { Task } from '../kernel/task.ts'
import type { Waiter } from '../kernel/wait.ts'
import { Holding } from './holding.ts'
import { Line, LineEffect } from './line.ts'
import { counted } from './made.ts'

export class Permits implements Primitive {
  readonly name: string
  size: number
  /** How many nobody has; negative while there are too many out after the size was lowered. */
  free: number
  readonly line = new Line<Request>()
  /** Who has some until a scope is torn down, and how many these are. */
  readonly holdings = new Set<Holding>()
  held = 0

  constructor(name: string, size: number) {
    this.name = name
    this.size = this.free = size
  }

  get waiting(): number {
    return this.line.length
  }

  leftover(): Leftover | null {
    return counted('permits', this.size - this.free, 'permit', this.name)
  }

  /** Whether the first in the line could have what it asks for. */
  admits(request: Request, _task: Task): boolean {
    return request.permits <= this.free
  }

  /** Gives a task what it asked for. */
  take({ permits, byHand }: Request, task: Task): void {
    this.free -= permits
    if (byHand) this.takenByHand(permits, task)
    else if (permits > 0) this.hold(task.scope, permits, (holding) => this.cameBack(holding))
  }

  /** It was asked for without a scope that would give it back. */
  protected takenByHand(_permits: number, _task: Task): void {}

  protected hold(scope: Scope, permits: number, release: (holding: Holding) => void): Holding {
    const holding = new Holding(this, scope, permits, release)
    this.holdings.add(holding)
    this.held += permits
    return holding
  }

  protected cameBack(holding: Holding): void {
    this.holdings.delete(holding)
    this.held -= holding.count
    this.free += holding.count
    this.serve()
  }

  /** Gives permits to those who wait for them, as far as they go. */
  serve(): void {
    const { line } = this
    for (let place = line.first; place !== null; place = line.first) {
      const { effect, task, pending } = place
      if (pending && !this.admits(effect, task)) return
      line.remove(place)
      if (!pending) continue
      this.take(effect, task)
      place.resume(undefined)
    }
  }

  /** What can't come true is an error at once. */
  rejectEndless(request: Request, task: Task): void {
    const { permits } = request
    if (permits > this.size) throw tooMany(request)
    let others = this.size - this.held
    for (const holding of this.holdings) {
      if (others >= permits) return
      if (!this.keepsFrom(task, holding)) others += holding.count
    }
    if (others >= permits) return
    throw new MisuseError(
      `${task.label} would wait for ever at ${request}: it holds ${this.name} itself, or a scope around it does until it ends. ` +
        'Take it once, or let the first use end before: scope(function* () { yield* ….use(); … }).'
    )
  }

  /** Whether a holding can't come back before the task has gone on. */
  protected keepsFrom(task: Task, holding: Holding): boolean {
    return runsIn(task, holding.outer!)
  }
}

/** Whether a task runs in a scope, at any depth, or is its body. */
function runsIn(task: Task, scope: Scope): boolean {
  for (let inner: Scope | null = task.scope; inner !== null; inner = inner.outer)
    if (inner === scope) return true
  return false
}

export class Request extends LineEffect<void> {
  readonly of: Permits
  readonly permits: number
  readonly byHand: boolean

  constructor(of: Permits, permits: number, byHand: boolean) {
    super()
    this.of = of
    this.permits = permits
    this.byHand = byHand
  }

  get name(): string {
    return 'acquire'
  }

  // A copy, for speed: see Effect.
  override next(box?: Box): IteratorResult<this, void> {
    if (box !== undefined) return box
    if (!isBegun(arguments.length)) return notBegun(this, arguments.length)
    return comeOut(this, this.perform(machine.task!))
  }

  begin(waiter: Waiter): void {
    const { of: permits } = this
    const { task } = waiter
    if (permits.line.length === 0 && permits.admits(this, task)) {
      permits.take(this, task)
      waiter.settled(NEXT, undefined)
    } else {
      permits.rejectEndless(this, task)
      permits.line.join(waiter, this)
      permits.serve()
    }
  }

  /** The next in the line may be content with less. */
  override left(): void {
    this.of.serve()
  }

  override *couldBeEndedBy(): Iterable<Task> {
    for (const holding of this.of.holdings) yield holding.task
  }
}

export function tooMany(request: Request): MisuseError {
  const { permits, of } = request
  return new MisuseError(`${request} asks for ${permits} of ${of.size} permits: it would wait for ever.`)
}

export function checkPermits(permits: number, least: number, by: string): number {
  if (Number.isInteger(permits) && permits >= least) return permits
  throw misfit(`${by} takes a whole number of permits from ${least} on`, permits)
}
