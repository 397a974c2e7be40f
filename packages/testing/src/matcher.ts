import { type Effect, MisuseError } from 'coppice'
import { printed } from 'coppice/kernel'

/** Which effects are meant: those of a name, those whose printed form a RegExp finds, or those for which a predicate holds. */
export type Matcher = string | RegExp | ((effect: Effect) => boolean)

export function matches(matcher: Matcher, effect: Effect): boolean {
  if (typeof matcher === 'string') return effect.name === matcher
  // `search` starts at the beginning also when the RegExp is a global one that was used before.
  return typeof matcher === 'function' ? matcher(effect) : String(effect).search(matcher) >= 0
}

export function checkMatcher(matcher: unknown, by: string): Matcher {
  if (typeof matcher === 'string' || typeof matcher === 'function' || matcher instanceof RegExp)
    return matcher as Matcher
  throw new MisuseError(
    `${by} takes a matcher: the name of an effect, a RegExp for its printed form, or a predicate; it was given ${printed(matcher)}.`
  )
}
