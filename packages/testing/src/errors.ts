/** What a simulation throws, and what an exploration finds. All have a stable `code`. */
import { CoppiceError } from 'coppice/kernel'
import type { Leak } from './leaks.ts'

/** A task that waits, and the printed effect that it waits on; `children: …` once its body has ended. */
export interface Waiting {
  /** The name of the task. */
  readonly name: string
  /** The printed effect that it waits on; `children: …` for those that its ended body waits for. */
  readonly on: string
}

/**
 * Nothing can run, no timer is set, and the root is open: every task waits for another one.
 *
 * @example
 * ```ts
 * try {
 *   simulate(suspend).runToEnd()
 * } catch (error) {
 *   const waiting = error instanceof DeadlockError ? error.waiting : []
 *   console.assert(waiting[0]?.on === 'suspend()')
 * }
 * ```
 */
export class DeadlockError extends CoppiceError {
  override readonly name = 'DeadlockError'
  readonly code = 'COPPICE_DEADLOCK'
  /** Every task that waits. */
  readonly waiting: readonly Waiting[]
  /** The tree as `formatTree` draws it. */
  readonly tree: string

  constructor(waiting: readonly Waiting[], lines: readonly string[], tree: string, hint: string) {
    super(`Nothing can run and no timer is set, so this waits for ever:\n${lines.join('\n')}\n${tree}${hint}`)
    this.waiting = waiting
    this.tree = tree
  }
}

/** The root has closed, and something that it opened is still there. */
export class LeakError extends CoppiceError {
  override readonly name = 'LeakError'
  readonly code = 'COPPICE_LEAK'
  /** What the run has left behind. */
  readonly leaks: readonly Leak[]

  constructor(leaks: readonly Leak[], lines: readonly string[]) {
    super(`The program has ended and left something behind:\n${lines.join('\n')}`)
    this.leaks = leaks
  }
}

/** A simulation has reached `maxSteps` or `maxTime`. The message says which tasks ran last, and where they stand. */
export class LimitError extends CoppiceError {
  override readonly name = 'LimitError'
  readonly code = 'COPPICE_LIMIT'
}

/** `check` or `invariant` returned `false`. */
export class CheckError extends CoppiceError {
  override readonly name = 'CheckError'
  readonly code = 'COPPICE_CHECK'
}

/** What a fault throws into a program, and the reason with which it cancels one. */
export class FaultError extends CoppiceError {
  override readonly name = 'FaultError'
  readonly code = 'COPPICE_FAULT'
}

/** The same schedule gave two different runs; `cause` is what failed first. */
export class NondeterminismError extends CoppiceError {
  override readonly name = 'NondeterminismError'
  readonly code = 'COPPICE_NONDETERMINISM'

  constructor(what: string, cause: unknown) {
    super(
      `${what} The same schedule must give the same run. Look for state that is made outside of the program and so leaks ` +
        'from run to run, and for Date.now(), Math.random() and promises: make the state inside, read the clock with ' +
        'yield* now(), and put what reaches outside into call(…) or defineEffect(…).'
    )
    this.cause = cause
  }
}

/** An effect reached outside, and `answers` has nothing for it. The message shows the line to add. */
export class UnansweredEffectError extends CoppiceError {
  override readonly name = 'UnansweredEffectError'
  readonly code = 'COPPICE_UNANSWERED_EFFECT'
}
