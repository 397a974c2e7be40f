/** Semaphores and mutexes: fair, leak-free, and loud where they would hang. */
import {
  MisuseError,
  type Mutex,
  type Operation,
  type Semaphore,
  all,
  attempt,
  cancel,
  createMutex,
  createSemaphore,
  ensure,
  formatTree,
  map,
  pause,
  race,
  scope,
  select,
  shield,
  sleep,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import { Timeline, thrownBy } from '../laws/timeline.ts'
import { runAll, runNow, runToEnd, start } from '../virtual.ts'

/** Uses permits for 10 ms in a scope of its own. */
const uses = (time: Timeline, semaphore: Semaphore | Mutex, name: string, n = 1) =>
  function* () {
    yield* scope(function* () {
      yield* semaphore.use(n)
      time.note(`${name} in`)
      yield* sleep(10)
      time.note(`${name} out`)
    })
  }

function* misuse(operation: Operation<unknown>): Generator<any, string, any> {
  const outcome = yield* attempt(operation)
  if (outcome.status !== 'failed') return outcome.status
  expect(outcome.error).toBeInstanceOf(MisuseError)
  return (outcome.error as Error).message
}

describe('a semaphore', () => {
  test('lets at most so many in at once', () => {
    const time = new Timeline()
    const semaphore = createSemaphore(2)
    time.simulate(() => map(['a', 'b', 'c', 'd'], (name) => uses(time, semaphore, name)()))
    expect(time.lines).toEqual([
      '0 a in',
      '0 b in',
      '10 a out',
      '10 b out',
      '10 c in',
      '10 d in',
      '20 c out',
      '20 d out',
    ])
    expect(semaphore.available).toBe(2)
  })

  test('is first come, first served: a large request is not starved by small ones', () => {
    const time = new Timeline()
    const semaphore = createSemaphore(2)
    time.simulate(function* () {
      yield* spawn(uses(time, semaphore, 'small 1'))
      yield* spawn(uses(time, semaphore, 'large', 2))
      yield* spawn(uses(time, semaphore, 'small 2'))
      yield* pause()
      expect([semaphore.available, semaphore.waiting]).toEqual([1, 2])
      // Nor does anybody overtake who does not wait.
      expect(semaphore.tryAcquire()).toBe(false)
    })
    expect(time.lines.filter((line) => line.endsWith('in'))).toEqual([
      '0 small 1 in',
      '10 large in',
      '20 small 2 in',
    ])
  })

  test('gives what is acquired by hand until it is released', () => {
    runToEnd(function* () {
      const semaphore = createSemaphore(3)
      yield* semaphore.acquire(2)
      expect([semaphore.tryAcquire(2), semaphore.tryAcquire(), semaphore.available]).toEqual([false, true, 0])
      const waiting = yield* spawn(semaphore.acquire(2))
      yield* pause()
      semaphore.release()
      yield* pause()
      expect([waiting.status, semaphore.available]).toEqual(['running', 1])
      semaphore.release(2)
      yield* waiting
      expect(semaphore.available).toBe(1)
      semaphore.release(2)
      expect(semaphore.available).toBe(3)
    })
  })

  test('rejects what was not acquired, and what use() took', () => {
    runToEnd(function* () {
      const semaphore = createSemaphore(2, { name: 'pool' })
      yield* semaphore.use()
      expect(() => semaphore.release()).toThrow(
        'pool: 1 to be released, but 0 were acquired. What use() took comes back by itself.'
      )
      yield* semaphore.acquire()
      expect(() => semaphore.release(2)).toThrow(MisuseError)
      semaphore.release()
    })
  })

  test('passes permits on with what a region gives (R4), and gives them back with the scope', () => {
    runToEnd(function* () {
      const semaphore = createSemaphore(4)
      yield* scope(function* () {
        yield* timeout(10, semaphore.use())
        yield* shield(semaphore.use())
        yield* all([semaphore.use(), sleep(1)])
        yield* select({ use: semaphore.use(), late: sleep(1) })
        expect(semaphore.available).toBe(0)
      })
      expect(semaphore.available).toBe(4)
    })
  })

  test('gives permits back after everything newer has closed (T4)', () => {
    const log: string[] = []
    runToEnd(function* () {
      const semaphore = createSemaphore(1)
      yield* scope(function* () {
        yield* ensure(() => void log.push(`older: ${semaphore.available}`))
        yield* semaphore.use()
        yield* ensure(() => void log.push(`newer: ${semaphore.available}`))
      })
    })
    expect(log).toEqual(['newer: 0', 'older: 1'])
  })

  test('takes no permit for who is cancelled while it waits, and serves the next', () => {
    runToEnd(function* () {
      const semaphore = createSemaphore(2)
      yield* semaphore.acquire()
      const large = yield* spawn(semaphore.acquire(2))
      const small = yield* spawn(semaphore.acquire())
      yield* pause()
      expect(small.status).toBe('running')
      yield* cancel(large)
      yield* small
      expect(semaphore.available).toBe(0)
    })
  })

  test('leaks no permit when who was just given one is cancelled', () => {
    const semaphore = createSemaphore(1)
    runToEnd(function* () {
      yield* semaphore.acquire()
      const user = yield* spawn(function* () {
        yield* semaphore.use()
        yield* suspend()
      })
      yield* pause()
      semaphore.release()
      expect(semaphore.available).toBe(0)
      yield* cancel(user)
      expect(semaphore.available).toBe(1)
    })
  })

  test('gives a permit back that a branch took in vain', () => {
    runToEnd(function* () {
      const semaphore = createSemaphore(1)
      const outcome = yield* attempt(
        all([
          semaphore.use(),
          function* () {
            throw new Error('failed')
          },
        ])
      )
      expect(outcome.status).toBe('failed')
      expect(semaphore.available).toBe(1)
    })
  })

  test('commits one of several requests of a race', () => {
    runToEnd(function* () {
      const semaphore = createSemaphore(2)
      yield* semaphore.acquire(2)
      const task = yield* spawn(race([semaphore.acquire(), semaphore.acquire(), semaphore.acquire(2)]))
      yield* pause()
      semaphore.release(2)
      yield* task
      expect([semaphore.available, semaphore.waiting]).toEqual([1, 0])
    })
  })

  test('resized up serves those who wait; resized down takes nothing away', () => {
    runToEnd(function* () {
      const semaphore = createSemaphore(1)
      yield* semaphore.acquire()
      const waiting = yield* spawn(semaphore.acquire())
      yield* pause()
      semaphore.resize(2)
      yield* waiting
      semaphore.resize(1)
      expect([semaphore.available, semaphore.tryAcquire()]).toEqual([0, false])
      semaphore.release()
      expect([semaphore.available, semaphore.tryAcquire()]).toEqual([0, false])
      semaphore.release()
      expect(semaphore.available).toBe(1)
    })
  })

  test('resized below what somebody waits for tells them', () => {
    runToEnd(function* () {
      const semaphore = createSemaphore(3, { name: 'pool' })
      yield* semaphore.acquire()
      const large = yield* spawn(misuse(semaphore.acquire(3)))
      const small = yield* spawn(semaphore.acquire(1))
      yield* pause()
      semaphore.resize(2)
      expect(yield* large).toBe('acquire(pool) asks for 3 of 2 permits: it would wait for ever.')
      yield* small
    })
  })

  test('rejects a request that can never be met', () => {
    runToEnd(function* () {
      const semaphore = createSemaphore(2, { name: 'pool' })
      expect(yield* misuse(semaphore.use(3))).toBe(
        'acquire(pool) asks for 3 of 2 permits: it would wait for ever.'
      )
      yield* semaphore.use(1)
      expect(yield* misuse(semaphore.use(2))).toMatch(/^anonymous#1 would wait for ever at acquire\(pool\)/)
      // Somebody else's may come back.
      const other = yield* spawn(() => scope(() => semaphore.use()))
      yield* pause()
      yield* other
      yield* semaphore.use()
    })
  })

  test.each([0, -1, 1.5, NaN, Infinity, '1'])('rejects %p permits', (n) => {
    const semaphore = createSemaphore(1)
    for (const method of ['use', 'acquire', 'tryAcquire', 'release'] as const)
      expect(thrownBy(() => semaphore[method](n as number))).toBeInstanceOf(MisuseError)
    if (n !== 0) {
      expect(thrownBy(() => createSemaphore(n as number))).toBeInstanceOf(MisuseError)
      expect(thrownBy(() => semaphore.resize(n as number))).toBeInstanceOf(MisuseError)
    }
  })

  test('of none lets nobody in until it is resized', () => {
    runToEnd(function* () {
      const gate = createSemaphore(0)
      expect(gate.tryAcquire()).toBe(false)
      gate.resize(1)
      yield* gate.acquire()
    })
  })
})

describe('a mutex', () => {
  test('lets one in at a time, and hands itself over at the release', () => {
    const time = new Timeline()
    const mutex = createMutex()
    time.simulate(function* () {
      yield* spawn(uses(time, mutex, 'a'))
      yield* spawn(uses(time, mutex, 'b'))
      yield* spawn(function* () {
        yield* sleep(10)
        // Released and handed over at once: there is no moment at which a newcomer could take it.
        expect(mutex.isLocked).toBe(true)
      })
    })
    expect(time.lines).toEqual(['0 a in', '10 a out', '10 b in', '20 b out'])
    expect(mutex.isLocked).toBe(false)
  })

  test('acquired by hand is handed over by release', () => {
    runToEnd(function* () {
      const mutex = createMutex()
      yield* mutex.acquire()
      const next = yield* spawn(function* () {
        yield* mutex.acquire()
        mutex.release()
      })
      yield* pause()
      expect([mutex.isLocked, mutex.waiting]).toEqual([true, 1])
      mutex.release()
      expect([mutex.isLocked, mutex.waiting]).toEqual([true, 0])
      yield* next
      expect(mutex.isLocked).toBe(false)
    })
  })

  test('tells a task that takes it twice, instead of letting it hang', () => {
    runToEnd(function* () {
      const mutex = createMutex({ name: 'db' })
      for (const [first, second] of [
        [mutex.use(), mutex.use()],
        [mutex.use(), mutex.acquire()],
      ] as const) {
        yield* scope(function* () {
          yield* first
          expect(yield* misuse(second)).toMatch(
            /^anonymous#1 would wait for ever at acquire\(db\): it holds db/
          )
        })
        expect(mutex.isLocked).toBe(false)
      }
      yield* mutex.acquire()
      for (const second of [mutex.use(), mutex.acquire()])
        expect(yield* misuse(second)).toMatch(/holds db itself/)
      mutex.release()
    })
  })

  test('tells a child whose owner holds it by a scope, since that waits for the child', () => {
    runToEnd(function* () {
      const mutex = createMutex()
      yield* mutex.use()
      const child = yield* spawn(misuse(mutex.use()))
      expect(yield* child).toMatch(/would wait for ever/)
    })
  })

  test('lets a child wait for what its owner holds by hand', () => {
    runToEnd(function* () {
      const mutex = createMutex()
      yield* mutex.acquire()
      const child = yield* spawn(() => scope(() => mutex.use()))
      yield* pause()
      mutex.release()
      yield* child
    })
  })

  test('reports an owner that ends or is cancelled while it holds it, and goes to the next', () => {
    for (const end of ['returns', 'is cancelled']) {
      const { task, sim } = start(function* () {
        const mutex = createMutex({ name: 'db' })
        const owner = yield* spawn(
          attempt(() =>
            scope(function* () {
              const task = yield* spawn(
                function* () {
                  yield* mutex.acquire()
                  if (end === 'is cancelled') yield* suspend()
                },
                { name: 'owner', background: true }
              )
              const next = yield* spawn(() => scope(() => mutex.use()))
              yield* sleep(1)
              yield* cancel(task)
              yield* next
            })
          )
        )
        const outcome = yield* owner
        expect(outcome.status).toBe('failed')
        expect(mutex.isLocked).toBe(false)
        return outcome.status === 'failed' && String(outcome.error)
      })
      runAll(sim)
      expect(task.outcome).toMatchObject({
        status: 'done',
        value: expect.stringMatching(
          /MisuseError: owner#\d+ ended while it held db\. Write yield\* ….use\(\)/
        ),
      })
    }
  })

  test('is not reported when it was released in a finally', () => {
    runToEnd(function* () {
      const mutex = createMutex()
      const task = yield* spawn(function* () {
        yield* mutex.acquire()
        try {
          yield* suspend()
        } finally {
          mutex.release()
        }
      })
      yield* pause()
      yield* cancel(task)
      expect(task.status).toBe('cancelled')
      expect(mutex.isLocked).toBe(false)
    })
  })

  test('rejects a release of what was not acquired', () => {
    runToEnd(function* () {
      const mutex = createMutex()
      expect(() => mutex.release()).toThrow(MisuseError)
      yield* mutex.acquire()
      mutex.release()
      expect(() => mutex.release()).toThrow(MisuseError)
      yield* mutex.use()
      expect(() => mutex.release()).toThrow('What use() took comes back by itself.')
    })
  })

  test('leaves nothing behind in its owner, however often it is acquired', () => {
    runToEnd(function* () {
      const mutex = createMutex()
      const before = process.memoryUsage().heapUsed
      // Engines collect garbage when they like to: it goes at some time in the second half, and what is left behind does not.
      let least = Infinity
      for (let i = 0; i < 400_000; i++) {
        yield* mutex.acquire()
        mutex.release()
        if (i >= 200_000 && i % 1000 === 0) least = Math.min(least, process.memoryUsage().heapUsed)
      }
      expect(least - before).toBeLessThan(30e6)
    })
  })

  test('prints what waits for it', () => {
    const { task, sim } = start(function* () {
      const mutex = createMutex({ name: 'db' })
      yield* mutex.acquire()
      yield* spawn(mutex.use())
      yield* suspend()
    })
    runNow(sim)
    expect(formatTree(task)).toContain('acquire(db)')
    void task.cancel()
    runAll(sim)
  })
})
