import { misfit } from '../checks.ts'
import { printCall } from '../effect.ts'
import { type Again, type Ended, type Policy, PrintedPolicy, checkPolicy, decide } from './policy.ts'

/**
 * Runs again only as long as a predicate of what has ended holds: of its `error` under `retry`, of its `value` under
 * `repeat`. The predicate must be pure.
 *
 * **Throws:** `MisuseError` if the predicate is no function.
 *
 * @example
 * ```ts
 * const isBusy = ({ error }: Ended) => error instanceof Error && error.message === 'busy'
 * await run(function* () {
 *   const outcome = yield* attempt(retry(broken, onlyIf(isBusy, upTo(5, constant(1)))))
 *   console.assert(outcome.status === 'failed')
 * })
 * function* broken() {
 *   throw new Error('broken')
 * }
 * ```
 */
export function onlyIf<T = unknown>(
  predicate: (ended: Ended<T>) => boolean,
  policy: Policy<NoInfer<T>>
): Policy<T> {
  if (typeof predicate !== 'function') {
    throw misfit(
      'onlyIf takes a predicate and a policy: onlyIf(({ error }) => error instanceof TimeoutError, constant(1000))',
      predicate
    )
  }
  return new OnlyIf<T>(predicate, checkPolicy(policy, 'onlyIf'))
}

class OnlyIf<T> extends PrintedPolicy<T> {
  readonly predicate: (ended: Ended<T>) => boolean
  readonly policy: Policy<T>

  constructor(predicate: (ended: Ended<T>) => boolean, policy: Policy<T>) {
    super()
    this.predicate = predicate
    this.policy = policy
  }

  decide(ended: Ended<T>): Again<T> | undefined {
    const { predicate, policy } = this
    const again = predicate(ended) ? decide(policy, ended) : undefined
    if (again === undefined) return undefined
    const { delay, rest = policy } = again
    return { delay, rest: new OnlyIf(predicate, rest) }
  }

  toString(): string {
    return printCall('onlyIf', [this.predicate, this.policy])
  }
}
