import { scope } from '../operations/scope.ts'
import type { Stream } from '../stream.ts'
import { type Output, producing, relayAll } from './produce.ts'
import { checkStream } from './subscription.ts'

/**
 * The items of the stream, then those of the others, in turn. Each is opened when the one before has ended and been released.
 *
 * **Cancelled:** the one that is open is released.
 * **Throws:** what one of the streams throws; those behind it are not opened.
 *
 * @example
 * ```ts
 * const all = pipe(from([1, 2]), concat(from([3])))
 * console.assert((await run(collect(all))).join() === '1,2,3')
 * ```
 */
export function concat<U>(...others: readonly Stream<U>[]): <T>(stream: Stream<T>) => Stream<T | U> {
  return <T>(stream: Stream<T>) =>
    producing<T | U, [Stream<T | U>[]]>(
      'concat',
      readInTurn,
      [stream, ...others].map((each) => checkStream<T | U>(each, 'concat'))
    )
}

function* readInTurn<T>(out: Output<T>, streams: readonly Stream<T>[]) {
  for (const stream of streams) yield* scope(relayAll(out, stream))
}
