import { answer } from '../effect.ts'
import type { Task } from '../kernel/task.ts'
import { ImmediateEffect } from '../kernel/wait.ts'

/** An effect that does something with a primitive for the task that performs it, and never waits. */
export class AtOnce<T> extends ImmediateEffect<T> {
  readonly name: string
  readonly of: { readonly name: string }
  readonly #act: (task: Task) => T

  constructor(name: string, of: { readonly name: string }, act: (task: Task) => T) {
    super()
    this.name = name
    this.of = of
    this.#act = act
  }

  perform(task: Task) {
    return answer(this.#act(task))
  }

  override toString(): string {
    return `${this.name}(${this.of.name})`
  }
}
