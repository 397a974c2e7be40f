/**
 * The same seed gives the same runs on every host and machine, byte for byte. What these are stands in golden.txt; if a change of the machine changes
 * it on purpose, `WRITE_GOLDEN=1 npx jest golden` writes it anew.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { golden } from './golden/golden.ts'

const root = path.resolve(__dirname, '../../..')
const file = path.join(__dirname, 'golden/golden.txt')
const print = path.join(__dirname, 'golden/print.ts')
const bun = path.join(root, 'node_modules/.bin/bun')

const written = () => readFileSync(file, 'utf8')
const printedBy = (command: string, args: readonly string[]) =>
  execFileSync(command, [...args, print], { cwd: root, encoding: 'utf8', timeout: 60_000 })

const text = `${golden()}\n`

test('explorations are what they were, byte for byte', () => {
  if (process.env.WRITE_GOLDEN === '1') writeFileSync(file, text)
  expect(text).toBe(written())
})

test('and come again in the same process', () => {
  expect(`${golden()}\n`).toBe(text)
})

test('and are the same on Bun', () => {
  expect(printedBy(bun, [])).toBe(written())
}, 60_000)
