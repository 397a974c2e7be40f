/** Checks for streams of Node. */
import type { Readable, Writable } from 'node:stream'
import { inspect } from 'node:util'
import { MisuseError } from 'coppice'

export function checkReadable<R extends Readable>(value: R, by: string): R {
  const { read, on, destroy } = (value ?? {}) as Partial<Readable>
  if (typeof read === 'function' && typeof on === 'function' && typeof destroy === 'function') return value
  throw new MisuseError(
    `${by} takes a readable stream of Node, or a function that makes one; it was given ${shown(value)}. For anything else, write from(…).`
  )
}

export function checkWritable<W extends Writable>(value: W, by: string): W {
  const { write, end, on, destroy } = (value ?? {}) as Partial<Writable>
  if ([write, end, on, destroy].every((method) => typeof method === 'function')) return value
  throw new MisuseError(`${by} takes a writable stream of Node; it was given ${shown(value)}.`)
}

/** A value in a message: short. */
export function shown(value: unknown): string {
  return inspect(value, { depth: 0, breakLength: Infinity })
}
