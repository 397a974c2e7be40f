/** Files for threads, and what is left of these. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import workerThreads from 'node:worker_threads'
import { type Operation, type RunOptions, operation, run, sleep, timeout } from 'coppice'

const root = path.resolve(__dirname, '../../../..')

/** Other runtimes run these tests, too. */
export const isNode = process.versions.bun === undefined

/** Compiles programs of this folder once for all tests of a file. */
export function compiled(...names: string[]): {
  url(name: string): URL
  write(name: string, text: string): URL
} {
  const directory = mkdtempSync(path.join(tmpdir(), 'coppice-workers-'))
  const urlOf = (name: string) => pathToFileURL(path.join(directory, name))
  beforeAll(() => {
    // Our scripts are for Node.
    const node = isNode ? process.execPath : 'node'
    const files = names.map((name) => path.join(__dirname, `${name}.worker.ts`))
    execFileSync(node, [path.join(root, 'scripts/compile-workers.mjs'), directory, ...files])
  })
  afterAll(() => rmSync(directory, { recursive: true }))
  return {
    url: (name) => urlOf(`${name}.worker.mjs`),
    write: (name, text) => {
      writeFileSync(urlOf(name), text)
      return urlOf(name)
    },
  }
}

/** All threads that were started since the last time. */
export const started: workerThreads.Worker[] = []

/** Keeps a list of the threads that are started. */
export function watchThreads(): void {
  const { Worker } = workerThreads
  beforeAll(() => {
    jest.spyOn(workerThreads, 'Worker').mockImplementation((...args) => {
      const worker = new Worker(...args)
      started.push(worker)
      return worker
    })
  })
  afterAll(() => jest.restoreAllMocks())
}

/** Runs a program, and sees to it that no thread, and nothing of one, is left. */
export async function leavingNothing<T>(program: () => Operation<T>, options?: RunOptions): Promise<T> {
  started.length = 0
  const before = resources()
  const task = run(program, options)
  try {
    return await task
  } finally {
    expect(started.map(({ threadId }) => threadId).filter((id) => id !== -1)).toEqual([])
    // What was closed is gone in the next turn of the host's event loop.
    await new Promise((resolve) => setTimeout(resolve, 1))
    expect(resources()).toEqual(before)
  }
}

const resources = () => process.getActiveResourcesInfo().filter((kind) => /Worker|MessagePort/.test(kind))

/** Memory that both sides share, where a program tells how far it is. For most, 0: it has begun; 1: it cleans up; 2: it has cleaned up. */
export const sharedMemory = () => new Int32Array(new SharedArrayBuffer(12))

export const untilSet = (shared: Int32Array, index: number) => timeout(20_000, polling(shared, index))

const polling = operation('polling', function* (shared: Int32Array, index: number) {
  while (Atomics.load(shared, index) === 0) yield* sleep(2)
})
