import type { RunQueue } from '../kernel/run-queue.ts'
import type { Task } from '../kernel/task.ts'
import type { Timer } from '../kernel/timers.ts'
import type { Tree } from '../kernel/tree.ts'
import type { OutsideEffect, OutsideWait } from '../kernel/outside.ts'

/** What tasks coordinate by: a channel, a semaphore. */
export interface Primitive {
  readonly name: string
  /** What it still holds, for people, if that is lost once nobody can use it any more: `3 items of jobs`. Else null. */
  leftover(): Leftover | null
}

/** What a primitive still holds: of which kind, and in words. */
export interface Leftover {
  readonly kind: 'items' | 'permits' | 'lock'
  readonly what: string
}

/**
 * The seam between the tree and the world (I1): all that reaches outside goes through these. The kernel performs the rest
 * itself, so that the same program runs under every interpreter (I2).
 */
export interface Interpreter {
  /** The present instant in milliseconds. It never goes back. */
  now(): number
  /** A number from 0 to 1, 1 excluded. */
  random(): number
  /**
   * Fires the timer once `due` has come, and gives the ticket under which it was set. All timers due at an instant fire before any task runs
   * (S4).
   */
  setTimer(timer: Timer, due: number): number
  /** A timer that was set is no longer pending. */
  clearTimer(): void
  /** Performs an effect that reaches outside, and answers through `wait`, now or later. To throw is to fail it. */
  perform(effect: OutsideEffect, wait: OutsideWait): void
  /** The tree has something to run and nobody runs it: run it, now or soon. Called once until it has been run (S5). */
  wake(tree: Tree): void
  /** A root has closed. A host has to raise a failure that nobody awaits (E8). */
  rootClosed?(root: Task): void
  /** `createScope` has made a scope, which is this root: somebody has to close it. */
  scopeOpened?(root: Task): void
  /** A task of a tree, or code while this interpreter is set, has made a primitive. */
  primitiveMade?(primitive: Primitive, by: Task | null): void
  /** Cleanup of the task did not end and was abandoned (C13); `on` says what it waited for. */
  abandoned?(task: Task, on: string): void
  /** Which entry of the queue runs next; without it, the first (S2). */
  pick?(queue: RunQueue): number
}
