/** E9: bad input is refused where it is handed over, and never an error of the engine, nor silence. */
import * as coppice from 'coppice'
import { strangeEnds } from './kinds.ts'
import { rows, takeNothing } from './rows.ts'

describe('E9 a value of the wrong kind is refused with a MisuseError, or is taken for what it is', () => {
  test.each([...rows])('%s', async (...row) => {
    expect(await strangeEnds(row)).toEqual([])
  })

  test('every function that is exported is called', () => {
    const covered = new Set([...rows.map(([name]) => name.split(/[ ,.]/)[0]), ...takeNothing])
    const isClass = (value: unknown) => /^class\b/.test(String(value))
    const functions = Object.entries(coppice).filter(
      ([, value]) => typeof value === 'function' && !isClass(value)
    )
    expect(functions.map(([name]) => name).filter((name) => !covered.has(name))).toEqual([])
  })
})
