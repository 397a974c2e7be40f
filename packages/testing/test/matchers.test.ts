/** The matchers and `itSimulates` in Jest. */
import * as coppice from 'coppice'
import * as testing from '@coppice/testing'
import { itSimulates, matchers as registered } from '@coppice/testing/jest'
import { testMatchers } from './matchers-suite.ts'

const { now, sleep } = coppice
const { explore, matchers } = testing

testMatchers({ test, expect: (received) => expect(received) as never })

/** Loads the entry as if `globals` were Jest's. */
function loadWith(globals: object): typeof import('@coppice/testing/jest') {
  const real = { expect, test }
  try {
    Object.assign(globalThis, globals)
    let entry: typeof import('@coppice/testing/jest')
    jest.doMock('coppice', () => coppice).doMock('@coppice/testing', () => testing)
    jest.isolateModules(() => (entry = jest.requireActual('@coppice/testing/jest')))
    return entry!
  } finally {
    Object.assign(globalThis, real)
  }
}

itSimulates('itSimulates makes a test whose hours take no time', function* () {
  yield* sleep(3_600_000)
  expect(yield* now()).toBe(3_600_000)
  expect(explore(() => sleep(1), { runs: 1 })).toFindNothing()
})

itSimulates(
  'itSimulates passes its options on',
  function* () {
    yield* sleep(10)
  },
  { maxTime: 10 }
)

test('the test of itSimulates fails with the timeline if its program does', () => {
  const tests = new Map<string, () => void>()
  const entry = loadWith({ test: (title: string, body: () => void) => tests.set(title, body) })
  entry.itSimulates('a title', function* main() {
    yield* sleep(7)
    throw new Error('the lights went out')
  })
  expect([...tests.keys()]).toEqual(['a title'])
  expect(tests.get('a title')).toThrow(/the lights went out[^]*main#1[^]*sleep\(7\)/)
})

test('outside Jest, the entry says where it belongs', () => {
  expect(() => loadWith({ expect: undefined })).toThrow('Import @coppice/testing/jest in a Jest test')
  expect(() => loadWith({ test: undefined })).toThrow('import @coppice/testing/vitest')
})

test('the entry exports the matchers that it registers', () => {
  expect(registered).toBe(matchers)
})
