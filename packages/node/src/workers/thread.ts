/** Our side of a thread: gives it jobs, and says what has become of them, and of it. */
import process from 'node:process'
import {
  type MessagePort,
  MessageChannel,
  type TransferListItem,
  Worker,
  receiveMessageOnPort,
} from 'node:worker_threads'
import {
  CancelledError,
  MisuseError,
  type Operation,
  type Outcome,
  type TaskEvent,
  createDeferred,
  createEvent,
} from 'coppice'
import { WHAT_CAN, carried, carry, printed } from './carried.ts'
import type { CarriedOutcome, FromThread, ThreadData, ToThread } from './protocol.ts'
import type { ThreadSettings } from './thread-options.ts'
import { WorkerError } from './worker-error.ts'

/** What a thread has been given to do. */
export class Job {
  /** Null while it is at it. */
  outcome: Outcome<unknown> | null = null
  /** Nothing of its input was handed over, so another thread can do it. */
  readonly canBeMoved: boolean
  readonly #ended = createDeferred<Outcome<unknown>>({ name: 'job' })

  constructor(canBeMoved: boolean) {
    this.canBeMoved = canBeMoved
  }

  /** Waits for its outcome. */
  get ended(): Operation<Outcome<unknown>> {
    return this.#ended
  }

  /** Wakes those who wait for the outcome, which is there by now. They run at once (S5). */
  tell(): void {
    this.#ended.resolve(this.outcome!)
  }
}

/** The outcome of a job that was given to a thread which had done others, and ended before it began with this one. */
export const UNBEGUN: Outcome<unknown> = { status: 'cancelled', reason: 'its thread had ended before' }

/** For messages. */
const UNSENT = ". It had not begun with this job, whose transferList can't be handed over twice"

/** A thread that does one job at a time. It keeps the process alive while it does. */
export class Thread {
  readonly name: string
  /** Set when it has ended, and its job with it. */
  readonly exited: TaskEvent = createEvent({ name: 'exit' })
  job: Job | null = null
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #onExit: () => void
  #isServing = false
  /** How many jobs it was given, and how many of these it has begun. */
  #given = 0
  readonly #begun = new Int32Array(new SharedArrayBuffer(4))
  /** Why it has been told to end; null if it has not. */
  #ending: { readonly reason: unknown } | null = null
  #hasEnded = false
  #uncaught: { readonly error: unknown } | null = null

  /** @param onExit is told that it has ended */
  constructor(settings: ThreadSettings, onExit: () => void) {
    const { port1, port2 } = new MessageChannel()
    this.name = settings.name
    this.#onExit = onExit
    this.#port = port1
    try {
      this.#worker = startWorker(settings, port2, this.#begun)
    } catch (error) {
      port1.close()
      throw error
    }
    this.#worker.on('error', (error) => (this.#uncaught ??= { error })).on('exit', this.#exited)
    port1.on('message', this.#receive).on('messageerror', this.#garbled)
    // It is the thread that keeps the process alive, as long as it should.
    port1.unref()
  }

  /** Whether it can do another job. */
  get isUsable(): boolean {
    return this.#ending === null && !this.#hasEnded
  }

  /** Gives it something to do. It begins when it has loaded its file. */
  begin(input: unknown, transferList: readonly TransferListItem[]): Job {
    try {
      this.#post({ type: 'job', input }, transferList)
    } catch (error) {
      throw new MisuseError(
        `The input of ${this.name} can't be sent to its thread: ${messageOf(error)}. ${WHAT_CAN}`,
        { cause: error }
      )
    }
    this.#given++
    this.#worker.ref()
    return (this.job = new Job(transferList.length === 0))
  }

  /** C9: tells the program that it is to finish. */
  announce(reason: unknown, graceMs: number): void {
    this.#post({ type: 'announce', reason: carry(reason, printed), graceMs })
  }

  /** Cancels the program, of which each `finally` is run. */
  cancel(reason?: unknown): void {
    this.#post({ type: 'cancel', reason: carry(reason, printed) })
  }

  /** Tells it to end by itself, which it does once it hears of it. */
  leave(reason: unknown): void {
    this.#ending = { reason }
    this.#post({ type: 'leave' })
  }

  /** Ends it, whatever it does. */
  terminate(reason: unknown): void {
    this.#ending ??= { reason }
    void this.#worker.terminate()
  }

  #post(message: ToThread, transferList: readonly TransferListItem[] = []): void {
    this.#port.postMessage(message, transferList)
  }

  readonly #receive = (message: FromThread): void => {
    if (message.type === 'ready') this.#isServing = true
    else this.#settle(uncarried(message.outcome))?.tell()
  }

  readonly #garbled = (error: Error): void => {
    const message = `What was sent by ${this.name} can't be read: ${messageOf(error)}. ${WHAT_CAN}`
    this.#settle({ status: 'failed', error: new MisuseError(message, { cause: error }) })?.tell()
  }

  /** Everything is as it will be before anybody is told, since whoever waits runs at once (S5). */
  readonly #exited = (exitCode: number): void => {
    this.#hasEnded = true
    // What it has said last may still be on its way.
    for (let last = receiveMessageOnPort(this.#port); last !== undefined;) {
      this.#receive(last.message as FromThread)
      last = receiveMessageOnPort(this.#port)
    }
    this.#port.close()
    const job = this.#settle(this.#lastOutcome(exitCode))
    // What a job has left behind has thrown after its end: nobody's failure any more, but no secret either (E3).
    if ((job === null || job.outcome === UNBEGUN) && this.#uncaught !== null)
      process.emitWarning(this.#errorOf(exitCode))
    this.#onExit()
    this.exited.set()
    job?.tell()
  }

  #lastOutcome(exitCode: number): Outcome<unknown> {
    if (this.#ending !== null) return { status: 'cancelled', reason: this.#ending.reason }
    // One that has never done anything is not to be replaced for ever.
    const isUnbegun = this.#given > 1 && Atomics.load(this.#begun, 0) < this.#given
    return isUnbegun && this.job?.canBeMoved
      ? UNBEGUN
      : { status: 'failed', error: this.#errorOf(exitCode, isUnbegun ? UNSENT : '') }
  }

  /** The job that this is the outcome of: whoever waits for it is to be told. */
  #settle(outcome: Outcome<unknown>): Job | null {
    const { job } = this
    if (job === null) return null
    job.outcome = outcome
    this.job = null
    this.#worker.unref()
    return job
  }

  #errorOf(exitCode: number, more = ''): WorkerError | MisuseError {
    const { name } = this
    if (this.#uncaught === null) {
      if (this.#isServing || exitCode !== 0)
        return new WorkerError(
          'COPPICE_WORKER_EXITED',
          `${name} has ended its thread with exit code ${exitCode}${more}`,
          exitCode
        )
      return new MisuseError(
        `${name} serves nothing to its thread. Write serveWorker(function* (input) {…}) at its top level.`
      )
    }
    const { error } = this.#uncaught
    const options = { cause: error }
    if ((error as { code?: unknown } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY')
      return new WorkerError(
        'COPPICE_WORKER_OUT_OF_MEMORY',
        `${name} has used up the memory of its thread${more}`,
        exitCode,
        options
      )
    const [code, what] = this.#isServing
      ? (['COPPICE_WORKER_CRASHED', 'has crashed in its thread'] as const)
      : (['COPPICE_WORKER_NOT_LOADED', 'could not be loaded in a thread'] as const)
    return new WorkerError(code, `${name} ${what}: ${messageOf(error)}${more}`, exitCode, options)
  }
}

function startWorker(
  { url, name, env, execArgv, resourceLimits }: ThreadSettings,
  port: MessagePort,
  begun: Int32Array<SharedArrayBuffer>
): Worker {
  const data: ThreadData = { '@coppice/node': { port, name, begun, isServed: false } }
  return new Worker(url, {
    name,
    workerData: data,
    transferList: [port],
    ...(env && { env }),
    ...(execArgv && { execArgv: [...execArgv] }),
    ...(resourceLimits && { resourceLimits }),
  })
}

/** The value of an outcome, or its throw, as a join would have it (T6). */
export function valueOf(outcome: Outcome<unknown>, name: string): unknown {
  if (outcome.status === 'done') return outcome.value
  throw outcome.status === 'failed' ? outcome.error : new CancelledError(name, outcome.reason)
}

function uncarried(outcome: CarriedOutcome): Outcome<unknown> {
  if (outcome.status === 'done') return outcome
  if (outcome.status === 'failed') return { ...outcome, error: carried(outcome.error) }
  return { ...outcome, reason: carried(outcome.reason) }
}

/** As the middle of a sentence. */
function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown }
  return (typeof message === 'string' ? message : String(error)).replace(/\.$/, '')
}
