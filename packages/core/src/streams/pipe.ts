import { misfit } from '../checks.ts'
import type { Stream } from '../stream.ts'
import type { Operator as Op } from './operator.ts'
import { checkStream } from './subscription.ts'

/**
 * Hands a stream through operators, from left to right. Nothing runs until what comes out is opened.
 *
 * **Cancelled:** a subscription is left from right to left, as each operator says.
 * **Throws:** `MisuseError` for what is no stream, or no operator.
 *
 * @example
 * ```ts
 * const squares = pipe(
 *   from([1, 2, 3, 4]),
 *   filter((n) => n % 2 === 0),
 *   mapEach((n) => n * n)
 * )
 * console.assert((await run(collect(squares))).join() === '4,16')
 * ```
 */
export function pipe<A>(stream: Stream<A>): Stream<A>
export function pipe<A, B>(stream: Stream<A>, ab: Op<A, B>): Stream<B>
export function pipe<A, B, C>(stream: Stream<A>, ab: Op<A, B>, bc: Op<B, C>): Stream<C>
export function pipe<A, B, C, D>(stream: Stream<A>, ab: Op<A, B>, bc: Op<B, C>, cd: Op<C, D>): Stream<D>
export function pipe<A, B, C, D, E>(
  stream: Stream<A>,
  ab: Op<A, B>,
  bc: Op<B, C>,
  cd: Op<C, D>,
  de: Op<D, E>
): Stream<E>
export function pipe<A, B, C, D, E, F>(
  stream: Stream<A>,
  ab: Op<A, B>,
  bc: Op<B, C>,
  cd: Op<C, D>,
  de: Op<D, E>,
  ef: Op<E, F>
): Stream<F>
export function pipe<A, B, C, D, E, F, G>(
  stream: Stream<A>,
  ab: Op<A, B>,
  bc: Op<B, C>,
  cd: Op<C, D>,
  de: Op<D, E>,
  ef: Op<E, F>,
  fg: Op<F, G>
): Stream<G>
export function pipe<A, B, C, D, E, F, G, H>(
  stream: Stream<A>,
  ab: Op<A, B>,
  bc: Op<B, C>,
  cd: Op<C, D>,
  de: Op<D, E>,
  ef: Op<E, F>,
  fg: Op<F, G>,
  gh: Op<G, H>
): Stream<H>
export function pipe<A, B, C, D, E, F, G, H, I>(
  stream: Stream<A>,
  ab: Op<A, B>,
  bc: Op<B, C>,
  cd: Op<C, D>,
  de: Op<D, E>,
  ef: Op<E, F>,
  fg: Op<F, G>,
  gh: Op<G, H>,
  hi: Op<H, I>
): Stream<I>
export function pipe<A, B, C, D, E, F, G, H, I, J>(
  stream: Stream<A>,
  ab: Op<A, B>,
  bc: Op<B, C>,
  cd: Op<C, D>,
  de: Op<D, E>,
  ef: Op<E, F>,
  fg: Op<F, G>,
  gh: Op<G, H>,
  hi: Op<H, I>,
  ij: Op<I, J>
): Stream<J>
export function pipe<A, B, C, D, E, F, G, H, I, J, K>(
  stream: Stream<A>,
  ab: Op<A, B>,
  bc: Op<B, C>,
  cd: Op<C, D>,
  de: Op<D, E>,
  ef: Op<E, F>,
  fg: Op<F, G>,
  gh: Op<G, H>,
  hi: Op<H, I>,
  ij: Op<I, J>,
  jk: Op<J, K>
): Stream<K>
export function pipe<A, B, C, D, E, F, G, H, I, J, K, L>(
  stream: Stream<A>,
  ab: Op<A, B>,
  bc: Op<B, C>,
  cd: Op<C, D>,
  de: Op<D, E>,
  ef: Op<E, F>,
  fg: Op<F, G>,
  gh: Op<G, H>,
  hi: Op<H, I>,
  ij: Op<I, J>,
  jk: Op<J, K>,
  kl: Op<K, L>
): Stream<L>
export function pipe<A, B, C, D, E, F, G, H, I, J, K, L, M>(
  stream: Stream<A>,
  ab: Op<A, B>,
  bc: Op<B, C>,
  cd: Op<C, D>,
  de: Op<D, E>,
  ef: Op<E, F>,
  fg: Op<F, G>,
  gh: Op<G, H>,
  hi: Op<H, I>,
  ij: Op<I, J>,
  jk: Op<J, K>,
  kl: Op<K, L>,
  lm: Op<L, M>
): Stream<M>
export function pipe(stream: Stream<unknown>, ...operators: Op<any, any>[]): Stream<unknown> {
  checkStream(stream, 'pipe')
  return operators.reduce(applied, stream)
}

function applied(stream: Stream<unknown>, operator: Op<any, any>): Stream<unknown> {
  if (typeof operator === 'function') return checkStream(operator(stream), 'pipe')
  throw misfit(`pipe takes operators behind the stream, such as mapEach(fn)`, operator)
}
