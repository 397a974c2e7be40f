import { type Complete, checkDuration, checkOptions, isFrom, misfit } from '../checks.ts'
import { operation } from '../operations/operation.ts'
import { scope } from '../operations/scope.ts'
import type { Operation, Outcome } from '../operation.ts'
import { type Children, childrenOf } from './child.ts'
import { constant } from './constant.ts'
import { type Policy, checkPolicy } from './policy.ts'
import { Supervisor } from './supervisor.ts'

/** What `supervise` does when a child ends. */
export interface SuperviseOptions {
  /**
   * What is restarted with a child: `one-for-one` only itself, `one-for-all` all children, `rest-for-one` those after it. Default
   * `one-for-one`.
   */
  strategy?: 'one-for-one' | 'one-for-all' | 'rest-for-one' | undefined
  /** How many restarts are admitted within `period`. Default 3. */
  intensity?: number | undefined
  /** In milliseconds. A child that ran for longer has run well: its delays begin anew. Default 5000. */
  period?: number | undefined
  /** The delays between the end of a child and its restart, for each child. Default: none. */
  delay?: Policy | undefined
  /** Called at each end of a child, for logs; nothing else shows the errors of children that are restarted, or temporary. */
  onEnd?: ((end: ChildEnd) => void) | undefined
}

/** The end of a child of `supervise`. */
export interface ChildEnd {
  /** The name of the child. */
  readonly child: string
  /** How its run ended. */
  readonly outcome: Outcome<unknown>
  /** Milliseconds to its restart; undefined if it is not restarted. */
  readonly restartIn: number | undefined
}

/**
 * Runs children, and starts those anew that end. It starts them in order, each when the one before has taken its first step, or has
 * called `ready` if it takes that; it stops them in the reverse order, one after the other. It ends when no child is left. Source:
 * Erlang/OTP, "Supervisor Behaviour" in the OTP Design Principles; a child here is an operation, and `cancelled` is a normal end.
 *
 * **Cancelled:** the children are stopped, the last one first, and each has ended before the one before it is asked to.
 * **Throws:** `RestartIntensityError` when children end too often, or the policy of delays stops, with the last error as cause; what the
 * cleanup of a child throws that was stopped.
 *
 * @param children in one array or record: `{ database, web: { run: web, restart: 'transient' } }`
 *
 * @example
 * ```ts
 * let runs = 0
 * await run(supervise({ flaky: { run: flaky, restart: 'transient' } }, { delay: exponential(1) }))
 * console.assert(runs === 3)
 * function* flaky() {
 *   if (++runs < 3) throw new Error('not yet')
 * }
 * ```
 */
export function supervise(children: Children, options?: SuperviseOptions): Operation<void> {
  childrenOf(children)
  const {
    strategy = 'one-for-one',
    intensity = 3,
    period = 5000,
    delay = constant(0),
    onEnd = () => {},
  } = checkOptions(options, 'supervise')
  if (!['one-for-one', 'one-for-all', 'rest-for-one'].includes(strategy)) {
    throw misfit(`supervise: strategy is 'one-for-one', 'one-for-all' or 'rest-for-one'`, strategy)
  }
  if (!isFrom(0, intensity)) {
    throw misfit(
      `supervise: intensity is how many restarts are admitted within the period, from 0 on`,
      intensity
    )
  }
  if (typeof onEnd !== 'function') throw misfit('supervise: onEnd is a function', onEnd)
  checkDuration(period, 'supervise: period')
  checkPolicy(delay, 'supervise: delay')
  return supervising(children, { strategy, intensity, period, delay, onEnd })
}

const supervising = /* @__PURE__ */ operation(
  'supervise',
  function* (children: Children, options: Complete<SuperviseOptions>) {
    const supervisor = new Supervisor(childrenOf(children), options)
    yield* scope(() => supervisor.run())
  }
)
