/** A check that all parts of the package share. */
import { inspect } from 'node:util'
import { MisuseError } from 'coppice'

/** Checks a duration where it is handed over: milliseconds from 0 on, or `Infinity` for never. */
export function checkDuration(ms: number, of: string): number {
  if (typeof ms === 'number' && ms >= 0) return ms
  throw new MisuseError(
    `${of} takes milliseconds from 0 on, or Infinity for never; it was given ${inspect(ms)}.`
  )
}
