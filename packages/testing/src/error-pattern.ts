/** Which errors `toFailWith` wants. */
import { MisuseError } from 'coppice'
import { printed, text } from 'coppice/kernel'
import type { MatcherContext } from './matchers.ts'

/** Whether an error is of the class, has the message or finds the RegExp, or has the properties that are wanted. */
export function isWanted(context: MatcherContext, error: unknown, wanted: unknown): boolean {
  const message = error instanceof Error ? error.message : String(error)
  if (typeof wanted === 'function') return error instanceof wanted
  if (typeof wanted === 'string') return message.includes(wanted)
  if (wanted instanceof RegExp) return message.search(wanted) >= 0
  if (wanted instanceof Error)
    return error === wanted || (error instanceof wanted.constructor && message === wanted.message)
  if (isAsymmetric(wanted)) return context.equals(error, wanted)
  if (typeof error !== 'object' || error === null) return false
  return Object.entries(wanted as object).every(([key, value]) =>
    context.equals((error as Record<string, unknown>)[key], value, [context.utils.iterableEquality])
  )
}

/** The same for people. **Throws:** `MisuseError` for what no error can be compared with. */
export function describeWanted({ utils }: MatcherContext, wanted: unknown): string {
  if (typeof wanted === 'function') return wanted.name
  if (typeof wanted === 'string') return `a message with ${JSON.stringify(wanted)}`
  if (wanted instanceof RegExp) return `a message that ${wanted} finds`
  if (wanted instanceof Error) return text(wanted)
  if (typeof wanted === 'object' && wanted !== null) return utils.stringify(wanted)
  throw new MisuseError(
    `toFailWith takes a class, a message, a RegExp, an error or its properties; it was given ${printed(wanted)}.`
  )
}

/** `expect.objectContaining(…)` and its like. */
function isAsymmetric(wanted: unknown): boolean {
  return typeof (wanted as { asymmetricMatch?: unknown } | null)?.asymmetricMatch === 'function'
}
