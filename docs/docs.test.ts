// Every ```ts block of the documentation, and of the examples in the sources, compiles; those that are programs run to
// their end. Write ```ts no-run for a program that must not run here, because it never ends or needs the outside world.
//
// A block of ```ts prints must print, by `console.log`, what the last block of ```text above it says, under the same heading. It may
// be a program of another library: several of them that are compared print the same.
//
// Our own rules for ESLint must have nothing to say against a block: the strict ones on the pages of the rules, the
// recommended ones elsewhere. Write ```ts misuse for a program that shows on purpose what they report; and, on the page
// of a rule, ```ts wrong for what this rule must report. That need not compile, and is not run.

import path from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { checkCodeBlocks, findCodeBlocks, root, type CheckedBlock } from './code-blocks.ts'
import { lintBlock } from './lint-block.ts'
import { fileForThread } from './thread-files.ts'
import { printedBy } from './printed-by.ts'

const blocks = checkCodeBlocks(findCodeBlocks())

const RUNNING_MS = 10_000
/** The first one waits for the process that runs all of them. */
const PRINTING_MS = 60_000

const printing = blocks.filter(({ flags, errors }) => flags.includes('prints') && errors.length === 0)
let printed: ReturnType<typeof printedBy>
beforeAll(() => void (printed = printedBy(printing)))

// Jest fails a file without tests.
if (blocks.length === 0) test('there is no code in the documentation yet', () => {})

for (const block of blocks) {
  const limitMs = block.flags.includes('prints') ? PRINTING_MS : RUNNING_MS
  test(
    `${block.file}:${block.line}`,
    async () => {
      if (block.flags.includes('wrong')) return mustBeReported(block)
      if (block.errors.length > 0) throw new Error(block.errors.join('\n'))
      if (!block.flags.includes('misuse')) {
        const reports = lintBlock(block, isPageOfRule(block) ? 'strict' : 'recommended')
        if (reports.length > 0) throw new Error(reports.map(({ text }) => text).join('\n'))
      }
      if (block.flags.includes('prints')) return mustPrint(block)
      if (block.isProgram && !block.flags.includes('no-run') && !isForNodeAlone(block)) await execute(block)
    },
    limitMs
  )
}

/** `@coppice/node` is for Node, and for Bun, which is one to its programs: on Deno its examples are compiled, and not run. */
function isForNodeAlone({ text }: CheckedBlock): boolean {
  return process.versions['deno'] !== undefined && text.includes("'@coppice/node'")
}

function isPageOfRule({ file }: CheckedBlock): boolean {
  return path.dirname(file) === 'docs/eslint'
}

function mustBeReported(block: CheckedBlock): void {
  const rule = `coppice/${path.basename(block.file, '.md')}`
  const reported = lintBlock(block, 'strict').map(({ ruleId }) => ruleId)
  if (!reported.includes(rule)) throw new Error(`${rule} does not report what its page calls wrong`)
}

async function mustPrint(block: CheckedBlock): Promise<void> {
  if (block.prints === undefined) throw new Error('It needs a block of ```text above it, under its heading')
  expect((await printed).get(block)).toEqual({ printed: block.prints })
}

type AsyncFunction = (...args: unknown[]) => Promise<void>
const AsyncFunction = async function () {}.constructor as new (
  ...parametersAndBody: string[]
) => AsyncFunction

async function execute(block: CheckedBlock): Promise<void> {
  const tasks: unknown[] = []
  const find = (specifier: string): object => {
    if (specifier.startsWith('.')) {
      return jest.requireActual(path.resolve(root, path.dirname(block.file), specifier))
    }
    const module = jest.requireActual(specifier)
    if (specifier === '@coppice/node') return withThreads(module)
    if (specifier !== 'coppice') return module
    // A program that does not wait for what it starts must come to an end all the same.
    const run = (...args: unknown[]): unknown => {
      const task = module.run(...args)
      tasks.push(task)
      return task
    }
    return { ...module, run }
  }
  const forgotten: unknown[] = []
  const mustSucceed = (task: unknown): void => void forgotten.push(task)
  // The tests that a block declares run in this one, one after the other.
  const declared: (() => unknown)[] = []
  const declare = (_title: string, body: () => unknown): void => void declared.push(body)
  const importMetaUrl = pathToFileURL(block.path).href
  const given = ['require', 'exports', 'console', 'mustSucceed', 'test', 'importMetaUrl']
  const program = new AsyncFunction(...given, block.javascript)
  await program(find, {}, silentConsole, mustSucceed, declare, importMetaUrl)
  for (const body of declared) await body()
  await Promise.allSettled(tasks)
  await Promise.all(forgotten)
}

/** A thread has nobody who would compile its file for it. */
function withThreads(module: typeof import('@coppice/node')): object {
  const worker: typeof module.worker = (file, ...rest) => module.worker(fileForThread(file), ...rest)
  const workerPool: typeof module.workerPool = (file, ...rest) =>
    module.workerPool(fileForThread(file), ...rest)
  return { ...module, worker, workerPool }
}

/** Says nothing, but an assertion in an example is one of the test. */
const silentConsole = {
  log() {},
  info() {},
  warn() {},
  error() {},
  debug() {},
  table() {},
  assert(condition: unknown) {
    if (!condition) throw new Error('An assertion of the example does not hold')
  },
}
