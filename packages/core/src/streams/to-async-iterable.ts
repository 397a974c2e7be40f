import { checkOptions } from '../checks.ts'
import { HandOver } from '../operations/hand-over.ts'
import { type RunOptions, run } from '../operations/run.ts'
import type { Operation } from '../operation.ts'
import type { Stream } from '../stream.ts'
import type { Task } from '../task.ts'
import { forEach } from './for-each.ts'
import { checkStream } from './subscription.ts'

/** An iteration that can be left with `await using`, too. */
export interface StreamIterator<T> extends AsyncDisposable {
  /** Asks for the next item. */
  next(): Promise<IteratorResult<T, void>>
  /** Leaves the iteration: resolves when its tree has closed. */
  return(): Promise<IteratorResult<T, void>>
  // Spelled out, since `AsyncIterableIterator` takes another number of types before TypeScript 5.6.
  [Symbol.asyncIterator](): StreamIterator<T>
}

/**
 * A stream for `for await`. Each iteration starts a tree of its own with its first `next`, and reads on only when the next item is asked for.
 *
 * **Cancelled:** to leave the loop, or `return()`, cancels the tree, and waits until it has closed. A cancellation by `options.signal` ends
 * the iteration.
 * **Throws:** what the stream throws; `return()` throws what its cleanup throws.
 *
 * @param options those of `run`
 *
 * @example
 * ```ts
 * for await (const n of toAsyncIterable(interval(1))) {
 *   if (n === 2) break
 * }
 * ```
 */
export function toAsyncIterable<T>(
  stream: Stream<T>,
  options?: RunOptions
): { [Symbol.asyncIterator](): StreamIterator<T> } {
  checkStream(stream, 'toAsyncIterable')
  const given = checkOptions(options, 'toAsyncIterable')
  return { [Symbol.asyncIterator]: () => new Iteration(stream, given) }
}

interface Request<T> {
  resolve(result: IteratorResult<T, void>): void
  reject(error: unknown): void
}

class Iteration<T> implements StreamIterator<T> {
  readonly #stream: Stream<T>
  readonly #options: RunOptions
  readonly #requests: Request<T>[] = []
  readonly #wanted = new HandOver()
  #task: Task<void> | undefined = undefined
  #isOver = false
  /** What it failed with while nobody waited for an item: the next one to ask is told. */
  #untold: { readonly error: unknown } | undefined = undefined

  constructor(stream: Stream<T>, options: RunOptions) {
    this.#stream = stream
    this.#options = options
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<T, void>> {
    if (this.#isOver) return this.#afterwards()
    const promise = new Promise<IteratorResult<T, void>>((resolve, reject) => {
      this.#requests.push({ resolve, reject })
    })
    if (this.#task === undefined) this.#start()
    else this.#wanted.give()
    return promise
  }

  async return(): Promise<IteratorResult<T, void>> {
    const task = this.#task
    if (task === undefined) this.#isOver = true
    else if (!this.#isOver) {
      await task.cancel()
      this.#end()
    }
    // Its error goes to whoever waits for an item, or else to us.
    return this.#afterwards()
  }

  async #afterwards(): Promise<IteratorResult<T, void>> {
    const untold = this.#untold
    this.#untold = undefined
    if (untold !== undefined) throw untold.error
    return { done: true, value: undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  #start(): void {
    const task = run(
      forEach(this.#stream, (item) => this.#handOut(item)),
      { ...this.#options, name: this.#options.name ?? 'toAsyncIterable' }
    )
    this.#task = task
    const end = () => this.#end()
    task.then(end, end)
  }

  #handOut(item: T): Operation<void> | undefined {
    this.#requests.shift()!.resolve({ done: false, value: item })
    return this.#requests.length > 0 ? undefined : this.#wanted
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    const { outcome } = this.#task!
    if (outcome?.status === 'failed') {
      const { error } = outcome
      const request = this.#requests.shift()
      if (request === undefined) this.#untold = { error }
      else request.reject(error)
    }
    for (const request of this.#requests.splice(0)) request.resolve({ done: true, value: undefined })
  }
}
