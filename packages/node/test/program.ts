/** Runs TypeScript as a process of its own, as a user would from a terminal. */
import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import process from 'node:process'

const root = path.resolve(__dirname, '../../..')

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly errors: string
}

export interface Running {
  readonly child: ChildProcess
  /** Resolves when the program has printed the text, to stdout or stderr. */
  printed(text: string): Promise<void>
  readonly ended: Promise<Ended>
}

/** Starts a program, given by its path below `packages/node/test`. */
export function start(file: string, ...args: string[]): Running {
  // Other runtimes run these tests, too; what is tested is a program of Node.
  const node = process.versions.bun === undefined ? process.execPath : 'node'
  const command = ['--import', './scripts/register-ts.mjs', path.join('packages/node/test', file), ...args]
  const child = spawn(node, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = { stdout: '', stderr: '' }
  let watchers: (() => boolean)[] = []
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
      watchers = watchers.filter((isDone) => !isDone())
    })
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, output: texts.stdout, errors: texts.stderr }))
  })
  const printed = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const isDone = () => {
        const found = texts.stdout.includes(text) || texts.stderr.includes(text)
        if (found) resolve()
        return found
      }
      if (!isDone()) watchers.push(isDone)
      void ended.then(() => reject(new Error(`It ended without '${text}':\n${texts.stdout}${texts.stderr}`)))
    })
  return { child, printed, ended }
}
