/** W3: which waiters can be each other's partners. Primitives outside of the kernel ask for it. */
import { type Operation, type Startable, all, allSettled, any, map, race, select, spawn } from 'coppice'
import { type Waiter, WaitingEffect, claim } from 'coppice/kernel'
import { NEXT } from '../../src/kernel/states.ts'
import { runToEnd } from '../virtual.ts'

/** Waits until there are two, and lets those go on that can. */
class Meeting extends WaitingEffect<void> {
  readonly name = 'meet'
  readonly waiters: Waiter[] = []

  begin(waiter: Waiter): void {
    waiter.wait = this
    this.waiters.push(waiter)
    if (this.waiters.length < 2) return
    const [first] = this.waiters
    for (const each of first!.excludes?.(waiter) ? [waiter] : this.waiters) claim(each, this, NEXT, undefined)
  }

  withdraw(): void {}
}

/** What the first of two that wait says of the second, and the second of the first. */
function exclusion(program: (meeting: Operation<void>) => Startable<unknown>): (boolean | undefined)[] {
  const meeting = new Meeting()
  const said: (boolean | undefined)[] = []
  const settle = meeting.begin.bind(meeting)
  meeting.begin = (waiter) => {
    const [first] = meeting.waiters
    if (first !== undefined) said.push(first.excludes?.(waiter), waiter.excludes?.(first))
    settle(waiter)
  }
  runToEnd(program(meeting))
  return said
}

describe('W3 a waiter excludes another', () => {
  test.each([
    ['select', select],
    ['race', race],
    ['any', any],
  ] as const)('that is a branch of the same %s', (_name, several) => {
    expect(exclusion((meeting) => () => (several as typeof race)([meeting, meeting]))).toEqual([true, true])
  })

  test.each([
    ['all', all],
    ['allSettled', allSettled],
    ['map', (operations: Operation<void>[]) => map(operations, (operation) => operation)],
  ] as const)('but not of the same %s', (_name, several) => {
    expect(exclusion((meeting) => () => (several as typeof all)([meeting, meeting]))).not.toContain(true)
  })

  test('but not of another select, and a task excludes nobody', () => {
    const said = exclusion(
      (meeting) =>
        function* () {
          yield* spawn(select([meeting]))
          yield* spawn(select([meeting]))
        }
    )
    expect(said).toEqual([false, false])
    const alone = exclusion(
      (meeting) =>
        function* () {
          yield* spawn(meeting)
          yield* spawn(select([meeting]))
        }
    )
    expect(alone).toEqual([undefined, false])
  })
})
