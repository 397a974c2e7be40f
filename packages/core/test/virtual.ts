/**
 * Programs in virtual time: what the tests need beside `simulate`. What reaches outside is performed in earnest, since it is the library's
 * own `call`, `until` and `defineEffect` that are tested.
 */
import { type Observer, type RunOptions, type Startable, type Task, operation, run } from 'coppice'
import type { Interpreter } from 'coppice/kernel'
import { type Answers, type SimulateOptions, type Simulation, live, simulate } from '@coppice/testing'

/** What reaches outside is performed as in production. */
export const inEarnest: Answers = [[() => true, live()]]

/** Random numbers are always the same one, so that no jitter hides what a test is about. */
const asInTests: SimulateOptions = { answers: inEarnest, random: () => 0.5 }

export interface Started<T> {
  task: Task<T>
  sim: Simulation
}

/** Puts a program into virtual time and runs nothing of it; into a simulation that is there already, if one is given. */
export function start<T>(
  program: Startable<T>,
  options: Omit<RunOptions, 'interpreter'> = {},
  sim?: Simulation,
  interpreter = sim?.interpreter
): Started<T> {
  if (sim !== undefined) {
    const task = run(program, { ...options, interpreter: interpreter! })
    // The test looks at the outcome; it is no failure that nobody knows of (E8).
    task.then(undefined, () => {})
    return { task, sim }
  }
  const own = simulate(program, { ...asInTests, ...options })
  return { task: own.root, sim: own }
}

/** Runs a program in virtual time to its end; gives its value or throws its error. */
export function runToEnd<T>(
  program: Startable<T>,
  options: Omit<RunOptions, 'interpreter'> = {},
  sim?: Simulation,
  interpreter?: Interpreter
): T {
  const { task, sim: own } = start(program, options, sim, interpreter)
  if (sim === undefined) own.runToEnd()
  else runAll(sim)
  const { outcome } = task
  if (outcome === undefined) throw new Error('The program waits for ever')
  if (outcome.status === 'failed') throw outcome.error
  if (outcome.status === 'cancelled') throw new Error('The program was cancelled')
  return outcome.value
}

const nothing = operation('nothing', function* () {})

/** A simulation in which nothing runs, for the programs that a test starts in it. */
export function emptySimulation(options: SimulateOptions = {}): Simulation {
  const sim = simulate(nothing, { ...asInTests, ...options })
  sim.runToEnd()
  return sim
}

/** Runs what can run without the clock. */
export function runNow(sim: Simulation): void {
  while (stepNow(sim));
}

/** Takes one step, if one can be taken without the clock. */
export function stepNow(sim: Simulation): boolean {
  return sim.ready > 0 && sim.step()
}

/** Takes every step that there is: what runs beside the program may outlive it. */
export function runAll(sim: Simulation): void {
  while (sim.step());
}

/** The interpreter of a simulation, with some members of a test's own. */
export function over(sim: Simulation, own: Partial<Interpreter>): Interpreter {
  return new Proxy(sim.interpreter, {
    get(target, key: keyof Interpreter) {
      const member: unknown = own[key] ?? target[key]
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

/** An observer that writes one line an event. */
export function recorder(lines: string[]): Observer {
  return {
    started: (task) => void lines.push(`${task.name} started`),
    suspended: (task, effect) => void lines.push(`${task.name} suspended on ${effect ?? 'children'}`),
    resumed: (task) => void lines.push(`${task.name} resumed`),
    unwinding: (task) => void lines.push(`${task.name} unwinding`),
    closed: (task) => void lines.push(`${task.name} ${task.status}`),
  }
}
