import { ScopeError } from './errors.ts'

/** The errors of one scope, in the order in which they occurred. The same error object counts once (E2, E3). */
export class Failures {
  readonly #errors: unknown[] = []
  readonly #seen = new Set<unknown>()
  #whole: unknown

  add(error: unknown): void {
    if (Object(error) === error && this.#seen.has(error)) return
    this.#seen.add(error)
    this.#errors.push(error)
  }

  addAll(other: Failures): void {
    for (const error of other.#errors) this.add(error)
  }

  addFirst(error: unknown): void {
    this.#errors.unshift(error)
  }

  /** The error itself if there was one, else all of them together. Asked for once all have been added. */
  error(): unknown {
    return (this.#whole ??= this.#errors.length === 1 ? this.#errors[0] : new ScopeError(this.#errors))
  }
}
