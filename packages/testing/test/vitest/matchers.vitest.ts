/** The matchers and `itSimulates` in Vitest. `vitest.test.ts` runs this and counts: what is titled "fails" must. */
import { now, sleep } from 'coppice'
import { itSimulates } from '@coppice/testing/vitest'
import { expect, test } from 'vitest'
import { testMatchers } from '../matchers-suite.ts'

testMatchers({ test, expect: (received) => expect(received) as never })

test('the types of the matchers are known', () => {
  expect(() => sleep(1)).toComplete(undefined)
  expect(() => sleep(1)).not.toBeCancelled()
})

itSimulates('itSimulates makes a test whose hours take no time', function* () {
  yield* sleep(3_600_000)
  expect(yield* now()).toBe(3_600_000)
})

itSimulates('fails: itSimulates shows the timeline', function* main() {
  yield* sleep(7)
  throw new Error('the lights went out')
})
