/**
 * From the values of all rounds to what is reported: the median over the rounds and how far they lie apart. Two contenders are compared
 * pair by pair: a ratio for each round that both have, of which the median and the spread count. So what slows down the machine for a
 * round slows down both, and a difference that is smaller than the noise is seen to be.
 */
import { spreadOf } from './statistics.mjs'
import { parseMeasurement, workloads } from './workloads.mjs'

export const BASELINE = 'promises'
export const OURS = 'coppice'
/** What the engine alone takes: no library, and no competitor. */
export const FLOOR = 'floor'

/** One entry for each contender and measurement, in the order in which they were first taken. */
export function summarize(results) {
  return [...groupBy(results).values()].map((group) => {
    const { contender, id } = group[0]
    const rounds = group
      .filter(({ value }) => value !== undefined)
      .map(({ round, value }) => ({ round, value }))
    const { error, unavailable } = group.find((result) => result.error ?? result.unavailable) ?? {}
    return { contender, id, ...spreadOf(rounds.map(({ value }) => value)), rounds, error, unavailable }
  })
}

const keyOf = ({ contender, id }) => `${contender} ${id}`

function groupBy(results) {
  const groups = new Map()
  for (const result of results) groups.set(keyOf(result), [...(groups.get(keyOf(result)) ?? []), result])
  return groups
}

export function find(report, contender, id) {
  return report.results.find((result) => result.contender === contender && result.id === id)
}

/** How one contender compares with another on a measurement; `undefined` if they have no round in common. */
export function ratioOf(report, contender, other, id) {
  const rounds = find(report, contender, id)?.rounds ?? []
  const others = find(report, other, id)?.rounds ?? []
  return spreadOf(
    rounds.flatMap(({ round, value }) => {
      const pair = others.find((candidate) => candidate.round === round)
      return pair === undefined ? [] : [value / pair.value]
    })
  )
}

/** Whether a contender is another version of our own. */
export const isVersion = (contender) => contender.startsWith(`${OURS}@`)

/** Whom Coppice competes with: the libraries, and bare promises. */
export const othersOf = ({ contenders }) =>
  contenders.filter((name) => name !== OURS && name !== FLOOR && !isVersion(name))

/** The libraries that Coppice is compared with. */
export const peersOf = (report) => othersOf(report).filter((name) => name !== BASELINE)

/** The library that is best at a measurement, and how Coppice compares with it. */
export function bestPeer(report, id) {
  const measured = peersOf(report).filter((peer) => find(report, peer, id)?.median !== undefined)
  const [peer] = measured.sort((a, b) => find(report, a, id).median - find(report, b, id).median)
  const ratio = peer === undefined ? undefined : ratioOf(report, OURS, peer, id)
  return ratio === undefined ? undefined : { peer, ratio }
}

/** The names of the workloads that a report has, at their own size. */
export function measuredNames(report) {
  const measured = new Set(report.results.filter(({ median }) => median !== undefined).map(({ id }) => id))
  return workloads.map(({ name }) => name).filter((name) => measured.has(name))
}

/** Where Coppice took longer, or more, than another one in every single round. The worst comes first. */
export function whereSlower(report) {
  const others = othersOf(report)
  return measuredNames(report)
    .flatMap((id) => others.map((other) => ({ id, other, ratio: ratioOf(report, OURS, other, id) })))
    .filter(({ ratio }) => ratio?.min > 1)
    .sort((a, b) => b.ratio.median - a.ratio.median)
}

/** What the goals of a workload ask for, what was measured, and what the floor reaches; empty without a goal or without the values. */
export function judgeGoals(report, id) {
  const { promises, peer, most } = parseMeasurement(id).workload.goal ?? {}
  const best = bestPeer(report, id)?.peer
  return [
    { against: BASELINE, limit: promises },
    ...(best === undefined ? [] : [{ against: best, limit: peer }]),
    { against: undefined, limit: most },
  ]
    .map((goal) => ({ ...goal, actual: against(report, OURS, goal.against, id) }))
    .filter(({ limit, actual }) => limit !== undefined && actual !== undefined)
    .map((goal) => ({
      id,
      ...goal,
      met: goal.actual <= goal.limit,
      floor: against(report, FLOOR, goal.against, id),
    }))
}

/** What a goal compares with its limit: a multiple of another contender, or the value itself. */
function against(report, contender, other, id) {
  return (other === undefined ? find(report, contender, id) : ratioOf(report, contender, other, id))?.median
}

export function missedGoals(report) {
  return measuredNames(report).flatMap((id) => judgeGoals(report, id).filter(({ met }) => !met))
}

/** By how much the cost of a unit grows from the smallest to the largest size of a series: 1 is linear growth of the whole. */
export function growthOf(report, contender, ids) {
  const medians = ids.flatMap((id) => find(report, contender, id)?.median ?? [])
  return medians.length < 2 ? undefined : medians.at(-1) / medians[0]
}

/** The growth series that a report has: a workload, its ids in the order of the sizes, and who was measured. */
export function growthSeries(report) {
  return workloads.flatMap(({ name, growth }) => {
    const ids = (growth?.sizes ?? []).map((size) => `${name}@${size}`)
    const measured = ids.filter((id) => report.results.some((result) => result.id === id))
    const contenders = report.contenders.filter((contender) => growth?.contenders.includes(contender))
    return measured.length === 0 ? [] : [{ name, ids: measured, contenders }]
  })
}
