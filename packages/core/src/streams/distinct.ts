import { chain } from './chain.ts'
import type { Operator } from './operator.ts'
import { type Stage, type Step, skipped } from './stage.ts'
import { checkFunction } from './subscription.ts'

/**
 * Leaves out items that there have been before. It remembers all of them; to leave out repetitions only, write `distinctUntilChanged()`.
 *
 * **Throws:** what `key` throws.
 *
 * @param key by what items are told apart, as by a `Set`. Default: by themselves
 *
 * @example
 * ```ts
 * const letters = pipe(from('abacb'), distinct())
 * console.assert((await run(collect(letters))).join('') === 'abc')
 * ```
 */
export function distinct<T>(key: (item: T) => unknown = itself): Operator<T, T> {
  checkFunction(key, 'distinct', 'distinct((item) => item.id)')
  const stage: Stage = { name: 'distinct', start: () => new Distinct(key) }
  return (stream) => chain(stream, stage)
}

function itself(item: unknown): unknown {
  return item
}

class Distinct<T> implements Step {
  readonly #key: (item: T) => unknown
  readonly #seen = new Set<unknown>()

  constructor(key: (item: T) => unknown) {
    this.#key = key
  }

  pass(item: T): unknown {
    const key = this.#key(item)
    if (this.#seen.has(key)) return skipped
    this.#seen.add(key)
    return item
  }
}

/**
 * Leaves out an item that equals the one before it.
 *
 * **Throws:** what `equals` throws.
 *
 * @param equals gets the item before, and the item. Default: `Object.is`
 *
 * @example
 * ```ts
 * const changes = pipe(from([1, 1, 2, 2, 1]), distinctUntilChanged())
 * console.assert((await run(collect(changes))).join() === '1,2,1')
 * ```
 */
export function distinctUntilChanged<T>(equals: (before: T, item: T) => boolean = Object.is): Operator<T, T> {
  checkFunction(equals, 'distinctUntilChanged', 'distinctUntilChanged((before, item) => …)')
  const stage: Stage = { name: 'distinctUntilChanged', start: () => new DistinctUntilChanged(equals) }
  return (stream) => chain(stream, stage)
}

class DistinctUntilChanged<T> implements Step {
  readonly #equals: (before: T, item: T) => boolean
  #before: { readonly item: T } | undefined = undefined

  constructor(equals: (before: T, item: T) => boolean) {
    this.#equals = equals
  }

  pass(item: T): unknown {
    if (this.#before !== undefined && this.#equals(this.#before.item, item)) return skipped
    this.#before = { item }
    return item
  }
}
