/** Who could end a wait, as far as that is known: what a report of a deadlock names. */
import {
  type Operation,
  type Task,
  createChannel,
  createEvent,
  createLimiter,
  createMutex,
  createSemaphore,
  pause,
  scope,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import type { Task as KernelTask, Standing } from 'coppice/kernel'
import { runNow, start } from '../virtual.ts'

/** Names of those who could end the wait of a task. */
function enders(task: Task): string[] {
  const { wait } = task as unknown as KernelTask
  return [...(wait as Standing & { couldBeEndedBy(): Iterable<KernelTask> }).couldBeEndedBy()].map(
    ({ name }) => name
  )
}

/** Spawns tasks that do something and then stand still, and one that waits; gives who could end that. */
function endersOf(wait: Operation<unknown>, others: Record<string, () => Operation<unknown>>): string[] {
  let names: string[] = []
  const { task, sim } = start(function* root() {
    for (const [name, first] of Object.entries(others))
      yield* spawn(
        function* () {
          yield* first()
          yield* suspend()
        },
        { name }
      )
    yield* pause()
    const waiting = yield* spawn(wait, { name: 'waiting' })
    yield* pause()
    names = enders(waiting)
  })
  runNow(sim)
  void task.cancel()
  runNow(sim)
  return names
}

test('a wait for a mutex: its owner, however it has it', () => {
  const mutex = createMutex()
  expect(endersOf(mutex.use(), { owner: () => mutex.use() })).toEqual(['owner'])
  expect(endersOf(mutex.use(), { owner: () => timeout(1, mutex.use()) })).toEqual(['owner'])
  expect(
    endersOf(mutex.acquire(), { former: () => scope(() => mutex.use()), owner: () => mutex.acquire() })
  ).toEqual(['owner'])
})

test('a wait for permits: who has some by use', () => {
  const semaphore = createSemaphore(3)
  const others = { one: () => semaphore.use(), two: () => semaphore.use(), byHand: () => semaphore.acquire() }
  expect(endersOf(semaphore.acquire(), others)).toEqual(['one', 'two'])
  const limiter = createLimiter({ concurrency: 1 })
  expect(endersOf(limiter.use(), { busy: () => limiter.use() })).toEqual(['busy'])
})

test('a wait to receive: the producers that are counted', () => {
  const channel = createChannel()
  const others = { a: () => channel.producer(), b: () => channel.producer(), c: () => pause() }
  expect(endersOf(channel.receive(), others)).toEqual(['a', 'b'])
  expect(endersOf(createChannel().receive(), {})).toEqual([])
})

test('a wait for whom it may concern: nobody that is known', () => {
  expect(endersOf(createEvent().wait(), {})).toEqual([])
  expect(endersOf(createChannel().send(1), {})).toEqual([])
})
