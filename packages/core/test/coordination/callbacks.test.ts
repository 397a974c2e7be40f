/**
 * W3 where code of the user runs in the middle of a commit: a branch that loses withdraws, and the callback that it had registered uses the very
 * primitive that is at work.
 */
import {
  type Operation,
  type Task,
  action,
  createBroadcast,
  createChannel,
  createSemaphore,
  pause,
  select,
  spawn,
} from 'coppice'
import { runToEnd } from '../virtual.ts'

/** Never ends; runs a callback when it is withdrawn. */
const onWithdrawal = (callback: () => void) => action<never>(() => callback)

const inSelect = (operation: Operation<unknown>, callback: () => void) =>
  spawn(select({ withdrawn: onWithdrawal(callback), operation }))

describe('W3 a callback of a losing branch', () => {
  test('that sends does not overtake those who wait to send', () => {
    runToEnd(function* () {
      const channel = createChannel<string>({ capacity: 1 })
      channel.trySend('1')
      yield* spawn(channel.send('2'))
      let sent: boolean | undefined
      const receiver = yield* inSelect(channel.receive(), () => (sent = channel.trySend('overtakes')))
      expect(yield* receiver).toEqual({ key: 'operation', value: '1' })
      expect(sent).toBe(false)
      expect([channel.tryReceive(), channel.tryReceive()]).toEqual([{ value: '2' }, undefined])
    })
  })

  test('that takes the receiver away leaves the item in the channel', () => {
    runToEnd(function* () {
      const channel = createChannel<string>()
      const receiver = yield* spawn(channel.receive())
      yield* pause()
      const sender = yield* inSelect(channel.send('item'), () => void receiver.cancel())
      expect(yield* sender).toEqual({ key: 'operation', value: undefined })
      yield* pause()
      expect(receiver.status).toBe('cancelled')
      expect(channel.tryReceive()).toEqual({ value: 'item' })
    })
  })

  test('that ends the receiver otherwise leaves the item in the channel, for the next', () => {
    runToEnd(function* () {
      const channel = createChannel<string>()
      let win!: (value: string) => void
      yield* inSelect(channel.send('item'), () => win('otherwise'))
      yield* pause()
      const other = action<string>((resume) => {
        win = resume
        return () => {}
      })
      expect(yield* select({ other, receive: channel.receive() })).toEqual({
        key: 'other',
        value: 'otherwise',
      })
      expect(channel.tryReceive()).toEqual({ value: 'item' })
    })
  })

  test('that receives gets the next item, not the same', () => {
    runToEnd(function* () {
      const channel = createChannel<string>({ capacity: 2 })
      channel.trySend('1')
      channel.trySend('2')
      let got: unknown
      const receiver = yield* inSelect(channel.receive(), () => (got = channel.tryReceive()))
      expect(yield* receiver).toEqual({ key: 'operation', value: '1' })
      expect(got).toEqual({ value: '2' })
    })
  })

  test('that takes the very item of its sender leaves none for who was about to take it', () => {
    runToEnd(function* () {
      const channel = createChannel<string>()
      let got: unknown
      yield* inSelect(channel.send('item'), () => (got = channel.tryReceive()))
      yield* pause()
      expect(channel.tryReceive()).toBeUndefined()
      expect([got, channel.length]).toEqual([{ value: 'item' }, 0])
      yield* inSelect(channel.send('item'), () => (got = channel.tryReceive()))
      const receiver = yield* spawn(channel.receive())
      yield* pause()
      yield* pause()
      expect([got, receiver.status, channel.waitingReceivers]).toEqual([{ value: 'item' }, 'running', 1])
      yield* channel.send('next')
      expect(yield* receiver).toBe('next')
    })
  })

  test('that closes the channel does not take back what was sent', () => {
    runToEnd(function* () {
      const channel = createChannel<string>({ capacity: 1 })
      const sender = yield* inSelect(channel.send('item'), () => channel.close())
      yield* sender
      expect(yield* channel.receive()).toBe('item')
    })
  })

  test('meets no waiter that has withdrawn', () => {
    // Both waits of the first select are open no longer when the callback of its third branch runs, but stand in their lines.
    runToEnd(function* () {
      const [channel, rendezvous] = [createChannel<string>(), createChannel<string>()]
      const semaphore = createSemaphore(1)
      yield* semaphore.acquire()
      const said: unknown[] = []
      const callback = () => {
        said.push(channel.trySend('lost'), rendezvous.tryReceive())
        semaphore.release()
        said.push(semaphore.available)
      }
      const loser = yield* spawn(
        select({
          first: onWithdrawal(callback),
          receive: channel.receive(),
          send: rendezvous.send('unsent'),
          acquire: semaphore.acquire(),
        })
      )
      yield* pause()
      void loser.cancel()
      expect(said).toEqual([false, undefined, 1])
      expect([channel.waitingReceivers, rendezvous.waitingSenders, semaphore.waiting]).toEqual([0, 0, 0])
    })
  })

  test('that makes a semaphore larger lets all go on that can', () => {
    runToEnd(function* () {
      const semaphore = createSemaphore(1)
      yield* semaphore.acquire()
      const got: string[] = []
      const waits = function* (name: string, operation: Operation<unknown>) {
        yield* operation
        got.push(name)
      }
      yield* spawn(
        waits('a', select({ withdrawn: onWithdrawal(() => semaphore.resize(3)), own: semaphore.acquire() }))
      )
      const tasks: Task[] = []
      for (const name of ['b', 'c']) tasks.push(yield* spawn(waits(name, semaphore.acquire())))
      yield* pause()
      semaphore.release()
      for (const task of tasks) yield* task
      expect(got.sort()).toEqual(['a', 'b', 'c'])
      expect(semaphore.available).toBe(0)
    })
  })

  test('that sends in the middle of a broadcast comes after it, for everybody', () => {
    runToEnd(function* () {
      const news = createBroadcast<string>()
      const subscriptions = [yield* news, yield* news]
      const first = yield* inSelect(subscriptions[0]!.next(), () => void news.trySend('2'))
      yield* pause()
      yield* news.send('1')
      expect(yield* first).toMatchObject({ value: { value: '1' } })
      expect(yield* subscriptions[0]!.next()).toMatchObject({ value: '2' })
      expect([yield* subscriptions[1]!.next(), yield* subscriptions[1]!.next()]).toMatchObject([
        { value: '1' },
        { value: '2' },
      ])
    })
  })

  test('that sends to a broadcast does not overtake those who wait to send', () => {
    runToEnd(function* () {
      const news = createBroadcast<string>()
      const subscription = yield* news.subscribe({ capacity: 1, overflow: 'wait' })
      yield* news.send('1')
      yield* spawn(news.send('2'))
      let sent: boolean | undefined
      const receiver = yield* inSelect(subscription.next(), () => (sent = news.trySend('overtakes')))
      expect(yield* receiver).toMatchObject({ value: { value: '1' } })
      expect(sent).toBe(false)
      expect(yield* subscription.next()).toMatchObject({ value: '2' })
    })
  })

  test('that sends to a broadcast leaves the item to the subscriber, although its own wait is over', () => {
    runToEnd(function* () {
      const news = createBroadcast<string>()
      const subscription = yield* news
      const loser = yield* spawn(
        select({ first: onWithdrawal(() => void news.trySend('item')), receive: subscription.next() })
      )
      yield* pause()
      void loser.cancel()
      expect(yield* subscription.next()).toEqual({ done: false, value: 'item' })
    })
  })
})
