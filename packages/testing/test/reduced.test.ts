/** Leaving out schedules that end alike, without leaving out an end. */
import * as fc from 'fast-check'
import {
  Effect,
  type Operation,
  type Task,
  attempt,
  cancel,
  defineEffect,
  pause,
  scope,
  select,
  sleep,
  spawn,
} from 'coppice'
import { type ExhaustiveOptions, cancelEverywhere, exhaustive, explore } from '@coppice/testing'
import { grid } from './programs.ts'

const note = defineEffect('note', (_what: string) => 0)

/** What a task does, one thing after the other. */
type Act = 'pause' | 'sleep' | 'nap' | 'note' | 'join' | 'cancel' | 'spawn' | 'select' | 'scope' | 'throw'

/** All ends of a program of such tasks: what was noted, and how each task ended. Tasks share nothing but effects. */
function endsOf(tasks: readonly (readonly Act[])[], options: ExhaustiveOptions, runs = 20_000) {
  let notes: string[] = []
  let spawned: Task[] = []
  const perform = function* (name: string, acts: readonly Act[], before: Task | undefined): Operation<void> {
    for (const act of acts) {
      switch (act) {
        case 'pause':
          yield* pause()
          break
        case 'sleep':
          yield* sleep(1)
          break
        case 'nap':
          yield* sleep(0)
          break
        case 'note':
          yield* note(name)
          break
        case 'join':
          if (before !== undefined) yield* attempt(before)
          break
        case 'cancel':
          if (before !== undefined) yield* cancel(before)
          break
        case 'spawn':
          yield* spawn(() => perform(`${name}'`, ['pause', 'note'], undefined))
          break
        case 'select':
          yield* select([sleep(1), () => perform(`${name}?`, ['pause', 'note'], undefined)])
          break
        case 'scope':
          yield* scope(function* () {
            yield* spawn(() => perform(`${name}!`, ['pause'], undefined))
            yield* pause()
          })
          break
        case 'throw':
          throw new Error(name)
      }
    }
  }
  const program = function* () {
    notes = []
    spawned = []
    for (const [i, acts] of tasks.entries()) {
      const before = spawned.at(-1)
      spawned.push(yield* spawn(() => attempt(perform(String(i), acts, before)), { name: String(i) }))
    }
  }
  const ends = new Set<string>()
  const report = explore(program, {
    strategy: exhaustive(options),
    runs,
    answers: [['note', (what: string) => notes.push(what)]],
    check: (sim) =>
      void ends.add([...notes, sim.now, ...spawned.map((task) => JSON.stringify(task.outcome))].join()),
  })
  if (report.failure !== undefined) throw new Error(String(report), { cause: report.failure.error })
  return { ends: [...ends].sort(), report }
}

describe('exhaustive({ reduce: true })', () => {
  test('comes to every end of a program, as the whole does', () => {
    const act = fc.constantFrom<Act>(
      'pause',
      'sleep',
      'nap',
      'note',
      'join',
      'cancel',
      'spawn',
      'select',
      'scope',
      'throw'
    )
    const tasks = fc.array(fc.array(act, { maxLength: 3 }), { minLength: 1, maxLength: 3 })
    let compared = 0
    fc.assert(
      fc.property(tasks, (acts) => {
        const whole = endsOf(acts, {}, 4_000)
        fc.pre(whole.report.complete)
        const reduced = endsOf(acts, { reduce: true })
        expect(reduced.report.complete).toBe(true)
        expect(reduced.ends).toEqual(whole.ends)
        expect(reduced.report.schedules).toBeLessThanOrEqual(whole.report.schedules)
        compared++
      }),
      { numRuns: 80, seed: Number(process.env['COPPICE_SEED'] ?? 7) }
    )
    expect(compared).toBeGreaterThan(50)
  })

  test('needs one schedule for tasks that have nothing to do with each other', () => {
    const report = explore(grid(3, 4), { strategy: exhaustive({ reduce: true }), runs: 100_000 })
    expect(report).toMatchObject({ complete: true, schedules: 1, failure: undefined })
  })

  test('needs far fewer where they meet now and then', () => {
    const acts: Act[][] = [
      ['pause', 'pause', 'note'],
      ['pause', 'pause', 'note'],
    ]
    const whole = endsOf(acts, {})
    const reduced = endsOf(acts, { reduce: true })
    expect(reduced.ends).toEqual(whole.ends)
    expect(reduced.report.runs * 3).toBeLessThan(whole.report.runs)
  })

  test('begins with the order of production', () => {
    const timelines: string[] = []
    const look = { check: (sim: { timeline(): string }) => void timelines.push(sim.timeline()) }
    for (const reduce of [true, false])
      explore(grid(2, 3), { strategy: exhaustive({ reduce }), runs: 1, ...look })
    expect(timelines[0]).toBe(timelines[1])
  })

  test('finds what the whole finds, with a token', () => {
    const notes: string[] = []
    const program = function* () {
      notes.length = 0
      yield* spawn(function* () {
        yield* pause()
        yield* note('a')
      })
      yield* spawn(function* () {
        yield* note('b')
        yield* pause()
        yield* note('b')
      })
    }
    const report = explore(program, {
      strategy: exhaustive({ reduce: true }),
      answers: [['note', (what: string) => notes.push(what)]],
      check: () => notes.join('') !== 'abb',
    })
    expect(report.failure?.schedule.length).toBeGreaterThan(0)
    expect(report.failure?.error).toMatchObject({ code: 'COPPICE_CHECK' })
  })

  test('leaves effects as they were', () => {
    const begin = Effect.prototype[Symbol.iterator]
    explore(grid(2, 2), { strategy: exhaustive({ reduce: true }) })
    expect(Effect.prototype[Symbol.iterator]).toBe(begin)
  })

  test('is refused where somebody looks in between, or bounds it', () => {
    const strategy = exhaustive({ reduce: true })
    expect(() => explore(grid(1, 1), { strategy, faults: [cancelEverywhere()] })).toThrow(
      'which look in between'
    )
    expect(() => explore(grid(1, 1), { strategy, invariant: () => true })).toThrow('which look in between')
    expect(() => exhaustive({ reduce: true, bound: 2 })).toThrow('reduce and bound can not be used together')
  })
})
