import type { Stream } from '../stream.ts'

/** Makes a stream of a stream: a step of `pipe`. */
export type Operator<T, U> = (stream: Stream<T>) => Stream<U>

/** An operator that takes items of any type, and gives them as they are. */
export type PassingOperator = <T>(stream: Stream<T>) => Stream<T>
