/** Channels: C2 and W3 for sending and receiving, closing, overflow, producers, and linear time. */
import {
  type Channel,
  ChannelClosedError,
  ChannelFullError,
  MisuseError,
  type Operation,
  all,
  allSettled,
  attempt,
  cancel,
  createChannel,
  formatTree,
  pause,
  race,
  run,
  scope,
  select,
  self,
  sleep,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import { Timeline, thrownBy } from '../laws/timeline.ts'
import { runNow, runToEnd, start } from '../virtual.ts'

/** Receives until the end, and gives what came. */
export function* drain<T>(channel: Channel<T>): Generator<any, T[], any> {
  const items: T[] = []
  const subscription = yield* channel
  for (let next = yield* subscription.next(); !next.done; next = yield* subscription.next())
    items.push(next.value)
  return items
}

function* sendAll<T>(channel: Channel<T>, items: Iterable<T>) {
  for (const item of items) yield* channel.send(item)
}

/** Calls `send` or `receive` in a task of its own. */
const waits = (operation: Operation<unknown>, log: string[] = [], name = '') =>
  spawn(
    function* () {
      log.push(`${name}${yield* operation}`)
    },
    { name: name || 'waiter' }
  )

describe('a channel hands items over', () => {
  test('to a receiver that waits, and to one that comes later', () => {
    runToEnd(function* () {
      const channel = createChannel<number>()
      const first = yield* spawn(channel.receive())
      yield* pause()
      yield* channel.send(1)
      expect(yield* first).toBe(1)
      yield* spawn(channel.send(2))
      yield* pause()
      expect(yield* channel.receive()).toBe(2)
    })
  })

  test('and with capacity 0 the sender waits until its item is received', () => {
    const time = new Timeline()
    time.simulate(function* () {
      const channel = createChannel<string>()
      yield* spawn(function* () {
        yield* channel.send('item')
        time.note('sent')
      })
      yield* sleep(10)
      time.note(yield* channel.receive())
    })
    expect(time.lines).toEqual(['10 item', '10 sent'])
  })

  test('in the order in which they were sent, to receivers in the order in which they came', () => {
    const log: string[] = []
    runToEnd(function* () {
      const channel = createChannel<number>()
      for (const name of ['a', 'b', 'c']) yield* waits(channel.receive(), log, name)
      yield* pause()
      expect(channel.waitingReceivers).toBe(3)
      yield* sendAll(channel, [1, 2, 3])
    })
    expect(log).toEqual(['a1', 'b2', 'c3'])
  })

  test('and admits senders in the order in which they came, behind what is stored', () => {
    runToEnd(function* () {
      const channel = createChannel<number>({ capacity: 2 })
      for (const item of [1, 2, 3, 4]) yield* spawn(channel.send(item))
      yield* pause()
      expect([channel.length, channel.waitingSenders]).toEqual([2, 2])
      const received = []
      for (let i = 0; i < 4; i++) received.push(yield* channel.receive())
      expect(received).toEqual([1, 2, 3, 4])
    })
  })

  test('of any kind, undefined among them', () => {
    runToEnd(function* () {
      const channel = createChannel<unknown>({ capacity: 3 })
      yield* sendAll(channel, [undefined, null, NaN])
      expect(channel.tryReceive()).toEqual({ value: undefined })
      expect([yield* channel.receive(), yield* channel.receive()]).toEqual([null, NaN])
    })
  })

  test('without a turn of the queue where there is room, or an item', () => {
    const steps: string[] = []
    runToEnd(function* () {
      const channel = createChannel<number>({ capacity: 100 })
      yield* spawn(function* () {
        steps.push('other')
      })
      for (let i = 0; i < 100; i++) yield* channel.send(i)
      for (let i = 0; i < 100; i++) yield* channel.receive()
      steps.push('done')
    })
    expect(steps).toEqual(['done', 'other'])
  })

  test('but gives others their turn once in a while (S6)', () => {
    let turns = 0
    runToEnd(
      function* () {
        const channel = createChannel<number>({ capacity: 1 })
        const ticker = yield* spawn(
          function* () {
            for (;;) {
              turns++
              yield* pause()
            }
          },
          { background: true }
        )
        for (let i = 0; i < 50; i++) {
          yield* channel.send(i)
          yield* channel.receive()
        }
        yield* cancel(ticker)
      },
      { budget: { steps: 10 } }
    )
    expect(turns).toBeGreaterThanOrEqual(9)
  })

  test('across trees', () => {
    const channel = createChannel<string>()
    const receiver = start(() => channel.receive())
    runNow(receiver.sim)
    const sender = start(() => channel.send('across'))
    runNow(sender.sim)
    runNow(receiver.sim)
    expect(sender.task.status).toBe('done')
    expect(receiver.task.outcome).toEqual({ status: 'done', value: 'across' })
  })
})

describe('trySend and tryReceive', () => {
  test('work outside of tasks and never wait', () => {
    const channel = createChannel<number>({ capacity: 1 })
    expect(channel.tryReceive()).toBeUndefined()
    expect([channel.trySend(1), channel.trySend(2), channel.length]).toEqual([true, false, 1])
    expect([channel.tryReceive(), channel.tryReceive()]).toEqual([{ value: 1 }, undefined])
  })

  test('wake who waits on the other side', async () => {
    const channel = createChannel<number>()
    // On a busy machine a slice could end before its work does (S6).
    const patient = { budget: { ms: Infinity } }
    const receiver = run(() => channel.receive(), patient)
    expect(channel.trySend(1)).toBe(true)
    // S5: at once.
    expect(receiver.outcome).toEqual({ status: 'done', value: 1 })
    const sender = run(() => channel.send(2), patient)
    expect(channel.tryReceive()).toEqual({ value: 2 })
    expect(sender.status).toBe('done')
  })

  test('let the next sender take the room that a tryReceive made', () => {
    runToEnd(function* () {
      const channel = createChannel<number>({ capacity: 1 })
      yield* channel.send(1)
      yield* spawn(channel.send(2))
      yield* pause()
      expect(channel.tryReceive()).toEqual({ value: 1 })
      expect([channel.length, channel.waitingSenders]).toEqual([1, 0])
    })
  })

  test('do not overtake senders that wait', () => {
    runToEnd(function* () {
      const channel = createChannel<number>({ capacity: 0 })
      yield* spawn(channel.send(1))
      yield* pause()
      expect(channel.trySend(2)).toBe(false)
      expect(channel.tryReceive()).toEqual({ value: 1 })
    })
  })

  test('say false when the channel is closed', () => {
    const channel = createChannel<number>({ capacity: 1 })
    channel.close()
    expect(channel.trySend(1)).toBe(false)
    expect(channel.tryReceive()).toBeUndefined()
  })
})

describe('closing a channel', () => {
  test('fails senders at once, those that wait and those that come', () => {
    runToEnd(function* () {
      const channel = createChannel<number>({ capacity: 1, name: 'jobs' })
      yield* channel.send(0)
      const senders = [yield* spawn(attempt(channel.send(1))), yield* spawn(attempt(channel.send(2)))]
      yield* pause()
      channel.close()
      for (const sender of senders) {
        const outcome = yield* sender
        expect(outcome).toEqual({ status: 'failed', error: expect.any(ChannelClosedError) })
      }
      expect(channel.waitingSenders).toBe(0)
      const late = yield* attempt(channel.send(3))
      expect(late).toMatchObject({
        status: 'failed',
        error: { code: 'COPPICE_CHANNEL_CLOSED', message: 'The channel jobs is closed' },
      })
    })
  })

  test('leaves receivers what was stored, and nothing of those that waited to send', () => {
    runToEnd(function* () {
      const channel = createChannel<number>({ capacity: 2 })
      yield* sendAll(channel, [1, 2])
      yield* spawn(attempt(channel.send(3)))
      yield* pause()
      channel.close()
      expect(yield* drain(channel)).toEqual([1, 2])
    })
  })

  test('is learnt by every one of several receivers that wait', () => {
    runToEnd(function* () {
      const channel = createChannel<number>()
      const receivers = []
      for (let i = 0; i < 3; i++) receivers.push(yield* spawn(attempt(channel.receive())))
      const readers = []
      for (let i = 0; i < 3; i++) readers.push(yield* spawn(drain(channel)))
      yield* pause()
      channel.close()
      for (const receiver of receivers)
        expect(yield* receiver).toEqual({ status: 'failed', error: expect.any(ChannelClosedError) })
      for (const reader of readers) expect(yield* reader).toEqual([])
    })
  })

  test('is learnt by whoever receives later, every time', () => {
    runToEnd(function* () {
      const channel = createChannel<number>()
      channel.close()
      const subscription = yield* channel
      for (let i = 0; i < 2; i++) {
        expect(yield* subscription.next()).toEqual({ done: true, value: undefined })
        expect((yield* attempt(channel.receive())).status).toBe('failed')
      }
    })
  })

  test('with an error gives receivers that error, unchanged, and senders a ChannelClosedError with it as cause', () => {
    runToEnd(function* () {
      const error = new Error('connection lost')
      const channel = createChannel<number>({ capacity: 1 })
      const waiting = yield* spawn(attempt(channel.receive()))
      yield* pause()
      channel.close(error)
      expect(yield* waiting).toEqual({ status: 'failed', error })
      expect(yield* attempt(drain(channel))).toEqual({ status: 'failed', error })
      const sender = yield* attempt(channel.send(1))
      expect(sender).toMatchObject({ status: 'failed', error: { cause: error } })
    })
  })

  test('with null is to close it with an error', () => {
    runToEnd(function* () {
      const channel = createChannel<number>()
      channel.close(null)
      const subscription = yield* channel
      for (const wait of [channel.receive(), subscription.next()])
        expect(yield* attempt<unknown>(wait)).toEqual({ status: 'failed', error: null })
    })
  })

  test('twice does nothing: the first error stays', () => {
    runToEnd(function* () {
      const channel = createChannel<number>()
      channel.close('first')
      channel.close('second')
      expect(channel.isClosed).toBe(true)
      expect(yield* attempt(channel.receive())).toEqual({ status: 'failed', error: 'first' })
    })
  })
})

describe('overflow', () => {
  const full = (overflow: 'drop-oldest' | 'drop-newest' | 'error', capacity = 2) => {
    const channel = createChannel<number>({ capacity, overflow })
    for (let i = 1; i <= capacity; i++) channel.trySend(i)
    return channel
  }

  test('drop-oldest keeps the latest', () => {
    runToEnd(function* () {
      const channel = full('drop-oldest')
      yield* channel.send(3)
      expect(channel.trySend(4)).toBe(true)
      channel.close()
      expect(yield* drain(channel)).toEqual([3, 4])
    })
  })

  test('drop-newest keeps the first', () => {
    runToEnd(function* () {
      const channel = full('drop-newest')
      yield* channel.send(3)
      expect(channel.trySend(4)).toBe(false)
      channel.close()
      expect(yield* drain(channel)).toEqual([1, 2])
    })
  })

  test('error fails the sender', () => {
    runToEnd(function* () {
      const channel = full('error')
      const outcome = yield* attempt(channel.send(3))
      expect(outcome).toMatchObject({ status: 'failed', error: { code: 'COPPICE_CHANNEL_FULL' } })
      expect(outcome.status === 'failed' && outcome.error).toBeInstanceOf(ChannelFullError)
      expect(channel.trySend(4)).toBe(false)
      channel.close()
      expect(yield* drain(channel)).toEqual([1, 2])
    })
  })

  test.each(['drop-oldest', 'drop-newest', 'error'] as const)(
    '%s hands over to a receiver that waits, without any room',
    (overflow) => {
      runToEnd(function* () {
        const channel = createChannel<number>({ overflow })
        const receiver = yield* spawn(channel.receive())
        yield* pause()
        yield* channel.send(1)
        expect(yield* receiver).toBe(1)
        yield* attempt(channel.send(2))
        expect(channel.trySend(3)).toBe(false)
        expect([channel.length, channel.waitingSenders]).toEqual([0, 0])
      })
    }
  )
})

describe('C2, W3 cancellation loses nothing', () => {
  test('a receiver that is cancelled while it waits takes nothing', () => {
    runToEnd(function* () {
      const channel = createChannel<number>()
      const receiver = yield* spawn(attempt(channel.receive()))
      yield* pause()
      yield* cancel(receiver)
      expect(channel.waitingReceivers).toBe(0)
      expect(channel.trySend(1)).toBe(false)
    })
  })

  test('a sender that is cancelled while it waits has sent nothing', () => {
    runToEnd(function* () {
      const channel = createChannel<number>()
      const sender = yield* spawn(attempt(channel.send(1)))
      yield* pause()
      yield* cancel(sender)
      expect(channel.tryReceive()).toBeUndefined()
    })
  })

  test('an item that was handed over is seen, although the receiver was cancelled after that', () => {
    const seen: number[] = []
    runToEnd(function* () {
      const channel = createChannel<number>()
      const receiver = yield* spawn(function* () {
        seen.push(yield* channel.receive())
        yield* suspend()
      })
      yield* pause()
      expect(channel.trySend(1)).toBe(true)
      yield* cancel(receiver)
    })
    expect(seen).toEqual([1])
  })

  test('a task that is to unwind neither sends nor receives at its next effect', () => {
    runToEnd(function* () {
      const channel = createChannel<number>({ capacity: 2 })
      channel.trySend(1)
      for (const operation of [channel.receive(), channel.send(2)]) {
        const task = yield* spawn(function* () {
          void (yield* self()).cancel()
          yield* operation
        })
        yield* attempt(task)
      }
      expect(channel.length).toBe(1)
    })
  })

  test('a timeout that races the item gets it, or leaves it', () => {
    runToEnd(function* () {
      const channel = createChannel<number>()
      const receiver = yield* spawn(attempt(timeout(10, channel.receive())))
      yield* sleep(10)
      const sent = channel.trySend(1)
      const outcome = yield* receiver
      expect(outcome.status).toBe(sent ? 'done' : 'failed')
    })
  })
})

describe('W3 several waits of one select commit exactly one', () => {
  test('receives on several channels take one item', () => {
    runToEnd(function* () {
      const [a, b] = [createChannel<number>({ capacity: 1 }), createChannel<number>({ capacity: 1 })]
      const task = yield* spawn(select({ a: a.receive(), b: b.receive() }))
      yield* pause()
      a.trySend(1)
      b.trySend(2)
      expect(yield* task).toEqual({ key: 'a', value: 1 })
      expect([a.length, b.length]).toEqual([0, 1])
    })
  })

  test('receives of several tasks on the same channel take an item each', () => {
    runToEnd(function* () {
      const channel = createChannel<number>()
      const never = createChannel<number>()
      const tasks = []
      for (let i = 0; i < 3; i++)
        tasks.push(yield* spawn(race([channel.receive(), channel.receive(), never.receive()])))
      yield* pause()
      expect(channel.waitingReceivers).toBe(6)
      yield* sendAll(channel, [1, 2, 3])
      expect([yield* tasks[0]!, yield* tasks[1]!, yield* tasks[2]!]).toEqual([1, 2, 3])
      expect([channel.waitingReceivers, never.waitingReceivers]).toEqual([0, 0])
    })
  })

  test('a send and a receive of the same select are not each other’s partners', () => {
    runToEnd(function* () {
      const channel = createChannel<string>()
      const both = { send: channel.send('own'), receive: channel.receive() }
      const first = yield* spawn(select(both))
      const reversed = yield* spawn(race([channel.receive(), channel.send('reversed')]))
      yield* pause()
      yield* pause()
      // These two are: the first to come sends, or receives.
      expect(yield* reversed).toBe('own')
      expect(yield* first).toEqual({ key: 'send', value: undefined })
      expect([channel.waitingReceivers, channel.waitingSenders]).toEqual([0, 0])
    })
  })

  test('a send of a select that finds only its own receive does not take the room for granted', () => {
    runToEnd(function* () {
      const channel = createChannel<string>()
      const alone = yield* spawn(select([channel.receive(), channel.send('own')]))
      yield* sleep(10)
      expect(alone.status).toBe('running')
      expect(channel.trySend('other')).toBe(true)
      expect(yield* alone).toEqual({ key: 0, value: 'other' })
    })
  })

  test('a send and a receive of the same all are partners', () => {
    runToEnd(function* () {
      const channel = createChannel<string>()
      expect(yield* all([channel.send('a'), channel.receive()])).toEqual([undefined, 'a'])
      expect(yield* all([channel.receive(), channel.send('b')])).toEqual(['b', undefined])
      expect(yield* allSettled([channel.send('c'), channel.receive()])).toEqual([
        { status: 'done', value: undefined },
        { status: 'done', value: 'c' },
      ])
    })
  })

  test('a receive that makes room lets the others send, not its own select', () => {
    runToEnd(function* () {
      const channel = createChannel<string>({ capacity: 1 })
      channel.trySend('stored')
      const first = yield* select([channel.send('own'), channel.receive()])
      expect(first).toEqual({ key: 1, value: 'stored' })
      expect([channel.length, channel.waitingSenders]).toEqual([0, 0])
    })
  })
})

describe('producers', () => {
  test('the channel closes when the last is released', () => {
    const time = new Timeline()
    const channel = createChannel<string>()
    const producer = (name: string, ms: number) =>
      function* () {
        const out = yield* channel.producer()
        expect(out).toBe(channel)
        yield* sleep(ms)
        yield* out.send(name)
      }
    const items = time.simulate(function* () {
      yield* spawn(producer('a', 10))
      yield* spawn(producer('b', 20))
      const items = yield* drain(channel)
      time.note('end')
      return items
    })
    expect(items).toEqual(['a', 'b'])
    expect(time.lines).toEqual(['20 end'])
  })

  test('also when they fail or are cancelled', () => {
    runToEnd(function* () {
      const channel = createChannel<string>()
      const cancelled = yield* spawn(function* () {
        yield* channel.producer()
        yield* suspend()
      })
      const failing = yield* spawn(
        attempt(() =>
          scope(function* () {
            yield* channel.producer()
            throw new Error('failed')
          })
        )
      )
      yield* failing
      expect(channel.isClosed).toBe(false)
      yield* cancel(cancelled)
      expect(channel.isClosed).toBe(true)
    })
  })

  test('can’t register once it is closed', () => {
    runToEnd(function* () {
      const channel = createChannel<string>()
      channel.close()
      const outcome = yield* attempt(channel.producer())
      expect(outcome).toEqual({ status: 'failed', error: expect.any(ChannelClosedError) })
    })
  })
})

describe('misuse', () => {
  test.each([-1, 1.5, NaN, '1', null])('capacity %p is rejected', (capacity) => {
    expect(thrownBy(() => createChannel({ capacity: capacity as number }))).toBeInstanceOf(MisuseError)
  })

  test.each([10, null, 'jobs'])(
    '%p in the place of the options is rejected, and says where it goes',
    (given) => {
      const message = `createChannel takes its options in one object; it was given ${JSON.stringify(given)}.`
      expect(() => createChannel(given as never)).toThrow(message)
    }
  )

  test('an unknown overflow is rejected, and the known ones are named', () => {
    expect(() => createChannel({ overflow: 'drop' as 'error' })).toThrow(
      `createChannel: overflow is 'wait', 'drop-oldest', 'drop-newest' or 'error'; it was given "drop".`
    )
  })
})

test('waits print what they wait for', () => {
  const { task, sim } = start(function* main() {
    const jobs = createChannel<number>({ name: 'jobs' })
    yield* spawn(jobs.receive(), { name: 'named' })
    yield* spawn(createChannel().send(1), { name: 'unnamed' })
  })
  runNow(sim)
  expect(formatTree(task)).toContain('receive(jobs)')
  expect(formatTree(task)).toContain('send(channel)')
  void task.cancel()
  runNow(sim)
})

describe('a backlog costs linear time', () => {
  const count = 200_000

  test('of items', () => {
    const channel = createChannel<number>({ capacity: Infinity })
    for (let i = 0; i < count; i++) channel.trySend(i)
    let sum = 0
    for (let i = 0; i < count; i++) sum += channel.tryReceive()!.value
    expect(sum).toBe((count * (count - 1)) / 2)
  })

  test.each(['send', 'receive'] as const)('of waits to %s, served or cancelled one by one', (kind) => {
    runToEnd(function* () {
      const channel = createChannel<number>()
      const waiting = []
      for (let i = 0; i < count; i++)
        waiting.push(
          yield* spawn<unknown>(kind === 'send' ? channel.send(i) : channel.receive(), { background: true })
        )
      yield* pause()
      // From the middle outwards, so that neither end is near.
      const served = count / 2
      for (let i = 0; i < served; i++) {
        const task = waiting[served + (i % 2 === 0 ? 1 : -1) * (i >> 1)]!
        void task.cancel()
      }
      expect(channel.waitingSenders + channel.waitingReceivers).toBeLessThanOrEqual(count - served + 1)
      let exchanged = 0
      while (kind === 'send' ? channel.tryReceive() : channel.trySend(0)) exchanged++
      expect(exchanged).toBeGreaterThanOrEqual(served)
      expect(channel.waitingSenders + channel.waitingReceivers).toBe(0)
    })
  })
})
