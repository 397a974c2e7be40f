import { scope } from '../operations/scope.ts'
import type { Stream } from '../stream.ts'
import { relayInner } from './flat-map.ts'
import type { ItemOf } from './from.ts'
import { type Output, producing, relayAll } from './produce.ts'
import { checkFunction, checkStream } from './subscription.ts'

/**
 * Goes on with another stream when the stream fails: with what `fn` gives for the error, which is a stream, anything that `from` takes, or an
 * operation or a promise of one item. What has failed is released before `fn` is called.
 *
 * **Cancelled:** the stream that is open is released.
 * **Throws:** what `fn` or the stream that it gives throws; to pass an error on, throw it there.
 *
 * @example
 * ```ts
 * const failing = pipe(from(['1', 'x']), mapEach((text) => JSON.parse(text) as number))
 * const safe = pipe(failing, catchError(() => from([0])))
 * console.assert((await run(collect(safe))).join() === '1,0')
 * ```
 */
export function catchError<S>(fn: (error: unknown) => S): <T>(stream: Stream<T>) => Stream<T | ItemOf<S>> {
  checkFunction(fn, 'catchError', 'catchError((error) => stream)')
  return <T>(stream: Stream<T>) =>
    producing<T | ItemOf<S>, [Stream<T | ItemOf<S>>, (error: unknown) => S]>(
      'catchError',
      readSafely,
      checkStream<T | ItemOf<S>>(stream, 'catchError'),
      fn
    )
}

function* readSafely<T, S>(
  out: Output<T | ItemOf<S>>,
  stream: Stream<T | ItemOf<S>>,
  fn: (error: unknown) => S
) {
  let failure: { readonly error: unknown }
  try {
    return yield* scope(relayAll(out, stream))
  } catch (error) {
    failure = { error }
  }
  yield* relayInner(out as Output<ItemOf<S>>, fn(failure.error))
}
