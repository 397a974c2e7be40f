/**
 * Faults: after the own run of a schedule come runs that follow it up to a place, where something goes wrong. A fault knows the places
 * of a run; the interpreter strikes there.
 */
import { MisuseError } from 'coppice'
import { printed } from 'coppice/kernel'
import { checkOptions } from './options.ts'

type Kind = 'cancel' | 'throw' | 'deadline'

/** Where a fault strikes, and the words for it. `at` counts from 1: steps, outside effects or jumps of the clock. */
export interface Place {
  readonly kind: Kind
  readonly at: number
  /** The id of the task that is cancelled; 0 for the root. */
  readonly task: number
  /** The step after which the root is cancelled as well; 0 for none. */
  readonly again: number
  readonly what: string
}

/** What a run had that can be struck. */
interface Struck {
  readonly steps: number
  readonly effects: number
  readonly jumps: number
  /** After each step, the ids of the tasks below the root that were open; empty if no fault asks for them. */
  readonly tasks: readonly (readonly number[])[]
}

/** What `cancelEverywhere` cancels, and how often. */
export interface CancelOptions {
  /** Whether each task is cancelled by itself as well, wherever it is open, and not only the root. Default false. */
  each?: boolean | undefined
  /** 2: in further runs the root is cancelled after each step of the cleanup that the first request set off, too. Default 1. */
  times?: 1 | 2 | undefined
}

/** Made by `cancelEverywhere`, `throwEverywhere` and `deadlines`. */
export class Fault {
  /** Whether it asks for the tasks that are open after each step. @internal */
  readonly each: boolean
  readonly #kind: Kind
  readonly #times: number

  /** @internal */
  constructor(kind: Kind, { each = false, times = 1 }: CancelOptions = {}) {
    this.#kind = kind
    this.each = each
    this.#times = times
  }

  /** @internal */
  places({ steps, effects, jumps, tasks }: Struck): Place[] {
    const count = { cancel: steps - 1, throw: effects, deadline: jumps }[this.#kind]
    const places: Place[] = []
    for (let at = 1; at <= count; at++) {
      places.push(placeAt(this.#kind, at))
      if (this.each) for (const task of tasks[at - 1]!) places.push(placeAt(this.#kind, at, task))
    }
    return places
  }

  /** The places of further runs, after one that was struck at `place` and had so many steps. @internal */
  placesAgain({ at, task }: Place, steps: number): Place[] {
    const places: Place[] = []
    if (this.#times === 2)
      for (let again = at + 1; again < steps; again++) places.push(placeAt(this.#kind, at, task, again))
    return places
  }
}

export function placeAt(kind: Kind, at: number, task = 0, again = 0): Place {
  return { kind, at, task, again, what: describe(kind, at, task, again) }
}

function describe(kind: Kind, at: number, task: number, again: number): string {
  if (kind === 'throw') return `Outside effect ${at} was made to fail`
  if (kind === 'deadline') return `The root was cancelled at jump ${at} of the clock`
  const whom = task === 0 ? 'The root' : `Task #${task}`
  return `${whom} was cancelled after step ${at}${again === 0 ? '' : `, and the root after step ${again}`}`
}

/**
 * Cancels the root after each step of the run but the last: every task that waits is hit at each of its suspensions. With
 * `{ each: true }` every other task is cancelled by itself as well, after each step at which it is open: does the rest of the program
 * stand it? A root that fails with just the `CancelledError` of such a task has behaved. With `{ times: 2 }` the root is
 * cancelled again in the middle of the cleanup that the first request set off.
 *
 * **Throws:** `MisuseError` for bad options.
 *
 * @example
 * ```ts
 * let open = 0
 * const program = function* () {
 *   open = 0
 *   yield* scope(function* () {
 *     open++
 *     yield* ensure(() => void open--)
 *     yield* sleep(10)
 *   })
 * }
 * const report = explore(program, { faults: [cancelEverywhere({ times: 2 })], check: () => open === 0 })
 * console.assert(report.failure === undefined)
 * ```
 */
export function cancelEverywhere(options: CancelOptions = {}): Fault {
  checkOptions(options, 'cancelEverywhere', ['each', 'times'])
  const { each = false, times = 1 } = options
  if (typeof each !== 'boolean') {
    throw new MisuseError(
      `cancelEverywhere: each is true or false, whether each task is cancelled by itself; it was given ${printed(each)}.`
    )
  }
  if (times !== 1 && times !== 2)
    throw new MisuseError(`cancelEverywhere: times is 1 or 2; it was given ${printed(times)}.`)
  return new Fault('cancel', { each, times })
}

/**
 * Makes each outside effect (`call`, `until`, those of `defineEffect`) fail with a `FaultError` instead of being answered. A root that
 * fails with just that has behaved.
 *
 * **Throws:** nothing.
 *
 * @example
 * ```ts
 * const save = defineEffect('save', (text: string) => text)
 * const report = explore(() => attempt(save('draft')), {
 *   answers: [['save', returns('saved')]],
 *   faults: [throwEverywhere()],
 *   check: ({ outcome }) => outcome?.status === 'done',
 *   runs: 2,
 * })
 * console.assert(report.failure === undefined)
 * ```
 */
export function throwEverywhere(): Fault {
  return new Fault('throw')
}

/**
 * Cancels the root at each instant to which the clock jumps, ahead of all that is due there: deadlines that come at the last moment.
 *
 * **Throws:** nothing.
 *
 * @example
 * ```ts
 * const report = explore(() => sleep(10), { faults: [deadlines()], strategy: exhaustive() })
 * console.assert(report.runs === 2 && report.failure === undefined)
 * ```
 */
export function deadlines(): Fault {
  return new Fault('deadline')
}
