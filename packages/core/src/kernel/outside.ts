/** Effects that reach outside: the interpreter performs them (I1). */
import { machine } from '../effect.ts'
import { recordFailure } from './unwind.ts'
import { Wait, WaitingEffect, type Waiter } from './wait.ts'

/** An effect that the interpreter performs, since it reaches out of the tree (I1). */
export abstract class OutsideEffect<T = any> extends WaitingEffect<T> {
  /** What the live interpreter does. To throw is to fail the effect. */
  abstract performLive(wait: OutsideWait): void

  /** It bridges to what the program itself holds, so an interpreter without a world performs it live, too (I2). */
  get runsAsWritten(): boolean {
    return false
  }

  begin(waiter: Waiter): void {
    const wait = new OutsideWait(waiter, this)
    waiter.wait = wait
    const { task } = machine
    // What is called from here is outside of the task: effects in it are not the task's.
    machine.task = null
    try {
      waiter.task.tree.interpreter.perform(this, wait)
    } catch (error) {
      // E3: it may have thrown after it had answered, or was cancelled from inside.
      if (!wait.fail(error)) recordFailure(waiter.task.scope, error)
    } finally {
      machine.task = task
    }
  }

  // Its waits withdraw themselves.
  withdraw(): void {}
}

/** The wait of a task for something outside: the interpreter resumes or fails it, once. */
export class OutsideWait extends Wait {
  /** What to do outside when the wait is aborted, if there is something. */
  abort: (() => void) | null = null
  /** It was aborted: nothing will ever resume it. */
  withdrawn = false

  withdraw(): void {
    this.withdrawn = true
    this.abort?.()
  }
}
