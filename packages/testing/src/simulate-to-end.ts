/** What `itSimulates` does inside a test. */
import type { Startable, ValueOf } from 'coppice'
import { text } from 'coppice/kernel'
import { LeakError } from './errors.ts'
import { isOutliving, lineFor } from './leaks.ts'
import { type SimulateOptions, simulate } from './simulate.ts'
import type { Simulation } from './simulation.ts'

/**
 * Simulates a program to its end, and returns its value. It is the body of the tests that `itSimulates` makes, for frameworks that
 * have no entry of their own.
 *
 * **Throws:** if the program fails, is cancelled, has no end or leaks: an `Error` with the message, the stack and, as its `cause`,
 * the error itself, and with the timeline. `MisuseError` as `simulate`.
 *
 * @example
 * ```ts
 * const value = simulateToEnd(function* () {
 *   yield* sleep(1000)
 *   return (yield* now())
 * })
 * console.assert(value === 1000)
 * ```
 */
export function simulateToEnd<T>(startable: Startable<T>, options?: SimulateOptions): T
export function simulateToEnd<O extends Startable<unknown>>(
  startable: O,
  options?: SimulateOptions
): ValueOf<O>
export function simulateToEnd(startable: Startable<unknown>, options?: SimulateOptions): unknown {
  const simulation = simulate(startable, options)
  const result = endOf(simulation)
  if (result.status === 'failed') throw withTimeline(result.error, simulation)
  if (result.status === 'cancelled')
    throw withTimeline(new Error(`The program was cancelled for ${text(result.reason)}`), simulation)
  const leaks = simulation.leaks().filter(isOutliving)
  if (leaks.length > 0) throw withTimeline(new LeakError(leaks, leaks.map(lineFor)), simulation)
  return result.value
}

/** A program without an end fails its test like one that fails, with its timeline. */
function endOf<T>(simulation: Simulation<T>): ReturnType<Simulation<T>['runToEnd']> {
  try {
    return simulation.runToEnd()
  } catch (error) {
    return { status: 'failed', error, at: simulation.now }
  }
}

/** The lines of a stack that are frames: `    at fails (file.ts:1:2)`, and on SpiderMonkey and JavaScriptCore `fails@file.ts:1:2`. */
const FRAMES = /^(\s+at .*|.*@\S*:\d+:\d+)$/gm

function withTimeline(cause: unknown, simulation: Simulation): Error {
  const message = `${text(cause)}\n\n${simulation.timeline()}`
  const error = new Error(message, { cause })
  // The test failed where the program did, not here.
  const frames = cause instanceof Error ? cause.stack?.match(FRAMES) : undefined
  if (frames) error.stack = [`Error: ${message}`, '', ...frames].join('\n')
  return error
}
