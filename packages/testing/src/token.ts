/**
 * A run as one word, to be pasted into a test: the version, the schedule, the fault, and the seed of the random source if it was used.
 *
 *      1 . 0_1_0-6_2 . c4 . 9xk
 *
 * `0-6` stands for six zeros. A fault is its kind and its place; `c4-3+6` cancels task 3 after step 4, and the root after step 6.
 */
import { MisuseError } from 'coppice'
import { printed } from 'coppice/kernel'
import { type Place, placeAt } from './faults.ts'

const VERSION = '1'
const KINDS = { c: 'cancel', t: 'throw', d: 'deadline' } as const

interface Replayed {
  readonly schedule: number[]
  readonly place: Place | null
  readonly seed: number
}

export function encode({ schedule, place, seed }: Replayed): string {
  const fault = place === null ? '' : encodePlace(place)
  const parts = [VERSION, encodeSchedule(schedule), fault]
  if (seed !== 0) parts.push(seed.toString(36))
  return parts.join('.')
}

export function decode(token: unknown): Replayed {
  const [, schedule, kind, at, task, again, seed] =
    (typeof token === 'string' &&
      /^1\.((?:\d+(?:-\d+)?(?:_\d+(?:-\d+)?)*)?)\.(?:([ctd])(\d+)(?:-(\d+))?(?:\+(\d+))?)?(?:\.(\w+))?$/.exec(
        token
      )) ||
    []
  if (schedule === undefined) {
    throw new MisuseError(
      `replay takes the token of a report, as in replay(program, '1.0_1.'); it was given ${printed(token)}.`
    )
  }
  const place =
    kind === undefined
      ? null
      : placeAt(KINDS[kind as keyof typeof KINDS], Number(at), Number(task ?? 0), Number(again ?? 0))
  return { schedule: decodeSchedule(schedule), place, seed: seed === undefined ? 0 : parseInt(seed, 36) }
}

function encodePlace({ kind, at, task, again }: Place): string {
  return kind[0]! + at + (task === 0 ? '' : `-${task}`) + (again === 0 ? '' : `+${again}`)
}

/** Shorter than this, zeros stand for themselves. */
const SHORTEST_RUN = 4

function encodeSchedule(schedule: readonly number[]): string {
  const words: string[] = []
  for (let i = 0; i < schedule.length; i++) {
    let end = i
    while (schedule[end] === 0) end++
    if (end - i >= SHORTEST_RUN) {
      words.push(`0-${end - i}`)
      i = end - 1
    } else words.push(String(schedule[i]))
  }
  return words.join('_')
}

function decodeSchedule(words: string): number[] {
  if (words === '') return []
  return words.split('_').flatMap((word) => {
    const [index, times = '1'] = word.split('-')
    return new Array<number>(Number(times)).fill(Number(index))
  })
}
