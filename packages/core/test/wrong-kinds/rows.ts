/** Every export of `coppice` that takes something, with arguments that work. Options have a row each. */
import * as coppice from 'coppice'
import type { Row } from './kinds.ts'

const {
  constant,
  createBroadcast,
  createChannel,
  createDeferred,
  createLimiter,
  createSemaphore,
  defineEffect,
  from,
} = coppice
const { pipe, run, scope, sleep, take } = coppice

const exported = coppice as unknown as Record<string, (...args: any[]) => unknown>
const work = () => sleep(1)
const numbers = () => from([1, 2, 3])
const effect = defineEffect('effect', () => 1)
const same = (value: unknown) => value
const closed = run(function* () {})
const child = { run: work, restart: 'temporary' as const }

const of = (name: string, ...good: unknown[]): Row => [name, exported[name]!, ...good]

/** A row for each option of what takes `given` in front of them. */
const options = (name: string, keys: string, ...given: unknown[]): Row[] =>
  keys
    .split(' ')
    .map((key) => [`${name} { ${key} }`, (value) => exported[name]!(...given, { [key]: value }), undefined])

/** An operator, on a stream of numbers. */
const operator = (name: string, ...good: unknown[]): Row => [
  name,
  (...args) => pipe(numbers(), exported[name]!(...args) as never),
  ...good,
]

const operations: Row[] = [
  of('run', work, {}),
  // An interpreter and observers are parts of the machine, and not looked at before they are used.
  ...options('run', 'name cleanupTimeout signal budget observers interpreter', work),
  ['run { budget.steps }', (steps) => run(work, { budget: { steps } }), 5],
  ['run { budget.ms }', (ms) => run(work, { budget: { ms } }), 5],
  of('operation', 'name', function* () {}),
  of('spawn', work, {}),
  ...options('spawn', 'name background', work),
  ['cancel', (task, given) => coppice.cancel(task, given), closed, {}],
  ['cancel { grace }', (grace) => coppice.cancel(closed, { grace }), 1],
  of('scope', work, {}),
  ...options('scope', 'name', work),
  ['createScope', (given) => coppice.createScope(given).close(), {}],
  ['scope.spawn', (body, given) => scope((open) => open.spawn(body, given)), work, {}],
  of('select', [work]),
  of('race', [work]),
  of('any', [work]),
  of('all', [work], {}),
  of('allSettled', [work], {}),
  of('map', [1], work, {}),
  ...options('all', 'concurrency', [work]),
  ...options('map', 'concurrency', [1], work),
  of('sleep', 1),
  of('sleepUntil', 1),
  of('moveOnAfter', 1, work),
  of('timeout', 5, work),
  of('call', () => 1),
  ['call, described', (description, fn) => coppice.call(description, fn), { name: 'name' }, () => 1],
  ['call { name }', (name) => coppice.call({ name }, () => 1), 'name'],
  ['call { args }', (args) => coppice.call({ name: 'name', args }, () => 1), []],
  of('until', Promise.resolve(1)),
  of('action', () => {}),
  of('shield', work),
  of('attempt', work),
  of('resource', (provide: (value: number) => coppice.Operation<void>) => provide(1)),
  of('use', null),
  of('ensure', () => {}),
  of('createContext', 'name', 1),
  ['context.with', (value, body) => coppice.createContext('name').with(value, body), 1, work],
  of('defineEffect', 'name', () => 1),
  of('provide', [[effect, () => 2]], work),
  ['provide, a pair', (pair) => coppice.provide([pair], work), [effect, () => 2]],
  of('formatTree', closed),
  of('inspectTree', closed),
]

const coordination: Row[] = [
  of('createChannel', {}),
  ...options('createChannel', 'capacity overflow name'),
  ['channel.close', (error) => createChannel().close(error), undefined],
  of('createBroadcast', {}),
  ...options('createBroadcast', 'capacity overflow name'),
  ['broadcast.subscribe', (given) => createBroadcast().subscribe(given), {}],
  ['broadcast.subscribe { capacity }', (capacity) => createBroadcast().subscribe({ capacity }), 1],
  ['broadcast.subscribe { overflow }', (overflow) => createBroadcast().subscribe({ overflow }), 'error'],
  of('createWatch', 1, {}),
  ...options('createWatch', 'name', 1),
  of('createEvent', {}),
  ...options('createEvent', 'name'),
  of('createDeferred', {}),
  ...options('createDeferred', 'name'),
  ['deferred.resolve', (value) => createDeferred<unknown>().resolve(value), 1],
  of('createSemaphore', 1, {}),
  ...options('createSemaphore', 'name', 1),
  ['semaphore.acquire', (n) => createSemaphore(2).acquire(n), 1],
  ['semaphore.use', (n) => createSemaphore(2).use(n), 1],
  ['semaphore.tryAcquire', (n) => createSemaphore(2).tryAcquire(n), 1],
  ['semaphore.release', (n) => acquired().release(n), 1],
  ['semaphore.resize', (n) => createSemaphore(2).resize(n), 1],
  of('createMutex', {}),
  ...options('createMutex', 'name'),
  of('createLimiter', { rate: 1 }),
  ...['rate', 'intervalMs', 'burst', 'concurrency', 'name'].map((key): Row => [
    `createLimiter { ${key} }`,
    (value) => createLimiter({ rate: 1, [key]: value }),
    key === 'name' ? 'name' : 1,
  ]),
  ['limiter.use', (n) => createLimiter({ rate: 5 }).use(n), 1],
]

function acquired(): coppice.Semaphore {
  const semaphore = createSemaphore(2)
  semaphore.tryAcquire()
  return semaphore
}

const streams: Row[] = [
  of('from', [1]),
  of('events', new EventTarget(), 'name', {}),
  ...options('events', 'capacity overflow item', new EventTarget(), 'name'),
  of('interval', 1),
  of('produce', (emit: coppice.Emit<number>) => emit(1)),
  of('forEach', numbers(), same, {}),
  ...options('forEach', 'concurrency', numbers(), same),
  of('collect', numbers()),
  of('toAsyncIterable', numbers(), {}),
  of('toReadableStream', numbers(), {}),
  of('pipe', numbers(), take(1)),
  operator('mapEach', same),
  operator('filter', () => true),
  operator('take', 1),
  operator('drop', 1),
  operator('takeWhile', () => true),
  operator('takeUntil', sleep(1)),
  operator('scan', same, 0),
  operator('distinct', same),
  operator('distinctUntilChanged', Object.is),
  operator('buffer', 2, 5),
  operator('window', 2, 5),
  operator('debounce', 1),
  operator('throttle', 1),
  ...['merge', 'concat', 'zip', 'combineLatest'].map((name) => operator(name, numbers())),
  ...['flatMap', 'concatMap', 'switchMap'].map((name) => operator(name, numbers)),
  operator('flatMap', numbers, {}),
  ['flatMap { concurrency }', (concurrency) => pipe(numbers(), coppice.flatMap(numbers, { concurrency })), 1],
  operator('share', {}),
  ['share { capacity }', (capacity) => pipe(numbers(), coppice.share({ capacity })), 1],
  operator('catchError', numbers),
  operator('timeoutEach', 5),
  operator('retryStream', constant(1)),
]

const policies: Row[] = [
  of('constant', 1),
  of('exponential', 1, {}),
  ...options('exponential', 'factor max', 1),
  of('jittered', constant(1), {}),
  ...options('jittered', 'spread', constant(1)),
  of('upTo', 1, constant(1)),
  of('within', 1, constant(1)),
  of('onlyIf', () => true, constant(1)),
  ...['allOf', 'anyOf', 'inTurn'].map((name) => of(name, constant(1), constant(1))),
  of('delays', constant(1), {}),
  ...options('delays', 'limit random', coppice.upTo(3, constant(1))),
  of('retry', work, constant(1)),
  of('repeat', work, coppice.upTo(2, constant(1))),
  ...['restartable', 'dropping', 'enqueued', 'keepLatest'].map((name) => of(name, work)),
  of('supervise', [child], {}),
  ...options('supervise', 'strategy intensity period delay onEnd', [child]),
  ['supervise, a child', (given) => coppice.supervise([given]), child],
  ...['run', 'restart', 'name'].map((key): Row => [
    `supervise, a child { ${key} }`,
    (value) => coppice.supervise([{ ...child, [key]: value }]),
    child[key as 'run'] ?? 'name',
  ]),
  of('createCircuitBreaker', {}),
  ...options('createCircuitBreaker', 'name failures resetAfter isFailure'),
  ['breaker.run', (body) => coppice.createCircuitBreaker().run(body), work],
]

/** These take nothing. */
export const takeNothing = [
  'abortSignal',
  'cancelRequested',
  'deadline',
  'now',
  'pause',
  'random',
  'self',
  'suspend',
]
export const rows: readonly Row[] = [...operations, ...coordination, ...streams, ...policies]
