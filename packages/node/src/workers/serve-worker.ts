/** The side of the thread: serves a program to whoever has started its file. */
import process from 'node:process'
import { inspect } from 'node:util'
import { type MessagePort, isMainThread, workerData } from 'node:worker_threads'
import { MisuseError, type Operation, type Outcome, type Task, cancel, operation, run, scope } from 'coppice'
import { type Carried, WHAT_CAN, carried, carry, printed } from './carried.ts'
import type { CarriedOutcome, FromThread, ThreadData, ToThread } from './protocol.ts'
import { Transfer, type Transferred } from './transfer.ts'

/**
 * Serves a program to whoever starts this file in a thread, with `worker` or `workerPool`: for each job it is run, as the root of a
 * tree in the thread, with the input of the job, and its value goes back. Write it once in a file, and at its top level.
 *
 * It gives the program as an operation, so that the file can be imported, too: for its type, or to run the same program without a thread.
 *
 * **Cancelled:** the program is cancelled when the task that stands for it is: each `finally` in it runs, until the grace has passed. When it
 * is cancelled gracefully, `cancelRequested()` tells it.
 * **Throws:** `MisuseError` for what is no function, and for a second program in one thread.
 *
 * @param program takes the input, and gives an operation; a generator function for instance
 *
 * @example
 * ```ts
 * export const fibonacci = serveWorker(function* fibonacci(n: number) {
 *   let [a, b] = [0, 1]
 *   for (let index = 0; index < n; index++) [a, b] = [b, a + b]
 *   return a
 * })
 * // Elsewhere: yield* worker<typeof fibonacci>(new URL('./fibonacci.js', import.meta.url), 40)
 * ```
 */
export function serveWorker<Input, Value>(
  program: (input: Input) => Operation<Value>
): (input: Input) => Operation<Transferred<Value>> {
  if (typeof program !== 'function')
    throw new MisuseError(
      `serveWorker takes a program: serveWorker(function* (input) {…}). It was given ${inspect(program)}.`
    )
  const ours = isMainThread ? undefined : (workerData as Partial<ThreadData> | null)?.['@coppice/node']
  if (ours !== undefined) serve(ours, program)
  return operation(program.name || 'program', function* (input: Input) {
    const value = yield* scope(() => program(input))
    return (value instanceof Transfer ? value.value : value) as Transferred<Value>
  })
}

function serve(ours: ThreadData['@coppice/node'], program: (input: any) => Operation<unknown>): void {
  if (ours.isServed)
    throw new MisuseError(
      `${ours.name} serves two programs, itself or in a file that it imports, and a thread runs one. Put each into a file of its own.`
    )
  ours.isServed = true
  new Server(ours, program)
}

/** The side of the thread. */
class Server {
  readonly #port: MessagePort
  readonly #name: string
  readonly #begun: Int32Array<SharedArrayBuffer>
  readonly #program: (input: any) => Operation<unknown>
  #task: Task | null = null

  constructor(
    { port, name, begun }: ThreadData['@coppice/node'],
    program: (input: any) => Operation<unknown>
  ) {
    this.#port = port
    this.#name = name
    this.#begun = begun
    this.#program = program
    port.on('message', (message: ToThread) => this.#receive(message))
    port.on('messageerror', (error) => this.#refuse('What was sent to', 'read', error))
    this.#send({ type: 'ready' })
  }

  #receive(message: ToThread): void {
    switch (message.type) {
      case 'job':
        return this.#start(message.input)
      case 'announce':
        // It may have crossed with the end of the job.
        if (this.#task !== null)
          run(cancel(this.#task, { reason: carried(message.reason), grace: message.graceMs }))
        return
      case 'cancel':
        return void this.#task?.cancel(carried(message.reason))
      case 'leave':
        // Not left to whoever terminates: what was written to stdout would be lost.
        process.exit(0)
    }
  }

  #start(input: unknown): void {
    Atomics.add(this.#begun, 0, 1)
    const task = run(() => this.#program(input), { name: this.#program.name || this.#name })
    const end = () => {
      this.#task = null
      this.#tell(task.outcome!)
    }
    this.#task = task
    task.then(end, end)
  }

  #tell(outcome: Outcome<unknown>): void {
    if (outcome.status !== 'done')
      return this.#send({ type: 'ended', outcome: this.#carriedOutcome(outcome) })
    const { value, transferList } =
      outcome.value instanceof Transfer ? outcome.value : new Transfer(outcome.value, [])
    try {
      const message: FromThread = { type: 'ended', outcome: { status: 'done', value } }
      this.#port.postMessage(message, transferList)
    } catch (error) {
      this.#refuse('What was returned by', 'sent from its thread', error)
    }
  }

  #carriedOutcome(outcome: Exclude<Outcome<unknown>, { status: 'done' }>): CarriedOutcome {
    if (outcome.status === 'cancelled') return { ...outcome, reason: carry(outcome.reason, printed) }
    const refused = (value: unknown) =>
      this.#misuse('What was thrown by', 'sent from its thread', `it is ${inspect(value)}`)
    // What hangs on an error is not worth losing the error for.
    const otherwise = outcome.error instanceof Error ? printed : refused
    return { status: 'failed', error: carry(outcome.error, otherwise) }
  }

  #refuse(what: string, how: string, error: unknown): void {
    const { message = String(error) } = error as { message?: string }
    const carriedError = this.#misuse(what, how, message, error)
    this.#send({ type: 'ended', outcome: { status: 'failed', error: carriedError } })
  }

  #misuse(what: string, how: string, why: string, cause?: unknown): Carried {
    const message = `${what} ${this.#name} can't be ${how}: ${why.replace(/\.$/, '')}. ${WHAT_CAN}`
    return carry(new MisuseError(message, cause === undefined ? {} : { cause }), printed)
  }

  #send(message: FromThread): void {
    this.#port.postMessage(message)
  }
}
