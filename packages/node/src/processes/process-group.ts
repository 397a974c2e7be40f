/** Signals to a whole process group, also at the end of this process. */
import type { ChildProcess } from 'node:child_process'
import process from 'node:process'
import { hasRunningMember } from './members.ts'

/** Windows has no process groups: there a signal goes to the process itself, and ends it. */
export const hasGroups = process.platform !== 'win32'

/** A process and those that it has started in turn, as far as they have not left its group. */
export class ProcessGroup {
  readonly child: ChildProcess
  /** Resolves when the process has ended and all pipes to it are closed. */
  readonly closed: Promise<void>
  /** Nobody is in it any more. Its number may be somebody else's by now, and is not used again. */
  #gone: boolean

  constructor(child: ChildProcess) {
    this.child = child
    this.closed = new Promise((resolve) => child.once('close', () => resolve()))
    this.#gone = child.pid === undefined
    if (this.#gone) return
    child.once('exit', () => this.isAlive)
    guard(this)
  }

  /** Whether anybody is left in the group. */
  get isAlive(): boolean {
    if (!this.signal(0)) return false
    return !hasGroups || !hasEnded(this.child) || hasRunningMember(this.child.pid!)
  }

  /** Sends a signal to all of them; false if there is nobody. */
  signal(signal: NodeJS.Signals | 0): boolean {
    if (this.#gone) return false
    const reached = hasGroups ? sent(-this.child.pid!, signal) : this.child.kill(signal)
    if (!reached && hasEnded(this.child)) {
      this.#gone = true
      unguard(this)
    }
    return reached
  }

  /** All that can be done about it has been done. */
  release(): void {
    this.#gone = true
    unguard(this)
  }
}

/** Whether a process has ended, and the host has told us so. */
export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function sent(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    // Nobody is there (ESRCH), or nobody of ours: macOS says EPERM of those that have only to be collected.
    return false
  }
}

/**
 * The groups that live, for the one end of this process at which no cleanup runs: `process.exit`, or an error that nobody caught. They
 * are those of the process, and so is this set: a listener for each of them would be one too many for the host from the eleventh on.
 */
const guarded = new Set<ProcessGroup>()

function guard(group: ProcessGroup): void {
  if (guarded.size === 0) process.on('exit', endAll)
  guarded.add(group)
}

function unguard(group: ProcessGroup): void {
  if (guarded.delete(group) && guarded.size === 0) process.off('exit', endAll)
}

function endAll(): void {
  for (const group of guarded) group.signal('SIGKILL')
}
