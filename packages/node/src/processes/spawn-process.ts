/** Child processes as resources: started, and ended with their whole group. */
import { type ChildProcess, spawn } from 'node:child_process'
import { inspect } from 'node:util'
import {
  action,
  ensure,
  MisuseError,
  moveOnAfter,
  type Operation,
  operation,
  type Provide,
  resource,
  shield,
  sleep,
  until,
} from 'coppice'
import { checkDuration } from '../misuse.ts'
import { type Input, inputOf } from './input.ts'
import { type Output, outputOf } from './output.ts'
import { ProcessGroup, hasEnded, hasGroups } from './process-group.ts'

/** Where a process runs, and how it is ended. */
export interface ProcessOptions {
  /** Default: that of this process. */
  cwd?: string | undefined
  /** All variables of its environment. Default: those of this process. */
  env?: NodeJS.ProcessEnv | undefined
  /** Milliseconds from SIGTERM to SIGKILL when it is ended. Default 5000; `Infinity` waits for as long as it takes. */
  grace?: number | undefined
}

/** Where a stream of the process leads: to us, to nowhere, or where that of this process leads. */
export type Redirection = 'pipe' | 'ignore' | 'inherit'

/** What `spawnProcess` takes: the options of a process, and where its streams lead. */
export interface SpawnProcessOptions extends ProcessOptions {
  /** Default: a pipe. */
  stdin?: Redirection | undefined
  /** Where its standard output goes. Default: a pipe. */
  stdout?: Redirection | undefined
  /** Where its standard error goes. Default: a pipe. */
  stderr?: Redirection | undefined
}

/** How a process has ended: one of the two is null. */
export interface ProcessExit {
  /** The exit code; null if a signal ended it. */
  readonly code: number | null
  /** The signal that ended it; null if it ended by itself. */
  readonly signal: NodeJS.Signals | null
}

/** A process that runs. */
export interface RunningProcess {
  /** Its process id, which is that of its group, too. */
  readonly pid: number
  /** What it reads. */
  readonly stdin: Input
  /** What it prints to its standard output. */
  readonly stdout: Output
  /** What it prints to its standard error. */
  readonly stderr: Output
  /** Waits until it has ended. Its output may have more to give by then. */
  exit(): Operation<ProcessExit>
  /** Sends a signal to it and to those that it has started. False if none of them is left. */
  signal(signal: NodeJS.Signals): boolean
}

/**
 * Starts a process that lives as long as the scope that asked for it: when that closes, the process and all that it has started get SIGTERM,
 * and after a grace SIGKILL. It leads a process group of its own, so that a Ctrl-C in the terminal reaches us alone, and the process by
 * our cleanup. If this process is ended without cleanup, by `process.exit` for instance, they get SIGKILL.
 *
 * Windows has no process groups: only the process itself is ended there, and at once.
 *
 * **Cancelled:** the process is ended, and that is waited for.
 * **Throws:** the host's error if it can't be started, with its `code`: `ENOENT` if there is no such command, `EACCES`, …; `MisuseError` for
 * what is no command.
 *
 * @param command the program, without its arguments: no shell takes it apart
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const { stdin, stdout, exit } = yield* spawnProcess('cat')
 *   yield* stdin.write('some text')
 *   yield* stdin.end()
 *   console.assert((yield* stdout.text()) === 'some text')
 *   console.assert((yield* exit()).code === 0)
 * })
 * ```
 */
export function spawnProcess(
  command: string,
  args: readonly string[] = [],
  options: SpawnProcessOptions = {}
): Operation<RunningProcess> {
  const settings = { ...options, grace: options.grace ?? 5000 }
  checkCommand(command, args)
  checkDuration(settings.grace, 'spawnProcess: grace')
  return resource<RunningProcess>(function spawnProcess(provide) {
    return running({ command, args, settings }, provide)
  })
}

interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly settings: SpawnProcessOptions & { readonly grace: number }
}

const running = operation('running', function* (what: Command, provide: Provide<RunningProcess>) {
  const group = new ProcessGroup(start(what))
  // The host throws away what a process has printed if that ends before somebody listens, and it can end before `started` goes on (S6).
  const handle = handleOf(group)
  // Nothing waits between the lines, so no cancellation comes between the process and its cleanup. Its last part is one of its own, which
  // also comes if the first one is abandoned (C13).
  yield* ensure(() => kill(group))
  try {
    yield* started(group.child)
    yield* provide(handle)
  } finally {
    yield* shield(terminate(group, what.settings.grace))
  }
})

function start({ command, args, settings }: Command): ChildProcess {
  const { cwd, env, stdin = 'pipe', stdout = 'pipe', stderr = 'pipe' } = settings
  return spawn(command, args, {
    cwd,
    env,
    stdio: [stdin, stdout, stderr],
    detached: hasGroups,
    windowsHide: true,
  })
}

function handleOf(group: ProcessGroup): RunningProcess {
  const { child } = group
  return {
    pid: child.pid!,
    stdin: inputOf(child.stdin),
    stdout: outputOf(child.stdout, 'stdout'),
    stderr: outputOf(child.stderr, 'stderr'),
    exit: () => exitOf(child),
    signal: (signal) => group.signal(signal),
  }
}

const started = (child: ChildProcess) =>
  action(function started(resume, fail) {
    // The second one stays: later errors are those of signals that could not be sent.
    child.once('spawn', () => resume()).on('error', fail)
    return () => {}
  })

const exitOf = operation('exit', function* (child: ChildProcess) {
  if (!hasEnded(child)) yield* exited(child)
  return { code: child.exitCode, signal: child.signalCode } satisfies ProcessExit
})

const exited = (child: ChildProcess) =>
  action(function exited(resume) {
    const listener = () => resume()
    child.once('exit', listener)
    return () => child.off('exit', listener)
  })

/** In milliseconds. */
const A_MOMENT = 200

/** Asks all of the group to end, and gives them the time for it. */
const terminate = operation('terminate', function* (group: ProcessGroup, grace: number) {
  if (group.signal('SIGTERM')) yield* moveOnAfter(grace, gone(group))
})

/** Ends whoever is left of the group, and lets go of the pipes. */
const kill = operation('kill', function* (group: ProcessGroup) {
  const { child } = group
  if (child.pid === undefined) return
  // The host takes a moment; more than that is not in anybody's power.
  if (group.signal('SIGKILL')) yield* moveOnAfter(A_MOMENT, gone(group))
  yield* exitOf(child)
  group.release()
  // Somebody who has left the group may hold their other ends for ever.
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy()
  yield* until(group.closed)
})

/** Waits until nobody is left: the host tells us of the process, and of those that it has started only if we ask. */
const gone = operation('gone', function* (group: ProcessGroup) {
  yield* exitOf(group.child)
  while (group.isAlive) yield* sleep(10)
})

function checkCommand(command: string, args: readonly string[]): void {
  if (typeof command !== 'string' || command === '')
    throw new MisuseError(`A command is the name of a program; it was ${inspect(command)}.`)
  if (!Array.isArray(args) || args.some((arg) => typeof arg !== 'string'))
    throw new MisuseError(
      `Arguments are strings in an array, ['status', '--short']; they were ${inspect(args)}.`
    )
}
