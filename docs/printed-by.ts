// What the blocks flagged `prints` print: see print-blocks.mjs.

import { spawn } from 'node:child_process'
import path from 'node:path'
import { root, type CheckedBlock } from './code-blocks.ts'

export type Printed = { readonly printed: string } | { readonly error: string }

/** Runs all blocks in one process, and gives what each has printed or why it has failed. */
export async function printedBy(blocks: readonly CheckedBlock[]): Promise<Map<CheckedBlock, Printed>> {
  if (blocks.length === 0) return new Map()
  const child = spawn(process.execPath, [path.join(root, 'docs/print-blocks.mjs')], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(blocks.map(({ javascript }) => ({ javascript }))))
  let output = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) output += chunk
  const results = JSON.parse(output) as Printed[]
  return new Map(blocks.map((block, index) => [block, results[index]!]))
}
