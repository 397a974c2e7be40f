/** One program for many tests: it does what it is told. */
import process from 'node:process'
import { type MessagePort, parentPort, resourceLimits, threadId, workerData } from 'node:worker_threads'
import { ProcessError, serveWorker, transfer } from '@coppice/node'
import {
  cancel,
  cancelRequested,
  ensure,
  operation,
  pause,
  select,
  self,
  sleep,
  spawn,
  suspend,
  timeout,
  until,
} from 'coppice'

class HashError extends TypeError {
  readonly code = 'HASH'
  readonly data = new Map([['a', 1]])
  readonly unsendable = () => {}
}

class Unnamed extends Error {}

class Named extends ProcessError {
  override readonly name = 'Named' as 'ProcessError'
}

const block = (ms: number) => {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** What it does is told through memory that both sides share. */
const tell = (shared: Int32Array<SharedArrayBuffer>, index: number, value = 1) => {
  Atomics.store(shared, index, value)
}

const failing = operation('failing', function* (error: unknown): Generator<any, never> {
  yield* sleep(1)
  throw error
})

const circle = () => {
  const error = new Error('round') as Error & { cause: unknown }
  error.cause = error
  return error
}

const errors: Record<string, () => unknown> = {
  type: () => new TypeError('no type', { cause: new RangeError('its cause', { cause: 'the end' }) }),
  hash: () => new HashError('no hash'),
  unnamed: () => new Unnamed('no name'),
  named: () => new Named('ls', [], { code: 2, signal: null }, { stdout: '', stderr: '' }),
  odd: () => Object.assign(new Error('odd'), { taskPath: 'mine', name: 'Odd' }),
  bare: () => Object.setPrototypeOf(Object.assign(new Error('bare'), { stack: 'its stack' }), null),
  several: () => new AggregateError([new TypeError('one'), 'two'], 'some'),
  circle,
  number: () => 42,
  nothing: () => undefined,
  function: () => function unsendable() {},
}

const programs = {
  *double(n: number): Steps<number> {
    yield* sleep(1)
    return 2 * n
  },
  *give(value: unknown): Steps<unknown> {
    return value
  },
  *thread(): Steps<number> {
    return threadId
  },
  *block(ms: number): Steps<number> {
    block(ms)
    return threadId
  },
  *sleep(ms: number): Steps<number> {
    yield* sleep(ms)
    return threadId
  },
  *fail(name: string): Steps<void> {
    yield* failing(errors[name]!())
  },
  *failInChildren(): Steps<void> {
    yield* ensure(() => {
      throw new RangeError('its cleanup')
    })
    yield* spawn(failing(new TypeError('a child')), { name: 'child' })
    yield* suspend()
  },
  *timeOut(): Steps<void> {
    yield* timeout(1, suspend())
  },
  *cancelItself(): Steps<void> {
    yield* cancel(yield* self(), { reason: { why: 'enough' } })
  },
  *giveFunction(): Steps<unknown> {
    return { method() {} }
  },
  *giveNumbers(length: number): Steps<unknown> {
    const numbers = new Float64Array(length).fill(1)
    return transfer(numbers, [numbers.buffer])
  },
  *giveDetached(): Steps<unknown> {
    const numbers = new Float64Array(1)
    structuredClone(numbers, { transfer: [numbers.buffer] })
    return transfer(numbers, [numbers.buffer])
  },
  *sum(numbers: Float64Array): Steps<number> {
    return numbers.reduce((a, b) => a + b)
  },
  *converse(port: MessagePort): Steps<string> {
    const heard = yield* until(
      new Promise<string>((resolve) => {
        port.once('message', resolve)
        port.postMessage('hello')
      })
    )
    port.close()
    return heard
  },
  *chat(): Steps<string> {
    parentPort!.postMessage({ type: 'ended', outcome: { status: 'done', value: 'forged' } })
    yield* sleep(20)
    return 'genuine'
  },
  *guarded({ shared, ms }: { shared: Int32Array<SharedArrayBuffer>; ms: number }): Steps<void> {
    try {
      tell(shared, 0, threadId)
      Atomics.notify(shared, 0)
      yield* suspend()
    } finally {
      tell(shared, 1)
      yield* sleep(ms)
      tell(shared, 2)
    }
  },
  *failsInCleanup(shared: Int32Array<SharedArrayBuffer>): Steps<void> {
    try {
      tell(shared, 0)
      yield* suspend()
    } finally {
      yield* failing(new TypeError('no cleanup'))
    }
  },
  *exitsInCleanup(shared: Int32Array<SharedArrayBuffer>): Steps<void> {
    yield* ensure(() => process.exit(4))
    tell(shared, 0)
    yield* suspend()
  },
  *blocks(shared: Int32Array<SharedArrayBuffer>): Steps<void> {
    tell(shared, 0, threadId)
    for (;;);
  },
  *untilTold(shared: Int32Array<SharedArrayBuffer>): Steps<void> {
    tell(shared, 0)
    while (Atomics.load(shared, 1) === 0) yield* sleep(1)
  },
  *computes(shared: Int32Array<SharedArrayBuffer>): Steps<void> {
    try {
      for (tell(shared, 0); ; block(1)) yield* pause()
    } finally {
      tell(shared, 1)
    }
  },
  *finishes(shared: Int32Array<SharedArrayBuffer>): Steps<unknown> {
    tell(shared, 0)
    const first = yield* select({ told: cancelRequested(), late: sleep(60_000) })
    if (first.key === 'late') return 'late'
    return first.value.reason
  },
  *exit(code: number): Steps<void> {
    process.exit(code)
  },
  *giveAndExit(shared: Int32Array<SharedArrayBuffer>): Steps<string> {
    yield* sleep(10)
    setImmediate(() => {
      tell(shared, 0)
      process.exit(5)
    })
    return 'last word'
  },
  *giveAndExitWhenTold(shared: Int32Array<SharedArrayBuffer>): Steps<string> {
    const { port } = workerData['@coppice/node'] as { port: MessagePort }
    const post = port.postMessage.bind(port)
    port.postMessage = (message: unknown) => {
      post(message)
      Atomics.wait(shared, 0, 0)
      process.exit(5)
    }
    return 'last word'
  },
  *tellAndEnd(shared: Int32Array<SharedArrayBuffer>): Steps<void> {
    tell(shared, 0)
    yield* sleep(20)
    setImmediate(() => tell(shared, 1))
  },
  *crash(): Steps<void> {
    setTimeout(() => {
      throw new TypeError('nobody catches this')
    })
    yield* suspend()
  },
  *reject(): Steps<void> {
    void Promise.reject(new TypeError('nobody awaits this'))
    yield* suspend()
  },
  *crashLater(): Steps<number> {
    setTimeout(() => {
      throw new TypeError('left behind')
    }, 20)
    return threadId
  },
  *exhaust(): Steps<void> {
    const list: number[][] = []
    for (;;) list.push(new Array(100_000).fill(0.5))
  },
  *environment(): Steps<unknown> {
    return { env: { ...process.env }, execArgv: process.execArgv, limits: resourceLimits }
  },
} as const

type Steps<T> = Generator<any, T>
type Programs = typeof programs

export interface Told {
  readonly do: keyof Programs
  readonly with?: unknown
}

export const jobs = serveWorker(function* jobs(told: Told) {
  const program = operation(told.do, programs[told.do] as (input: any) => Steps<any>)
  return yield* program(told.with)
})
