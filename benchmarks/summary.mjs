/**
 * From the values of all rounds to what is reported: the median over the rounds, how far they lie apart, and the
 * ratios between contenders.
 */
import { parseMeasurement } from './workloads.mjs'

const BASELINE = 'promises'
const OURS = 'coppice'

/** One entry for each contender and measurement, in the order of the measurements. */
export function summarize(results) {
  const groups = new Map()
  for (const result of results) {
    const key = `${result.contender} ${result.id}`
    groups.set(key, [...(groups.get(key) ?? []), result])
  }
  return [...groups.values()].map((group) => {
    const { contender, id } = group[0]
    const values = group.flatMap(({ value }) => (value === undefined ? [] : [value])).sort((a, b) => a - b)
    const error = group.find((result) => result.error !== undefined)?.error
    const unavailable = group[0].unavailable
    if (values.length === 0) return { contender, id, error, unavailable }
    return {
      contender,
      id,
      median: median(values),
      min: values[0],
      max: values.at(-1),
      rounds: values.length,
      error,
    }
  })
}

/** How a contender compares with bare promises on a measurement; `undefined` if either has no value. */
export function ratioToPromises(report, contender, id) {
  return ratio(find(report, contender, id)?.median, find(report, BASELINE, id)?.median)
}

/** How Coppice compares with the best of the other libraries. */
export function ratioToBestPeer(report, id) {
  const peers = report.contenders.filter((contender) => contender !== BASELINE && contender !== OURS)
  const medians = peers.flatMap((contender) => find(report, contender, id)?.median ?? [])
  return ratio(find(report, OURS, id)?.median, medians.length === 0 ? undefined : Math.min(...medians))
}

/** What the goal of a workload asks for, and whether it is met; `undefined` without a goal or without the values. */
export function judgeGoal(report, id) {
  const { workload } = parseMeasurement(id)
  const { promises, peer, most } = workload.goal ?? {}
  const verdicts = [
    verdict('promises', ratioToPromises(report, OURS, id), promises),
    verdict('peer', ratioToBestPeer(report, id), peer),
    verdict('most', find(report, OURS, id)?.median, most),
  ].filter(Boolean)
  return verdicts.length === 0 ? undefined : verdicts
}

export function find(report, contender, id) {
  return report.results.find((result) => result.contender === contender && result.id === id)
}

function verdict(against, actual, limit) {
  if (actual === undefined || limit === undefined) return undefined
  return { against, actual, limit, met: actual <= limit }
}

function ratio(value, base) {
  return value === undefined || base === undefined ? undefined : value / base
}

function median(sorted) {
  const middle = (sorted.length - 1) / 2
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2
}
