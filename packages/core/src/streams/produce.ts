import { HandOver } from '../operations/hand-over.ts'
import { operation } from '../operations/operation.ts'
import { type Provide, resource } from '../operations/resource.ts'
import { scope } from '../operations/scope.ts'
import { spawn } from '../operations/spawn.ts'
import type { Operation } from '../operation.ts'
import type { Stream, Subscription } from '../stream.ts'
import { Mailbox } from './mailbox.ts'
import { NamedStream, checkFunction, checkSubscription } from './subscription.ts'

/** Gives an item to whoever reads the stream, and waits until the next one is asked for. */
export type Emit<T> = (item: T) => Operation<void>

/**
 * A stream from an operation that emits its items: like a generator, it runs on only when the next item is asked for. What it
 * acquires and spawns is its own, and is released when it ends, or is left. Tasks that it spawned may emit, too: each is one item ahead at most.
 *
 * **Cancelled:** when the scope that opened the stream is torn down, the operation unwinds.
 * **Throws:** what the operation throws, behind the items that it emitted before.
 *
 * @example
 * ```ts
 * const countdown = produce<number>(function* (emit) {
 *   for (let i = 3; i > 0; i--) {
 *     yield* emit(i)
 *     yield* sleep(1)
 *   }
 * })
 * console.assert((await run(collect(countdown))).join() === '3,2,1')
 * ```
 */
export function produce<T>(body: (emit: Emit<T>) => Operation<unknown>): Stream<T> {
  checkFunction(body, 'produce', 'produce(function* (emit) {…})')
  return producing<T, [typeof body]>(body.name || 'produce', emitting, body)
}

function* emitting<T>(
  out: Output<T>,
  body: (emit: Emit<T>) => Operation<unknown>
): Generator<any, void, any> {
  yield* out.ready()
  yield* scope(() => body((item) => out.emit(item)))
}

/** The body of an operator. It opens its sources, then says that it is `ready`, and from then on it emits. */
type Body<T, A extends unknown[]> = (out: Output<T>, ...args: A) => Operation<unknown>

/**
 * A stream whose items come from a task of its own, for all that waits for several things at once. `body` stands outside of the
 * operator, with what it needs as arguments: a generator function made for each use would cost more than to run it.
 */
export function producing<T, A extends unknown[]>(name: string, body: Body<T, A>, ...args: A): Stream<T> {
  const start = (out: Output<T>) => body(out, ...args)
  return new NamedStream<T>(name, () =>
    resource((provide: Provide<Subscription<T>>) => opening(provide, name, start))
  )
}

const opening = /* @__PURE__ */ operation('stream', function* <
  T,
>(provide: Provide<Subscription<T>>, name: string, start: (out: Output<T>) => Operation<unknown>) {
  const out = new Output<T>()
  yield* spawn(producer(out, start), { name, background: true })
  yield* out.opened.wait()
  yield* provide(out)
})

const producer = /* @__PURE__ */ operation('producer', function* <
  T,
>(out: Output<T>, start: (out: Output<T>) => Operation<unknown>) {
  try {
    // In a scope: all that it holds has been released before its reader learns of the end.
    yield* scope(() => start(out))
  } catch (error) {
    out.close({ error })
  } finally {
    // Also when it was cancelled: whoever still reads, in its own cleanup, must not wait for ever.
    out.close()
    out.opened.give()
  }
})

/** Where a producer puts its items. */
export class Output<T> extends Mailbox<T, Emission<T>> {
  readonly opened: HandOver = new HandOver()
  readonly #begin = new HandOver()
  #hasBegun = false
  /** The emission whose item the reader has; it is over when the reader asks for the next one. */
  #taken: Emission<T> | undefined = undefined

  /** The stream is open, and its first item is waited for. */
  ready(): Operation<void> {
    return this.#hasBegun ? nothing() : getReady(this.opened, this.#begin)
  }

  emit(item: T): Operation<void> {
    return new Emission(this, item)
  }

  /** Emits all items of a subscription. */
  relay(subscription: Subscription<T>): Operation<void> {
    return relay(this, subscription)
  }

  protected override asked(): void {
    const taken = this.#taken
    this.#taken = undefined
    taken?.give()
    if (this.#hasBegun) return
    this.#hasBegun = true
    this.#begin.give()
  }

  protected override take(emission: Emission<T>): T {
    this.#taken = emission
    return emission.item
  }
}

const getReady = /* @__PURE__ */ operation('ready', function* (opened: HandOver, begin: HandOver) {
  opened.give()
  yield* begin.wait()
})

const nothing = /* @__PURE__ */ operation('nothing', function* () {})

const relay = /* @__PURE__ */ operation('relay', function* <
  T,
>(out: Output<T>, subscription: Subscription<T>) {
  for (;;) {
    const result = yield* subscription.next()
    if (result.done === true) return
    yield* out.emit(result.value)
  }
})

/** Opens a stream, and emits all its items. */
export const relayAll: <T>(out: Output<T>, stream: Stream<T>) => Operation<void> = /* @__PURE__ */ operation(
  'relayAll',
  function* <T>(out: Output<T>, stream: Stream<T>) {
    const subscription = checkSubscription(yield* stream)
    yield* out.ready()
    yield* out.relay(subscription)
  }
)

/** One item on its way; it stays on it if the task that emitted it is cancelled meanwhile. */
class Emission<T> extends HandOver {
  readonly item: T
  readonly #out: Output<T>

  constructor(out: Output<T>, item: T) {
    super()
    this.#out = out
    this.item = item
  }

  override get name(): string {
    return 'emit'
  }

  protected override get printed(): readonly unknown[] {
    return [this.item]
  }

  protected override asked(): void {
    this.#out.push(this)
  }
}
