/** The middle of some numbers; `undefined` of none. */
export function medianOf(values) {
  if (values.length === 0) return undefined
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2
}

/** The middle, and how far they lie apart; `undefined` of none. */
export function spreadOf(values) {
  if (values.length === 0) return undefined
  return { median: medianOf(values), min: Math.min(...values), max: Math.max(...values) }
}
