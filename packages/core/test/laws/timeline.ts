/** A program in virtual time, and a log whose lines begin with the instant at which they were written. */
import { type RunOptions, type Startable, type Task, sleep } from 'coppice'
import { VirtualInterpreter, simulate, start } from '../virtual.ts'

export class Timeline {
  readonly lines: string[] = []
  readonly interpreter: VirtualInterpreter

  constructor(interpreter = new VirtualInterpreter()) {
    this.interpreter = interpreter
  }

  note(what: string): void {
    this.lines.push(`${this.interpreter.time} ${what}`)
  }

  /** Runs a program to its end; gives its value or throws its error. */
  simulate<T>(program: Startable<T>): T {
    return simulate(program, {}, this.interpreter)
  }

  /** Starts a program, and runs nothing of it. */
  start<T>(program: Startable<T>, options: Omit<RunOptions, 'interpreter'> = {}): Task<T> {
    return start(program, options, this.interpreter).task
  }

  advance(until?: number): void {
    this.interpreter.advance(until)
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
