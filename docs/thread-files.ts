// Files that a program of the documentation runs in a thread: TypeScript in docs/examples, which is compiled before the
// first program runs. `new URL('./primes.ts', import.meta.url)` is that of this name, wherever the program stands.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { root } from './code-blocks.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'coppice-docs-'))

export function fileForThread(file: URL | string): URL | string {
  if (!(file instanceof URL) || file.protocol !== 'file:' || !file.pathname.endsWith('.ts')) return file
  return path.join(directory, `${path.basename(fileURLToPath(file), '.ts')}.mjs`)
}

beforeAll(() => {
  const examples = path.join(root, 'docs/examples')
  const files = readdirSync(examples)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(examples, file))
    .filter((file) => readFileSync(file, 'utf8').includes('serveWorker('))
  // Other runtimes run these tests, too; our scripts are for Node.
  const node = process.versions.bun === undefined ? process.execPath : 'node'
  execFileSync(node, [path.join(root, 'scripts/compile-workers.mjs'), directory, ...files])
}, 120_000)

afterAll(() => rmSync(directory, { recursive: true }))
