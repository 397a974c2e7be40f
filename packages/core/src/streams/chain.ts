/**
 * Operators that look at one item after the other, fused: however many of them follow each other, an item goes through all of them in one
 * loop. As long as the source has items at once, and nothing that is applied to them has to be waited for, no frame is made
 * and no effect performed.
 */
import { operation } from '../operations/operation.ts'
import type { Operation } from '../operation.ts'
import type { Stream, Subscription } from '../stream.ts'
import { ChainSubscription } from './chain-subscription.ts'
import { type Lease, lease } from './lease.ts'
import type { Stage } from './stage.ts'
import { NamedStream, checkStream, checkSubscription } from './subscription.ts'

export function chain<T, U>(stream: Stream<T>, stage: Stage): Stream<U> {
  checkStream(stream, stage.name)
  return stream instanceof Chain
    ? new Chain<U>(stream.source, [...stream.stages, stage])
    : new Chain<U>(stream, [stage])
}

class Chain<T> extends NamedStream<T> {
  readonly source: Stream<unknown>
  readonly stages: readonly Stage[]

  constructor(source: Stream<unknown>, stages: readonly Stage[]) {
    super(stages[stages.length - 1]!.name, () =>
      (stages.some((stage) => stage.mayLeave) ? leavable : open)(source, stages)
    )
    this.source = source
    this.stages = stages
  }
}

type Open = <T>(source: Stream<unknown>, stages: readonly Stage[]) => Operation<Subscription<T>>

const open = /* @__PURE__ */ operation(
  'stream',
  function* (source: Stream<unknown>, stages: readonly Stage[]) {
    return new ChainSubscription(checkSubscription(yield* source), stages, undefined)
  }
) as Open

const leavable = /* @__PURE__ */ operation(
  'stream',
  function* (source: Stream<unknown>, stages: readonly Stage[]) {
    const opened: Lease<unknown> = yield* lease(source)
    return new ChainSubscription(opened.subscription, stages, opened)
  }
) as Open
