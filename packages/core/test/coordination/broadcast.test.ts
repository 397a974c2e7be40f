/** Broadcasts: everybody gets everything, in one order, and a slow one is its own affair. */
import {
  type Broadcast,
  ChannelClosedError,
  ChannelFullError,
  MisuseError,
  type Subscription,
  attempt,
  cancel,
  createBroadcast,
  formatTree,
  pause,
  run,
  scope,
  select,
  sleep,
  spawn,
} from 'coppice'
import { Timeline, thrownBy } from '../laws/timeline.ts'
import { runNow, runToEnd, start } from '../virtual.ts'

/** Receives until the end. */
function* rest<T>(subscription: Subscription<T>): Generator<any, T[], any> {
  const items: T[] = []
  for (let next = yield* subscription.next(); !next.done; next = yield* subscription.next())
    items.push(next.value)
  return items
}

const closed = (name: string) => ({
  status: 'failed',
  error: expect.objectContaining({
    code: 'COPPICE_CHANNEL_CLOSED',
    message: `The broadcast ${name} is closed`,
  }),
})

describe('a broadcast', () => {
  test('gives every subscriber all that is sent after it subscribed', () => {
    runToEnd(function* () {
      const news = createBroadcast<number>()
      yield* news.send(0)
      const a = yield* news
      yield* news.send(1)
      const b = yield* news
      expect(news.subscribers).toBe(2)
      yield* news.send(2)
      news.close()
      expect([yield* rest(a), yield* rest(b)]).toEqual([[1, 2], [2]])
    })
  })

  test('wakes subscribers that wait', () => {
    runToEnd(function* () {
      const news = createBroadcast<number>()
      const waiting = []
      for (let i = 0; i < 3; i++) {
        const subscription = yield* news
        waiting.push(yield* spawn(subscription.next()))
      }
      yield* pause()
      expect(news.trySend(7)).toBe(true)
      for (const task of waiting) expect(yield* task).toEqual({ done: false, value: 7 })
    })
  })

  test('lets a subscriber go with the scope that opened it', () => {
    runToEnd(function* () {
      const news = createBroadcast<number>()
      const kept = yield* scope(function* () {
        const subscription = yield* news
        yield* news.send(1)
        return subscription
      })
      expect(news.subscribers).toBe(0)
      yield* news.send(2)
      expect(yield* rest(kept)).toEqual([])
    })
  })

  test('sends to nobody without waiting', () => {
    runToEnd(function* () {
      const news = createBroadcast<number>({ capacity: 1, overflow: 'wait' })
      for (let i = 0; i < 10; i++) yield* news.send(i)
    })
  })

  test('gives what is sent during a delivery to all in one order, and nothing older to who subscribes in it', () => {
    const news = createBroadcast<string>()
    const late: string[] = []
    const first = run(function* () {
      const subscription = yield* news
      const seen = [(yield* subscription.next()).value]
      // The delivery of the first item is under way: this runs at the very moment at which it was told.
      const second = yield* news
      news.trySend('b')
      late.push(...(yield* rest(second)))
      return [...seen, ...(yield* rest(subscription))]
    })
    const other = run(function* () {
      return yield* rest(yield* news)
    })
    news.trySend('a')
    news.close()
    expect([first.outcome, other.outcome]).toEqual([
      { status: 'done', value: ['a', 'b'] },
      { status: 'done', value: ['a', 'b'] },
    ])
    expect(late).toEqual(['b'])
  })
})

describe('a slow subscriber', () => {
  const limits = [
    ['drop-oldest', [3, 4]],
    ['drop-newest', [1, 2]],
  ] as const

  test.each(limits)('with %s misses items, and stalls nobody', (overflow, got) => {
    runToEnd(function* () {
      const news = createBroadcast<number>()
      const slow = yield* news.subscribe({ capacity: 2, overflow })
      const fast = yield* news
      for (let i = 1; i <= 4; i++) yield* news.send(i)
      news.close()
      expect([yield* rest(slow), yield* rest(fast)]).toEqual([got, [1, 2, 3, 4]])
    })
  })

  test('that says nothing gets what is kept, and then an error', () => {
    runToEnd(function* () {
      const news = createBroadcast<number>({ name: 'news' })
      const slow = yield* news.subscribe({ capacity: 2 })
      const fast = yield* news
      for (let i = 1; i <= 4; i++) yield* news.send(i)
      expect(news.subscribers).toBe(1)
      expect([yield* slow.next(), yield* slow.next()]).toMatchObject([{ value: 1 }, { value: 2 }])
      const outcome = yield* attempt(slow.next())
      expect(outcome.status === 'failed' && outcome.error).toBeInstanceOf(ChannelFullError)
      news.close()
      expect(yield* rest(fast)).toEqual([1, 2, 3, 4])
    })
  })

  test('that asks for it stalls senders, in their order, until it has room', () => {
    const time = new Timeline()
    time.simulate(function* () {
      const news = createBroadcast<number>()
      const slow = yield* news.subscribe({ capacity: 1, overflow: 'wait' })
      const fast = yield* news
      yield* spawn(function* () {
        for (let next = yield* fast.next(); !next.done; next = yield* fast.next())
          time.note(`fast ${next.value}`)
      })
      for (const first of [1, 3])
        yield* spawn(function* () {
          yield* news.send(first)
          yield* news.send(first + 1)
        })
      yield* sleep(10)
      expect([news.waitingSenders, news.trySend(9)]).toEqual([2, false])
      for (let i = 0; i < 4; i++) {
        time.note(`slow ${(yield* slow.next()).value}`)
        yield* sleep(10)
      }
      news.close()
    })
    expect(time.lines).toEqual([
      '0 fast 1',
      '10 slow 1',
      '10 fast 2',
      '20 slow 2',
      '20 fast 3',
      '30 slow 3',
      '30 fast 4',
      '40 slow 4',
    ])
  })

  test('that leaves lets those go on that waited for it', () => {
    runToEnd(function* () {
      const news = createBroadcast<number>()
      const slow = yield* spawn(function* () {
        yield* news.subscribe({ capacity: 1, overflow: 'wait' })
        yield* sleep(Infinity)
      })
      yield* pause()
      yield* news.send(1)
      const sender = yield* spawn(news.send(2))
      yield* pause()
      expect(sender.status).toBe('running')
      yield* cancel(slow)
      yield* sender
    })
  })
})

describe('C2, W3 a sender that waits', () => {
  function* stalled(): Generator<
    any,
    { news: Broadcast<number>; slow: Subscription<number>; fast: Subscription<number> },
    any
  > {
    const news = createBroadcast<number>({ name: 'news' })
    const fast = yield* news
    const slow = yield* news.subscribe({ capacity: 1, overflow: 'wait' })
    yield* news.send(1)
    return { news, slow, fast }
  }

  test('has sent to nobody when it is cancelled', () => {
    runToEnd(function* () {
      const { news, slow, fast } = yield* stalled()
      const sender = yield* spawn(news.send(2))
      yield* pause()
      yield* cancel(sender)
      news.close()
      expect([yield* rest(slow), yield* rest(fast)]).toEqual([[1], [1]])
    })
  })

  test('has sent to nobody when it loses a select', () => {
    runToEnd(function* () {
      const { news, slow, fast } = yield* stalled()
      const first = yield* select({ send: news.send(2), late: sleep(1) })
      expect(first.key).toBe('late')
      expect(yield* slow.next()).toEqual({ done: false, value: 1 })
      news.close()
      expect([yield* rest(slow), yield* rest(fast)]).toEqual([[], [1]])
    })
  })

  test('fails when it is closed', () => {
    runToEnd(function* () {
      const { news, slow } = yield* stalled()
      const sender = yield* spawn(attempt(news.send(2)))
      yield* pause()
      const error = new Error('off the air')
      news.close(error)
      news.close()
      expect(yield* sender).toEqual(closed('news'))
      expect(yield* attempt(news.send(3))).toEqual(closed('news'))
      expect([news.trySend(3), news.isClosed]).toEqual([false, true])
      expect(yield* slow.next()).toEqual({ done: false, value: 1 })
      expect(yield* attempt(slow.next())).toEqual({ status: 'failed', error })
      expect(yield* attempt((yield* news).next())).toEqual({ status: 'failed', error })
    })
  })
})

test('its own receive in the same select gets nothing of what that sends', () => {
  runToEnd(function* () {
    const news = createBroadcast<number>()
    const subscription = yield* news
    const first = yield* select({ receive: subscription.next(), send: news.send(1) })
    expect(first).toEqual({ key: 'send', value: undefined })
    expect(yield* subscription.next()).toEqual({ done: false, value: 1 })
  })
})

test.each([0, -1, 1.5, NaN])('capacity %p is rejected', (capacity) => {
  expect(thrownBy(() => createBroadcast({ capacity }))).toBeInstanceOf(MisuseError)
  expect(thrownBy(() => createBroadcast().subscribe({ capacity }))).toBeInstanceOf(MisuseError)
})

test('a capacity by itself is rejected, and says where it goes', () => {
  expect(() => createBroadcast(10 as never)).toThrow(
    'createBroadcast takes its options in one object; it was given 10.'
  )
  expect(() => createBroadcast().subscribe(10 as never)).toThrow(
    'broadcast.subscribe takes its options in one object; it was given 10.'
  )
})

test('what a subscriber leaves undefined is as the broadcast was made', () => {
  const stalls = runToEnd(function* () {
    const news = createBroadcast<number>({ capacity: 1, overflow: 'wait' })
    yield* news.subscribe({ capacity: undefined, overflow: undefined } as never)
    yield* news.send(1)
    return !news.trySend(2)
  })
  expect(stalls).toBe(true)
})

test('waits print what they wait for', () => {
  const { task, sim } = start(function* () {
    const news = createBroadcast<number>({ name: 'news' })
    expect(String(news.subscribe())).toBe('subscribe(news)')
    const subscription = yield* news.subscribe({ capacity: 1, overflow: 'wait' })
    yield* spawn(subscription.next(), { name: 'reader' })
    yield* pause()
    expect(formatTree(task)).toContain('receive(news)')
    yield* news.send(1)
    yield* news.send(2)
    yield* spawn(news.send(3), { name: 'sender' })
  })
  runNow(sim)
  expect(formatTree(task)).toContain('send(news)')
  void task.cancel()
  runNow(sim)
  expect(ChannelClosedError.name).toBe('ChannelClosedError')
})
