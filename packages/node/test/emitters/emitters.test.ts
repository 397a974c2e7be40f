/** Emitters of Node: once and on. */
import { EventEmitter } from 'node:events'
import { on, once } from '@coppice/node'
import {
  EventOverflowError,
  MisuseError,
  attempt,
  collect,
  moveOnAfter,
  pipe,
  run,
  scope,
  select,
  sleep,
  spawn,
  take,
} from 'coppice'
import { cancelEverywhere } from '../leaving.ts'

type Events = { item: [value: number, note: string]; other: []; end: []; close: []; error: [Error] }
let emitter: EventEmitter<Events>
beforeEach(() => (emitter = new EventEmitter<Events>()))
afterEach(() => expect(emitter.eventNames()).toEqual([]))

describe('once', () => {
  test('gives the arguments of the next event, and has removed its listeners then', async () => {
    const task = run(once(emitter, 'item'))
    emitter.emit('item', 1, 'one')
    expect(emitter.eventNames()).toEqual([])
    expect(await task).toEqual([1, 'one'])
  })

  test('throws an error that comes before', async () => {
    const broken = new Error('broken')
    const task = run(attempt(once(emitter, 'item')))
    emitter.emit('error', broken)
    expect(await task).toEqual({ status: 'failed', error: broken })
  })

  test('gives the error if that is what it waits for', async () => {
    const broken = new Error('broken')
    const task = run(once(emitter, 'error'))
    emitter.emit('error', broken)
    expect(await task).toEqual([broken])
  })

  test('cancelled, or a loser, it removes its listeners at once', async () => {
    const other = () => {}
    await run(function* () {
      emitter.on('item', other)
      const first = yield* select({
        other: once(emitter, 'other'),
        item: once(emitter, 'item'),
        late: sleep(1),
      })
      expect(first.key).toBe('late')
      expect(emitter.eventNames()).toEqual(['item'])
      expect(emitter.listeners('item')).toEqual([other])
      emitter.off('item', other)
    })
  })

  test('listens only while it is waited for', async () => {
    const operation = once(emitter, 'item')
    expect(emitter.eventNames()).toEqual([])
    for (const value of [1, 2]) {
      const task = run(operation)
      emitter.emit('item', value, '')
      expect(await task).toEqual([value, ''])
    }
  })

  test('takes an emitter', () => {
    expect(() => once(new EventTarget() as never, 'x')).toThrow(/EventTarget, write events/)
    expect(() => once(null as never, 'x')).toThrow(MisuseError)
  })
})

describe('on', () => {
  test('gives what came since it was opened, in order, to the end', async () => {
    const items = await run(function* () {
      const reading = yield* spawn(collect(on(emitter, 'item', { until: ['end', 'close'] })))
      yield* sleep(1)
      emitter.emit('item', 1, 'one')
      emitter.emit('item', 2, 'two')
      emitter.emit('close')
      emitter.emit('item', 3, 'late')
      return yield* reading
    })
    expect(items).toEqual([
      [1, 'one'],
      [2, 'two'],
    ])
  })

  test('an error stands behind the events before it, and stays', async () => {
    const broken = new Error('broken')
    await run(function* () {
      const subscription = yield* on(emitter, 'item')
      emitter.emit('item', 1, 'one')
      emitter.emit('error', broken)
      emitter.emit('error', new Error('second'))
      expect(yield* subscription.next()).toEqual({ done: false, value: [1, 'one'] })
      const failed = { status: 'failed', error: broken }
      expect(yield* attempt(subscription.next())).toEqual(failed)
      expect(yield* attempt(subscription.next())).toEqual(failed)
    })
  })

  test('gives errors as items if they are asked for', async () => {
    await run(function* () {
      const subscription = yield* on(emitter, 'error')
      emitter.emit('error', new Error('one'))
      expect((yield* subscription.next()).value).toEqual([new Error('one')])
    })
  })

  test.each([
    ['drop-oldest', [2, 3]],
    ['drop-newest', [1, 2]],
  ] as const)('keeps as many as capacity, and %s', async (overflow, kept) => {
    await run(function* () {
      const subscription = yield* on(emitter, 'item', { capacity: 2, overflow, until: 'end' })
      for (const value of [1, 2, 3]) emitter.emit('item', value, '')
      emitter.emit('end')
      const values: number[] = []
      for (let next = yield* subscription.next(); !next.done; next = yield* subscription.next())
        values.push(next.value[0])
      expect(values).toEqual(kept)
    })
  })

  test('fails when it is full, behind what was kept, by default', async () => {
    await run(function* () {
      const subscription = yield* on(emitter, 'item', { capacity: 1 })
      emitter.emit('item', 1, '')
      emitter.emit('item', 2, '')
      expect((yield* subscription.next()).value).toEqual([1, ''])
      expect(yield* attempt(subscription.next())).toEqual({
        status: 'failed',
        error: expect.any(EventOverflowError),
      })
    })
  })

  test('a next that is cancelled, or loses, loses no event (F3)', async () => {
    await run(function* () {
      const subscription = yield* on(emitter, 'item')
      yield* moveOnAfter(1, subscription.next())
      emitter.emit('item', 1, '')
      yield* select({ first: sleep(0), late: sleep(1) })
      const both = yield* select({ a: subscription.next(), b: sleep(0) })
      expect(both).toEqual({ key: 'a', value: { done: false, value: [1, ''] } })
    })
  })

  test('left, it has removed its listeners before the next statement (F2)', async () => {
    await run(function* () {
      const reading = yield* spawn(collect(pipe(on(emitter, 'item', { until: 'end' }), take(1))))
      yield* sleep(1)
      emitter.emit('item', 1, '')
      yield* reading
      expect(emitter.eventNames()).toEqual([])
      yield* scope(() => on(emitter, 'item'))
      expect(emitter.eventNames()).toEqual([])
    })
  })

  test('cancelled at any wait, it leaves no listener', async () => {
    await cancelEverywhere(
      function* () {
        const reading = yield* spawn(collect(on(emitter, 'item', { until: 'end' })))
        yield* sleep(1)
        emitter.emit('item', 1, '')
        yield* sleep(1)
        emitter.emit('end')
        yield* reading
      },
      () => expect(emitter.eventNames()).toEqual([])
    )
  })

  test.each([{ capacity: 0 }, { capacity: 1.5 }, { capacity: '1' }, { overflow: 'wait' }])(
    'takes no %j',
    (options) => {
      expect(() => on(emitter, 'item', options as never)).toThrow(MisuseError)
    }
  )

  test('takes an emitter', () => {
    expect(() => on({} as never, 'x')).toThrow(MisuseError)
  })
})
