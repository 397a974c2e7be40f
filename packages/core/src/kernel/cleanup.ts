import type { Startable } from '../operation.ts'
import { InnerScope, type Kind, type Owned, type Scope } from './scope.ts'
import { EXITS, SETTLE, SHIELD } from './states.ts'
import type { Task } from './task.ts'
import type { ContextValues } from './tree.ts'
import { recordFailure } from './unwind.ts'

/** Something that a scope runs when it is torn down (R2): an item of its list beside its tasks. */
export class Cleanup implements Kind {
  older: Owned | null = null
  newer: Owned | null = null
  outer: Scope | null = null
  readonly flags = 0
  readonly #startable: Startable<unknown>
  readonly #context: ContextValues

  /** It sees the context of the place where it was registered. */
  constructor(startable: Startable<unknown>, context: ContextValues) {
    this.#startable = startable
    this.#context = context
  }

  /** The frame in which it runs: shielded, and waited for with all that it starts. */
  scopeFor(task: Task): Scope {
    return new InnerScope(this.#startable, task, SHIELD | EXITS, this.#context, this)
  }

  exit({ outer, failures }: InnerScope, task: Task): void {
    if (failures !== null) recordFailure(outer!, failures.error())
    task.goOn(SETTLE, undefined)
  }
}
