/** A run as text, one line a step: for inline snapshots, reports and people. */
import { MisuseError } from 'coppice'
import { RETURN, SETTLE, START, THROW, text } from 'coppice/kernel'
import type { Recorder, Step } from './recorder.ts'

/** Which steps a timeline shows, and how. */
export interface TimelineOptions {
  /** Only steps of tasks of this name, or whose name the RegExp finds. */
  task?: string | RegExp | undefined
  /** Only steps whose line the RegExp finds. */
  grep?: RegExp | undefined
  /** Only steps from this instant on. In milliseconds. Default: all. */
  from?: number | undefined
  /** Only steps up to and with that instant, in milliseconds. Default: `Infinity`. */
  to?: number | undefined
  /** True: plain data instead of text. */
  json?: boolean | undefined
}

/** One step of a timeline as data. */
export interface TimelineStep {
  /** The instant, in milliseconds. */
  readonly at: number
  /** The name of the task that took the step. */
  readonly task: string
  /** The number of that task, which counts from 1 in each tree. */
  readonly id: number
  /** `starts`, `goes on`, `gets …` (an error), `unwinds` or `closes`. */
  readonly began: string
  /** The outside effects that it performed, printed. */
  readonly effects: readonly string[]
  /** The printed effect at which the task stands, or how it ended. */
  readonly ended: string
  /** What befell it from outside: that it was picked ahead of another task, or a fault. */
  readonly notes: readonly string[]
}

const KNOWN: ReadonlySet<string> = new Set(['task', 'grep', 'from', 'to', 'json'])

export function timelineOf(recorder: Recorder, options: TimelineOptions = {}): readonly TimelineStep[] {
  const unknown = Object.keys(options).find((key) => !KNOWN.has(key))
  if (unknown !== undefined)
    throw new MisuseError(`timeline has no option ${unknown}; it has ${[...KNOWN].join(', ')}.`)
  const { task, grep, from = -Infinity, to = Infinity } = options
  return recorder.steps
    .filter(({ at, task: { name } }) => at >= from && at <= to && isNamed(name, task))
    .map(describe)
    .filter((step) => grep === undefined || lineOf(step).search(grep) >= 0)
}

/** The lines under each other. Columns are as wide as what stands in them. */
export function format(steps: readonly TimelineStep[]): string {
  const times = steps.map(({ at }) => String(at))
  const names = steps.map(({ task, id }) => `${task}#${id}`)
  const [time, name, began] = [times, names, steps.map((step) => step.began)].map(widest) as [
    number,
    number,
    number,
  ]
  return steps
    .map((step, i) => {
      const columns = [times[i]!.padStart(time), names[i]!.padEnd(name), step.began.padEnd(began)]
      return `${columns.join('  ')}  ${endOf(step)}`
    })
    .join('\n')
}

function widest(texts: readonly string[]): number {
  // Errors can be long; one of them is not to push all the others aside.
  return texts.reduce((most, { length }) => (length > 40 ? most : Math.max(most, length)), 0)
}

function lineOf(step: TimelineStep): string {
  return `${step.at} ${step.task}#${step.id} ${step.began} ${endOf(step)}`
}

function endOf({ effects, ended, notes }: TimelineStep): string {
  const passed = effects.at(-1) === ended ? effects.slice(0, -1) : effects
  return `→ ${[...passed, ended].join(', ')}${notes.map((note) => `   ! ${note}`).join('')}`
}

function isNamed(name: string, wanted: string | RegExp | undefined): boolean {
  if (wanted === undefined) return true
  return typeof wanted === 'string' ? name === wanted : name.search(wanted) >= 0
}

function describe(step: Step): TimelineStep {
  const { at, task, effects, ended, aheadOf } = step
  const notes = aheadOf === null ? [...step.notes] : [`ahead of ${aheadOf.label}`, ...step.notes]
  return {
    at,
    task: task.name,
    id: task.id,
    began: beginning(step),
    effects: effects.map((effect) => oneLine(String(effect))),
    ended: oneLine(String(ended)),
    notes,
  }
}

function beginning({ signal, thrown }: Step): string {
  switch (signal) {
    case START:
      return 'starts'
    case THROW:
      return oneLine(`gets ${text(thrown)}`)
    case RETURN:
      return 'unwinds'
    case SETTLE:
      return 'closes'
    default:
      return 'goes on'
  }
}

function oneLine(printed: string): string {
  return printed.replace(/\s*\n\s*/g, ' ')
}
