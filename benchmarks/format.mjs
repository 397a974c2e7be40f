/** Numbers and names as both tables show them. */
import { parseMeasurement, workloads } from './workloads.mjs'

const VERDICT_NAMES = { promises: 'promises', peer: 'best peer', most: 'B' }

export function formatValue(value, id) {
  if (parseMeasurement(id).workload.heap) return `${Math.round(value)} B`
  if (value < 10_000) return `${significant(value)} ns`
  if (value < 10_000_000) return `${significant(value / 1e3)} µs`
  return `${significant(value / 1e6)} ms`
}

export function formatRatio(ratio) {
  return ratio === undefined ? '' : `${significant(ratio)}×`
}

/** `138–145 ns`: the lowest and the highest round. */
export function formatSpread({ min, max }, id) {
  const [low, high] = [formatValue(min, id), formatValue(max, id)]
  const [lowUnit, highUnit] = [low, high].map((text) => text.split(' ')[1])
  return lowUnit === highUnit ? `${low.split(' ')[0]}–${high}` : `${low}–${high}`
}

/** What stands in a cell that has no value: why, in two words. */
export function formatMissing(result) {
  if (result?.error === undefined) return 'n/a'
  if (/call stack/i.test(result.error)) return 'stack overflow'
  if (/no answer/.test(result.error)) return result.error
  if (/heap out of memory|allocation failed/i.test(result.error)) return 'out of memory'
  return 'failed'
}

export function formatVerdict({ against, actual, limit, met }) {
  const sign = against === 'most' ? '' : '×'
  const name = VERDICT_NAMES[against]
  const space = against === 'most' ? ' ' : ' of '
  return `${significant(actual)}${sign} ${met ? '≤' : '>'} ${significant(limit)}${sign}${space}${name} ${met ? '✓' : '✗'}`
}

/** The ids of a report's growth series, by workload, in the order of the sizes. */
export function growthSeries(report) {
  return workloads.flatMap(({ name, growth }) => {
    const ids = (growth?.sizes ?? []).map((size) => `${name}@${size}`)
    const measured = ids.filter((id) => report.results.some((result) => result.id === id))
    const contenders = report.contenders.filter((contender) => growth?.contenders.includes(contender))
    return measured.length === 0 ? [] : [{ name, ids: measured, contenders }]
  })
}

export function formatSize(id) {
  return Number(id.split('@')[1]).toLocaleString('en-US')
}

/** The ids of the workloads at their own size that a report has. */
export function baseIds(report) {
  const measured = new Set(report.results.map(({ id }) => id))
  return workloads.map(({ name }) => name).filter((name) => measured.has(name))
}

export function significant(value) {
  if (value >= 100) return String(Math.round(value))
  return String(Number(value.toPrecision(value < 1 ? 2 : 3)))
}
