import { MisuseError, type RunOptions, type Startable, type ValueOf, run } from 'coppice'
import { type Task, printed } from 'coppice/kernel'
import { AnswerTable } from './answer-table.ts'
import type { Answers } from './answers.ts'
import { VirtualInterpreter } from './interpreter.ts'
import { checkCount, checkFunction, checkOptions, checkSeed } from './options.ts'
import { Recorder } from './recorder.ts'
import { Simulation } from './simulation.ts'

/** How a program is simulated. */
export interface SimulateOptions extends Pick<RunOptions, 'name' | 'observers' | 'signal' | 'budget'> {
  /** What the outside world answers. Default: nothing. */
  answers?: Answers | undefined
  /** Of the random source that programs see. An integer; default 0. */
  seed?: number | undefined
  /** What programs see instead of that random source: numbers from 0 to 1, 1 excluded. */
  random?: (() => number) | undefined
  /**
   * Which entry of the queue runs next, as an index, asked whenever there are several. Default: always the first, as in production. To
   * have orders made up, `explore` the program.
   */
  pick?: ((count: number) => number) | undefined
  /** How far the clock may go, in milliseconds. Default: `Infinity`. */
  maxTime?: number | undefined
  /** How many steps may be taken. Default: 1,000,000. */
  maxSteps?: number | undefined
  /** As for `run`: milliseconds after which cleanup that has not ended is abandoned. Default: `Infinity`. */
  cleanupTimeout?: number | undefined
}

const KNOWN = [
  ...['answers', 'seed', 'random', 'pick', 'maxTime', 'maxSteps', 'cleanupTimeout'],
  ...['name', 'observers', 'signal', 'budget'],
]

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
export function simulate<T>(startable: Startable<T>, options?: SimulateOptions): Simulation<T>
export function simulate<O extends Startable<unknown>>(
  startable: O,
  options?: SimulateOptions
): Simulation<ValueOf<O>>
export function simulate(startable: Startable<unknown>, options: SimulateOptions = {}): Simulation<unknown> {
  checkOptions(options, 'simulate', KNOWN)
  const {
    answers = [],
    seed = 0,
    maxTime = Infinity,
    maxSteps = 1_000_000,
    random,
    pick,
    ...forRun
  } = options
  checkCount(maxTime, 'simulate: maxTime', 0)
  checkCount(maxSteps, 'simulate: maxSteps', 1)
  const interpreter = new VirtualInterpreter(new AnswerTable(answers), checkSeed(seed, 'simulate'))
  checkFunction(random, 'simulate: random')
  checkFunction(pick, 'simulate: pick')
  if (random !== undefined) interpreter.chance = random
  if (pick !== undefined) interpreter.tape.load([], { choose: choosing(pick) }, null, false)
  interpreter.recorder = new Recorder()
  const root = run(startable, { ...forRun, interpreter }) as Task<unknown>
  return new Simulation(interpreter, root, { maxSteps, maxTime })
}

function choosing(pick: (count: number) => number): (count: number) => number {
  return (count) => {
    const index = pick(count)
    if (Number.isInteger(index) && index >= 0 && index < count) return index
    throw new MisuseError(
      `simulate: pick gives an index from 0 to ${count - 1}, since ${count} entries can run; it gave ${printed(index)}.`
    )
  }
}
