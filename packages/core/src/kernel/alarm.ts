import type { Interpreter } from '../interpreters/interpreter.ts'
import type { Timer } from './timers.ts'

/** Something that happens at an instant unless it is called off before. At `Infinity` it never does. */
export abstract class Alarm implements Timer {
  readonly due: number
  readonly #interpreter: Interpreter
  #pending: boolean

  constructor(interpreter: Interpreter, due: number) {
    this.#interpreter = interpreter
    this.due = due
    this.#pending = due < Infinity
    if (this.#pending) interpreter.setTimer(this, due)
  }

  protected abstract ring(): void

  isPending(): boolean {
    return this.#pending
  }

  fire(): void {
    this.#pending = false
    this.ring()
  }

  callOff(): void {
    if (!this.#pending) return
    this.#pending = false
    this.#interpreter.clearTimer()
  }
}
