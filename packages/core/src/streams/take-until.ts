import { race } from '../operations/all.ts'
import { operation } from '../operations/operation.ts'
import { suspend } from '../operations/suspend.ts'
import type { Operation } from '../operation.ts'
import type { Stream, Subscription } from '../stream.ts'
import type { PassingOperator } from './operator.ts'
import { type Output, producing } from './produce.ts'
import { checkStream, checkSubscription, isSubscription } from './subscription.ts'

/**
 * The items until a signal comes: the first item of another stream, or the end of an operation. The source is left then, and what was
 * under way is dropped. A stream that ends without an item gives no signal. It is opened, or the operation begins, with the stream.
 *
 * **Cancelled:** the source and the signal are released.
 * **Throws:** what the source or the signal throws.
 *
 * @param signal a stream or an operation: `takeUntil(events(button, 'click'))`, `takeUntil(sleep(1000))`
 *
 * @example
 * ```ts
 * const some = pipe(interval(10), takeUntil(sleep(35)))
 * console.assert((await run(collect(some))).length <= 3)
 * ```
 */
export function takeUntil(signal: Stream<unknown> | Operation<unknown>): PassingOperator {
  checkStream(signal as Stream<unknown>, 'takeUntil')
  return <T>(stream: Stream<T>) =>
    producing('takeUntil', readUntil<T>, checkStream(stream, 'takeUntil'), signal)
}

function* readUntil<T>(
  out: Output<T>,
  stream: Stream<T>,
  signal: Operation<unknown>
): Generator<any, void, any> {
  const subscription = checkSubscription(yield* stream)
  yield* race([signalled(signal), readyAndRelay(out, subscription)])
}

const readyAndRelay = /* @__PURE__ */ operation('relay', function* <
  T,
>(out: Output<T>, subscription: Subscription<T>) {
  yield* out.ready()
  yield* out.relay(subscription)
})

const signalled = /* @__PURE__ */ operation('signal', function* (signal: Operation<unknown>) {
  const opened = yield* signal
  if (!isSubscription(opened)) return
  const first = yield* opened.next()
  if (first.done === true) yield* suspend()
})
