import { type Startable, run } from 'coppice'
import type { Task } from 'coppice/kernel'
import { AnswerTable } from './answer-table.ts'
import type { Answers } from './answers.ts'
import { VirtualInterpreter } from './interpreter.ts'
import { checkOptions, checkCount, checkSeed } from './options.ts'
import { Recorder } from './recorder.ts'
import { Simulation } from './simulation.ts'

/** How a program is simulated. */
export interface SimulateOptions {
  /** What the outside world answers. Default: nothing. */
  answers?: Answers
  /** Of the random source that programs see. An integer; default 0. */
  seed?: number
  /** How far the clock may go, in milliseconds. Default: `Infinity`. */
  maxTime?: number
  /** How many steps may be taken. Default: 1,000,000. */
  maxSteps?: number
  /** As for `run`: milliseconds after which cleanup that has not ended is abandoned. Default: `Infinity`. */
  cleanupTimeout?: number
}

/**
 * Puts a program under a virtual clock, and runs nothing of it yet: the methods of the simulation do, synchronously. The machine is
 * the one that runs in production; time, randomness and the outside world are simulated. What the program starts beside itself, by
 * `createScope` or `run`, is simulated with it.
 *
 * **Cancelled:** by `sim.cancel(reason)`.
 * **Throws:** `MisuseError` for what is no operation, and for bad options.
 *
 * @param startable `worker(1)`, `() => worker(1)` or `worker`
 *
 * @example
 * ```ts
 * const sim = simulate(function* () {
 *   yield* sleep(3_600_000)
 *   return 'an hour later'
 * })
 * const result = sim.runToEnd()
 * console.assert(result.status === 'done' && result.value === 'an hour later' && result.at === 3_600_000)
 * ```
 */
export function simulate<T>(startable: Startable<T>, options: SimulateOptions = {}): Simulation<T> {
  checkOptions(options, 'simulate', ['answers', 'seed', 'maxTime', 'maxSteps', 'cleanupTimeout'])
  const {
    answers = [],
    seed = 0,
    maxTime = Infinity,
    maxSteps = 1_000_000,
    cleanupTimeout = Infinity,
  } = options
  checkCount(maxTime, 'simulate: maxTime', 0)
  checkCount(maxSteps, 'simulate: maxSteps', 1)
  const interpreter = new VirtualInterpreter(new AnswerTable(answers), checkSeed(seed, 'simulate'))
  interpreter.recorder = new Recorder()
  const root = run(startable, { interpreter, cleanupTimeout }) as Task<T>
  return new Simulation(interpreter, root, { maxSteps, maxTime })
}
