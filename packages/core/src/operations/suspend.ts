import { WaitingEffect, type Waiter } from '../kernel/wait.ts'
import type { Operation } from '../operation.ts'

/**
 * Waits for ever.
 *
 * **Cancelled:** the only way in which it ends.
 * **Throws:** nothing.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const server = yield* spawn(suspend)
 *   yield* cancel(server)
 * })
 * ```
 */
export function suspend(): Operation<never> {
  return new Suspend()
}

class Suspend extends WaitingEffect<never> {
  get name(): string {
    return 'suspend'
  }

  begin(waiter: Waiter): void {
    waiter.wait = this
  }

  withdraw(): void {}
}
