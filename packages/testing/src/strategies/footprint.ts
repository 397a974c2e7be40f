/**
 * What a step has touched, as far as a reduction needs to know: whether two neighbouring steps could as well have been taken the other way
 * round. When in doubt, a step has touched everything.
 */
import {
  type Effect,
  attempt,
  now,
  operation,
  pause,
  scope,
  self,
  shield,
  sleep,
  sleepUntil,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import {
  BRANCH,
  CLEANING,
  CLOSED,
  MARKED,
  NEXT,
  OutsideEffect,
  PAUSED,
  REGION,
  RESOURCE,
  START,
  TEARDOWN,
  type Task,
} from 'coppice/kernel'

/** Tasks are named by keys that are the same in each run. */
export interface Footprint {
  readonly task: number
  /** If the task has ended, its owner: whether it still has children is a question for the end of its own body. */
  readonly owner: number
  /** What it has used of what all tasks share: a sum of the constants below. */
  readonly shared: number
}

export const NOBODY = -1

/** Nothing; the order in which tasks are numbered; the outside world; and whatever there is. */
const NOTHING = 0
const NUMBERS = 1
const OUTSIDE = 2
const EVERYTHING = 4

/** Effects that concern nobody but the task that performs them, and what that owns. */
const LOCAL = new Map<unknown, number>(
  [
    ...[pause(), sleep(0), sleepUntil(0), suspend(), now(), self(), operation(function* () {})()],
    ...[scope(suspend), attempt(suspend), shield(suspend), timeout(0, suspend)],
  ].map((effect) => [effect.constructor, NOTHING])
).set(spawn(suspend).constructor, NUMBERS)

export function isIndependent(a: Footprint, b: Footprint): boolean {
  const shared = a.shared | b.shared
  if (shared & EVERYTHING || a.shared & b.shared || a.task === b.task) return false
  return a.owner !== b.task && b.owner !== a.task
}

/** Asked before a step: whether it is one of a plain child of an open scope, which goes on as it expects to. */
export function isPlain({ signal, flags, outer, watchers, tree }: Task): boolean {
  if (signal !== START && signal !== NEXT && signal !== PAUSED) return false
  if (outer === null || watchers !== null || tree.limits !== null) return false
  return (flags & (BRANCH | RESOURCE)) === 0 && (outer.flags & (MARKED | CLEANING | TEARDOWN | REGION)) === 0
}

/** Asked after a step, with the effects that it has begun: what it has used of what all tasks share. */
export function sharedIn(task: Task, wasPlain: boolean, effects: readonly Effect[]): number {
  if (!wasPlain) return EVERYTHING
  const shared = effects.reduce((sum, effect) => sum | sharedBy(effect), NOTHING)
  const { signal, wait } = task
  if (signal === CLOSED) return task.status === 'done' ? shared : EVERYTHING
  if (signal === PAUSED) return shared
  return wait === null || wait.effect === null ? EVERYTHING : shared | sharedBy(wait.effect)
}

function sharedBy(effect: Effect): number {
  if (effect instanceof OutsideEffect) return effect.runsAsWritten ? EVERYTHING : OUTSIDE
  return LOCAL.get(effect.constructor) ?? EVERYTHING
}
