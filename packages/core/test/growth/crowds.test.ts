/** What many do at once costs in proportion to how many they are: nobody pays for those who stand in the same line. */
import { enqueued, events, keepLatest, restartable, sleep, supervise } from 'coppice'
import { expectLinear } from './expect-linear.ts'
import { runToEnd } from '../virtual.ts'

jest.setTimeout(60_000)

describe('P3 calls in a row', () => {
  test.each([
    ['enqueued', enqueued, 40_000],
    ['keepLatest', keepLatest, 4_000],
    ['restartable', restartable, 4_000],
  ] as const)('%s costs the same for each, however many there are in line', (_, make, most) => {
    expectLinear(most, (size, sim) => {
      const program = function* () {
        const call = yield* make(() => sleep(1))
        for (let i = 0; i < size; i++) call()
        yield* call.idle()
        return call.tasks
      }
      expect(runToEnd(program, {}, sim)).toEqual([])
    })
  })
})

describe('P4 children of a supervisor', () => {
  test('cost the same for each that ends, however many there are', () => {
    expectLinear(8_000, (size, sim) => {
      let ended = 0
      const child = { run: () => sleep(1), restart: 'temporary' } as const
      const program = supervise(new Array(size).fill(child), { onEnd: () => ended++ })
      runToEnd(program, {}, sim)
      expect(ended).toBe(size)
    })
  })

  test('cost the same for each restart, however many are admitted', () => {
    expectLinear(40_000, (size, sim) => {
      let runs = 0
      const child = {
        restart: 'transient',
        *run() {
          if (++runs <= size) throw new Error('again')
        },
      } as const
      runToEnd(supervise({ child }, { intensity: size }), {}, sim)
      expect(runs).toBe(size + 1)
    })
  })
})

describe('F5 a backlog', () => {
  test('of events is taken, and dropped from, at the same cost for each, however long it is', () => {
    expectLinear(200_000, (size, sim) => {
      const target = new EventTarget()
      const program = function* () {
        const subscription = yield* events(target, 'tick', { capacity: size, overflow: 'drop-oldest' })
        for (let i = 0; i < 2 * size; i++) target.dispatchEvent(new Event('tick'))
        for (let i = 0; i < size; i++) yield* subscription.next()
        return target
      }
      expect(runToEnd(program, {}, sim)).toBe(target)
    })
  })
})
