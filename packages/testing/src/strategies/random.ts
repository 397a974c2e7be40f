import type { RandomSource } from '../random-source.ts'
import { type Plan, type Search, Strategy } from './strategy.ts'

/**
 * Picks every entry with equal probability. (`random` of `coppice` is something else: a random number for a program. A file that needs both
 * renames one: `import { random as atRandom } from '@coppice/testing'`.)
 *
 * **Throws:** nothing.
 *
 * @example
 * ```ts
 * import { explore, random } from '@coppice/testing'
 * const report = explore(() => all([sleep(1), sleep(1)]), { strategy: random(), runs: 100 })
 * console.assert(report.runs === 100)
 * ```
 */
export function random(): Strategy {
  return new RandomStrategy()
}

class RandomStrategy extends Strategy {
  search(source: RandomSource): Search {
    return new RandomSearch(source)
  }
}

class RandomSearch implements Search {
  readonly #random: RandomSource
  readonly afterFault = this
  #begun = false

  constructor(source: RandomSource) {
    this.#random = source
  }

  next(): Plan {
    if (this.#begun) return { given: [], chooser: this, seed: this.#random.next() }
    this.#begun = true
    return { given: [], chooser: null, seed: 0 }
  }

  choose(width: number): number {
    return this.#random.below(width)
  }

  ended(): true {
    return true
  }
}
