/**
 * In which order calls are tried. It decides nothing, but a search that guesses well comes straight to an order, where another one goes
 * astray for a long time before it notices.
 */
import type { Describer } from './describe.ts'
import type { Call } from './history.ts'
import { hasEnded } from './search.ts'

/**
 * For each call its place, by index. Those first that gave a value: where they can be next they most likely are. Then by when what they brought in
 * was first given to somebody: what leaves a queue first came into it first. Those that need not come are last.
 */
export function orderToTry(calls: readonly Call[], describer: Describer): number[] {
  const seenAt = new Map<string, number>()
  for (const { outcome, to } of calls) {
    if (outcome?.status !== 'done' || outcome.value === undefined) continue
    const value = describer.describe(outcome.value)
    seenAt.set(value, Math.min(to, seenAt.get(value) ?? Infinity))
  }
  const ranks = calls.map((call): [number, number, number] => {
    if (!hasEnded(call)) return [2, call.to, call.from]
    if (!(call.outcome?.status === 'done' && call.outcome.value === undefined)) return [0, call.to, call.from]
    const seen = call.args.map((argument) => seenAt.get(describer.describe(argument)) ?? Infinity)
    return [1, Math.min(...seen, Number.MAX_VALUE), call.to]
  })
  const places: number[] = []
  const sorted = [...calls.keys()].sort((a, b) => compare(ranks[a]!, ranks[b]!))
  for (const [place, index] of sorted.entries()) places[index] = place
  return places
}

function compare(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((rank, i) => rank !== b[i])
  return i < 0 ? 0 : a[i]! < b[i]! ? -1 : 1
}
