import { cancel } from '../operations/cancel.ts'
import { operation } from '../operations/operation.ts'
import { type Provide, resource } from '../operations/resource.ts'
import { self } from '../operations/self.ts'
import type { Operation } from '../operation.ts'
import type { Stream, Subscription } from '../stream.ts'
import type { Task } from '../task.ts'
import { checkSubscription } from './subscription.ts'

/** A subscription that can be left before the scope that opened it is torn down. */
export interface Lease<T> {
  readonly subscription: Subscription<T>
  /** Done when all that the subscription held has been released. */
  leave(): Operation<void>
}

export function lease<T>(stream: Stream<T>): Operation<Lease<T>> {
  return resource((provide: Provide<Lease<T>>) => leasing(provide, stream))
}

const leasing = /* @__PURE__ */ operation('stream', function* <
  T,
>(provide: Provide<Lease<T>>, stream: Stream<T>) {
  const task: Task<unknown> = yield* self()
  const subscription = checkSubscription(yield* stream)
  yield* provide({ subscription, leave: () => cancel(task) })
})
