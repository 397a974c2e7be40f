/**
 * Faults: after the own run of a schedule come runs that follow it up to a place, where something goes wrong. A fault knows the places
 * of a run; the interpreter strikes there.
 */
import { checkOptions, checkWhole } from './options.ts'

/** Where a fault strikes, and the words for it. `at` counts from 1: steps, outside effects or jumps of the clock. */
export interface Place {
  readonly kind: 'cancel' | 'throw' | 'deadline'
  readonly at: number
  readonly what: string
}

/** What a run had that can be struck. */
export interface Struck {
  readonly steps: number
  readonly effects: number
  readonly jumps: number
}

/** Which of the places are taken, where all would be too many. */
export interface FaultOptions {
  /** Every so many places one; default 1, every place. */
  each?: number
  /** At most so many places of a schedule; default `Infinity`. */
  times?: number
}

/** Made by `cancelEverywhere`, `throwEverywhere` and `deadlines`. */
export class Fault {
  readonly #kind: Place['kind']
  readonly #each: number
  readonly #times: number

  /** @internal */
  constructor(kind: Place['kind'], by: string, options: FaultOptions) {
    checkOptions(options, by, ['each', 'times'])
    const { each = 1, times = Infinity } = options
    this.#kind = kind
    this.#each = checkWhole(each, `${by}: each`, 1)
    this.#times = checkWhole(times, `${by}: times`, 1)
  }

  /** @internal */
  places(run: Struck): Place[] {
    const count = placesOf(this.#kind, run)
    const places: Place[] = []
    for (let at = 1; at <= count && places.length < this.#times; at += this.#each)
      places.push(placeAt(this.#kind, at))
    return places
  }
}

function placesOf(kind: Place['kind'], { steps, effects, jumps }: Struck): number {
  switch (kind) {
    case 'cancel':
      return steps - 1
    case 'throw':
      return effects
    case 'deadline':
      return jumps
  }
}

export function placeAt(kind: Place['kind'], at: number): Place {
  return { kind, at, what: describe(kind, at) }
}

function describe(kind: Place['kind'], at: number): string {
  switch (kind) {
    case 'cancel':
      return `The root was cancelled after step ${at}`
    case 'throw':
      return `Outside effect ${at} was made to fail`
    case 'deadline':
      return `The root was cancelled at jump ${at} of the clock`
  }
}

/**
 * Cancels the root after each step of the run but the last: every task that waits is hit at each of its suspensions.
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
 * const report = explore(program, { faults: [cancelEverywhere()], check: () => open === 0 })
 * console.assert(report.failure === undefined)
 * ```
 */
export function cancelEverywhere(options: FaultOptions = {}): Fault {
  return new Fault('cancel', 'cancelEverywhere', options)
}

/**
 * Makes each outside effect (`call`, `until`, those of `defineEffect`) fail with a `FaultError` instead of being answered. A root that
 * fails with just that has behaved.
 *
 * **Throws:** `MisuseError` for bad options.
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
export function throwEverywhere(options: FaultOptions = {}): Fault {
  return new Fault('throw', 'throwEverywhere', options)
}

/**
 * Cancels the root at each instant to which the clock jumps, ahead of all that is due there: deadlines that come at the last moment.
 *
 * **Throws:** `MisuseError` for bad options.
 *
 * @example
 * ```ts
 * const report = explore(() => sleep(10), { faults: [deadlines()], strategy: exhaustive() })
 * console.assert(report.runs === 2 && report.failure === undefined)
 * ```
 */
export function deadlines(options: FaultOptions = {}): Fault {
  return new Fault('deadline', 'deadlines', options)
}
