import { adopt, disown, type Scope } from '../kernel/scope.ts'
import { Cleanup } from '../kernel/cleanup.ts'
import type { Task } from '../kernel/task.ts'
import { AtOnce } from './at-once.ts'

/** Something that a scope holds, permits for instance, until it is torn down or gives it back before. It passes on like all that is acquired (R4). */
export class Holding extends Cleanup {
  readonly count: number

  constructor(
    of: { readonly name: string },
    scope: Scope,
    count: number,
    release: (holding: Holding) => void
  ) {
    super(new AtOnce('release', of, () => release(this)), scope.context)
    this.count = count
    adopt(scope, this)
  }

  /** Whose it is by now. */
  get task(): Task {
    return this.outer!.task
  }

  /** It is given back before the scope is torn down. */
  giveBack(): void {
    disown(this.outer!, this)
  }
}
