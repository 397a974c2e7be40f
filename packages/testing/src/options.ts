/** Bad options are found before anything runs. */
import { MisuseError } from 'coppice'
import { printed } from 'coppice/kernel'

export function checkOptions(options: object, by: string, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new MisuseError(
      `${by} takes its options as an object, { ${known[0]}: … }; it was given ${printed(options)}.`
    )
  const unknown = Object.keys(options).find((key) => !known.includes(key))
  if (unknown === undefined) return
  throw new MisuseError(`${by} has no option ${unknown}; it has ${known.join(', ')}.`)
}

/** Numbers from `least` on; `Infinity` is one of them. */
export function checkCount(value: unknown, what: string, least: number): number {
  if (typeof value === 'number' && value >= least) return value
  throw new MisuseError(`${what} takes a number from ${least} on; it was given ${printed(value)}.`)
}

/** Whole numbers from `least` on; `Infinity` is one of them. */
export function checkWhole(value: unknown, what: string, least: number): number {
  if (typeof value === 'number' && value >= least && (Number.isInteger(value) || value === Infinity))
    return value
  throw new MisuseError(`${what} takes a whole number from ${least} on; it was given ${printed(value)}.`)
}

export function checkSeed(seed: unknown, by: string): number {
  if (Number.isSafeInteger(seed)) return seed as number
  throw new MisuseError(`${by}: seed takes an integer; it was given ${printed(seed)}.`)
}

export function checkFunction(value: unknown, what: string): void {
  if (value !== undefined && typeof value !== 'function')
    throw new MisuseError(`${what} takes a function; it was given ${printed(value)}.`)
}

/** Options of which each has been given, or its default. */
export type Complete<O> = { [K in keyof O]-?: Exclude<O[K], undefined> }
