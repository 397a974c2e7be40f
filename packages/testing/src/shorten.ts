/**
 * Makes a failing schedule easier to read: departures are undone, many at a time and then one by one, while the run still fails in the same
 * way (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 2002). What is left at the end: each departure
 * matters.
 */

/** More runs than this are not worth a shorter schedule. */
const MOST_RUNS = 2_000

/**
 * @param fails runs a schedule; the schedule that came of it if it fails in the same way, else null
 */
export function shorten(schedule: number[], fails: (candidate: number[]) => number[] | null): number[] {
  let shortest = schedule
  let runs = 0
  let size = departuresOf(shortest).length
  while (size > 0 && runs < MOST_RUNS) {
    const departures = departuresOf(shortest)
    let shorter: number[] | null = null
    // The last ones first: what follows a departure that matters rarely does.
    for (let end = departures.length; end > 0 && shorter === null && runs < MOST_RUNS; end -= size, runs++)
      shorter = fails(without(shortest, departures.slice(Math.max(0, end - size), end)))
    if (shorter === null) size = size === 1 ? 0 : Math.ceil(size / 2)
    else {
      shortest = shorter
      size = Math.min(size, departuresOf(shortest).length)
    }
  }
  return shortest
}

function departuresOf(schedule: readonly number[]): number[] {
  return [...schedule.keys()].filter((decision) => schedule[decision] !== 0)
}

function without(schedule: readonly number[], undone: readonly number[]): number[] {
  const rest = schedule.slice()
  for (const decision of undone) rest[decision] = 0
  while (rest.at(-1) === 0) rest.pop()
  return rest
}
