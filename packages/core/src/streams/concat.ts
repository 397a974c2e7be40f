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
export function concat<const U extends readonly unknown[]>(
  ...others: { [K in keyof U]: Stream<U[K]> }
): <T>(stream: Stream<T>) => Stream<T | U[number]> {
  return <T>(stream: Stream<T>) =>
    producing<T | U[number], [Stream<T | U[number]>[]]>(
      'concat',
      readInTurn,
      [stream, ...(others as readonly Stream<U[number]>[])].map((each) =>
        checkStream<T | U[number]>(each, 'concat')
      )
    )
}

function* readInTurn<T>(out: Output<T>, streams: readonly Stream<T>[]) {
  for (const stream of streams) yield* scope(relayAll(out, stream))
}
