// Files that a program of the documentation runs in a thread: TypeScript in docs/examples, which is compiled when it is
// first asked for. `new URL('./primes.ts', import.meta.url)` is that of this name, wherever the program stands.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { root } from './code-blocks.ts'

let directory: string | undefined

export function fileForThread(file: URL | string): URL | string {
  if (!(file instanceof URL) || file.protocol !== 'file:' || !file.pathname.endsWith('.ts')) return file
  const name = path.basename(fileURLToPath(file), '.ts')
  directory ??= mkdtempSync(path.join(tmpdir(), 'coppice-docs-'))
  const compiled = path.join(directory, `${name}.mjs`)
  if (!existsSync(compiled)) {
    // Other runtimes run these tests, too; our scripts are for Node.
    const node = process.versions.bun === undefined ? process.execPath : 'node'
    const source = path.join(root, 'docs/examples', `${name}.ts`)
    execFileSync(node, [path.join(root, 'scripts/compile-workers.mjs'), directory, source])
  }
  return compiled
}

afterAll(() => {
  if (directory !== undefined) rmSync(directory, { recursive: true })
})
