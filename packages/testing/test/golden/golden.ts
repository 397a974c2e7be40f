/**
 * Explorations of which every byte is the same on every host: which runs there were, what happened in each of them, and what was made of those that
 * failed. Only numbers that a seed decides, and texts of our own, may stand in here.
 */
import {
  type Operation,
  all,
  attempt,
  cancel,
  createChannel,
  createSemaphore,
  defineEffect,
  ensure,
  operation,
  pause,
  random as randomNumber,
  resource,
  retry,
  exponential,
  jittered,
  scope,
  select,
  sleep,
  spawn,
  timeout,
  upTo,
} from 'coppice'
import {
  type Answers,
  type ExploreOptions,
  after,
  cancelEverywhere,
  deadlines,
  exhaustive,
  explore,
  exploreLinearizable,
  pct,
  random,
  sequence,
  throwEverywhere,
  throws,
} from '@coppice/testing'

interface Golden {
  readonly name: string
  readonly program: () => Operation<unknown>
  readonly options: ExploreOptions<unknown>
}

const fetchPrice = defineEffect('fetchPrice', (shop: string) => shop.length)
const answers: Answers = [
  [/"a"/, after(3, 12)],
  [/"b"/, sequence(throws(new Error('closed')), after(5, 9))],
]

/** Three deposits, of which one can get lost. */
function* deposits() {
  const account = { balance: 0 }
  const deposit = operation('deposit', function* (waits: number) {
    for (let i = 0; i < waits; i++) yield* pause()
    const seen = account.balance
    if (waits !== seen) yield* pause()
    account.balance = seen + 1
  })
  for (let i = 0; i < 3; i++) yield* spawn(deposit(i), { name: `deposit ${i}` })
  return account
}

/** Something of everything: effects with answers, random numbers, timers, resources, a channel, permits. */
function* market() {
  const prices = createChannel<number>({ capacity: 1, name: 'prices' })
  const permits = createSemaphore(1, { name: 'permits' })
  const shop = operation('shop', function* (name: string) {
    yield* scope(function* () {
      yield* permits.use()
      const policy = jittered(upTo(3, exponential(4)))
      yield* prices.send(yield* retry(() => fetchPrice(name), policy))
    })
  })
  const open = yield* resource<{ count: number }>(function* ledger(provide) {
    const ledger = { count: 0 }
    yield* ensure(() => sleep(1))
    yield* provide(ledger)
  })
  const buyer = yield* spawn(
    function* buyer() {
      for (;;) {
        const next = yield* select({
          price: prices.receive(),
          late: sleep(20 + (yield* randomNumber()) * 10),
        })
        if (next.key === 'late') return open.count
        open.count += next.value
      }
    },
    { name: 'buyer' }
  )
  yield* attempt(timeout(15, all([shop('a'), shop('b')])))
  yield* pause()
  if (open.count > 12) yield* cancel(buyer)
  return open.count
}

/** Two locks in opposite orders. */
function* philosophers() {
  const forks = [createSemaphore(1, { name: 'left' }), createSemaphore(1, { name: 'right' })]
  const eat = operation('eat', function* (first: number) {
    yield* forks[first]!.use()
    yield* pause()
    yield* forks[1 - first]!.use()
  })
  yield* all([scope(() => eat(0)), scope(() => eat(1))])
}

const balanceHolds: ExploreOptions<any>['check'] = ({ outcome }) =>
  outcome?.status !== 'done' || outcome.value.balance === 3
const faults = [cancelEverywhere({ each: true, times: 2 }), throwEverywhere(), deadlines()]

const goldens: readonly Golden[] = [
  {
    name: 'deposits, random',
    program: deposits,
    options: { strategy: random(), seed: 7, check: balanceHolds },
  },
  {
    name: 'deposits, pct',
    program: deposits,
    options: { strategy: pct({ depth: 4 }), seed: -3, check: balanceHolds },
  },
  {
    name: 'deposits, exhaustive',
    program: deposits,
    options: { strategy: exhaustive(), check: balanceHolds },
  },
  { name: 'deposits, all', program: deposits, options: { strategy: exhaustive({ bound: 2 }) } },
  {
    name: 'market, random',
    program: market,
    options: { strategy: random(), seed: 2 ** 40 + 1, runs: 300, answers },
  },
  { name: 'market, pct', program: market, options: { strategy: pct(), seed: 11, runs: 300, answers } },
  { name: 'market, faults', program: market, options: { seed: 5, runs: 600, answers, faults } },
  {
    name: 'market, a price',
    program: market,
    options: { seed: 1, answers, check: ({ outcome }) => outcome?.status !== 'done' || outcome.value !== 21 },
  },
  { name: 'philosophers', program: philosophers, options: { seed: 3 } },
]

/** All of it as one text. */
export function golden(): string {
  return [...goldens.map(explored), linearized()].join('\n\n')
}

function explored({ name, program, options }: Golden): string {
  const { check = () => {} } = options
  let hash = START
  const report = explore(program, {
    ...options,
    check(sim) {
      hash = mix(hash, `${sim.timeline()}\n${sim.now}\n`)
      return check(sim)
    },
  })
  return `## ${name}\n\n${counts(report)}, hash ${hash.toString(16)}\n${report}`
}

function linearized(): string {
  const make = () => ({
    items: [] as number[],
    push(item: number) {
      this.items.push(item)
    },
    *shift() {
      const [first] = this.items
      yield* pause()
      this.items.shift()
      return first
    },
  })
  const queue = {
    initial: [] as readonly number[],
    operations: {
      push: (items: readonly number[], item: number) => ({ state: [...items, item] }),
      shift: ([first, ...rest]: readonly number[]) => ({ state: rest, value: first }),
    },
  }
  const calls = [['push', 1], ['push', 2], ['shift']] as const
  const report = exploreLinearizable(make, queue, { generate: { calls }, seed: 12 })
  return `## a queue that several use\n\n${counts(report)}\n${report}`
}

function counts({
  runs,
  schedules,
  complete,
}: {
  runs: number
  schedules: number
  complete: boolean
}): string {
  return `runs ${runs}, schedules ${schedules}, complete ${complete}`
}

const START = 0x811c9dc5

/** FNV-1a, over the UTF-16 units of a text. */
function mix(hash: number, text: string): number {
  let mixed = hash
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193)
  return mixed >>> 0
}
