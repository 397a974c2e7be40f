/** A subscription to what comes by promise. */
import { PulledSubscription, ended } from './pulled.ts'

/**
 * Items that come by promise, one after the other: each is asked for when somebody waits for it. One that was not waited for to its end is
 * kept, so no item is lost; and the end, or an error, stands.
 */
export class PromisedSubscription<T> extends PulledSubscription<T> {
  /** It gives or throws nothing else from here on. */
  hasEnded = false
  readonly #read: () => Promise<IteratorResult<T, unknown>>
  #reading: Promise<void> | undefined = undefined
  #item: IteratorResult<T, void> | undefined = undefined
  #failure: { readonly error: unknown } | undefined = undefined

  constructor(read: () => Promise<IteratorResult<T, unknown>>) {
    super()
    this.#read = read
  }

  protected override take(): IteratorResult<T, void> | undefined {
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.hasEnded) return ended
    const item = this.#item
    this.#item = undefined
    if (item === undefined) this.#reading ??= this.#readOne()
    return item
  }

  /** Resolves when no item is being read. */
  get idle(): Promise<void> | undefined {
    return this.#reading
  }

  async #readOne(): Promise<void> {
    try {
      const result = await this.#read()
      if (result.done === true) this.hasEnded = true
      else this.#item = result
    } catch (error) {
      this.hasEnded = true
      this.#failure = { error }
    }
    this.#reading = undefined
    this.tell()
  }
}
