/** What signals do to a program that `main` runs. */
import os from 'node:os'
import process from 'node:process'
import { type Task, cancel, formatTree, run } from 'coppice'
import type { Program } from './exit.ts'

export interface SignalOptions {
  readonly signals: readonly NodeJS.Signals[]
  readonly treeSignal: NodeJS.Signals | null
  readonly grace: number
}

/** Cancels a tree when the process is told to end. */
export class Signals {
  /** The first one that came. */
  received: NodeJS.Signals | null = null
  readonly #program: Program
  readonly #grace: number
  readonly #listeners: [NodeJS.Signals, (signal: NodeJS.Signals) => void][]
  #count = 0

  constructor(program: Program, { signals, treeSignal, grace }: SignalOptions) {
    this.#program = program
    this.#grace = grace
    this.#listeners = signals.map((signal) => [signal, this.#onSignal])
    // Windows has no SIGUSR2, and refuses to listen for it.
    if (treeSignal !== null && treeSignal in os.constants.signals)
      this.#listeners.push([treeSignal, this.#onTreeSignal])
    for (const [signal, listener] of this.#listeners) process.on(signal, listener)
  }

  get #root(): Task {
    return this.#program.root!
  }

  /** From now on a signal does again what it does without us. */
  close(): void {
    for (const [signal, listener] of this.#listeners) process.off(signal, listener)
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.received ??= signal
    this.#count++
    if (this.#count === 1 && this.#grace > 0) {
      // From outside of the tree, as a task of its own that ends with it.
      run(cancel(this.#root, { reason: signal, grace: this.#grace }))
    } else if (this.#count <= 2) {
      if (this.#count === 2 && this.#root.status === 'unwinding') this.#sayWhatHangs(signal)
      void this.#root.cancel(signal)
    } else process.exit(exitCodeOf(signal))
  }

  readonly #onTreeSignal = (): void => {
    process.stderr.write(`${formatTree(this.#root)}\n`)
  }

  #sayWhatHangs(signal: NodeJS.Signals): void {
    process.stderr.write(
      `Cleanup is not done yet; another ${signal} ends the process at once.\n${formatTree(this.#root)}\n`
    )
  }
}

/** As shells give it. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + os.constants.signals[signal]
}
