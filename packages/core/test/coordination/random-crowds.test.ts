/** C2, W3: crowds of tasks on one broadcast, mutex or watch, cancelled at random and run in random orders. */
import {
  type Operation,
  type Overflow,
  type Task,
  createBroadcast,
  createMutex,
  createWatch,
  pause,
  run,
  scope,
  select,
  sleep,
  spawn,
} from 'coppice'
import fc from 'fast-check'
import { emptySimulation, runNow, stepNow } from '../virtual.ts'

const schedule = fc.record({
  picks: fc.array(fc.nat(7), { minLength: 1, maxLength: 60 }),
  /** Who is cancelled before which step. */
  cancels: fc.array(fc.record({ step: fc.nat(40), task: fc.nat(7) }), { maxLength: 4 }),
})

/** Runs a crowd to the end; then all that is left is cancelled. */
function runCrowd(
  { picks, cancels }: { picks: number[]; cancels: { step: number; task: number }[] },
  bodies: readonly (() => Operation<unknown>)[]
): void {
  let step = 0
  const sim = emptySimulation({ pick: (length) => picks[step % picks.length]! % length })
  const tasks: Task[] = []
  const root = run(
    function* () {
      for (const body of bodies) tasks.push(yield* spawn(body))
    },
    { interpreter: sim.interpreter }
  )
  const advance = () => {
    for (const { step: at, task } of cancels) if (at === step) void tasks[task]?.cancel()
    step++
    return stepNow(sim)
  }
  for (let instant = 0; instant < 20; instant++) {
    while (advance());
    sim.jump(instant)
  }
  for (const task of tasks) void task.cancel()
  runNow(sim)
  if (root.outcome?.status === 'failed') throw root.outcome.error
  expect([root.status, sim.timers]).toEqual(['done', 0])
}

const check = <T>(arbitrary: fc.Arbitrary<T>, predicate: (value: T) => void) =>
  fc.assert(fc.property(arbitrary, predicate), { numRuns: 1000, seed: 20 })

test('a broadcast gives all subscribers one order, loses nothing that was not to be dropped, and stalls only for those who ask', () => {
  const subscriber = fc.record({
    capacity: fc.constantFrom(1, 2, 3),
    overflow: fc.constantFrom<Overflow>('wait', 'drop-oldest', 'drop-newest', 'error'),
    reads: fc.nat(8),
    leaves: fc.boolean(),
  })
  const senders = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 })
  check(
    fc.tuple(schedule, fc.array(subscriber, { maxLength: 4 }), senders),
    ([plan, subscribers, counts]) => {
      const broadcast = createBroadcast<number>()
      const order: number[] = []
      const sent: number[] = []
      const read = subscribers.map((): number[] => [])
      const observer = function* () {
        const all = yield* broadcast
        for (let next = yield* all.next(); !next.done; next = yield* all.next()) order.push(next.value)
      }
      const reader = (index: number) =>
        function* () {
          const { capacity, overflow, reads, leaves } = subscribers[index]!
          const subscription = yield* broadcast.subscribe({ capacity, overflow })
          try {
            for (let i = 0; i < reads; i++) {
              const next = yield* select([subscription.next(), sleep(3)])
              if (next.key === 0 && next.value !== undefined && !next.value.done)
                read[index]!.push(next.value.value)
              yield* pause()
            }
          } catch {
            // It fell behind, which is its own affair.
          }
          if (!leaves) yield* sleep(Infinity)
        }
      const sender = (from: number, count: number) =>
        function* () {
          for (let item = from; item < from + count; item++) {
            yield* broadcast.send(item)
            sent.push(item)
          }
        }
      let from = 0
      const senderBodies = counts.map((count) => sender((from += 10), count))
      // The observer must see everything.
      const cancels = plan.cancels.filter(({ task }) => task !== 0)
      runCrowd({ ...plan, cancels }, [observer, ...subscribers.map((_, i) => reader(i)), ...senderBodies])
      // What was sent before the observer came it can't see; all else it saw once, in the order in which each sender sent it.
      const seen = new Set(order)
      expect(seen.size).toBe(order.length)
      expect(order.every((each) => sent.includes(each))).toBe(true)
      for (const [index, items] of read.entries()) {
        const places = items.map((each) => order.indexOf(each)).filter((place) => place >= 0)
        expect(places).toEqual([...places].sort((a, b) => a - b))
        expect(new Set(items).size).toBe(items.length)
        // Without a policy that drops, there are no gaps.
        if (subscribers[index]!.overflow === 'wait' || subscribers[index]!.overflow === 'error')
          places.forEach((place, i) => expect(place).toBe(places[0]! + i))
      }
      expect([broadcast.subscribers, broadcast.waitingSenders]).toEqual([0, 0])
    }
  )
})

test('a mutex lets one in at a time, in the order in which they came, and is free at the end', () => {
  const turn = fc.record({ byHand: fc.boolean(), inside: fc.constantFrom(0, 1, 2), late: fc.boolean() })
  check(fc.tuple(schedule, fc.array(fc.array(turn, { maxLength: 3 }), { maxLength: 6 })), ([plan, tasks]) => {
    const mutex = createMutex()
    let inside = 0
    const came: string[] = []
    const entered: string[] = []
    const work = function* (name: string, pauses: number) {
      expect(++inside).toBe(1)
      expect(mutex.isLocked).toBe(true)
      entered.push(name)
      try {
        for (let i = 0; i < pauses; i++) yield* pause()
      } finally {
        inside--
      }
    }
    const body = (index: number) =>
      function* () {
        for (const [round, { byHand, inside, late }] of tasks[index]!.entries()) {
          if (late) yield* pause()
          const name = `${index}.${round}`
          if (byHand) {
            came.push(name)
            yield* mutex.acquire()
            try {
              yield* work(name, inside)
            } finally {
              mutex.release()
            }
          } else {
            yield* scope(function* () {
              came.push(name)
              yield* mutex.use()
              yield* work(name, inside)
            })
          }
        }
      }
    runCrowd(
      plan,
      tasks.map((_, index) => body(index))
    )
    expect(entered).toEqual(came.filter((name) => entered.includes(name)))
    // Who is not cancelled gets its turn, every time.
    const cancelled = new Set(plan.cancels.map(({ task }) => task))
    for (const [index, turns] of tasks.entries()) {
      const times = entered.filter((name) => name.startsWith(`${index}.`)).length
      if (!cancelled.has(index)) expect(times).toBe(turns.length)
    }
    expect([mutex.isLocked, mutex.waiting]).toEqual([false, 0])
  })
})

test('a watch never leaves anybody asleep before the latest value, and never shows an older one after a newer', () => {
  const setter = fc.array(fc.nat(2), { minLength: 1, maxLength: 5 })
  check(
    fc.tuple(schedule, fc.array(setter, { minLength: 1, maxLength: 3 }), fc.nat(3)),
    ([plan, setters, watchers]) => {
      const watch = createWatch(0)
      let version = 0
      const seen = Array.from({ length: watchers }, (): number[] => [])
      const watcher = (index: number) =>
        function* () {
          const changes = yield* watch.changes
          seen[index]!.push(watch.value)
          for (;;) {
            const next = yield* changes.next()
            if (!next.done) seen[index]!.push(next.value)
            yield* pause()
          }
        }
      const sets = (pauses: number[]) =>
        function* () {
          for (const count of pauses) {
            for (let i = 0; i < count; i++) yield* pause()
            watch.set(++version)
          }
        }
      const cancels = plan.cancels.filter(({ task }) => task >= watchers)
      runCrowd({ ...plan, cancels }, [...seen.map((_, index) => watcher(index)), ...setters.map(sets)])
      for (const values of seen) {
        expect(values).toEqual([...new Set(values)].sort((a, b) => a - b))
        expect(values.at(-1)).toBe(watch.value)
      }
    }
  )
})
