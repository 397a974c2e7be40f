/** Numbers and names as the terminal and the page show them. */
import { isInBytes, parseMeasurement } from './workloads.mjs'

const KB = 1_000

export function formatValue(value, id) {
  const { workload } = parseMeasurement(id)
  if (isInBytes(workload)) return value < 4 * KB ? `${Math.round(value)} B` : `${significant(value / KB)} kB`
  if (value < 10_000) return `${significant(value)} ns`
  if (value < 10_000_000) return `${significant(value / 1e3)} µs`
  return `${significant(value / 1e6)} ms`
}

export function formatRatio(ratio) {
  return ratio === undefined ? '' : `${significant(ratio)}×`
}

/** `0.27× (0.25–0.3)`, or the ratio alone if all rounds gave the same. */
export function formatPair(ratio) {
  if (ratio === undefined) return ''
  const [low, high] = [significant(ratio.min), significant(ratio.max)]
  return low === high ? formatRatio(ratio.median) : `${formatRatio(ratio.median)} (${low}–${high})`
}

/** `138–145 ns`: the lowest and the highest round; empty if all gave the same. */
export function formatSpread({ min, max }, id) {
  const [low, high] = [formatValue(min, id), formatValue(max, id)]
  if (low === high) return ''
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

export function formatLimit({ id, against, limit }) {
  return against === undefined ? formatValue(limit, id) : `${formatRatio(limit)} of ${against}`
}

export function formatActual({ id, against, actual }) {
  return against === undefined ? formatValue(actual, id) : formatRatio(actual)
}

export function formatSize(id) {
  return Number(id.split('@')[1]).toLocaleString('en-US')
}

export function significant(value) {
  if (value >= 100) return String(Math.round(value))
  return String(Number(value.toPrecision(value < 1 ? 2 : 3)))
}
