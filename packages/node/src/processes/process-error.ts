/** A command has ended with an exit code other than 0, or by a signal. */
export class ProcessError extends Error {
  override readonly name = 'ProcessError'
  /** Stable, for programs. */
  readonly code = 'COPPICE_PROCESS_FAILED'
  /** The command, without its arguments. */
  readonly command: string
  /** The arguments of the command. */
  readonly args: readonly string[]
  /** Null if it was ended by a signal. */
  readonly exitCode: number | null
  /** The signal that ended it; null if it ended by itself. */
  readonly signal: NodeJS.Signals | null
  /** What it had printed to its standard output. */
  readonly stdout: string
  /** What it had printed to its standard error. */
  readonly stderr: string
  /** The declared operations and tasks that the error passed through, innermost first. Empty until it left one. */
  taskPath: readonly string[] = []

  constructor(
    command: string,
    args: readonly string[],
    { code, signal }: { readonly code: number | null; readonly signal: NodeJS.Signals | null },
    { stdout, stderr }: { readonly stdout: string; readonly stderr: string }
  ) {
    const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
    const said = stderr.trimEnd().split('\n').at(-1)
    super(`${[command, ...args].join(' ')} ${how}${said ? `: ${said}` : ''}`)
    this.command = command
    this.args = args
    this.exitCode = code
    this.signal = signal
    this.stdout = stdout
    this.stderr = stderr
  }
}
