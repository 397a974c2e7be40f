/** Scenarios made up, small ones first; and made smaller once one of them fails. */
import { MisuseError } from 'coppice'
import { type Complete, checkOptions, checkWhole } from '../options.ts'
import type { RandomSource } from '../random-source.ts'
import { type PlannedCall, type Scenario, checkScenario } from './scenario.ts'

/** From what scenarios are made up. */
export interface GenerateOptions {
  /** The calls to draw from: `[['push', 1], ['push', 2], ['shift']]`. What is drawn more often stands here more often. */
  calls: readonly PlannedCall[]
  /** The most tasks. Default 3. */
  tasks?: number | undefined
  /** The most calls of a task. Default 3. */
  length?: number | undefined
  /** How many scenarios, among which the runs are divided. Default 100. */
  scenarios?: number | undefined
}

export function checkGenerate(options: GenerateOptions, by: string): Complete<GenerateOptions> {
  checkOptions(options, `${by}: generate`, ['calls', 'tasks', 'length', 'scenarios'])
  const { calls, tasks = 3, length = 3, scenarios = 100 } = options
  checkScenario([calls], `${by}: generate`)
  if (calls.length === 0)
    throw new MisuseError(`${by}: generate needs at least one call to draw from, calls: [['increment']].`)
  for (const [key, number] of Object.entries({ tasks, length, scenarios })) {
    checkWhole(number, `${by}: generate: ${key}`, 1)
    if (number === Infinity) throw new MisuseError(`${by}: generate: ${key} is finite.`)
  }
  return { calls, tasks, length, scenarios }
}

/** The scenario of that number: the later, the larger it may be. */
export function generate(
  { calls, tasks, length, scenarios }: Complete<GenerateOptions>,
  index: number,
  random: RandomSource
): Scenario {
  const size = (most: number, least: number): number => {
    const limit = Math.max(least, Math.ceil((most * (index + 1)) / scenarios))
    return Math.min(most, least + random.below(limit - least + 1))
  }
  const drawn = () => Array.from({ length: size(length, 1) }, () => calls[random.below(calls.length)]!)
  return Array.from({ length: size(tasks, 2) }, drawn)
}

/** Leaves out tasks and calls, one at a time, as long as what is left still fails. */
export function shrink(tasks: Scenario, fails: (candidate: Scenario) => boolean): Scenario {
  for (const candidate of smaller(tasks)) if (fails(candidate)) return shrink(candidate, fails)
  return tasks
}

function* smaller(tasks: Scenario): Iterable<Scenario> {
  if (tasks.length > 1) for (const i of tasks.keys()) yield without(tasks, i)
  for (const [i, calls] of tasks.entries())
    if (calls.length > 1)
      for (const j of calls.keys()) yield [...tasks.slice(0, i), without(calls, j), ...tasks.slice(i + 1)]
}

function without<T>(list: readonly T[], index: number): T[] {
  return list.filter((_, i) => i !== index)
}
