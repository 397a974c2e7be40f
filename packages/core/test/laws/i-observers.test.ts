/** What observers see, what a tree looks like, and how tasks are called. */
import {
  type Effect,
  type Observer,
  type Startable,
  type Task,
  cancel,
  ensure,
  formatTree,
  inspectTree,
  operation,
  pause,
  resource,
  run,
  scope,
  select,
  shield,
  sleep,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import { emptySimulation, recorder, runAll, runNow, runToEnd, start } from '../virtual.ts'
import { thrownBy } from './timeline.ts'

/** What an observer sees of a program, until nothing can happen any more. */
function observed(program: Startable<unknown>): string[] {
  const lines: string[] = []
  const { sim } = start(program, { observers: [recorder(lines)] })
  runAll(sim)
  return lines
}

const resting = (ms: number) =>
  function* child() {
    yield* sleep(ms)
  }

describe('an observer sees', () => {
  test('a task start, wait on an effect, go on and close', () => {
    expect(
      observed(function* main() {
        yield* sleep(5)
      })
    ).toEqual(['main started', 'main resumed', 'main suspended on sleep(5)', 'main resumed', 'main done'])
  })

  test('a task that never waits', () => {
    expect(observed(function* main() {})).toEqual(['main started', 'main resumed', 'main done'])
  })

  test('that effects that never wait suspend nobody', () => {
    const lines = observed(function* main() {
      yield* ensure(() => {})
      yield* spawn(function* child() {})
    })
    expect(lines.filter((line) => line.startsWith('main suspended'))).toEqual(['main suspended on children'])
  })

  test('a child when it is spawned, before it has run, and its parent wait for it', () => {
    expect(
      observed(function* main() {
        yield* spawn(resting(5))
      })
    ).toEqual([
      'main started',
      'main resumed',
      'child started',
      'main suspended on children',
      'child resumed',
      'child suspended on sleep(5)',
      'child resumed',
      'child done',
      'main resumed',
      'main done',
    ])
  })

  test('a join', () => {
    const lines = observed(function* main() {
      const child = yield* spawn(resting(5))
      yield* child
    })
    expect(lines).toContain('main suspended on join(child)')
    expect(lines.indexOf('child done')).toBeLessThan(lines.lastIndexOf('main resumed'))
  })

  test('the waits inside of declared operations, by the effect itself', () => {
    const nap = operation('nap', function* (ms: number) {
      yield* sleep(ms)
    })
    const seen: (Effect | undefined)[] = []
    const { sim } = start(
      function* () {
        yield* nap(5)
        yield* scope(function* () {
          yield* sleep(6)
        })
        yield* timeout(50, () => nap(7))
      },
      { observers: [{ suspended: (_, effect) => void seen.push(effect) }] }
    )
    runAll(sim)
    expect(seen).toEqual([sleep(5), sleep(6), sleep(7)])
  })

  test('a cancelled task unwind, wait in its cleanup, and close as cancelled', () => {
    const lines = observed(function* main() {
      const child = yield* spawn(function* child() {
        try {
          yield* suspend()
        } finally {
          yield* sleep(2)
        }
      })
      yield* sleep(5)
      yield* cancel(child)
    })
    expect(lines.filter((line) => line.startsWith('child'))).toEqual([
      'child started',
      'child resumed',
      'child suspended on suspend()',
      'child resumed',
      'child unwinding',
      'child suspended on sleep(2)',
      'child resumed',
      'child cancelled',
    ])
    expect(lines).toContain('main suspended on cancel(child)')
  })

  test('a failing child, and the siblings that unwind because of it', () => {
    const lines: string[] = []
    thrownBy(() =>
      runToEnd(
        function* main() {
          yield* spawn(function* sibling() {
            yield* suspend()
          })
          yield* spawn(function* failing() {
            throw new Error('boom')
          })
          yield* suspend()
        },
        { observers: [recorder(lines)] }
      )
    )
    expect(lines.filter((line) => /unwinding|failed|cancelled|done/.test(line))).toEqual([
      'failing failed',
      'main unwinding',
      'sibling unwinding',
      'sibling cancelled',
      'main failed',
    ])
  })

  test('that a task that is done by itself never unwinds', () => {
    const lines = observed(function* main() {
      yield* spawn(resting(5))
      try {
        yield* sleep(1)
      } finally {
        yield* sleep(1)
      }
    })
    expect(lines.filter((line) => line.includes('unwinding'))).toEqual([])
  })

  test('the outcome of a task that closes, and its status at each event', () => {
    const seen: unknown[] = []
    const note = (event: string) => (task: Task) =>
      void seen.push([event, task.name, task.status, task.outcome])
    const observer: Observer = {
      started: note('started'),
      suspended: note('suspended'),
      resumed: note('resumed'),
      unwinding: note('unwinding'),
      closed: note('closed'),
    }
    const { task, sim } = start(suspend, { name: 'main', observers: [observer] })
    sim.advanceTo(1)
    void task.cancel('enough')
    sim.advanceTo(2)
    expect(seen).toEqual([
      ['started', 'main', 'running', undefined],
      ['resumed', 'main', 'running', undefined],
      ['suspended', 'main', 'running', undefined],
      ['resumed', 'main', expect.stringMatching(/running|unwinding/), undefined],
      ['unwinding', 'main', 'unwinding', undefined],
      ['closed', 'main', 'cancelled', { status: 'cancelled', reason: 'enough' }],
    ])
  })

  test('each task start once and close once, in pairs', () => {
    const lines = observed(function* main() {
      yield* spawn(resting(5))
      yield* select({
        a: function* a() {
          yield* sleep(1)
        },
        b: function* b() {
          yield* suspend()
        },
      })
      yield* resource<void>(function* pool(provide) {
        yield* spawn(resting(1))
        yield* provide()
      })
    })
    const started = lines.filter((line) => line.endsWith(' started')).map((line) => line.split(' ')[0])
    const closed = lines
      .filter((line) => /(done|cancelled|failed)$/.test(line))
      .map((line) => line.split(' ')[0])
    expect([...closed].sort()).toEqual([...started].sort())
    expect(closed.at(-1)).toBe('main')
  })

  test('a task cancelled before its first step take it all the same', () => {
    const lines = observed(function* main() {
      const child = yield* spawn(function* child() {
        yield* suspend()
      })
      yield* cancel(child)
    })
    expect(lines.filter((line) => line.startsWith('child'))).toEqual([
      'child started',
      'child resumed',
      'child unwinding',
      'child cancelled',
    ])
  })
})

describe('observers', () => {
  test('all see the same, in the order in which they were given', () => {
    const lines: string[] = []
    const named = (name: string): Observer => ({
      closed: (task) => void lines.push(`${name} sees ${task.name}`),
    })
    runToEnd(
      function* main() {
        yield* spawn(function* child() {})
      },
      { observers: [named('first'), named('second')] }
    )
    expect(lines).toEqual(['first sees child', 'second sees child', 'first sees main', 'second sees main'])
  })

  test('may have some of the hooks only, and use this', () => {
    class Counting implements Observer {
      closedTasks = 0
      closed(): void {
        this.closedTasks++
      }
    }
    const counting = new Counting()
    runToEnd(
      function* () {
        yield* spawn(resting(1))
      },
      { observers: [counting, {}] }
    )
    expect(counting.closedTasks).toBe(2)
  })

  test('change nothing in the order of what happens', () => {
    const program = (log: string[]) =>
      function* main() {
        yield* spawn(function* a() {
          yield* sleep(5)
          log.push('a')
        })
        yield* spawn(
          function* b() {
            try {
              yield* suspend()
            } finally {
              yield* sleep(1)
              log.push('b')
            }
          },
          { background: true }
        )
        yield* sleep(3)
        log.push('main')
      }
    const [seen, unseen]: [string[], string[]] = [[], []]
    runToEnd(program(seen), { observers: [recorder([])] })
    runToEnd(program(unseen))
    expect(seen).toEqual(unseen)
  })
})

describe('the tree', () => {
  const nap = operation('nap', function* (ms: number) {
    yield* sleep(ms)
  })

  test('is plain data: names, status, what each task waits on and since when, and its children', () => {
    const { task, sim } = start(function* main() {
      yield* spawn(nap(100))
      yield* sleep(3)
      yield* spawn(suspend, { name: 'server', background: true })
      yield* sleep(50)
    })
    sim.advanceTo(10)
    expect(inspectTree(task)).toEqual({
      id: 1,
      name: 'main',
      status: 'running',
      waitsOn: 'sleep(50)',
      since: 7,
      children: [
        { id: 2, name: 'nap', status: 'running', waitsOn: 'sleep(100)', since: 10, children: [] },
        { id: 3, name: 'server', status: 'running', waitsOn: 'suspend()', since: 7, children: [] },
      ],
    })
    expect(JSON.parse(JSON.stringify(inspectTree(task)))).toEqual(inspectTree(task))
  })

  test('is drawn as it was seen, from what was seen', () => {
    const { task, sim } = start(function* main() {
      yield* spawn(nap(100))
      yield* sleep(50)
    })
    sim.advanceTo(1)
    const seen = inspectTree(task)
    const drawn = formatTree(task)
    sim.advanceTo(60)
    expect(formatTree(seen)).toBe(drawn)
    expect(formatTree(task)).not.toBe(drawn)
  })

  test.each([undefined, null, 5, 'main', {}, () => suspend()])('is of tasks: %p is none', (given) => {
    expect(() => inspectTree(given as never)).toThrow(/^inspectTree takes a task; it was given .*\.$/)
    expect(() => formatTree(given as never)).toThrow(
      /^formatTree takes a task, or what inspectTree gave; it was given .*\.$/
    )
  })

  test('is a snapshot: what happens after it does not change it', () => {
    const { task, sim } = start(resting(5))
    sim.advanceTo(1)
    const before = inspectTree(task)
    runAll(sim)
    expect(before.waitsOn).toBe('sleep(5)')
    expect(before.status).toBe('running')
    expect(inspectTree(task)).toMatchObject({ status: 'done', waitsOn: '', children: [] })
  })

  test('of a task that has not taken its first step', () => {
    const { task } = start(resting(5))
    expect(inspectTree(task)).toEqual({
      id: 1,
      name: 'child',
      status: 'running',
      waitsOn: 'running',
      since: 0,
      children: [],
    })
    expect(formatTree(task)).toBe('child#1 ● running')
  })

  test('is drawn for a terminal, oldest first', () => {
    const { task, sim } = start(function* main() {
      yield* spawn(function* parent() {
        yield* spawn(nap(700))
        yield* spawn(function* joiner() {
          yield* first
        })
      })
      const first = yield* spawn(nap(1500), { name: 'first' })
      yield* resource<string>(function* pool(provide) {
        yield* spawn(nap(650))
        yield* provide('a pool')
      })
      yield* spawn(function* last() {
        yield* select({ a: suspend(), b: sleep(900) })
      })
      yield* timeout(800, suspend)
    })
    sim.advanceTo(250)
    expect(formatTree(task)).toBe(
      [
        'main#1 ● running · suspend() for 250 ms',
        '├─ parent#2 ● running · children: nap, joiner',
        '│  ├─ nap#5 ● running · sleep(700) for 250 ms',
        '│  └─ joiner#6 ● running · join(first) for 250 ms',
        '├─ first#3 ● running · sleep(1500) for 250 ms',
        '├─ pool#4 ● running · provide("a pool") for 250 ms',
        '│  └─ nap#7 ● running · sleep(650) for 250 ms',
        '└─ last#8 ● running · select(a, b) for 250 ms',
      ].join('\n')
    )
  })

  test('shows seconds from one on', () => {
    const { task, sim } = start(() => nap(100_000))
    sim.advanceTo(999)
    expect(formatTree(task)).toMatch(/ · sleep\(100000\) for 999 ms$/)
    sim.advanceTo(1000)
    expect(formatTree(task)).toMatch(/ · sleep\(100000\) for 1\.0 s$/)
    sim.advanceTo(61_500)
    expect(formatTree(task)).toMatch(/ · sleep\(100000\) for 61\.5 s$/)
  })

  test('shows who unwinds', () => {
    const { task, sim } = start(function* main() {
      yield* spawn(function* closing() {
        try {
          yield* suspend()
        } finally {
          yield* sleep(100)
        }
      })
      yield* suspend()
    })
    sim.advanceTo(5)
    void task.cancel()
    sim.advanceTo(25)
    expect(formatTree(task)).toBe(
      ['main#1 ◐ unwinding · children: closing', '└─ closing#2 ◐ unwinding · sleep(100) for 20 ms'].join('\n')
    )
  })

  test('shows how a closed task has ended', () => {
    const ended = (program: Startable<unknown>, act?: (task: Task) => void) => {
      const { task, sim } = start(program, { name: 'main' })
      task.then(undefined, () => {})
      sim.advanceTo(1)
      act?.(task)
      sim.advanceTo(2)
      return formatTree(task)
    }
    expect(ended(pause)).toBe('main#1 ✔ done')
    expect(
      ended(function* () {
        throw new Error('boom')
      })
    ).toBe('main#1 ✘ failed')
    expect(ended(suspend, (task) => void task.cancel())).toBe('main#1 ○ cancelled')
  })

  test('a closed child is not in it any more', () => {
    const { task, sim } = start(function* main() {
      yield* spawn(nap(5))
      yield* suspend()
    })
    sim.advanceTo(10)
    expect(inspectTree(task).children).toEqual([])
  })

  test('the children of a scope inside of a task are children of that task', () => {
    const { task, sim } = start(function* main() {
      yield* spawn(nap(100), { name: 'outside' })
      yield* scope(function* () {
        yield* spawn(nap(100), { name: 'inside' })
        yield* shield(function* () {
          yield* spawn(nap(100), { name: 'innermost' })
          yield* suspend()
        })
      })
    })
    sim.advanceTo(5)
    expect(inspectTree(task).children.map((child) => child.name)).toEqual(['outside', 'inside', 'innermost'])
  })

  test('of a child is the part below it', () => {
    let middle: Task | undefined
    const { sim } = start(function* main() {
      middle = yield* spawn(function* middle() {
        yield* spawn(nap(5))
      })
    })
    sim.advanceTo(1)
    expect(formatTree(middle!)).toBe(
      ['middle#2 ● running · children: nap', '└─ nap#3 ● running · sleep(5) for 1 ms'].join('\n')
    )
  })

  test('may be deeper than the JavaScript stack', () => {
    const deep = operation('deep', function* (depth: number): Generator<any, void, any> {
      if (depth > 0) yield* spawn(deep(depth - 1))
      yield* suspend()
    })
    const { task, sim } = start(deep(20_000))
    runNow(sim)
    let depth = 0
    for (let node = inspectTree(task); node.children[0] !== undefined; node = node.children[0]) depth++
    expect(depth).toBe(20_000)
  })

  test('can be looked at from inside', () => {
    const text = runToEnd(function* main() {
      const child = yield* spawn(nap(5))
      yield* pause()
      return formatTree(child)
    })
    expect(text).toBe('nap#2 ● running · sleep(5) for 0 ms')
  })
})

describe('a task is called', () => {
  const { interpreter } = emptySimulation()
  const nameOf = (program: Startable<unknown>, name?: string) =>
    run(program, name === undefined ? { interpreter } : { interpreter, name }).name

  test('by its function', () => {
    expect(nameOf(function* worker() {})).toBe('worker')
    const assigned = function* () {}
    expect(nameOf(assigned)).toBe('assigned')
    expect(nameOf(suspend)).toBe('suspend')
  })

  test('by its declared operation, handed over called or not', () => {
    const fetchPrice = operation('fetchPrice', function* () {})
    const assigned = operation(function* loadPage() {})
    expect(nameOf(fetchPrice)).toBe('fetchPrice')
    expect(nameOf(fetchPrice())).toBe('fetchPrice')
    expect(nameOf(assigned())).toBe('loadPage')
    expect(fetchPrice.name).toBe('fetchPrice')
    expect(assigned.name).toBe('loadPage')
  })

  test('by an effect', () => {
    expect(nameOf(sleep(1))).toBe('sleep')
    expect(nameOf(timeout(5, suspend))).toBe('timeout')
  })

  test('by the name that it was given, before all', () => {
    expect(nameOf(function* worker() {}, 'given')).toBe('given')
    expect(nameOf(sleep(1), 'given')).toBe('given')
    const names = runToEnd(function* () {
      const block = yield* spawn(operation('op', function* () {})(), { name: 'given' })
      return yield* scope(function* (open) {
        return [block.name, open.spawn(suspend, { name: 'by scope.spawn', background: true }).name]
      })
    })
    expect(names).toEqual(['given', 'by scope.spawn'])
  })

  test('anonymous if nothing has a name', () => {
    expect(nameOf((() => function* () {})())).toBe('anonymous')
    expect(nameOf(() => sleep(1))).toBe('anonymous')
    expect(nameOf((function* () {})())).toBe('anonymous')
    expect(nameOf({ [Symbol.iterator]: () => sleep(1)[Symbol.iterator]() })).toBe('anonymous')
  })

  test('has an id that counts from 1 in each tree, in the order of spawning', () => {
    const program = function* () {
      const ids: number[] = []
      for (let i = 0; i < 3; i++) ids.push((yield* spawn(suspend, { background: true })).id)
      return ids
    }
    expect(runToEnd(program)).toEqual([2, 3, 4])
    expect(runToEnd(program)).toEqual([2, 3, 4])
    expect(run(suspend, { interpreter }).id).toBe(1)
  })
})

describe('a throwing observer', () => {
  const hooks: (keyof Observer)[] = ['started', 'suspended', 'resumed', 'unwinding', 'closed']

  test.each(hooks)('changes nothing, and the others still see it: %s', (hook) => {
    const program = function* main() {
      const child = yield* spawn(function* child() {
        try {
          yield* suspend()
        } finally {
          yield* sleep(2)
        }
      })
      yield* sleep(5)
      yield* cancel(child)
      return 'a result'
    }
    const plain: string[] = []
    expect(runToEnd(program, { observers: [recorder(plain)] })).toBe('a result')
    // The host would hear of it in the same way as of any unhandled rejection.
    const reject = jest.spyOn(Promise, 'reject').mockImplementation(() => new Promise<never>(() => {}))
    try {
      const seen: string[] = []
      const boom = new Error('boom')
      const throwing: Observer = {
        [hook]() {
          throw boom
        },
      }
      expect(runToEnd(program, { observers: [throwing, recorder(seen)] })).toBe('a result')
      expect(seen).toEqual(plain)
      expect(reject).toHaveBeenCalledWith(boom)
    } finally {
      reject.mockRestore()
    }
  })
})

describe('an observer with some of the hooks', () => {
  test('is told nothing else', () => {
    const reject = jest.spyOn(Promise, 'reject').mockImplementation(() => new Promise<never>(() => {}))
    try {
      const closed: string[] = []
      runToEnd(
        function* main() {
          yield* spawn(pause, { name: 'child' })
        },
        { observers: [{ closed: ({ name }) => void closed.push(name) }] }
      )
      expect(closed).toEqual(['child', 'main'])
      expect(reject).not.toHaveBeenCalled()
    } finally {
      reject.mockRestore()
    }
  })
})
