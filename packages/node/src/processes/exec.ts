/** A command from its start to its end. */
import { type Operation, all, attempt, operation, scope } from 'coppice'
import { ProcessError } from './process-error.ts'
import { type ProcessOptions, type RunningProcess, spawnProcess } from './spawn-process.ts'

/** What `exec` takes. */
export interface ExecOptions extends ProcessOptions {
  /** What the command reads. Default: nothing. */
  input?: string | Uint8Array | undefined
}

/** What a command has printed, as UTF-8. */
export interface ExecResult {
  /** What it printed to its standard output. */
  readonly stdout: string
  /** What it printed to its standard error. */
  readonly stderr: string
}

/**
 * Runs a command to its end, and gives what it has printed.
 *
 * **Cancelled:** the command and all that it has started get SIGTERM, and after `grace` milliseconds SIGKILL; that is waited for.
 * **Throws:** `ProcessError` if it ends with an exit code other than 0 or by a signal; the host's error if it can't be started, `ENOENT` for
 * instance; `MisuseError` for what is no command.
 *
 * @param command the program, without its arguments: no shell takes it apart. For a shell, write `exec('sh', ['-c', script])`.
 *
 * @example
 * ```ts
 * await run(function* () {
 *   const { stdout } = yield* exec('node', ['--print', '6 * 7'])
 *   console.assert(stdout === '42\n')
 * })
 * ```
 */
export function exec(
  command: string,
  args: readonly string[] = [],
  options: ExecOptions = {}
): Operation<ExecResult> {
  const { input, ...rest } = options
  const process = spawnProcess(command, args, { ...rest, stdin: input === undefined ? 'ignore' : 'pipe' })
  return scope(() => executing(process, command, args, input))
}

const executing = operation(
  'exec',
  function* (
    process: Operation<RunningProcess>,
    command: string,
    args: readonly string[],
    input: string | Uint8Array | undefined
  ) {
    const { stdin, stdout, stderr, exit } = yield* process
    const feeding = operation('feeding', function* () {
      if (input !== undefined) yield* stdin.write(input)
      yield* stdin.end()
    })
    const [out, err, how] = yield* all([
      stdout.text(),
      stderr.text(),
      exit(),
      // A command need not read all that it is given, or anything: that is no failure of its own.
      attempt(feeding()),
    ])
    const printed = { stdout: out, stderr: err }
    if (how.code !== 0) throw new ProcessError(command, args, how, printed)
    return printed
  }
)
