/** A program in a thread of its own, which a task here stands for. */
import { type Operation, type ValueOf, ensure, operation, scope, shield } from 'coppice'
import { endThread, perform, terminate } from './perform.ts'
import { Thread } from './thread.ts'
import {
  type JobOptions,
  type ThreadOptions,
  type ThreadSettings,
  type UnknownProgram,
  type WorkerProgram,
  threadSettings,
} from './thread-options.ts'
import { checkTransferList } from './transfer.ts'

/** What `worker` takes. */
export interface WorkerOptions extends ThreadOptions, JobOptions {}

/**
 * Runs a program in a thread of its own, and gives its value. The file calls `serveWorker`. The task that runs this stands for the program
 * in the thread: cancelled, so is that; and when it ends, there is no thread any more.
 *
 * **Cancelled:** the program in the thread is cancelled, each `finally` in it runs, and that is waited for. After `grace` milliseconds the
 * thread is terminated. A graceful cancellation is announced to the program.
 * **Throws:** what the program throws: an error of the same type, with its message, its properties, its cause, and the stack and the tasks of
 * the thread; `WorkerError` if the thread ends before the program has; `MisuseError` for what can't be sent, and for what is no
 * file that serves.
 *
 * @param url the file, `new URL('./hash.js', import.meta.url)`, or its absolute path
 * @param input what the program is called with, copied as `structuredClone` copies
 *
 * @example
 * ```ts
 * type Primes = (range: { from: number; to: number }) => Operation<number[]>
 * const file = new URL('./primes.ts', import.meta.url)
 *
 * await run(function* () {
 *   const primes = yield* timeout(5000, worker<Primes>(file, { from: 10, to: 20 }))
 *   console.assert(primes.join() === '11,13,17,19')
 * })
 * ```
 */
export function worker<Program extends WorkerProgram = UnknownProgram>(
  url: URL | string,
  input: Parameters<Program>[0],
  options: WorkerOptions = {}
): Operation<ValueOf<ReturnType<Program>>> {
  const settings = threadSettings(url, options, 'worker')
  const transferList = checkTransferList(options.transferList ?? [], 'worker')
  return scope(() => working(settings, input, transferList)) as Operation<ValueOf<ReturnType<Program>>>
}

const working = operation(
  'worker',
  function* (
    settings: ThreadSettings,
    input: unknown,
    transferList: NonNullable<JobOptions['transferList']>
  ) {
    const thread = new Thread(settings, () => {})
    // Cleanup of its own, which also comes if the one below is abandoned (C13).
    yield* ensure(() => terminate(thread, ENDED))
    try {
      return yield* perform(thread, input, transferList, settings.grace)
    } finally {
      yield* shield(endThread(thread, settings.grace, ENDED))
    }
  }
)

const ENDED = 'its task has ended'
