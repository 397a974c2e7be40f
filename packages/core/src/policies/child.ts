import { misfit } from '../checks.ts'
import { Effect, printed } from '../effect.ts'
import { MisuseError } from '../errors.ts'
import type { Operation, Outcome, Startable } from '../operation.ts'
import type { Task } from '../task.ts'
import type { Course } from './course.ts'
import { checkRepeatable } from './repeatable.ts'

/** What a child runs. One with a parameter calls `ready` when those that are started after it may begin. */
export type ChildBody = Startable<unknown> | ((ready: () => void) => Operation<unknown>)

/** A child of `supervise`. */
export interface ChildSpec {
  /** What runs: an operation, or a function that makes one. A function that takes a parameter is ready when it calls that. */
  run: ChildBody
  /** What its task is called. Default: its key in the record, or what `run` is called. */
  name?: string | undefined
  /**
   * `permanent`: always restarted. `transient`: restarted if it failed. `temporary`: never restarted. Default `permanent`.
   */
  restart?: 'permanent' | 'transient' | 'temporary' | undefined
}

/** A child as its supervisor sees it. */
export interface Child {
  readonly name: string
  readonly run: ChildBody
  readonly restart: 'permanent' | 'transient' | 'temporary'
  /** Null while it does not run. */
  task: Task<Outcome<unknown>> | null
  /** False while it waits for its delay or its turn. */
  hasBegun: boolean
  /** When its last run began. */
  began: number
  /** The delays of its restarts, since it last ran well. */
  course: Course | null
}

export type Children = readonly (ChildSpec | ChildBody)[] | Readonly<Record<string, ChildSpec | ChildBody>>

export function childrenOf(children: Children): Child[] {
  if (typeof children !== 'object' || children === null || isBody(children)) {
    throw misfit(
      `supervise takes its children in one array or record, supervise({ database, web })`,
      children
    )
  }
  const entries = Object.entries(children)
  return entries.map(([key, child]) => childOf(child, Array.isArray(children) ? undefined : key, key))
}

function childOf(child: ChildSpec | ChildBody, key: string | undefined, place: string): Child {
  const spec: ChildSpec = isBody(child) ? { run: child } : child
  const { run, name = key ?? nameOf(run) ?? place, restart = 'permanent' } = spec ?? {}
  if (!['permanent', 'transient', 'temporary'].includes(restart)) {
    throw new MisuseError(
      `supervise: restart is 'permanent', 'transient' or 'temporary'; that of ${name} is ${printed(restart)}.`
    )
  }
  checkRepeatable(run as Startable<unknown>, 'supervise')
  return { name, run, restart, task: null, hasBegun: false, began: 0, course: null }
}

function isBody(child: unknown): child is ChildBody {
  return (
    typeof child === 'function' ||
    (typeof child === 'object' && child !== null && Symbol.iterator in child && !Array.isArray(child))
  )
}

function nameOf(run: ChildBody): string | undefined {
  return (typeof run === 'function' || run instanceof Effect) && run.name !== '' ? run.name : undefined
}
