import type { Stream } from '../stream.ts'

/** Makes a stream of a stream: a step of `pipe`. */
export type Operator<T, U> = (stream: Stream<T>) => Stream<U>
