import { Effect } from 'coppice'

/**
 * Runs `act`, and has every effect that is begun by a `yield*` meanwhile put into a list. The machine has no hook for that, since the
 * shortest effects take few nanoseconds; a reduction has all the time that it saves. So the one method through which all effects begin is
 * replaced for the time being.
 */
export function watchEffects<R>(begun: Effect[], act: () => R): R {
  const open = Effect.prototype[Symbol.iterator]
  Effect.prototype[Symbol.iterator] = function (this: Effect) {
    begun.push(this)
    return open.call(this)
  }
  try {
    return act()
  } finally {
    Effect.prototype[Symbol.iterator] = open
  }
}
