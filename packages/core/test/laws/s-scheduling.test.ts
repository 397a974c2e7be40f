import { readFile } from 'node:fs'
import {
  type Operation,
  type Scope,
  type Task,
  action,
  all,
  attempt,
  call,
  cancel,
  collect,
  createContext,
  createScope,
  ensure,
  from,
  interval,
  liveInterpreter,
  mapEach,
  now,
  operation,
  pause,
  pipe,
  run,
  scope,
  sleep,
  sleepUntil,
  spawn,
  suspend,
  take,
  until,
} from 'coppice'
import { type Task as KernelTask, TimerHeap } from 'coppice/kernel'
import { emptySimulation, over, recorder, runAll, runToEnd, start } from '../virtual.ts'
import { Timeline } from './timeline.ts'

type Resume = (value?: unknown) => void

/** Waits for a callback, and hands that out. */
function gate(open: (resume: Resume) => void): Generator<any, unknown, any> {
  return (function* () {
    return yield* action<unknown>((resume) => {
      open(resume)
    })
  })()
}

describe('S1 one run queue per tree', () => {
  test('a callback that is called within a step resumes nobody inside that step', () => {
    const lines: string[] = []
    runToEnd(function* () {
      let resume: Resume | undefined
      yield* spawn(function* () {
        yield* gate((r) => (resume = r))
        lines.push('resumed')
      })
      yield* pause()
      lines.push('before')
      resume!()
      lines.push('after')
    })
    expect(lines).toEqual(['before', 'after', 'resumed'])
  })

  test('a cancellation that is requested within a step unwinds nobody inside that step', () => {
    const lines: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(function* () {
        try {
          yield* suspend()
        } finally {
          lines.push('unwound')
        }
      })
      yield* pause()
      lines.push('before')
      void task.cancel()
      lines.push('after')
    })
    expect(lines).toEqual(['before', 'after', 'unwound'])
  })

  test('scope.spawn and scope.cancel within a step run nobody inside that step', () => {
    const lines: string[] = []
    runToEnd(function* () {
      let block: Scope | undefined
      yield* spawn(function* () {
        yield* attempt(() =>
          scope(function* (opened) {
            block = opened
            try {
              yield* suspend()
            } finally {
              lines.push('block unwound')
            }
          })
        )
      })
      yield* pause()
      lines.push('before')
      block!.spawn(function* () {
        lines.push('child runs')
      })
      lines.push('between')
      block!.cancel()
      lines.push('after')
    })
    expect(lines.slice(0, 3)).toEqual(['before', 'between', 'after'])
    expect(lines.slice(3).sort()).toEqual(['block unwound', 'child runs'])
  })

  test('a task that ends wakes its joiner through the queue, behind what waits there already', () => {
    const lines: string[] = []
    runToEnd(function* () {
      let resume: Resume | undefined
      const task = yield* spawn(function* () {
        yield* pause()
        resume!()
      })
      yield* spawn(function* () {
        yield* gate((r) => (resume = r))
        lines.push('gate')
      })
      yield* task
      lines.push('joined')
    })
    expect(lines).toEqual(['gate', 'joined'])
  })

  test('a root that is started within a step of another tree runs after that step', () => {
    const lines: string[] = []
    const sim = emptySimulation()
    runToEnd(
      function* () {
        lines.push('before')
        run(
          function* () {
            lines.push('other tree')
          },
          { interpreter: sim.interpreter }
        )
        lines.push('after')
      },
      {},
      sim
    )
    expect(lines).toEqual(['before', 'after', 'other tree'])
  })

  test('a live root that is started within a step of another one runs outside of that step', async () => {
    const lines: string[] = []
    let other: Task | undefined
    await run(function* () {
      lines.push('before')
      other = run(function* () {
        lines.push('other tree')
      })
      lines.push('after')
    })
    await other
    expect(lines).toEqual(['before', 'after', 'other tree'])
  })

  const last = (length: number) => length - 1

  test('one function picks the next start', () => {
    const order: string[] = []
    runToEnd(
      function* () {
        for (const name of ['a', 'b', 'c']) {
          yield* spawn(function* () {
            order.push(name)
          })
        }
      },
      {},
      emptySimulation({ pick: last })
    )
    expect(order).toEqual(['c', 'b', 'a'])
  })

  test('… the next timer', () => {
    const order: string[] = []
    runToEnd(
      function* () {
        for (const name of ['a', 'b', 'c']) {
          yield* spawn(function* () {
            yield* sleep(10)
            order.push(name)
          })
        }
      },
      {},
      emptySimulation({ pick: last })
    )
    // Started c, b, a; so the timers are set, and enter the queue, in this order.
    expect(order).toEqual(['a', 'b', 'c'])
  })

  test('… the next wake', () => {
    const order: string[] = []
    runToEnd(
      function* () {
        const gates: Resume[] = []
        for (const name of ['a', 'b', 'c']) {
          yield* spawn(function* () {
            yield* gate((resume) => gates.push(resume))
            order.push(name)
          })
        }
        yield* sleep(1)
        for (const resume of gates.reverse()) resume()
      },
      {},
      emptySimulation({ pick: last })
    )
    expect(order).toEqual(['c', 'b', 'a'])
  })

  test('… and the next cancellation', () => {
    const order: string[] = []
    runToEnd(
      function* () {
        const tasks: Task[] = []
        for (const name of ['a', 'b', 'c']) {
          tasks.push(
            yield* spawn(function* () {
              try {
                yield* suspend()
              } finally {
                order.push(name)
              }
            })
          )
        }
        yield* sleep(1)
        for (const task of tasks) void task.cancel()
        yield* sleep(1)
      },
      {},
      emptySimulation({ pick: last })
    )
    expect(order).toEqual(['c', 'b', 'a'])
  })

  test('the program ends the same under every pick that its laws allow', () => {
    const work = (n: number) =>
      function* () {
        yield* sleep(n % 3)
        yield* pause()
        return n
      }
    let seed = 1
    const anyOf = (length: number) => (seed = (seed * 48271) % 2147483647) % length
    for (let i = 0; i < 100; i++) {
      const value = runToEnd(() => all([1, 2, 3, 4, 5].map(work)), {}, emptySimulation({ pick: anyOf }))
      expect(value).toEqual([1, 2, 3, 4, 5])
    }
  })
})

describe('S2 first in, first out', () => {
  test('starts, wakes and cancellations run in the order in which they entered', () => {
    const order: string[] = []
    runToEnd(function* () {
      const gates: Resume[] = []
      const sleeper = yield* spawn(function* () {
        yield* gate((resume) => gates.push(resume))
        order.push('wake')
      })
      const victim = yield* spawn(function* () {
        try {
          yield* suspend()
        } finally {
          order.push('cancellation')
        }
      })
      const starter = (name: string) =>
        function* () {
          order.push(name)
        }
      yield* pause()
      yield* spawn(starter('first start'))
      gates[0]!()
      yield* spawn(starter('second start'))
      void victim.cancel()
      yield* spawn(starter('third start'))
      yield* sleeper
    })
    expect(order).toEqual(['first start', 'wake', 'second start', 'cancellation', 'third start'])
  })

  test('pause goes to the back of the queue', () => {
    const order: string[] = []
    runToEnd(function* () {
      for (const name of ['a', 'b', 'c']) {
        yield* spawn(function* () {
          for (let i = 1; i <= 3; i++) {
            order.push(`${name}${i}`)
            yield* pause()
          }
        })
      }
    })
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3', 'b3', 'c3'])
  })

  test('joiners go on in the order in which they began to wait', () => {
    const order: string[] = []
    runToEnd(function* () {
      const task = yield* spawn(sleep(10))
      for (const [name, delay] of [
        ['third', 3],
        ['first', 1],
        ['second', 2],
      ] as const) {
        yield* spawn(function* () {
          yield* sleep(delay)
          yield* task
          order.push(name)
        })
      }
    })
    expect(order).toEqual(['first', 'second', 'third'])
  })

  test('the same program gives the same order every time', () => {
    const value = createContext('value', 0)
    const program = function* root(): Generator<any, void, any> {
      yield* attempt(() =>
        scope(function* (block) {
          for (let i = 0; i < 5; i++) {
            yield* spawn(
              function* () {
                yield* ensure(() => sleep(i))
                yield* value.with(i, () => sleep(10 - i))
                yield* pause()
                if (i === 2) block.cancel()
              },
              { name: `child ${i}` }
            )
          }
          yield* all([sleep(3), sleep(4), () => all([pause(), sleep(20)])])
        })
      )
    }
    const runs = Array.from({ length: 5 }, () => {
      const lines: string[] = []
      const { sim } = start(program, { observers: [recorder(lines)] })
      runAll(sim)
      return lines
    })
    expect(runs[0]!.length).toBeGreaterThan(20)
    for (const lines of runs) expect(lines).toEqual(runs[0])
  })

  test('holds live', async () => {
    const order: string[] = []
    await run(function* () {
      for (const name of ['a', 'b', 'c']) {
        yield* spawn(function* () {
          order.push(`${name}1`)
          yield* pause()
          order.push(`${name}2`)
        })
      }
    })
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2'])
  })
})

describe('S3 spawn enqueues the child, and the parent goes on', () => {
  test('the child starts when the parent suspends', () => {
    const lines: string[] = []
    runToEnd(function* () {
      yield* spawn(function* () {
        lines.push('child')
      })
      lines.push('parent goes on')
      yield* now()
      yield* ensure(() => {})
      lines.push('parent suspends')
      yield* sleep(0)
      lines.push('parent again')
    })
    expect(lines).toEqual(['parent goes on', 'parent suspends', 'child', 'parent again'])
  })

  test('children start in the order of their spawns', () => {
    const order: number[] = []
    runToEnd(function* () {
      for (let i = 0; i < 100; i++) {
        yield* spawn(function* () {
          order.push(i)
        })
      }
    })
    expect(order).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })

  test('grandchildren start behind the children that were spawned before them', () => {
    const order: string[] = []
    runToEnd(function* () {
      for (const name of ['a', 'b']) {
        yield* spawn(function* () {
          order.push(name)
          yield* spawn(function* () {
            order.push(`child of ${name}`)
          })
        })
      }
    })
    expect(order).toEqual(['a', 'b', 'child of a', 'child of b'])
  })

  test('a spawn is no wait: a parent that only spawns takes one step', () => {
    const lines: string[] = []
    const { sim } = start(
      function* parent() {
        for (let i = 0; i < 10; i++) yield* spawn(pause(), { name: 'child' })
      },
      { observers: [recorder(lines)] }
    )
    runAll(sim)
    const ran = lines.filter((line) => !line.endsWith('started'))
    expect(ran.slice(0, 3)).toEqual(['parent resumed', 'parent suspended on children', 'child resumed'])
  })

  test('a task that was spawned is running, and closed it is when it has run', () => {
    const statuses = runToEnd(function* () {
      const task = yield* spawn(function* () {})
      const before = task.status
      yield* pause()
      return [before, task.status]
    })
    expect(statuses).toEqual(['running', 'done'])
  })

  test('scope.spawn from outside starts the child without a wait of the parent', () => {
    const timeline = new Timeline()
    let block: Scope | undefined
    timeline.start(() =>
      scope(function* (opened) {
        block = opened
        yield* suspend()
      })
    )
    timeline.advance(10)
    block!.spawn(timeline.worker('child', 5))
    expect(timeline.lines).toEqual([])
    timeline.advance(20)
    expect(timeline.lines).toEqual(['10 child starts', '15 child cleans up', '15 child ends'])
  })
})

describe('S4 timers due at the same instant', () => {
  test('fire in the order in which they were set', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      for (let i = 0; i < 5; i++) {
        yield* spawn(function* () {
          yield* sleep(10)
          timeline.note(`timer ${i}`)
        })
      }
    })
    expect(timeline.lines).toEqual(['10 timer 0', '10 timer 1', '10 timer 2', '10 timer 3', '10 timer 4'])
  })

  test('… however long each of them runs', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      for (const delay of [7, 0, 9, 3]) {
        yield* spawn(function* () {
          yield* sleep(delay)
          yield* sleepUntil(10)
          timeline.note(`set at ${delay}`)
        })
      }
    })
    expect(timeline.lines).toEqual(['10 set at 0', '10 set at 3', '10 set at 7', '10 set at 9'])
  })

  test('… sleep and sleepUntil alike, other timers in between', () => {
    const timeline = new Timeline()
    const after = (name: string, wait: () => Generator<any, void, any>) =>
      spawn(function* () {
        yield* wait()
        timeline.note(name)
      })
    timeline.simulate(function* () {
      yield* after('first', () => once(sleep(10)))
      yield* after('later', () => once(sleep(11)))
      yield* after('second', () => once(sleepUntil(10)))
      yield* after('earlier', () => once(sleep(9)))
      yield* after('third', () => once(sleep(10)))
    })
    expect(timeline.lines).toEqual(['9 earlier', '10 first', '10 second', '10 third', '11 later'])
  })

  function* once(effect: ReturnType<typeof sleep>): Generator<any, void, any> {
    yield* effect
  }

  test('all enter the queue before any of them runs', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* spawn(function* () {
        yield* sleep(10)
        timeline.note('first timer')
        yield* spawn(function* () {
          timeline.note('child of the first')
        })
        yield* pause()
        timeline.note('first again')
      })
      yield* spawn(function* () {
        yield* sleep(10)
        timeline.note('second timer')
      })
    })
    expect(timeline.lines).toEqual([
      '10 first timer',
      '10 second timer',
      '10 child of the first',
      '10 first again',
    ])
  })

  test('so the first can no longer take the second back', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* spawn(function* () {
        yield* sleep(10)
        timeline.note('first')
        void second.cancel()
      })
      const second: Task = yield* spawn(function* () {
        yield* sleep(10)
        timeline.note('second')
        yield* sleep(0)
        timeline.note('never')
      })
    })
    expect(timeline.lines).toEqual(['10 first', '10 second'])
  })

  test('a timer that is set at its own instant comes after those that are due', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      for (const name of ['a', 'b']) {
        yield* spawn(function* () {
          yield* sleep(10)
          timeline.note(name)
          yield* sleep(0)
          timeline.note(`${name} again`)
        })
      }
    })
    expect(timeline.lines).toEqual(['10 a', '10 b', '10 a again', '10 b again'])
  })

  test('one that was taken back leaves the order of the others alone', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const tasks: Task[] = []
      for (let i = 0; i < 20; i++) {
        tasks.push(
          yield* spawn(function* () {
            yield* sleep(10)
            timeline.note(String(i))
          })
        )
      }
      yield* sleep(5)
      for (let i = 0; i < 20; i += 3) yield* cancel(tasks[i]!)
    })
    const kept = Array.from({ length: 20 }, (_, i) => i).filter((i) => i % 3 !== 0)
    expect(timeline.lines).toEqual(kept.map((i) => `10 ${i}`))
  })

  test('those that were taken back, most of all, leave the order of the others alone', () => {
    const kept = (i: number) => i % 7 === 0
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const tasks: Task[] = []
      for (let i = 0; i < 200; i++) {
        tasks.push(
          yield* spawn(function* () {
            yield* sleep(200 - (i % 50))
            timeline.note(String(i))
          })
        )
      }
      yield* sleep(5)
      for (const [i, task] of tasks.entries()) if (!kept(i)) yield* cancel(task)
    })
    const expected = Array.from({ length: 200 }, (_, i) => i)
      .filter(kept)
      .map((i) => ({ i, due: 200 - (i % 50) }))
      .sort((a, b) => a.due - b.due || a.i - b.i)
    expect(timeline.lines).toEqual(expected.map(({ i, due }) => `${due} ${i}`))
  })

  test('those that were taken back are forgotten when they are the larger half', () => {
    const heap = new TimerHeap()
    let asked = 0
    const timers = Array.from({ length: 100 }, (_, due) => {
      const timer = { isOn: true, fire() {}, isPending: () => (asked++, timer.isOn) }
      heap.add(timer, due)
      return timer
    })
    const takeBack = (from: number, to: number) => {
      for (const timer of timers.slice(from, to)) {
        timer.isOn = false
        heap.cancelled()
      }
    }
    takeBack(10, 60)
    expect(asked).toBe(0)
    takeBack(60, 61)
    expect(asked).toBe(100)
    expect(heap.size).toBe(49)
    asked = 0
    heap.fire(100)
    expect(asked).toBe(49)
    expect(heap.size).toBe(0)
  })

  test('many timers fire by their instants, and at each in the order in which they were set', () => {
    let seed = 7
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below
    const fired: { due: number; index: number; at: number }[] = []
    runToEnd(function* () {
      for (let index = 0; index < 2000; index++) {
        const due = random(50)
        yield* spawn(function* () {
          yield* sleep(due)
          fired.push({ due, index, at: yield* now() })
        })
      }
    })
    expect(fired).toHaveLength(2000)
    const sorted = [...fired].sort((a, b) => a.due - b.due || a.index - b.index)
    expect(fired).toEqual(sorted)
    expect(fired.every(({ due, at }) => due === at)).toBe(true)
  })

  test('live timers of the same length fire in the order in which they were set', async () => {
    const order: number[] = []
    await run(function* () {
      const due = (yield* now()) + 15
      for (let i = 0; i < 20; i++) {
        yield* spawn(function* () {
          yield* sleepUntil(due)
          order.push(i)
        })
      }
    })
    expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })
})

/** On a machine that has much else to do, the time of a drain may be over when it has hardly begun (S6). */
const runAtOnce = <T>(program: () => Operation<T>): Task<T> => run(program, { budget: { ms: Infinity } })

describe('S5 a wake from outside drains the queue at once, synchronously', () => {
  test('a callback', async () => {
    const lines: string[] = []
    let resume: Resume | undefined
    const task = runAtOnce(function* () {
      yield* gate((r) => (resume = r))
      lines.push('resumed')
    })
    lines.push('before')
    resume!()
    lines.push('after')
    await task
    expect(lines).toEqual(['before', 'resumed', 'after'])
  })

  test('… with all that follows from it', async () => {
    const lines: string[] = []
    let resume: Resume | undefined
    const task = runAtOnce(function* () {
      const child = yield* spawn(function* () {
        yield* gate((r) => (resume = r))
        yield* spawn(function* () {
          lines.push('grandchild')
        })
        for (let i = 0; i < 3; i++) yield* pause()
        lines.push('child')
        return 'value'
      })
      lines.push(`joined ${yield* child}`)
    })
    resume!()
    lines.push('after')
    expect(task.status).toBe('done')
    await task
    expect(lines).toEqual(['grandchild', 'child', 'joined value', 'after'])
  })

  test('a callback that fails', async () => {
    const error = new Error('outside')
    let fail: ((error: unknown) => void) | undefined
    let caught: unknown
    const task = runAtOnce(function* () {
      try {
        yield* action((_, f) => {
          fail = f
        })
      } catch (thrown) {
        caught = thrown
      }
    })
    fail!(error)
    expect(caught).toBe(error)
    await task
  })

  test('a settled promise: in the very microtask', async () => {
    const lines: string[] = []
    let settle: ((value: string) => void) | undefined
    const promise = new Promise<string>((resolve) => (settle = resolve))
    const task = runAtOnce(function* () {
      lines.push(yield* until(promise))
      yield* pause()
      lines.push('and goes on')
    })
    void promise.then(() => lines.push('who asked later'))
    settle!('value')
    lines.push('before')
    await task
    expect(lines).toEqual(['before', 'value', 'and goes on', 'who asked later'])
  })

  test('a rejected one, too', async () => {
    const lines: string[] = []
    const promise = Promise.reject(new Error('rejected'))
    const task = runAtOnce(function* () {
      try {
        yield* until(promise)
      } catch {
        lines.push('caught')
      }
    })
    promise.catch(() => lines.push('who asked later'))
    await task
    expect(lines).toEqual(['caught', 'who asked later'])
  })

  test('a call that is done', async () => {
    const lines: string[] = []
    let done: (() => void) | undefined
    const work = new Promise<void>((resolve) => (done = resolve))
    const task = runAtOnce(function* () {
      yield* call(() => work)
      lines.push('called')
    })
    void work.then(() => lines.push('who asked later'))
    done!()
    await task
    expect(lines).toEqual(['called', 'who asked later'])
  })

  test('scope.spawn', async () => {
    const lines: string[] = []
    const open = createScope()
    open.run(function* () {
      lines.push('runs')
    })
    lines.push('after')
    await open.close()
    expect(lines).toEqual(['runs', 'after'])
  })

  test('a cancellation', async () => {
    const lines: string[] = []
    const task = runAtOnce(function* () {
      try {
        yield* suspend()
      } finally {
        lines.push('unwound')
      }
    })
    const cancelled = task.cancel()
    lines.push('after')
    expect(task.status).toBe('cancelled')
    await cancelled
    expect(lines).toEqual(['unwound', 'after'])
  })

  test('run itself: the root goes up to its first wait', async () => {
    const lines: string[] = []
    const task = runAtOnce(function* () {
      lines.push('first step')
      yield* sleep(1)
      lines.push('later')
    })
    lines.push('after run')
    await task
    expect(lines).toEqual(['first step', 'after run', 'later'])
  })

  test('but not while it is draining: then it waits for its turn', async () => {
    const lines: string[] = []
    let resume: Resume | undefined
    await runAtOnce(function* () {
      yield* spawn(function* () {
        yield* gate((r) => (resume = r))
        lines.push('resumed')
      })
      yield* pause()
      lines.push('before')
      resume!()
      lines.push('after')
      yield* pause()
      lines.push('end of parent')
    })
    expect(lines).toEqual(['before', 'after', 'resumed', 'end of parent'])
  })

  test('a wake of another tree from inside a step never nests in that step', async () => {
    const lines: string[] = []
    let resume: Resume | undefined
    const other = runAtOnce(function* () {
      yield* gate((r) => (resume = r))
      lines.push('other resumed')
      yield* spawn(function* () {
        lines.push('child of other')
      })
    })
    const task = runAtOnce(function* () {
      lines.push('before')
      resume!()
      lines.push('after')
    })
    await Promise.all([other, task])
    expect(lines).toContain('other resumed')
    expect(lines.indexOf('after')).toBe(lines.indexOf('before') + 1)
  })

  test('what the drain throws does not reach the one who called', async () => {
    let resume: Resume | undefined
    const task = runAtOnce(function* () {
      yield* gate((r) => (resume = r))
      throw new Error('inside')
    })
    const failed = expect(task).rejects.toThrow('inside')
    expect(() => resume!()).not.toThrow()
    await failed
  })
})

describe('S6 after its budget the drain hands over to the host', () => {
  const giveUpAfterMs = 3000

  /** Keeps a tree busy until `isOver`, or for so long that the others would have had many turns. */
  const busy = operation('busy', function* (isOver: () => boolean, turn: () => Generator<any, unknown, any>) {
    const giveUp = performance.now() + giveUpAfterMs
    for (let turns = 1; !isOver(); turns++) {
      yield* turn()
      if (turns % 64 === 0 && performance.now() > giveUp) return
    }
  })

  const turns: [string, () => Generator<any, unknown, any>][] = [
    ['pauses', () => each(pause())],
    ['spawns', () => spawnsAndJoins()],
    ['settled promises', () => each(until(Promise.resolve()))],
    ['asynchronous calls', () => each(call(async () => {}))],
    ['synchronous calls', () => each(call(() => {}))],
    ['callbacks that come at once', () => each(action<void>((resume) => resume()))],
    [
      'callbacks that come in a microtask',
      () => each(action<void>((resume) => queueMicrotask(() => resume()))),
    ],
    ['sleeps that are over at once', () => each(sleep(0))],
    ['scopes', () => each(scope(pause))],
  ]

  function* each(effect: { [Symbol.iterator](): Iterator<any, unknown, any> }): Generator<any, unknown, any> {
    return yield* effect
  }

  function* spawnsAndJoins(): Generator<any, unknown, any> {
    yield* yield* spawn(pause())
    return undefined
  }

  test.each([
    ['4 steps that take 3 ms each', 3, 4],
    ['5 steps that take 2 ms each', 2, 5],
    ['a budget of steps that take no time', 0, 10_000],
  ])('a slice ends after %s', (_, stepMs, steps) => {
    const sim = emptySimulation()
    let taken = 0
    const { task } = start(
      function* () {
        for (;;) {
          taken++
          sim.jump(sim.now + stepMs)
          yield* pause()
        }
      },
      {},
      sim
    )
    expect((task as Task as KernelTask).tree.runSlice()).toBe(true)
    expect(taken).toBe(steps)
  })

  test('the clock is read rarely while steps are short', () => {
    const sim = emptySimulation()
    let reads = 0
    const interpreter = over(sim, { now: () => (reads++, 0) })
    const { task } = start(
      function* () {
        for (;;) yield* pause()
      },
      {},
      sim,
      interpreter
    )
    expect((task as Task as KernelTask).tree.runSlice()).toBe(true)
    expect(reads).toBeLessThan(100)
  })

  test('a step goes on with what is there at once, but not for ever', () => {
    const { sim } = start(function* () {
      for (let i = 0; i < 15_000; i++) yield* call(() => i)
    })
    runAll(sim)
    expect(sim.steps).toBe(2)
  })

  test.each(turns)('a tree that is busy with %s starves nobody', async (_, turn) => {
    const reached = { hostTimer: false, io: false, ownTimer: false, otherTree: false, microtask: false }
    setTimeout(() => (reached.hostTimer = true), 5)
    readFile(__filename, () => (reached.io = true))
    void Promise.resolve().then(() => (reached.microtask = true))
    let seen: typeof reached | undefined
    const first = run(function* () {
      yield* spawn(function* () {
        yield* sleep(5)
        reached.ownTimer = true
      })
      yield* busy(() => Object.values(reached).every(Boolean), turn)
      seen = { ...reached }
    })
    const second = run(function* () {
      for (let i = 0; i < 3; i++) {
        yield* sleep(1)
        yield* pause()
      }
      reached.otherTree = true
    })
    await Promise.all([first, second])
    expect(seen).toEqual({ hostTimer: true, io: true, ownTimer: true, otherTree: true, microtask: true })
  })

  test('a budget in steps hands over after so many of them', async () => {
    const steps = 100
    let taken = 0
    const atTurns: number[] = []
    const count = () => {
      atTurns.push(taken)
      if (taken < 2000) setImmediate(count)
    }
    setImmediate(count)
    const task = run(
      function* () {
        while (taken < 2000) {
          taken++
          yield* pause()
        }
      },
      { budget: { steps, ms: 1000 } }
    )
    // `run` itself goes no further than the budget, either.
    expect(taken).toBeGreaterThan(1)
    expect(taken).toBeLessThanOrEqual(steps + 1)
    await task
    expect(taken).toBe(2000)
    expect(atTurns.length).toBeGreaterThanOrEqual(10)
  })

  test('a budget in milliseconds hands over after so long', async () => {
    // Milliseconds that the tree has run for since the host had its turn. A step in which the machine does something else is not its own.
    let own = 0
    let longest = 0
    let last = performance.now()
    let over = false
    const look = () => {
      own = 0
      if (!over) setImmediate(look)
    }
    const end = last + 200
    const task = run(
      function* () {
        while (last < end) {
          yield* pause()
          const at = performance.now()
          own += Math.min(at - last, 1)
          longest = Math.max(longest, own)
          last = at
        }
        over = true
      },
      { budget: { steps: Infinity, ms: 5 } }
    )
    expect(own).toBeLessThan(100)
    look()
    await task
    expect(longest).toBeLessThan(100)
  })

  test('run returns, however busy its tree is', async () => {
    let over = false
    let turns = 0
    const task = run(function* () {
      yield* busy(
        () => over,
        function* () {
          turns++
          yield* pause()
        }
      )
    })
    const turnsUntilReturn = turns
    await new Promise((resolve) => setTimeout(resolve, 30))
    over = true
    await task
    expect(turns).toBeGreaterThan(turnsUntilReturn)
  })

  test('a callback that wakes a busy tree returns', async () => {
    let over = false
    let turns = 0
    let resume: Resume | undefined
    const task = run(
      function* () {
        yield* gate((r) => (resume = r))
        yield* busy(
          () => over,
          function* () {
            turns++
            yield* pause()
          }
        )
      },
      { budget: { steps: 100, ms: Infinity } }
    )
    resume!()
    const turnsUntilReturn = turns
    await new Promise((resolve) => setTimeout(resolve, 30))
    over = true
    await task
    expect(turnsUntilReturn).toBeGreaterThan(0)
    expect(turns).toBeGreaterThan(turnsUntilReturn)
  })

  test('what is left of the queue goes on in the same order', async () => {
    const order: number[] = []
    await run(
      function* () {
        for (let i = 0; i < 50; i++) {
          yield* spawn(function* () {
            order.push(i)
            yield* pause()
            order.push(i)
          })
        }
      },
      { budget: { steps: 7, ms: 1000 } }
    )
    const numbers = Array.from({ length: 50 }, (_, i) => i)
    expect(order).toEqual([...numbers, ...numbers])
  })

  test('with a budget of one step, what is answered at once has its turn after the host, too', async () => {
    const items = pipe(
      from([1, 2, 3]),
      mapEach((item) => item + 1)
    )
    expect(await run(collect(items), { budget: { steps: 1 } })).toEqual([2, 3, 4])
    expect(await run(collect(pipe(interval(1), take(2))), { budget: { steps: 1 } })).toHaveLength(2)
  })

  test('a tree whose budget is spent is not driven further by a wake from outside', async () => {
    let taken = 0
    let over = false
    const gates: Resume[] = []
    const task = run(
      function* () {
        for (let i = 0; i < 5; i++) yield* spawn(() => gate((resume) => gates.push(resume)))
        yield* pause()
        while (!over) {
          taken++
          yield* pause()
        }
      },
      { budget: { steps: 50, ms: 1000 } }
    )
    for (const resume of gates) resume()
    over = true
    // A drain, or one for each wake, may take its budget; none goes on without end.
    expect(taken).toBeLessThanOrEqual(6 * 50)
    await task
  })

  test('trees take turns: two busy ones go side by side', async () => {
    const steps = 100
    const taken = [0, 0]
    let worst = 0
    const program = (mine: number) =>
      function* () {
        while (taken[mine]! < 5000) {
          taken[mine]!++
          if (taken[0]! < 5000 && taken[1]! < 5000) worst = Math.max(worst, Math.abs(taken[0]! - taken[1]!))
          yield* pause()
        }
      }
    const budget = { steps, ms: 1000 }
    await Promise.all([run(program(0), { budget }), run(program(1), { budget })])
    expect(taken).toEqual([5000, 5000])
    expect(worst).toBeLessThanOrEqual(3 * steps)
  })

  test('trees take turns: ten busy ones all end about together', async () => {
    let over = false
    let giveUp = 0
    const taken = new Array<number>(10).fill(0)
    const tasks = taken.map((_, i) =>
      run(
        function* () {
          while (!over) {
            taken[i]!++
            if (taken[i]! >= 3000) over = true
            if (giveUp++ > 1e6) throw new Error('One tree starves')
            yield* pause()
          }
        },
        { budget: { steps: 50, ms: 1000 } }
      )
    )
    await Promise.all(tasks)
    expect(Math.min(...taken)).toBeGreaterThanOrEqual(3000 - 5 * 50)
  })

  test('a tree that another one starts gets its turn while that one is busy', async () => {
    let other: Task | undefined
    let over = false
    let overInTime = false
    await run(function* () {
      other = run(function* () {
        yield* sleep(1)
        over = true
      })
      yield* busy(() => over, turns[0]![1])
      overInTime = over
    })
    await other
    expect(overInTime).toBe(true)
  })

  test('a cancellation from the host reaches a busy tree', async () => {
    const task = run(function* () {
      yield* spawn(function* () {
        yield* busy(() => false, turns[0]![1])
      })
      yield* busy(() => false, turns[0]![1])
    })
    setTimeout(() => void task.cancel('enough'), 5)
    await task.then(
      () => {},
      () => {}
    )
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'enough' })
  })

  test('the live interpreter is the one that run takes by default', async () => {
    const before = liveInterpreter.now()
    const instant = await run(() => now())
    expect(instant).toBeGreaterThanOrEqual(before)
    expect(instant).toBeLessThanOrEqual(liveInterpreter.now())
  })
})
