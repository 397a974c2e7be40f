/** A program in virtual time, and a log whose lines begin with the instant at which they were written. */
import { type RunOptions, type Startable, type Task, sleep } from 'coppice'
import type { SimulateOptions, Simulation } from '@coppice/testing'
import { emptySimulation, runAll, runToEnd, start } from '../virtual.ts'

export class Timeline {
  readonly lines: string[] = []
  readonly sim: Simulation

  constructor(options?: SimulateOptions) {
    this.sim = emptySimulation(options)
  }

  note(what: string): void {
    this.lines.push(`${this.sim.now} ${what}`)
  }

  /** Runs a program to its end; gives its value or throws its error. */
  simulate<T>(program: Startable<T>): T {
    return runToEnd(program, {}, this.sim)
  }

  /** Starts a program, and runs nothing of it. */
  start<T>(program: Startable<T>, options: Omit<RunOptions, 'interpreter'> = {}): Task<T> {
    return start(program, options, this.sim).task
  }

  /** Runs up to and with an instant; without one, until nothing can happen any more. */
  advance(until?: number): void {
    if (until === undefined) runAll(this.sim)
    else this.sim.advanceTo(until)
  }

  /** Works for `ms`, then ends; its cleanup takes `cleanupMs`. */
  worker(name: string, ms = Infinity, cleanupMs = 0): () => Generator<any, string, any> {
    const note = this.note.bind(this)
    return function* () {
      note(`${name} starts`)
      try {
        yield* sleep(ms)
        return name
      } finally {
        note(`${name} cleans up`)
        if (cleanupMs > 0) yield* sleep(cleanupMs)
        note(`${name} ends`)
      }
    }
  }
}

/** What a function throws; fails if it throws nothing. */
export function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown')
}
