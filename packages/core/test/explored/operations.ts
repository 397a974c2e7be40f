/** Rows for the operations. */
import {
  type Task,
  abortSignal,
  action,
  all,
  allSettled,
  any,
  attempt,
  call,
  cancel,
  cancelRequested,
  createContext,
  createScope,
  deadline,
  defineEffect,
  ensure,
  map,
  moveOnAfter,
  now,
  operation,
  pause,
  provide,
  race,
  random,
  resource,
  run,
  scope,
  select,
  self,
  shield,
  sleep,
  sleepUntil,
  spawn,
  suspend,
  timeout,
  until,
  use,
} from 'coppice'
import { after, returns } from '@coppice/testing'
import { type Row, row } from './row.ts'

const user = createContext<string>('user', 'nobody')
const ask = defineEffect('ask', (question: string) => `${question}?`)

const countdown = operation('countdown', function* (n: number): Generator<any, number, any> {
  yield* pause()
  return n === 0 ? 0 : 1 + (yield* countdown(n - 1))
})

const inTree: readonly Row[] = [
  row('operation', () => countdown(3), 3),
  row(
    'spawn scope',
    function* (ledger) {
      return yield* scope(function* () {
        const a = yield* spawn(ledger.work('a', 2))
        const b = yield* spawn(ledger.work('b', 1))
        yield* spawn(ledger.work('background', 100), { background: true })
        return [yield* a, yield* b]
      })
    },
    ['a', 'b']
  ),
  row(
    'scope',
    function* (ledger) {
      const outcome = yield* attempt(
        scope(function* (own) {
          yield* spawn(ledger.work('a', 5))
          yield* ledger.hold()
          yield* pause()
          own.cancel('enough')
          yield* suspend()
        })
      )
      return outcome.status
    },
    'cancelled',
    { how: 'that cancels itself' }
  ),
  row(
    'scope attempt',
    function* (ledger) {
      const outcome = yield* attempt(
        scope(function* () {
          yield* spawn(ledger.work('a', 5))
          yield* spawn(ledger.fail('broken', 2))
          yield* ledger.work('b', 9)
        })
      )
      return outcome.status
    },
    'failed',
    { how: 'of which a child fails', errors: ['broken'] }
  ),
  row(
    'run',
    function* (ledger) {
      const task = run(ledger.work('beside', 2))
      yield* ensure(() => cancel(task))
      return yield* task
    },
    'beside'
  ),
  row(
    'createScope',
    function* (ledger) {
      const open = createScope({ name: 'component' })
      const task = open.run(ledger.work('component', 2))
      yield* ensure(function* () {
        void open.close()
        yield* attempt(task)
      })
      return yield* task
    },
    'component'
  ),
  row(
    'cancel',
    function* (ledger) {
      const task = yield* spawn(ledger.work('never', 9))
      yield* pause()
      yield* cancel(task, { reason: 'enough' })
      ledger.inTheEnd('the task has closed', () => task.outcome !== undefined)
      return [ledger.open, task.status]
    },
    [0, 'cancelled']
  ),
  row(
    'cancel cancelRequested',
    function* (ledger) {
      const task = yield* spawn(function* () {
        yield* ledger.hold()
        const { reason } = yield* cancelRequested()
        return yield* ledger.work(`finished for ${String(reason)}`, 2)
      })
      yield* pause()
      yield* cancel(task, { reason: 'the day', grace: 10 })
      return yield* task
    },
    (value: unknown) => value === 'finished for the day',
    { how: 'gracefully' }
  ),
  row(
    'self',
    function* () {
      const task = yield* spawn(function* () {
        yield* pause()
        return yield* self()
      })
      return (yield* task) === task
    },
    true
  ),
  row(
    'createContext',
    function* (ledger) {
      const inside = yield* user.with('Ada', function* () {
        const task = yield* spawn(function* () {
          yield* ledger.hold()
          yield* pause()
          return yield* user.get()
        })
        return yield* task
      })
      return [inside, yield* user.get()]
    },
    ['Ada', 'nobody']
  ),
]

const cleanups: readonly Row[] = [
  row(
    'ensure',
    function* (ledger) {
      const order: number[] = []
      yield* scope(function* () {
        for (const n of [1, 2, 3]) {
          yield* ledger.hold()
          yield* ensure(() => void order.push(n))
          yield* pause()
        }
      })
      return order
    },
    [3, 2, 1]
  ),
  row(
    'resource',
    function* (ledger) {
      const open = (name: string) =>
        resource<string>(function* (give) {
          yield* ledger.hold()
          yield* pause()
          yield* give(name)
        })
      return yield* scope(function* () {
        const names = [yield* open('first'), yield* open('second')]
        yield* pause()
        return names
      })
    },
    ['first', 'second']
  ),
  row(
    'use',
    function* (ledger) {
      let disposed = 0
      let used = 0
      const disposable = () => ({ [Symbol.dispose]: () => void disposed++ })
      ledger.inTheEnd('what was used is disposed', () => disposed === used)
      yield* scope(function* () {
        yield* use(disposable())
        used++
        yield* pause()
        yield* use(disposable())
        used++
        yield* pause()
      })
      return disposed
    },
    2
  ),
  row(
    'abortSignal',
    function* (ledger) {
      const signal = yield* scope(function* () {
        const own = yield* abortSignal()
        ledger.inTheEnd('the signal is aborted with its scope', () => own.aborted)
        yield* pause()
        return own
      })
      return signal.aborted
    },
    true
  ),
  row(
    'shield',
    function* (ledger) {
      let written = 0
      ledger.inTheEnd('both are written or none', () => written % 2 === 0)
      yield* shield(function* () {
        written++
        yield* ledger.work('write', 2)
        written++
      })
      yield* pause()
      return written
    },
    2
  ),
]

const several: readonly Row[] = [
  row(
    'select',
    function* (ledger) {
      const task = yield* spawn(ledger.work('task', 7))
      const { key } = yield* select({ slow: ledger.work('slow', 9), fast: ledger.work('fast', 3), task })
      return [key, ledger.open]
    },
    ['fast', 1]
  ),
  row('race', (ledger) => race([ledger.work('slow', 9), ledger.work('fast', 3), suspend()]), 'fast'),
  row(
    'any',
    (ledger) => any([ledger.fail('broken', 1), ledger.work('good', 3), ledger.work('late', 5)]),
    'good',
    { errors: ['broken'] }
  ),
  row('all', (ledger) => all({ a: ledger.work('a', 2), b: ledger.work('b', 1), c: sleep(3) }), {
    a: 'a',
    b: 'b',
    c: undefined,
  }),
  row(
    'all',
    function* (ledger) {
      const outcome = yield* attempt(all([ledger.work('a', 9), ledger.fail('broken', 2)]))
      return [outcome.status, ledger.open]
    },
    ['failed', 0],
    { how: 'of which one fails', errors: ['broken'] }
  ),
  row(
    'allSettled',
    function* (ledger) {
      const outcomes = yield* allSettled([ledger.work('a', 2), ledger.fail('broken', 1)], { concurrency: 1 })
      return outcomes.map(({ status }) => status)
    },
    ['done', 'failed'],
    { errors: ['broken'] }
  ),
  row(
    'map',
    function* (ledger) {
      const values = yield* map([1, 2, 3], (n) => ledger.work(n, n), { concurrency: 2 })
      if (ledger.most > 2) throw new Error(`${ledger.most} ran at once`)
      return values
    },
    [1, 2, 3]
  ),
]

const inTime: readonly Row[] = [
  row(
    'sleep sleepUntil now pause',
    function* () {
      yield* sleep(5)
      yield* pause()
      yield* sleepUntil(20)
      return yield* now()
    },
    20
  ),
  row(
    'suspend moveOnAfter',
    () => moveOnAfter(5, suspend),
    (outcome: any) => outcome.status === 'cancelled'
  ),
  row('moveOnAfter', (ledger) => moveOnAfter(5, ledger.work('in time', 3)), {
    status: 'done',
    value: 'in time',
  }),
  row(
    'timeout',
    function* (ledger) {
      const outcome = yield* attempt(timeout(5, ledger.work('too slow', 9)))
      return [outcome.status, ledger.open]
    },
    ['failed', 0]
  ),
  row(
    'timeout resource',
    function* (ledger) {
      const open = resource<string>(function* (give) {
        yield* ledger.hold()
        yield* sleep(3)
        yield* give('open')
      })
      const value = yield* timeout(5, open)
      return [value, ledger.open]
    },
    ['open', 1],
    { how: 'passes on what was acquired' }
  ),
  row(
    'deadline timeout',
    () =>
      timeout(5, function* () {
        yield* pause()
        return yield* timeout(9, deadline)
      }),
    5,
    { how: 'that is asked for' }
  ),
  row(
    'random',
    function* () {
      const number = yield* random()
      yield* pause()
      return number
    },
    (number: number) => number >= 0 && number < 1
  ),
]

const outside: readonly Row[] = [
  row('call', () => call({ name: 'load', args: [7] }, () => 7), 'seven', {
    answers: [['load', after(2, 'seven')]],
  }),
  row('until', () => until(Promise.resolve(1)), 1, { answers: [['until', after(2, returns(1))]] }),
  row(
    'action',
    function* (ledger) {
      let listeners = 0
      const resumes: ((value: string) => void)[] = []
      ledger.inTheEnd('nobody listens', () => listeners === 0)
      const bell = action<string>((resume) => {
        listeners++
        resumes.push((value) => {
          listeners--
          resume(value)
        })
        return () => void listeners--
      })
      const ringer: Task<void> = yield* spawn(function* () {
        yield* sleep(2)
        // It may have been given up by then.
        if (listeners > 0) resumes[0]!('rings')
      })
      const value = yield* bell
      yield* ringer
      return value
    },
    'rings',
    { mayStarve: true }
  ),
  row(
    'defineEffect provide',
    function* (ledger) {
      return yield* provide([[ask, (question: string) => ledger.work(`${question}!`, 2)]], function* () {
        const task = yield* spawn(() => ask('why'))
        return [yield* task, yield* ask('who')]
      })
    },
    ['why!', 'who!']
  ),
  row('defineEffect', () => ask('why'), 'because', {
    how: 'that a test answers',
    answers: [['ask', after(2, 'because')]],
  }),
]

export const operations: readonly Row[] = [...inTree, ...cleanups, ...several, ...inTime, ...outside]
