import { checkCount, checkOptions } from '../checks.ts'
import { CancelledError } from '../errors.ts'
import { race } from '../operations/all.ts'
import { attempt } from '../operations/attempt.ts'
import { ensure } from '../operations/ensure.ts'
import { HandOver } from '../operations/hand-over.ts'
import { operation } from '../operations/operation.ts'
import { reasonOf } from '../operations/reason-of.ts'
import { self } from '../operations/self.ts'
import { spawnAtRoot } from '../operations/spawn-at-root.ts'
import type { Operation } from '../operation.ts'
import type { Stream } from '../stream.ts'
import type { Task } from '../task.ts'
import { Mailbox } from './mailbox.ts'
import type { PassingOperator } from './operator.ts'
import { NamedStream, checkStream, checkSubscription } from './subscription.ts'

/** How far the consumers of a shared stream may be apart. */
export interface ShareOptions {
  /** How many items one consumer may be behind, from 1 on; then the others wait for it. Default: 1024. */
  capacity?: number | undefined
}

const DEFAULT_CAPACITY = 1024

/**
 * One run of the source for all that read the stream at the same time. The first to open it opens the source, and the last to leave it
 * releases that, and waits until that is done; who comes after that begins a new run. Everybody gets the items from when they came. The
 * source is read when somebody waits for an item, and nobody is more than `capacity` items behind.
 *
 * The source runs in a task below the root of the first one, since none of its consumers owns it, and with the context of that one.
 *
 * **Cancelled:** whoever is cancelled leaves; the others read on.
 * **Throws:** what the source throws, to everybody, behind the items before it; what its cleanup throws, to the last to leave;
 * `CancelledError` to consumers in other trees (of `run`, `toAsyncIterable`, …) when the tree in which the source runs is torn down.
 *
 * @example
 * ```ts
 * let opened = 0
 * const numbers = pipe(produce<number>(function* (emit) {
 *   opened++
 *   yield* emit(1)
 * }), share())
 * const [a, b] = await run(all([collect(numbers), collect(numbers)]))
 * console.assert(a.join() === '1' && b.join() === '1' && opened === 1)
 * ```
 */
export function share(options?: ShareOptions): PassingOperator {
  const capacity = checkCount(
    checkOptions(options, 'share').capacity ?? DEFAULT_CAPACITY,
    1,
    'share: capacity'
  )
  return <T>(stream: Stream<T>) => {
    const shared = new Shared(checkStream(stream, 'share'), capacity)
    return new NamedStream('share', () => join(shared))
  }
}

interface Failure {
  readonly error: unknown
}

/** The task that reads the source. It gives an error that nobody was there to be told. */
type Reader = Task<Failure | undefined>

class Shared<T> {
  readonly stream: Stream<T>
  readonly capacity: number
  run: Run<T> | undefined = undefined
  /** What reads the source, or has read it and is closing. */
  reader: Reader | undefined = undefined

  constructor(stream: Stream<T>, capacity: number) {
    this.stream = stream
    this.capacity = capacity
  }
}

/** One run of the source. */
class Run<T> {
  readonly wanted = new HandOver()
  readonly seats = new Set<Seat<T>>()
  readonly left = new Left()
  reader: Reader | undefined = undefined
  /** What reads the source for the run before, and may be closing. Forgotten then: else each run would keep the one before. */
  before: Reader | undefined = undefined
  isOpen = false
  readonly #shared: Shared<T>

  constructor(shared: Shared<T>) {
    this.#shared = shared
  }

  get isWanted(): boolean {
    const seats = [...this.seats]
    return (
      seats.some((seat) => seat.isAwaited) &&
      seats.every((seat) => seat.entries.length < this.#shared.capacity)
    )
  }

  look(): void {
    if (this.wanted.isAwaited && this.isWanted) this.wanted.give()
  }

  open(): void {
    this.isOpen = true
    for (const seat of this.seats) seat.opened.give()
  }

  push(item: T): void {
    for (const seat of this.seats) seat.push(item)
  }

  close(failure?: Failure): void {
    if (this.#shared.run === this) this.#shared.run = undefined
    for (const seat of this.seats) seat.close(failure)
    this.open()
  }
}

/** Where the reader waits until everybody has left; that may have been before. */
class Left extends HandOver {
  #isSet = false

  set(): void {
    this.#isSet = true
    this.give()
  }

  protected override asked(): void {
    if (this.#isSet) this.give()
  }
}

/** The place of one consumer. */
class Seat<T> extends Mailbox<T> {
  readonly opened = new HandOver()
  readonly run: Run<T>

  constructor(run: Run<T>) {
    super()
    this.run = run
  }

  protected override asked(): void {
    this.run.look()
  }

  protected override take(item: T): T {
    this.run.look()
    return item
  }
}

const join = /* @__PURE__ */ operation('share', function* <T>(shared: Shared<T>) {
  const run = (shared.run ??= new Run(shared))
  const seat = new Seat(run)
  run.seats.add(seat)
  yield* ensure(() => leave(shared, seat))
  if (run.reader === undefined) {
    run.before = shared.reader
    shared.reader = run.reader = yield* spawnAtRoot(read(shared, run))
  }
  if (!run.isOpen) yield* seat.opened.wait()
  return seat
})

const leave = /* @__PURE__ */ operation('leave', function* <T>(shared: Shared<T>, seat: Seat<T>) {
  const { run } = seat
  run.seats.delete(seat)
  if (run.seats.size > 0) return run.look()
  if (shared.run === run) shared.run = undefined
  if (run.reader === undefined) return
  run.left.set()
  const outcome = yield* attempt(run.reader)
  if (outcome.status === 'done' && outcome.value !== undefined) throw outcome.value.error
})

/** It is not cancelled but told to leave: so what goes wrong then can be told to whoever waits for it. */
const read = /* @__PURE__ */ operation('share', function* (shared: Shared<any>, run: Run<any>) {
  const task: Task<unknown> = yield* self()
  try {
    if (run.before !== undefined) yield* attempt(run.before)
    run.before = undefined
    yield* race([readInto(shared.stream, run), run.left.wait()])
    run.close()
  } catch (error) {
    const isUntold = run.seats.size === 0
    run.close({ error })
    return isUntold ? { error } : undefined
  } finally {
    // Its tree is torn down. Whoever still reads, in another tree or in its own cleanup, must not take that for the end, nor wait for ever.
    run.close({ error: new CancelledError('The task that reads the shared source', reasonOf(task)) })
  }
  return undefined
}) as (shared: Shared<any>, run: Run<any>) => Operation<Failure | undefined>

const readInto = /* @__PURE__ */ operation('share', function* <T>(stream: Stream<T>, run: Run<T>) {
  const subscription = checkSubscription(yield* stream)
  run.open()
  for (;;) {
    if (!run.isWanted) yield* run.wanted.wait()
    const result = yield* subscription.next()
    if (result.done === true) return
    run.push(result.value)
  }
})
