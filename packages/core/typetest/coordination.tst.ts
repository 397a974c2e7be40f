/** Types of what tasks coordinate by. */
import {
  type Broadcast,
  type Channel,
  type Deferred,
  type Operation,
  type Overflow,
  type Stream,
  type Subscription,
  type Watch,
  createBroadcast,
  createChannel,
  createDeferred,
  createEvent,
  createLimiter,
  createMutex,
  createSemaphore,
  createWatch,
  select,
  sleep,
} from 'coppice'
import { describe, expect, test } from 'tstyche'

/** The type of what `yield*` gives, without running anything. */
declare function valueOf<T>(operation: Operation<T>): T

describe('a channel', () => {
  const channel = createChannel<string>({ capacity: 1, overflow: 'drop-oldest', name: 'jobs' })

  test('takes and gives its items', () => {
    expect(channel).type.toBe<Channel<string>>()
    expect(channel.send).type.not.toBeCallableWith(1)
    expect(channel.send('a')).type.toBe<Operation<void>>()
    expect(channel.trySend('a')).type.toBe<boolean>()
    expect(valueOf(channel.receive())).type.toBe<string>()
    expect(channel.tryReceive()).type.toBe<{ value: string } | undefined>()
    expect(valueOf(channel.producer())).type.toBe<Channel<string>>()
    expect(createChannel()).type.toBe<Channel<unknown>>()
  })

  test('of nothing takes nothing', () => {
    expect(createChannel<void>().send).type.toBeCallableWith()
  })

  test('is a stream', () => {
    expect(channel).type.toBeAssignableTo<Stream<string>>()
    expect(valueOf(channel)).type.toBe<Subscription<string>>()
    const next = valueOf(valueOf(channel).next())
    expect(next).type.toBe<IteratorResult<string, void>>()
    if (!next.done) expect(next.value).type.toBe<string>()
  })

  test('stands in a select', () => {
    const first = valueOf(select({ item: channel.receive(), sent: channel.send('a'), late: sleep(1) }))
    expect(first).type.toBe<
      { key: 'item'; value: string } | { key: 'sent'; value: void } | { key: 'late'; value: void }
    >()
  })

  test('knows its overflow policies', () => {
    expect<Overflow>().type.toBe<'wait' | 'drop-oldest' | 'drop-newest' | 'error'>()
    expect(createChannel).type.not.toBeCallableWith({ overflow: 'drop' })
  })
})

test('a broadcast is a stream, and so is what subscribe gives', () => {
  const broadcast = createBroadcast<number>({ capacity: 8 })
  expect(broadcast).type.toBe<Broadcast<number>>()
  expect(valueOf(broadcast)).type.toBe<Subscription<number>>()
  expect(broadcast.subscribe({ capacity: 1, overflow: 'wait' })).type.toBe<Stream<number>>()
  expect(broadcast.send(1)).type.toBe<Operation<void>>()
})

test('a deferred gives what it is resolved with', () => {
  const deferred = createDeferred<number>()
  expect(deferred).type.toBe<Deferred<number>>()
  expect(valueOf(deferred)).type.toBe<number>()
  expect(deferred.resolve).type.toBeCallableWith(1)
  expect(deferred.resolve).type.not.toBeCallableWith()
  expect(createDeferred()).type.toBe<Deferred<void>>()
  expect(createDeferred().resolve).type.toBeCallableWith()
})

test('a watch gives its value, and infers its type', () => {
  const watch = createWatch(1)
  expect(watch).type.toBe<Watch<number>>()
  expect(watch.value).type.toBe<number>()
  expect(valueOf(watch.next())).type.toBe<number>()
  expect(watch.changes).type.toBe<Stream<number>>()
  expect(watch).type.not.toBeAssignableTo<{ value: string }>()
  expect(createWatch<number | null>(null)).type.toBe<Watch<number | null>>()
})

test('permits are operations that give nothing', () => {
  for (const operation of [
    createEvent().wait(),
    createSemaphore(1).use(),
    createSemaphore(1).acquire(2),
    createMutex().use(),
    createLimiter({ rate: 1 }).use(2),
  ])
    expect(operation).type.toBe<Operation<void>>()
  expect(createSemaphore).type.not.toBeCallableWith()
  expect(createSemaphore(1).tryAcquire()).type.toBe<boolean>()
  expect(createLimiter).type.not.toBeCallableWith()
})
