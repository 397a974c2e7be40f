/**
 * The interpreter that keeps what the host hands down asynchronous calls (`AsyncLocalStorage`): a tree runs in the surroundings of whoever
 * started it, whoever wakes it. Otherwise the live one.
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { createContext, type Interpreter, type Task, liveInterpreter } from 'coppice'
import type { OutsideEffect, OutsideWait, Timer, Tree } from 'coppice/kernel'

/** What `inAsyncContext` has set for the calls below it. */
export const surroundings = createContext<AsyncResource>('surroundings')

/** The task for which a call runs, also after it has waited. */
export const callers = new AsyncLocalStorage<Task>()

/** Where a tree has what it is carried in. A weak map for this made each tree several times as dear. */
const CARRIED = Symbol('carried')

class CarryingInterpreter implements Interpreter {
  now(): number {
    return liveInterpreter.now()
  }

  random(): number {
    return liveInterpreter.random()
  }

  setTimer(timer: Timer, due: number): number {
    return liveInterpreter.setTimer(timer, due)
  }

  clearTimer(): void {
    liveInterpreter.clearTimer()
  }

  perform(effect: OutsideEffect, wait: OutsideWait): void {
    const { task } = wait
    const set = task.scope.context?.get(surroundings) as AsyncResource | undefined
    if (set === undefined) performFor(task, effect, wait)
    else set.runInAsyncScope(performFor, undefined, task, effect, wait)
  }

  wake(tree: Tree & { [CARRIED]?: CarriedTree }): void {
    // It is woken for the first time by whoever makes it.
    const carried = (tree[CARRIED] ??= new CarriedTree(tree))
    liveInterpreter.wake(carried as Pick<Tree, 'scheduled' | 'runSlice'> as Tree)
  }

  rootClosed(root: Parameters<NonNullable<Interpreter['rootClosed']>>[0]): void {
    liveInterpreter.rootClosed!(root)
  }
}

function performFor(task: Task, effect: OutsideEffect, wait: OutsideWait): void {
  callers.run(task, perform, effect, wait)
}

function perform(effect: OutsideEffect, wait: OutsideWait): void {
  liveInterpreter.perform(effect, wait)
}

/** What the live interpreter sees of a tree. */
class CarriedTree {
  readonly #tree: Tree
  readonly #resource = new AsyncResource('CoppiceTree', { requireManualDestroy: true })

  constructor(tree: Tree) {
    this.#tree = tree
  }

  get scheduled(): boolean {
    return this.#tree.scheduled
  }

  runSlice(): boolean {
    return this.#resource.runInAsyncScope(this.#tree.runSlice, this.#tree)
  }
}

export const carryingInterpreter: Interpreter = new CarryingInterpreter()
