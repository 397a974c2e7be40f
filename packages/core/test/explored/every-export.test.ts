/** Whoever exports something new says how it fares when it is cancelled. */
import * as coppice from 'coppice'
import { coordination } from './coordination.ts'
import { operations } from './operations.ts'
import { policies } from './policies.ts'
import { streams } from './streams.ts'

/** Functions that run nothing: they only look at tasks. */
const LOOKS_ONLY = ['formatTree', 'inspectTree']

const isClass = (value: unknown) => typeof value === 'function' && /^class\b/.test(String(value))

test('every operation, stream, policy and primitive that is exported has a row', () => {
  const covered = new Set(
    [...operations, ...coordination, ...streams, ...policies].flatMap((row) => row.covers)
  )
  const functions = Object.entries(coppice)
    .filter(([name, value]) => typeof value === 'function' && !isClass(value) && !LOOKS_ONLY.includes(name))
    .map(([name]) => name)
  expect(functions.length).toBeGreaterThan(90)
  expect(functions.filter((name) => !covered.has(name))).toEqual([])
  expect([...covered].filter((name) => !functions.includes(name))).toEqual([])
})
