/** A pool: threads for one program, a permit for each, and the jobs that get them in turn. */
import os from 'node:os'
import { inspect } from 'node:util'
import {
  CancelledError,
  MisuseError,
  type Operation,
  type Provide,
  type Semaphore,
  type TaskEvent,
  type ValueOf,
  all,
  createEvent,
  createSemaphore,
  ensure,
  operation,
  resource,
  scope,
  select,
  shield,
} from 'coppice'
import { endThread, perform, terminate } from './perform.ts'
import { Thread, UNBEGUN } from './thread.ts'
import {
  type JobOptions,
  type ThreadOptions,
  type ThreadSettings,
  type UnknownProgram,
  type WorkerProgram,
  threadSettings,
} from './thread-options.ts'
import { checkTransferList } from './transfer.ts'

/** What `workerPool` takes. */
export interface WorkerPoolOptions extends ThreadOptions {
  /** How many threads there are at most, and so how many jobs run at once. Default: as many as the host can run in parallel. */
  size?: number | undefined
}

/** Threads that do jobs for whoever asks. */
export interface WorkerPool<Program extends WorkerProgram = UnknownProgram> {
  /** How many threads there are at most. */
  readonly size: number
  /** How many jobs run. */
  readonly running: number
  /** How many jobs wait for a thread. */
  readonly waiting: number
  /**
   * Runs the program in a thread, and gives its value. Jobs get their threads in the order in which they came; the input is copied when
   * one does.
   *
   * **Cancelled:** a job that waits for a thread leaves the line. One that runs is cancelled as by `worker`; its thread does the next job, or is
   * terminated after the grace and replaced.
   * **Throws:** as `worker`; `CancelledError` if the pool closes meanwhile; `MisuseError` if it has closed before.
   */
  run(input: Parameters<Program>[0], options?: JobOptions): Operation<ValueOf<ReturnType<Program>>>
}

/**
 * Opens a pool of threads for one program, which live as long as the scope that asked for it. A thread is started when a job needs
 * one, and kept for the next one; one that has ended, whatever has ended it, is replaced when a job needs one. Idle threads do
 * not keep the process alive.
 *
 * **Cancelled:** jobs that still run or wait are cancelled, then the threads end. That is waited for.
 * **Throws:** `MisuseError` for a size that is no whole number from 1 on, and for what is no file.
 *
 * @param url the file that calls `serveWorker`, `new URL('./hash.js', import.meta.url)`, or its absolute path
 *
 * @example
 * ```ts
 * type Primes = (range: { from: number; to: number }) => Operation<number[]>
 * const file = new URL('./primes.ts', import.meta.url)
 *
 * await run(function* () {
 *   const pool = yield* workerPool<Primes>(file, { size: 2 })
 *   const primes = yield* map([0, 10, 20], (from) => pool.run({ from, to: from + 10 }))
 *   console.assert(primes.flat().join() === '2,3,5,7,11,13,17,19,23,29')
 * })
 * ```
 */
export function workerPool<Program extends WorkerProgram = UnknownProgram>(
  url: URL | string,
  options: WorkerPoolOptions = {}
): Operation<WorkerPool<Program>> {
  const settings = threadSettings(url, options, 'workerPool')
  const size = options.size ?? os.availableParallelism()
  if (!Number.isInteger(size) || size < 1)
    throw new MisuseError(`workerPool: size is a whole number from 1 on; it was ${inspect(size)}.`)
  return resource<WorkerPool<Program>>(function workerPool(provide) {
    return pooling(new Pool(settings, size), provide as Provide<WorkerPool>)
  })
}

const pooling = operation('workerPool', function* (pool: Pool, provide: Provide<WorkerPool>) {
  // Cleanup of its own, which also comes if the one below is abandoned (C13).
  yield* ensure(() => all([...pool.threads].map((thread) => terminate(thread, POOL_CLOSED))))
  try {
    yield* provide(pool)
  } finally {
    yield* shield(closePool(pool))
  }
})

class Pool implements WorkerPool {
  readonly settings: ThreadSettings
  readonly size: number
  /** One for each thread that there may be. */
  readonly permits: Semaphore
  readonly closing: TaskEvent = createEvent({ name: 'closing' })
  readonly threads = new Set<Thread>()
  /** The last one was used last. */
  readonly #idle: Thread[] = []

  constructor(settings: ThreadSettings, size: number) {
    this.settings = settings
    this.size = size
    this.permits = createSemaphore(size, { name: `workerPool(${settings.name})` })
  }

  get running(): number {
    return this.size - this.permits.available
  }

  get waiting(): number {
    return this.permits.waiting
  }

  run(input: unknown, { transferList = [] }: JobOptions = {}): Operation<any> {
    const checked = checkTransferList(transferList, 'pool.run')
    return scope(() => runInPool(this, input, checked))
  }

  /** Whoever has a permit gets a thread, unless the pool has closed since the permit was given. */
  take(): Thread {
    if (this.closing.isSet) throw this.closedError()
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    const thread: Thread = new Thread(this.settings, () => this.#exited(thread))
    this.threads.add(thread)
    return thread
  }

  /** One that still has its job has it from somebody who was abandoned (C13). */
  takeBack(thread: Thread): Operation<void> | undefined {
    if (thread.job !== null) return terminate(thread, 'its task was abandoned')
    if (thread.isUsable) this.#idle.push(thread)
    return undefined
  }

  closedError(): CancelledError {
    return new CancelledError(`A job for ${this.settings.name}`, POOL_CLOSED)
  }

  #exited(thread: Thread): void {
    this.threads.delete(thread)
    const place = this.#idle.indexOf(thread)
    if (place !== -1) this.#idle.splice(place, 1)
  }
}

const runInPool = operation(
  'pool.run',
  function* (pool: Pool, input: unknown, transferList: NonNullable<JobOptions['transferList']>) {
    const { settings, permits, closing } = pool
    if (closing.isSet)
      throw new MisuseError(
        `The pool of ${settings.name} has closed, with the scope that opened it. Open it in a scope around all of its jobs.`
      )
    const { key } = yield* select({ turn: permits.use(), closing: closing.wait() })
    if (key === 'closing') throw pool.closedError()
    for (;;) {
      const value = yield* scope(() => performByOne(pool, input, transferList))
      if (value !== UNBEGUN) return value
    }
  }
)

const performByOne = operation(
  'performByOne',
  function* (pool: Pool, input: unknown, transferList: NonNullable<JobOptions['transferList']>) {
    const thread = pool.take()
    yield* ensure(() => pool.takeBack(thread))
    return yield* perform(thread, input, transferList, pool.settings.grace)
  }
)

const POOL_CLOSED = 'its pool has closed'

/** All threads at once. */
const closePool = operation('closePool', function* (pool: Pool) {
  pool.closing.set()
  yield* all([...pool.threads].map((thread) => endThread(thread, pool.settings.grace, POOL_CLOSED)))
})
