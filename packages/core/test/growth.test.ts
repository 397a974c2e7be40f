/** What many do at once costs in proportion to how many they are: nobody pays for those who stand in the same line. */
import { type Overlapping, enqueued, keepLatest, restartable, run, sleep } from 'coppice'
import { expectLinear } from './growth.ts'

jest.setTimeout(60_000)

describe('P3 calls in a row', () => {
  test.each([
    ['enqueued', enqueued, 40_000],
    ['keepLatest', keepLatest, 4_000],
    ['restartable', restartable, 4_000],
  ] as const)('%s costs the same for each, however many there are in line', (_, make, most) => {
    expectLinear(most, (size, interpreter) => {
      let call!: Overlapping<[], void>
      const root = run(
        function* () {
          call = yield* make(() => sleep(1))
          for (let i = 0; i < size; i++) call()
          yield* call.idle()
        },
        { interpreter }
      )
      interpreter.advance()
      expect(root.status).toBe('done')
      expect(call.tasks).toEqual([])
    })
  })
})
