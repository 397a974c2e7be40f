/** The root of a process: runs a program, and sets the exit code. */
import os from 'node:os'
import process from 'node:process'
import { inspect } from 'node:util'
import {
  CancelledError,
  MisuseError,
  type Operation,
  type Outcome,
  type RunOptions,
  type Startable,
  type Task,
  run,
  self,
} from 'coppice'
import { checkDuration } from '../misuse.ts'
import { type Program, program } from './exit.ts'
import { reportOf } from './report.ts'
import { type SignalOptions, Signals, exitCodeOf } from './signals.ts'

/** What `main` takes: the options of `run`, and what signals do. */
export interface MainOptions extends Omit<RunOptions, 'interpreter'> {
  /** The signals that cancel the program. Default: `SIGINT` and `SIGTERM`. */
  signals?: readonly NodeJS.Signals[] | undefined
  /**
   * Milliseconds that the program has to finish by itself after the first signal, of which `cancelRequested()` tells it. Default 0: it
   * is cancelled at once.
   */
  grace?: number | undefined
  /** The signal on which the tree of tasks is printed to stderr; null for none. Default: `SIGUSR2`. */
  treeSignal?: NodeJS.Signals | null | undefined
}

/**
 * Runs a program as the root of a process, and sees to it that the process ends as the program does.
 *
 * The first `SIGINT` or `SIGTERM` cancels the tree: gracefully, if there is a `grace`, and fully when that has passed. A second signal skips
 * the grace, or says what the cleanup waits on; a third ends the process at once. `SIGUSR2` prints the tree.
 *
 * The exit code is 0; 1 if something has failed or the program was cancelled otherwise; 128 and the number of the signal if one
 * came, also if the program has then finished by itself; or that of `exit(code)`. Errors are printed to stderr, once, with the tasks that they
 * came through.
 *
 * While the tree waits, for whatever, the process stays. When it has closed, nothing of `main` is left that would keep it.
 *
 * **Cancelled:** by a signal, by `exit`, or by `options.signal`; every `finally` in the tree runs.
 * **Throws:** `MisuseError` for what is no operation, or for options that can't work. The promise gives the exit code, and never rejects.
 *
 * @param options those of `run`; with `cleanupTimeout`, cleanup that hangs is reported as the error that it is, and abandoned
 *
 * @example
 * ```ts
 * const code = await main(function* () {
 *   yield* sleep(1)
 * })
 * console.assert(code === 0)
 * ```
 */
export function main(startable: Startable<unknown>, options: MainOptions = {}): Promise<number> {
  const { signals = ['SIGINT', 'SIGTERM'], grace = 0, treeSignal = 'SIGUSR2', ...runOptions } = options
  const signalOptions = checked({ signals, grace, treeSignal })
  const running: Program = { root: null, code: undefined }
  const body = program.with(running, startable)
  // Before the program starts: a signal may come while it takes its first steps.
  const handling = new Signals(running, signalOptions)
  let root: Task
  try {
    root = running.root = run(() => started(running, body), {
      ...runOptions,
      name: runOptions.name ?? nameOf(startable),
    })
  } catch (error) {
    handling.close()
    throw error
  }
  // Timers of a tree come and go; this one stays as long as the tree.
  const keepAlive = setInterval(() => {}, LONGEST_TIMER)
  const end = (): number => {
    clearInterval(keepAlive)
    handling.close()
    return finish(root.outcome!, running.code, handling.received)
  }
  return root.then(end, end)
}

/** Knows the root before `run` has given it, since that runs the first steps. */
function* started(running: Program, body: Operation<unknown>) {
  running.root = yield* self()
  yield* body
}

const LONGEST_TIMER = 2 ** 31 - 1

function nameOf(startable: Startable<unknown>): string {
  const { name } = startable as { readonly name?: unknown }
  return typeof name === 'string' && name !== '' ? name : 'main'
}

/** Says what has failed, and sets the exit code. */
function finish(outcome: Outcome<unknown>, asked: number | undefined, signal: NodeJS.Signals | null): number {
  const error = errorOf(outcome, asked !== undefined || signal !== null)
  let code = asked ?? (signal === null ? 0 : exitCodeOf(signal))
  if (error !== undefined) {
    process.stderr.write(`${reportOf(error.thrown)}\n`)
    // A code that was asked for tells more than 1, unless it says that all is well.
    code = asked || 1
  }
  // What the program has set itself, or another main, stays if there is nothing to say.
  if (code !== 0 || asked === 0) process.exitCode = code
  return code
}

function errorOf(outcome: Outcome<unknown>, wasTold: boolean): { thrown: unknown } | undefined {
  if (outcome.status === 'failed') return { thrown: outcome.error }
  if (outcome.status === 'done' || wasTold) return undefined
  return { thrown: new CancelledError('The program', outcome.reason) }
}

function checked(options: SignalOptions): SignalOptions {
  const { signals, grace, treeSignal } = options
  checkDuration(grace, 'main: grace')
  for (const signal of treeSignal === null ? signals : [...signals, treeSignal]) {
    if (!(signal in os.constants.signals) && signal !== 'SIGUSR2')
      throw new MisuseError(`main: a signal is named as 'SIGINT' is; ${inspect(signal)} is none.`)
    if (signal === 'SIGKILL' || signal === 'SIGSTOP')
      throw new MisuseError(`main: no process can listen for ${signal}. Leave it out.`)
  }
  return options
}
