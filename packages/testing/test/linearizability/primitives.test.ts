/** The primitives of the core beside sequential models of them: every schedule of small scenarios, many of larger ones, cancelled everywhere. */
import {
  ChannelClosedError,
  MisuseError,
  createBroadcast,
  createChannel,
  createDeferred,
  createEvent,
  createMutex,
  createSemaphore,
  createWatch,
  pause,
  scope,
} from 'coppice'
import {
  type Make,
  type PlannedCall,
  type Scenario,
  type SequentialModel,
  cancelEverywhere,
  exhaustive,
  exploreLinearizable,
  pct,
  random,
  wouldBlock,
} from '@coppice/testing'

const RUNS = Number(process.env.COPPICE_RUNS ?? 600)
const SEED = Number(process.env.COPPICE_SEED ?? 1)

interface Subject<S> {
  make: Make<object>
  model: SequentialModel<S>
  /** Small enough for all of its schedules. */
  tasks: Scenario
  /** To draw larger ones from. */
  calls?: readonly PlannedCall[]
}

function subject<S>(given: Subject<S>): Subject<any> {
  return given
}

interface Items {
  readonly items: readonly number[]
  readonly isClosed: boolean
}

/** @param capacity 0 is a hand-over: a sender alone waits, and an item is in the channel only until its receiver has it */
function channelModel(capacity: number): SequentialModel<Items> {
  const room = Math.max(1, capacity)
  const put = ({ items, isClosed }: Items, item: number) => ({ items: [...items, item], isClosed })
  return {
    initial: { items: [], isClosed: false },
    cancelled: 'nothing',
    operations: {
      send(state, item: number) {
        if (state.isClosed) return { error: ChannelClosedError }
        if (state.items.length >= room) return wouldBlock
        return capacity === 0 ? [{ state: put(state, item) }, wouldBlock] : { state: put(state, item) }
      },
      receive({ items: [first, ...rest], isClosed }) {
        if (first !== undefined) return { state: { items: rest, isClosed }, value: first }
        return isClosed ? { error: ChannelClosedError } : wouldBlock
      },
      trySend: (state, item: number) =>
        state.isClosed || state.items.length >= room
          ? { value: false }
          : { state: put(state, item), value: true },
      tryReceive: ({ items: [first, ...rest], isClosed }) =>
        first === undefined
          ? { value: undefined }
          : { state: { items: rest, isClosed }, value: { value: first } },
      close: ({ items }) => ({ state: { items, isClosed: true } }),
    },
  }
}

/** @param isFair whoever wants several permits lets nobody overtake, who then waits although there are some */
function semaphoreModel(size: number, isFair: boolean): SequentialModel<number> {
  const take = (free: number, n: number) => (isFair ? [{ state: free - n }, wouldBlock] : { state: free - n })
  return {
    initial: size,
    cancelled: 'nothing',
    operations: {
      acquire: (free, n = 1) => (free < n ? wouldBlock : take(free, n)),
      tryAcquire: (free, n = 1) =>
        free < n
          ? { value: false }
          : [{ state: free - n, value: true }, ...(isFair ? [{ value: false }] : [])],
      release: (free, n = 1) => (free + n > size ? { error: MisuseError } : { state: free + n }),
    },
  }
}

const counterModel: SequentialModel<number> = {
  initial: 0,
  operations: { increment: (count) => ({ state: count + 1, value: count + 1 }) },
}

const subjects = {
  'a channel with room for one': subject({
    make: () => createChannel<number>({ capacity: 1 }),
    model: channelModel(1),
    tasks: [
      [
        ['send', 1],
        ['send', 2],
      ],
      [['receive'], ['close']],
      [['trySend', 3], ['tryReceive']],
    ],
    calls: [['send', 1], ['send', 2], ['receive'], ['receive'], ['trySend', 3], ['tryReceive'], ['close']],
  }),
  'a channel with room for two': subject({
    make: () => createChannel<number>({ capacity: 2 }),
    model: channelModel(2),
    tasks: [
      [
        ['send', 1],
        ['send', 2],
        ['send', 3],
      ],
      [['receive'], ['receive']],
    ],
    calls: [['send', 1], ['send', 2], ['send', 3], ['receive'], ['trySend', 4], ['tryReceive']],
  }),
  'a channel that hands over': subject({
    make: () => createChannel<number>(),
    model: channelModel(0),
    tasks: [
      [
        ['send', 1],
        ['send', 2],
      ],
      [['receive']],
      [['receive'], ['close']],
    ],
    calls: [['send', 1], ['send', 2], ['receive'], ['receive'], ['close']],
  }),
  'a semaphore': subject({
    make: () => createSemaphore(2),
    model: semaphoreModel(2, false),
    tasks: [
      [['acquire'], ['release']],
      [['acquire'], ['tryAcquire']],
      [['acquire'], ['release']],
    ],
    calls: [['acquire'], ['acquire'], ['tryAcquire'], ['release']],
  }),
  'a semaphore of which some want two permits': subject({
    make: () => createSemaphore(2),
    model: semaphoreModel(2, true),
    tasks: [[['acquire', 2], ['release']], [['acquire'], ['release']], [['tryAcquire']]],
    calls: [['acquire', 2], ['acquire'], ['tryAcquire', 2], ['release'], ['release', 2]],
  }),
  'what a mutex guards': subject({
    make: () => {
      const lock = createMutex()
      let count = 0
      const incrementUnderLock = function* () {
        yield* lock.use()
        const seen = count
        yield* pause()
        return (count = seen + 1)
      }
      return { increment: () => scope(incrementUnderLock) }
    },
    model: counterModel,
    tasks: [[['increment'], ['increment']], [['increment']]],
  }),
  'a mutex': subject({
    make: () => createMutex(),
    model: {
      initial: false,
      operations: {
        acquire: (isLocked) => (isLocked ? wouldBlock : { state: true }),
        release: (isLocked) => (isLocked ? { state: false } : { error: MisuseError }),
      },
    },
    tasks: [
      [['acquire'], ['release']],
      [['acquire'], ['release']],
      [['acquire'], ['release']],
    ],
  }),
  'a watch': subject({
    make: () => {
      const watch = createWatch(0)
      return { get: () => watch.value, set: (value: number) => watch.set(value), next: () => watch.next() }
    },
    model: {
      initial: 0,
      cancelled: 'nothing',
      operations: {
        get: (value) => ({ value }),
        set: (_, value: number) => ({ state: value }),
        next: (value) => [{ value }, wouldBlock],
      },
    },
    tasks: [
      [['next'], ['get']],
      [
        ['set', 1],
        ['set', 2],
      ],
      [['next']],
    ],
    calls: [['next'], ['set', 1], ['set', 2], ['get']],
  }),
  'a deferred': subject({
    make: () => {
      const deferred = createDeferred<number>()
      const { resolve, reject } = deferred
      return { wait: () => deferred, resolve: resolve.bind(deferred), reject: reject.bind(deferred) }
    },
    model: {
      initial: null as { value: number } | { error: string } | null,
      cancelled: 'nothing',
      operations: {
        wait: (result) => result ?? wouldBlock,
        resolve: (result, value: number) => ({ state: result ?? { value } }),
        reject: (result, error: string) => ({ state: result ?? { error } }),
      },
    },
    tasks: [[['wait'], ['wait']], [['resolve', 1]], [['reject', 'no'], ['wait']]],
    calls: [['wait'], ['resolve', 1], ['resolve', 2], ['reject', 'no']],
  }),
  'an event': subject({
    make: () => {
      const event = createEvent()
      return {
        isSet: () => event.isSet,
        set: () => event.set(),
        reset: () => event.reset(),
        wait: () => event.wait(),
      }
    },
    model: {
      initial: false,
      cancelled: 'nothing',
      operations: {
        isSet: (isSet) => ({ value: isSet }),
        set: () => ({ state: true }),
        reset: () => ({ state: false }),
        wait: (isSet) => (isSet ? {} : wouldBlock),
      },
    },
    tasks: [[['wait'], ['isSet']], [['set'], ['reset']], [['wait']]],
    calls: [['wait'], ['set'], ['reset'], ['isSet']],
  }),
  'a broadcast': subject({
    *make() {
      const broadcast = createBroadcast<number>()
      const early = yield* broadcast.subscribe({ capacity: 1, overflow: 'wait' })
      const late = yield* broadcast
      return {
        send: (item: number) => broadcast.send(item),
        *early() {
          return (yield* early.next()).value
        },
        *late() {
          return (yield* late.next()).value
        },
      }
    },
    model: {
      initial: { early: [] as readonly number[], late: [] as readonly number[] },
      cancelled: 'nothing',
      operations: {
        send: ({ early, late }, item: number) =>
          early.length > 0 ? wouldBlock : { state: { early: [item], late: [...late, item] } },
        early: ({ early, late }) =>
          early.length === 0 ? wouldBlock : { state: { early: [], late }, value: early[0] },
        late: ({ early, late: [first, ...rest] }) =>
          first === undefined ? wouldBlock : { state: { early, late: rest }, value: first },
      },
    },
    tasks: [
      [
        ['send', 1],
        ['send', 2],
      ],
      [['early'], ['early']],
      [['late'], ['late']],
    ],
  }),
}

describe.each(Object.entries(subjects))('%s is linearizable', (_name, { make, model, tasks, calls }) => {
  test('in its schedules', () => {
    const report = exploreLinearizable(make, model, { tasks, strategy: exhaustive(), runs: 5 * RUNS })
    expect(String(report.failure?.error ?? '')).toBe('')
  })

  test.each([
    ['random', random],
    ['pct', pct],
  ] as const)('whenever it is cancelled (%s)', (_strategy, strategy) => {
    const options = { strategy: strategy(), seed: SEED, faults: [cancelEverywhere({ each: true })] }
    // A task that is cancelled while it holds a mutex by hand has failed.
    if ('acquire' in model.operations && !('tryAcquire' in model.operations)) options.faults = []
    const report = exploreLinearizable(make, model, { tasks, runs: RUNS, ...options })
    expect(String(report.failure?.error ?? '')).toBe('')
  })

  test('in scenarios that are made up', () => {
    if (calls === undefined) return
    const generate = { calls, tasks: 4, length: 4, scenarios: RUNS / 10 }
    const faults = [cancelEverywhere()]
    const report = exploreLinearizable(make, model, { generate, runs: 2 * RUNS, seed: SEED, faults })
    expect(String(report.failure === undefined ? '' : report)).toBe('')
  })
})
