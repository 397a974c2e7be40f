/** Tasks that call one object: a program to be explored, and the check that its history is linearizable. */
import {
  MisuseError,
  type Operation,
  type TaskEvent,
  createEvent,
  operation,
  pause,
  select,
  sleep,
  spawn,
} from 'coppice'
import { isResultOperation, printed } from 'coppice/kernel'
import { History } from './history.ts'
import { linearizable } from './linearizable.ts'
import type { SequentialModel } from './model.ts'
import { record } from './record.ts'

/** A call to be made: the name of a method, and its arguments. */
export type PlannedCall = readonly [name: string, ...args: unknown[]]

/** For each task the calls that it makes, one after the other. */
export type Scenario = readonly (readonly PlannedCall[])[]

/** What is called: made anew in each run, by a function or an operation. */
export type Make<O extends object> = () => O | Operation<O>

/** Later than anything that a program does by itself: the clock comes here only if nothing else is left to do. */
const AT_LAST_MS = 1e15

export class ScenarioRun<O extends object, S> {
  /** Of the latest run. */
  history = new History()
  readonly #make: Make<O>
  readonly #model: SequentialModel<S>
  readonly #tasks: Scenario
  readonly #maxStates: number
  #isStuck = false

  constructor(make: Make<O>, model: SequentialModel<S>, tasks: Scenario, maxStates: number) {
    this.#make = make
    this.#model = model
    this.#tasks = tasks
    this.#maxStates = maxStates
    // So the root is called in timelines.
    const scenario = () => this.#run()
    this.program = scenario
  }

  readonly program: () => Operation<void>

  /** **Throws:** `LinearizabilityError`. */
  readonly check = (): void => {
    const pending = this.#isStuck ? 'must-wait' : 'may-wait'
    linearizable(this.history, this.#model, { pending, maxStates: this.#maxStates }).mustHold()
  };

  *#run() {
    const history = (this.history = new History())
    this.#isStuck = false
    const made = this.#make()
    const object = isResultOperation(made) ? yield* made as Operation<O> : (made as O)
    const ended = createEvent({ name: 'all have ended' })
    const workers = { left: this.#tasks.length, ended }
    for (const [i, calls] of this.#tasks.entries()) {
      const name = columnName(i)
      yield* spawn(worker(record(object, history, name), calls, workers), { name, background: true })
    }
    const { key } = yield* select({ ended: ended.wait(), stuck: sleep(AT_LAST_MS) })
    // What is cancelled at the end of the program is not what the tasks did.
    history.close()
    this.#isStuck = key === 'stuck'
  }
}

interface Workers {
  left: number
  readonly ended: TaskEvent
}

const worker = operation(function* worker(object: object, calls: readonly PlannedCall[], workers: Workers) {
  try {
    for (const [i, [name, ...args]] of calls.entries()) {
      // Between its calls others can have theirs.
      if (i > 0) yield* pause()
      yield* perform(object as Record<string, unknown>, name, args)
    }
  } finally {
    workers.left--
    if (workers.left === 0) workers.ended.set()
  }
})

const perform = operation(function* perform(object: Record<string, unknown>, name: string, args: unknown[]) {
  const method = object[name]
  if (typeof method !== 'function')
    throw new MisuseError(`The object has no method ${name}; it was made ${printed(object)}.`)
  try {
    const result: unknown = method(...args)
    if (isResultOperation(result)) yield* result
  } catch {
    // The history has it; whether it may be is for the model to say.
  }
})

/** `a`, `b`, …, `z`, `a1`, … */
function columnName(index: number): string {
  const letter = String.fromCharCode(97 + (index % 26))
  return index < 26 ? letter : letter + Math.floor(index / 26)
}

export function checkScenario(tasks: unknown, by: string): Scenario {
  const isCall = (call: unknown) => Array.isArray(call) && typeof call[0] === 'string'
  if (
    Array.isArray(tasks) &&
    tasks.length > 0 &&
    tasks.every((calls) => Array.isArray(calls) && calls.every(isCall))
  )
    return tasks as Scenario
  throw new MisuseError(
    `${by}: tasks takes a list of calls for each task, [[['push', 1], ['shift']], [['shift']]]; it was given ${printed(tasks)}.`
  )
}
