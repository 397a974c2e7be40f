import {
  CancelledError,
  JoinCycleError,
  type Scope,
  type Task,
  type TreeNode,
  action,
  attempt,
  cancel,
  createScope,
  ensure,
  inspectTree,
  now,
  operation,
  pause,
  resource,
  run,
  scope,
  select,
  self,
  shield,
  sleep,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import { emptySimulation, recorder, runAll, runNow, runToEnd, start } from '../virtual.ts'
import { Timeline, thrownBy } from './timeline.ts'

function namesIn(node: TreeNode): string[] {
  return [node.name, ...node.children.flatMap(namesIn)]
}

function* idle(): Generator<any, void, any> {
  yield* suspend()
}

describe('T1 every task is owned by exactly one scope', () => {
  test('run makes the root, which is its own tree', () => {
    const seen: Task[] = []
    const { task, sim } = start(function* main() {
      seen.push(yield* self())
    })
    runAll(sim)
    expect(seen).toEqual([task])
    expect(task.id).toBe(1)
    expect(task.name).toBe('main')
    expect(inspectTree(task).children).toEqual([])
  })

  test('a task stands in the tree once, below the task that spawned it', () => {
    const { task, sim } = start(function* main() {
      yield* spawn(function* a() {
        yield* spawn(idle, { name: 'a1' })
        yield* spawn(idle, { name: 'a2' })
        yield* suspend()
      })
      yield* spawn(function* b() {
        yield* spawn(idle, { name: 'b1' })
        yield* suspend()
      })
      yield* suspend()
    })
    runNow(sim)
    const { children } = inspectTree(task)
    expect(namesIn(inspectTree(task)).sort()).toEqual(['a', 'a1', 'a2', 'b', 'b1', 'main'])
    expect(children.map((node) => [node.name, node.children.map(({ name }) => name)])).toEqual([
      ['a', ['a1', 'a2']],
      ['b', ['b1']],
    ])
  })

  test('ids count from 1 in each tree, in the order of the spawns', () => {
    for (let i = 0; i < 2; i++) {
      const ids = runToEnd(function* () {
        const first = yield* spawn(idle)
        const second = yield* spawn(idle)
        const nested = yield* scope(function* (block) {
          const task = yield* spawn(idle)
          block.cancel()
          return task
        })
        yield* cancel(first)
        yield* cancel(second)
        return [(yield* self()).id, first.id, second.id, nested.id]
      })
      expect(ids).toEqual([1, 2, 3, 4])
    }
  })

  test('the body of a task is the body of a scope: what it spawns ends with it', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const parent = yield* spawn(function* () {
        yield* spawn(timeline.worker('grandchild', 30))
      })
      yield* parent
      timeline.note('parent closed')
      yield* sleep(5)
    })
    expect(timeline.lines).toEqual([
      '0 grandchild starts',
      '30 grandchild cleans up',
      '30 grandchild ends',
      '30 parent closed',
    ])
  })

  test('the innermost block owns what is spawned in it', () => {
    const seen = runToEnd(function* () {
      let outer: readonly string[] = []
      let inner: readonly string[] = []
      yield* scope(function* (a) {
        yield* spawn(idle, { name: 'in a' })
        yield* scope(function* (b) {
          yield* spawn(idle, { name: 'in b' })
          outer = a.tasks.map(({ name }) => name)
          inner = b.tasks.map(({ name }) => name)
          b.cancel()
        })
        a.cancel()
      })
      return { outer, inner }
    })
    expect(seen).toEqual({ outer: ['in a'], inner: ['in b'] })
  })

  test('a declared operation is no scope: what it spawns belongs to the caller', () => {
    const timeline = new Timeline()
    const launch = operation('launch', function* () {
      yield* spawn(timeline.worker('child', 10))
    })
    timeline.simulate(function* () {
      yield* scope(function* (block) {
        yield* launch()
        timeline.note(`launched, open: ${block.tasks.length}`)
      })
      timeline.note('block closed')
    })
    expect(timeline.lines).toEqual([
      '0 launched, open: 1',
      '0 child starts',
      '10 child cleans up',
      '10 child ends',
      '10 block closed',
    ])
  })

  test('a generator that is delegated to is no scope either', () => {
    const timeline = new Timeline()
    function* launch() {
      yield* spawn(timeline.worker('child', 10))
    }
    timeline.simulate(function* () {
      yield* launch()
      timeline.note('launched')
    })
    expect(timeline.lines[0]).toBe('0 launched')
  })

  test('scope.spawn gives the task to that scope, whoever calls it', () => {
    const timeline = new Timeline()
    let outer: Scope | undefined
    timeline.simulate(function* () {
      yield* scope(function* (block) {
        outer = block
        yield* scope(function* () {
          outer!.spawn(timeline.worker('child', 20))
          yield* sleep(5)
        })
        timeline.note('inner closed')
      })
      timeline.note('outer closed')
    })
    expect(timeline.lines).toEqual([
      '0 child starts',
      '5 inner closed',
      '20 child cleans up',
      '20 child ends',
      '20 outer closed',
    ])
  })

  test('a task keeps its owner, whoever joins it', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      let task: Task<string> | undefined
      const owner = yield* spawn(function* () {
        task = yield* spawn(timeline.worker('child', 100))
        yield* sleep(10)
      })
      yield* pause()
      const joiner = yield* spawn(function* () {
        yield* task!
      })
      yield* sleep(20)
      yield* cancel(joiner)
      timeline.note(`joiner ${joiner.status}, child ${task!.status}, owner ${owner.status}`)
    })
    expect(timeline.lines).toEqual([
      '0 child starts',
      '20 joiner cancelled, child running, owner running',
      '100 child cleans up',
      '100 child ends',
    ])
  })
})

describe('T2 a scope closes only after its body, its children and its resources', () => {
  test('waits for a child that outlasts the body', () => {
    const value = runToEnd(function* () {
      yield* scope(function* () {
        yield* spawn(sleep(50))
        yield* sleep(10)
      })
      return yield* now()
    })
    expect(value).toBe(50)
  })

  test('waits for the body that outlasts the children', () => {
    const value = runToEnd(function* () {
      yield* scope(function* () {
        yield* spawn(sleep(10))
        yield* sleep(50)
      })
      return yield* now()
    })
    expect(value).toBe(50)
  })

  test("waits for a child's asynchronous finally before it closes", () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* (block) {
        yield* spawn(timeline.worker('child', Infinity, 30))
        yield* sleep(10)
        block.cancel()
      })
      timeline.note('scope closed')
    })
    expect(timeline.lines).toEqual([
      '0 child starts',
      '10 child cleans up',
      '40 child ends',
      '40 scope closed',
    ])
  })

  test("waits for a grandchild's cleanup", () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const parent = yield* spawn(function* () {
        yield* spawn(function* () {
          yield* spawn(timeline.worker('grandchild', Infinity, 30))
        })
      })
      yield* sleep(10)
      yield* cancel(parent)
      timeline.note('parent closed')
    })
    expect(timeline.lines).toEqual([
      '0 grandchild starts',
      '10 grandchild cleans up',
      '40 grandchild ends',
      '40 parent closed',
    ])
  })

  test('waits for the release of a resource', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* () {
        yield* resource(function* (provide) {
          try {
            yield* provide('value')
          } finally {
            timeline.note('release begins')
            yield* sleep(25)
            timeline.note('release ends')
          }
        })
        yield* sleep(10)
      })
      timeline.note('scope closed')
    })
    expect(timeline.lines).toEqual(['10 release begins', '35 release ends', '35 scope closed'])
  })

  test('waits for an asynchronous ensure', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        yield* ensure(() => sleep(40))
        return 'value'
      })
      timeline.note(yield* task)
    })
    expect(timeline.lines).toEqual(['40 value'])
  })

  test('a task is not closed, and has no outcome, while its children run', () => {
    const { task, sim } = start(function* () {
      yield* spawn(sleep(50))
      return 'value'
    })
    sim.advanceTo(49)
    expect(task.status).toBe('running')
    expect(task.outcome).toBeUndefined()
    sim.advanceTo(50)
    expect(task.status).toBe('done')
    expect(task.outcome).toEqual({ status: 'done', value: 'value' })
  })

  test('a cancelled task is not closed while its cleanup runs', () => {
    const { task, sim } = start(function* () {
      yield* spawn(function* () {
        try {
          yield* suspend()
        } finally {
          yield* sleep(10)
        }
      })
      yield* suspend()
    })
    runNow(sim)
    void task.cancel('enough')
    sim.advanceTo(9)
    expect(task.status).toBe('unwinding')
    expect(task.outcome).toBeUndefined()
    sim.advanceTo(10)
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'enough' })
  })

  test('closes tasks from the inside out', () => {
    const lines: string[] = []
    const { sim } = start(
      function* root() {
        yield* spawn(function* child() {
          yield* spawn(function* grandchild() {
            yield* sleep(10)
          })
        })
      },
      { observers: [recorder(lines)] }
    )
    runAll(sim)
    expect(lines.filter((line) => line.endsWith(' done'))).toEqual([
      'grandchild done',
      'child done',
      'root done',
    ])
  })

  test('waits for a child that another child spawned into the scope after the body had returned', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* (block) {
        yield* spawn(function* () {
          yield* sleep(10)
          block.spawn(timeline.worker('late', 10))
        })
      })
      timeline.note('scope closed')
    })
    expect(timeline.lines).toEqual(['10 late starts', '20 late cleans up', '20 late ends', '20 scope closed'])
  })

  test('waits for a child that is spawned in a finally and joined there', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        try {
          yield* suspend()
        } finally {
          const helper = yield* spawn(timeline.worker('helper', 15))
          timeline.note(`got ${yield* helper}`)
        }
      })
      yield* sleep(10)
      yield* cancel(task)
      timeline.note('task closed')
    })
    expect(timeline.lines).toEqual([
      '10 helper starts',
      '25 helper cleans up',
      '25 helper ends',
      '25 got helper',
      '25 task closed',
    ])
  })

  test('waits for the cleanup of a child that a finally left behind', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        try {
          yield* suspend()
        } finally {
          yield* spawn(timeline.worker('orphan', Infinity, 20))
        }
      })
      yield* sleep(10)
      yield* cancel(task)
      timeline.note(`task ${task.status}`)
    })
    expect(timeline.lines).toEqual([
      '10 orphan starts',
      '10 orphan cleans up',
      '30 orphan ends',
      '30 task cancelled',
    ])
  })

  test('nothing of a closed scope runs any more', () => {
    const { task, sim } = start(function* () {
      yield* scope(function* (block) {
        for (let i = 0; i < 10; i++) yield* spawn(idle)
        yield* spawn(sleep(1000), { background: true })
        yield* pause()
        block.cancel()
      })
      yield* suspend()
    })
    runNow(sim)
    expect(inspectTree(task).children).toEqual([])
    expect(sim.timers).toBe(0)
  })
})

describe('T3 when a body returns, its scope waits for its children, then tears down the rest', () => {
  test('waits for its children first, then tears down background children and resources', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* () {
        yield* ensure(() => timeline.note('released'))
        yield* spawn(timeline.worker('background'), { background: true })
        yield* spawn(timeline.worker('child', 30))
        timeline.note('body returns')
      })
      timeline.note('scope closed')
    })
    expect(timeline.lines).toEqual([
      '0 body returns',
      '0 background starts',
      '0 child starts',
      '30 child cleans up',
      '30 child ends',
      '30 background cleans up',
      '30 background ends',
      '30 released',
      '30 scope closed',
    ])
  })

  test('a background child alone keeps no scope open', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* () {
        yield* spawn(timeline.worker('background', 1000), { background: true })
        yield* sleep(5)
      })
      timeline.note('scope closed')
    })
    expect(timeline.lines).toEqual([
      '0 background starts',
      '5 background cleans up',
      '5 background ends',
      '5 scope closed',
    ])
  })

  test('waits for the cleanup of background children', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* () {
        yield* spawn(timeline.worker('background', Infinity, 20), { background: true })
        yield* sleep(5)
      })
      timeline.note('scope closed')
    })
    expect(timeline.lines.slice(1)).toEqual([
      '5 background cleans up',
      '25 background ends',
      '25 scope closed',
    ])
  })

  test('a background child that ends by itself is simply done', () => {
    const { task, sim } = start(function* () {
      const background = yield* spawn(
        function* () {
          yield* sleep(5)
          return 'early'
        },
        { background: true }
      )
      yield* sleep(10)
      return background.outcome
    })
    runAll(sim)
    expect(task.outcome).toEqual({ status: 'done', value: { status: 'done', value: 'early' } })
  })

  test('a background child of a child ends with that child, not with the scope', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* spawn(function* () {
        yield* spawn(timeline.worker('background'), { background: true })
        yield* sleep(10)
      })
      yield* sleep(50)
      timeline.note('body returns')
    })
    expect(timeline.lines).toEqual([
      '0 background starts',
      '10 background cleans up',
      '10 background ends',
      '50 body returns',
    ])
  })

  test('background children still serve the children that the scope waits for', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      let ask: ((reply: (text: string) => void) => void) | undefined
      yield* scope(function* () {
        yield* spawn(
          function* server() {
            for (;;) {
              const reply = yield* action<(text: string) => void>((resume) => {
                ask = resume
              })
              reply('answer')
            }
          },
          { background: true }
        )
        yield* spawn(function* client() {
          yield* sleep(10)
          timeline.note(
            yield* action<string>((resume) => {
              ask!(resume)
            })
          )
        })
      })
    })
    expect(timeline.lines).toEqual(['10 answer'])
  })

  test('a background child that is spawned while the scope waits is torn down with the rest', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* (block) {
        yield* spawn(function* () {
          yield* sleep(10)
          block.spawn(timeline.worker('background'), { background: true })
          yield* sleep(10)
        })
      })
      timeline.note('scope closed')
    })
    expect(timeline.lines).toEqual([
      '10 background starts',
      '20 background cleans up',
      '20 background ends',
      '20 scope closed',
    ])
  })

  test('cancelled while it waits for its children, it tears them down, too', () => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      yield* ensure(() => timeline.note('released'))
      yield* spawn(timeline.worker('child', 1000, 5))
      return 'value'
    })
    timeline.advance(10)
    void task.cancel()
    timeline.advance()
    expect(timeline.lines).toEqual(['0 child starts', '10 child cleans up', '15 child ends', '15 released'])
  })

  test('a child that ends in the turn in which the body returns is not waited for twice', () => {
    const value = runToEnd(function* () {
      const value = yield* scope(function* () {
        yield* spawn(sleep(10))
        yield* sleep(10)
        return 'value'
      })
      return [value, yield* now()]
    })
    expect(value).toEqual(['value', 10])
  })

  test('holds for the root', () => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      yield* ensure(() => timeline.note('released'))
      yield* spawn(timeline.worker('background'), { background: true })
      yield* spawn(timeline.worker('child', 30))
    })
    timeline.advance()
    expect(task.status).toBe('done')
    expect(timeline.lines.slice(2)).toEqual([
      '30 child cleans up',
      '30 child ends',
      '30 background cleans up',
      '30 background ends',
      '30 released',
    ])
  })
})

describe('T4 teardown order', () => {
  /** Opens, oldest first: child a, resource r, children b and c, ensure e, child d; each takes 100 ms to end. */
  function* furnish(timeline: Timeline): Generator<any, void, any> {
    const background = { background: true }
    yield* spawn(timeline.worker('a', Infinity, 100), background)
    yield* resource(function* (provide) {
      try {
        yield* provide(undefined)
      } finally {
        timeline.note('r cleans up')
        yield* sleep(100)
        timeline.note('r ends')
      }
    })
    yield* spawn(timeline.worker('b', Infinity, 100), background)
    yield* spawn(timeline.worker('c', Infinity, 100), background)
    yield* ensure(function* () {
      timeline.note('e cleans up')
      yield* sleep(100)
      timeline.note('e ends')
    })
    yield* spawn(timeline.worker('d', Infinity, 100), background)
    yield* sleep(1)
  }

  const teardown = (begin: number): string[] => [
    `${begin} d cleans up`,
    `${begin + 100} d ends`,
    `${begin + 100} e cleans up`,
    `${begin + 200} e ends`,
    `${begin + 200} c cleans up`,
    `${begin + 200} b cleans up`,
    `${begin + 300} c ends`,
    `${begin + 300} b ends`,
    `${begin + 300} r cleans up`,
    `${begin + 400} r ends`,
    `${begin + 400} a cleans up`,
    `${begin + 500} a ends`,
  ]

  const withoutStarts = (lines: string[]): string[] => lines.filter((line) => !line.endsWith('starts'))

  test('everything newest first, neighbouring children together, when the body returns', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* () {
        yield* furnish(timeline)
        timeline.note('body returns')
      })
      timeline.note('scope closed')
    })
    expect(withoutStarts(timeline.lines)).toEqual(['1 body returns', ...teardown(1), '501 scope closed'])
  })

  test('the same when it is cancelled, after the body has unwound', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        try {
          yield* furnish(timeline)
          yield* suspend()
        } finally {
          timeline.note('body cleans up')
          yield* sleep(9)
          timeline.note('body ends')
        }
      })
      yield* sleep(1)
      yield* cancel(task)
      timeline.note('task closed')
    })
    expect(withoutStarts(timeline.lines)).toEqual([
      '1 body cleans up',
      '10 body ends',
      ...teardown(10),
      '510 task closed',
    ])
  })

  test('the same when the body throws', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const error = new Error('body')
      const outcome = yield* attempt(() =>
        scope(function* () {
          yield* furnish(timeline)
          throw error
        })
      )
      timeline.note('scope closed')
      expect(outcome).toEqual({ status: 'failed', error })
    })
    expect(withoutStarts(timeline.lines)).toEqual([...teardown(1), '501 scope closed'])
  })

  test('the same when a child fails, after the body has unwound', () => {
    const timeline = new Timeline()
    const error = new Error('child')
    timeline.simulate(function* () {
      const outcome = yield* attempt(() =>
        scope(function* () {
          try {
            yield* furnish(timeline)
            yield* spawn(function* () {
              throw error
            })
            yield* suspend()
          } finally {
            timeline.note('body cleans up')
            yield* sleep(9)
            timeline.note('body ends')
          }
        })
      )
      timeline.note('scope closed')
      expect(outcome).toEqual({ status: 'failed', error })
    })
    expect(withoutStarts(timeline.lines)).toEqual([
      '1 body cleans up',
      '10 body ends',
      ...teardown(10),
      '510 scope closed',
    ])
  })

  test('a thousand connections that each flush for 100 ms close in 100 ms', () => {
    let flushed = 0
    const at = runToEnd(function* () {
      yield* scope(function* (block) {
        for (let i = 0; i < 1000; i++) {
          yield* spawn(function* () {
            try {
              yield* suspend()
            } finally {
              yield* sleep(100)
              flushed++
            }
          })
        }
        yield* pause()
        block.cancel()
      })
      return yield* now()
    })
    expect(flushed).toBe(1000)
    expect(at).toBe(100)
  })

  test('the newest of neighbouring children begins first, and all begin before any waits', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* (block) {
        yield* spawn(timeline.worker('first', Infinity, 10))
        yield* spawn(timeline.worker('second', Infinity, 30))
        yield* spawn(timeline.worker('third', Infinity, 20))
        yield* pause()
        block.cancel()
      })
      timeline.note('scope closed')
    })
    expect(timeline.lines.slice(3)).toEqual([
      '0 third cleans up',
      '0 second cleans up',
      '0 first cleans up',
      '10 first ends',
      '20 third ends',
      '30 second ends',
      '30 scope closed',
    ])
  })

  test('children that have closed meanwhile do not separate their neighbours', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* (block) {
        yield* spawn(timeline.worker('old', Infinity, 10))
        yield* spawn(sleep(1))
        yield* spawn(timeline.worker('new', Infinity, 10))
        yield* sleep(2)
        block.cancel()
      })
      timeline.note('scope closed')
    })
    expect(timeline.lines.slice(2)).toEqual([
      '2 new cleans up',
      '2 old cleans up',
      '12 new ends',
      '12 old ends',
      '12 scope closed',
    ])
  })

  test('resources that stand next to each other are released one after the other', () => {
    const timeline = new Timeline()
    const open = (name: string) =>
      resource(function* (provide) {
        try {
          yield* provide(name)
        } finally {
          timeline.note(`${name} cleans up`)
          yield* sleep(10)
          timeline.note(`${name} ends`)
        }
      })
    timeline.simulate(function* () {
      yield* open('first')
      yield* open('second')
    })
    expect(timeline.lines).toEqual([
      '0 second cleans up',
      '10 second ends',
      '10 first cleans up',
      '20 first ends',
    ])
  })

  test("a finally of the body can still use the body's children", () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        let request: ((text: string) => void) | undefined
        const server = yield* spawn(function* () {
          const text = yield* action<string>((resume) => {
            request = resume
          })
          yield* sleep(5)
          return `served ${text}`
        })
        try {
          yield* suspend()
        } finally {
          request!('goodbye')
          timeline.note(yield* server)
        }
      })
      yield* sleep(10)
      yield* cancel(task)
    })
    expect(timeline.lines).toEqual(['15 served goodbye'])
  })

  test('a finally of a child can still use an older resource', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        const file = yield* resource<{ open: boolean }>(function* (provide) {
          const file = { open: true }
          try {
            yield* provide(file)
          } finally {
            file.open = false
          }
        })
        yield* spawn(function* () {
          try {
            yield* suspend()
          } finally {
            yield* sleep(10)
            timeline.note(`open: ${file.open}`)
          }
        })
        yield* suspend()
      })
      yield* sleep(1)
      yield* cancel(task)
    })
    expect(timeline.lines).toEqual(['11 open: true'])
  })

  test('an inner block is torn down within the unwinding of the body', () => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      yield* spawn(timeline.worker('outer child', Infinity, 10))
      try {
        yield* scope(function* () {
          yield* spawn(timeline.worker('inner child', Infinity, 10))
          try {
            yield* suspend()
          } finally {
            timeline.note('inner body')
          }
        })
      } finally {
        timeline.note('outer body')
      }
    })
    timeline.advance(1)
    void task.cancel()
    timeline.advance()
    expect(timeline.lines.slice(2)).toEqual([
      '1 inner body',
      '1 inner child cleans up',
      '11 inner child ends',
      '11 outer body',
      '11 outer child cleans up',
      '21 outer child ends',
    ])
  })

  test('within each child the order is the same', () => {
    const timeline = new Timeline()
    const family = (name: string) =>
      function* () {
        yield* ensure(() => timeline.note(`${name} released`))
        yield* spawn(timeline.worker(`child of ${name}`, Infinity, 10))
        try {
          yield* suspend()
        } finally {
          timeline.note(`${name} body`)
        }
      }
    const task = timeline.start(function* () {
      yield* spawn(family('x'))
      yield* spawn(family('y'))
      yield* suspend()
    })
    timeline.advance(1)
    void task.cancel()
    timeline.advance()
    expect(timeline.lines.slice(2)).toEqual([
      '1 y body',
      '1 x body',
      '1 child of y cleans up',
      '1 child of x cleans up',
      '11 child of y ends',
      '11 child of x ends',
      '11 y released',
      '11 x released',
    ])
  })
})

describe('T5 a spawned task always takes its first step', () => {
  /** What a task does that is handed something, and guards it. */
  const guarded = (timeline: Timeline, name: string) =>
    function* (): Generator<any, string, any> {
      try {
        timeline.note(`${name} takes over`)
        yield* sleep(10)
        timeline.note(`${name} goes on`)
        return name
      } finally {
        timeline.note(`${name} gives back`)
      }
    }

  test('when it is cancelled by its parent in the same turn', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(guarded(timeline, 'child'))
      yield* cancel(task, { reason: 'early' })
      expect(task.outcome).toEqual({ status: 'cancelled', reason: 'early' })
    })
    expect(timeline.lines).toEqual(['0 child takes over', '0 child gives back'])
  })

  test('when task.cancel() is called in the same turn', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(guarded(timeline, 'child'))
      void task.cancel()
      timeline.note('requested')
      yield* sleep(1)
      expect(task.status).toBe('cancelled')
    })
    expect(timeline.lines).toEqual(['0 requested', '0 child takes over', '0 child gives back'])
  })

  test('when its scope is cancelled in the same turn', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* attempt(() =>
        scope(function* (block) {
          yield* spawn(guarded(timeline, 'child'))
          block.cancel()
          yield* sleep(1)
        })
      )
    })
    expect(timeline.lines).toEqual(['0 child takes over', '0 child gives back'])
  })

  test('when a sibling fails before it', () => {
    const timeline = new Timeline()
    const error = new Error('sibling')
    expect(
      thrownBy(() =>
        timeline.simulate(function* () {
          yield* spawn(function* () {
            throw error
          })
          yield* spawn(guarded(timeline, 'child'))
        })
      )
    ).toBe(error)
    expect(timeline.lines).toEqual(['0 child takes over', '0 child gives back'])
  })

  test('when the body that spawned it throws at once', () => {
    const timeline = new Timeline()
    const error = new Error('body')
    expect(
      thrownBy(() =>
        timeline.simulate(function* () {
          yield* spawn(guarded(timeline, 'child'))
          throw error
        })
      )
    ).toBe(error)
    expect(timeline.lines).toEqual(['0 child takes over', '0 child gives back'])
  })

  test('when it is a background child and the body returns at once', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* spawn(guarded(timeline, 'child'), { background: true })
    })
    expect(timeline.lines).toEqual(['0 child takes over', '0 child gives back'])
  })

  test('when the one that spawned it had been cancelled before', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        yield* pause()
        yield* spawn(guarded(timeline, 'child'))
        yield* sleep(1)
        timeline.note('never')
      })
      yield* pause()
      // The pause of the task has been answered, so it goes on and is cancelled at its next wait.
      yield* cancel(task)
    })
    expect(timeline.lines).toEqual(['0 child takes over', '0 child gives back'])
  })

  test('when it is spawned by a finally of a cancelled task', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        try {
          yield* suspend()
        } finally {
          yield* spawn(guarded(timeline, 'child'))
        }
      })
      yield* pause()
      yield* cancel(task)
    })
    expect(timeline.lines).toEqual(['0 child takes over', '0 child gives back'])
  })

  test('when it is spawned into an open scope that is closed at once', async () => {
    const timeline = new Timeline()
    const open = createScope({ interpreter: timeline.sim.interpreter })
    const task = open.run(guarded(timeline, 'child'))
    const closed = open.close('early')
    timeline.advance()
    await closed
    expect(task.status).toBe('cancelled')
    expect(timeline.lines).toEqual(['0 child takes over', '0 child gives back'])
  })

  test('when it is the root and is cancelled before', () => {
    const timeline = new Timeline()
    const task = timeline.start(guarded(timeline, 'root'))
    void task.cancel()
    timeline.advance()
    expect(task.status).toBe('cancelled')
    expect(timeline.lines).toEqual(['0 root takes over', '0 root gives back'])
  })

  test('when it is the root and its signal is aborted already', () => {
    const timeline = new Timeline()
    const task = timeline.start(guarded(timeline, 'root'), { signal: AbortSignal.abort('early') })
    timeline.advance()
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'early' })
    expect(timeline.lines).toEqual(['0 root takes over', '0 root gives back'])
  })

  test('performs the effects that never wait before it is cancelled', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        yield* ensure(() => timeline.note('ensured'))
        yield* spawn(timeline.worker('grandchild'))
        timeline.note(`now is ${yield* now()}`)
        yield* sleep(0)
        timeline.note('never')
      })
      yield* cancel(task)
    })
    expect(timeline.lines).toEqual([
      '0 now is 0',
      '0 grandchild starts',
      '0 grandchild cleans up',
      '0 grandchild ends',
      '0 ensured',
    ])
  })

  test('a first step that reaches no wait is a whole task: a result is a result', () => {
    const outcome = runToEnd(function* () {
      const task = yield* spawn(function* () {
        return 'result'
      })
      yield* cancel(task)
      return task.outcome
    })
    expect(outcome).toEqual({ status: 'done', value: 'result' })
  })

  test('a first step that throws is a failure, cancelled or not', () => {
    const error = new Error('first step')
    const thrown = thrownBy(() =>
      runToEnd(function* () {
        const task = yield* spawn(function* () {
          throw error
        })
        yield* cancel(task)
      })
    )
    expect(thrown).toBe(error)
  })

  test('holds for every task of a thousand', () => {
    let entered = 0
    let left = 0
    runToEnd(function* () {
      const tasks: Task[] = []
      for (let i = 0; i < 1000; i++) {
        tasks.push(
          yield* spawn(function* () {
            entered++
            try {
              yield* suspend()
            } finally {
              left++
            }
          })
        )
      }
      for (const task of tasks) void task.cancel()
    })
    expect([entered, left]).toEqual([1000, 1000])
  })
})

describe('T6 joining', () => {
  test("gives the task's value", () => {
    const value = runToEnd(function* () {
      const task = yield* spawn(function* () {
        yield* sleep(10)
        return 42
      })
      return [yield* task, yield* now()]
    })
    expect(value).toEqual([42, 10])
  })

  test('gives it to everybody, as often as they ask, also after it has closed', () => {
    const values = runToEnd(function* () {
      const task = yield* spawn(function* () {
        yield* sleep(10)
        return {}
      })
      const other = yield* spawn(() => task)
      const first = yield* task
      const second = yield* task
      return [first === second, first === (yield* other), yield* now()]
    })
    expect(values).toEqual([true, true, 10])
  })

  test("waits for the task's children and cleanup, not only for its body", () => {
    const at = runToEnd(function* () {
      const task = yield* spawn(function* () {
        yield* spawn(sleep(20))
        yield* ensure(() => sleep(30))
      })
      yield* task
      return yield* now()
    })
    expect(at).toBe(50)
  })

  test("throws the task's error to joiners outside of the failing scope", () => {
    const error = new Error('task')
    const seen: { thrown: unknown; at: number }[] = []
    runToEnd(function* () {
      let task: Task | undefined
      yield* spawn(function* () {
        yield* sleep(5)
        try {
          yield* task!
        } catch (thrown) {
          const at = yield* now()
          seen.push({ thrown, at })
        }
      })
      yield* attempt(() =>
        scope(function* () {
          task = yield* spawn(function* () {
            yield* sleep(10)
            throw error
          })
        })
      )
      yield* sleep(5)
      try {
        yield* task!
      } catch (thrown) {
        const at = yield* now()
        seen.push({ thrown, at })
      }
    })
    expect(seen.map(({ at }) => at)).toEqual([10, 15])
    for (const { thrown } of seen) expect(thrown).toBe(error)
  })

  test('throws what was thrown, also when it is not an Error', () => {
    const thrown = runToEnd(function* () {
      let task: Task | undefined
      yield* attempt(() =>
        scope(function* () {
          task = yield* spawn(function* () {
            throw undefined
          })
        })
      )
      try {
        yield* task!
        return 'nothing'
      } catch (error) {
        return [error]
      }
    })
    expect(thrown).toEqual([undefined])
  })

  test('throws CancelledError with the reason if the task was cancelled', () => {
    const error = runToEnd(function* () {
      const task = yield* spawn(suspend())
      yield* cancel(task, { reason: 'enough' })
      try {
        return yield* task
      } catch (error) {
        return error
      }
    })
    expect(error).toBeInstanceOf(CancelledError)
    expect((error as CancelledError).reason).toBe('enough')
    expect((error as CancelledError).code).toBe('COPPICE_CANCELLED')
  })

  test('throws it to one that waits, once the task has closed', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(timeline.worker('task', Infinity, 20))
      yield* spawn(function* () {
        try {
          yield* task
        } catch (error) {
          timeline.note(String((error as CancelledError).reason))
        }
      })
      yield* sleep(10)
      void task.cancel('enough')
    })
    expect(timeline.lines).toEqual(['0 task starts', '10 task cleans up', '30 task ends', '30 enough'])
  })

  test('a CancelledError that a join threw fails the task that joined, if it is let through', () => {
    const outcome = runToEnd(function* () {
      const victim = yield* spawn(suspend())
      let joiner: Task | undefined
      yield* attempt(() =>
        scope(function* () {
          joiner = yield* spawn(function* () {
            yield* victim
          })
          yield* pause()
          yield* cancel(victim)
        })
      )
      return joiner!.outcome
    })
    expect(outcome).toMatchObject({ status: 'failed', error: expect.any(CancelledError) })
  })

  test('a CancelledError that a join threw fails the scope that it leaves, like any error', () => {
    const outcome = runToEnd(function* () {
      const victim = yield* spawn(suspend())
      yield* cancel(victim)
      return yield* attempt(() =>
        scope(function* () {
          yield* victim
        })
      )
    })
    expect(outcome).toMatchObject({ status: 'failed', error: expect.any(CancelledError) })
  })

  test('a CancelledError that a child let through fails the scope of the child, like any error', () => {
    const outcome = runToEnd(function* () {
      const victim = yield* spawn(suspend())
      yield* cancel(victim)
      return yield* attempt(() =>
        scope(function* () {
          yield* spawn(function* () {
            yield* victim
          })
        })
      )
    })
    expect(outcome).toMatchObject({ status: 'failed', error: expect.any(CancelledError) })
  })

  test('a CancelledError that a join threw in the root fails the root', () => {
    const { task, sim } = start(function* () {
      const victim = yield* spawn(suspend())
      yield* cancel(victim)
      yield* victim
    })
    runAll(sim)
    expect(task.outcome).toMatchObject({ status: 'failed', error: expect.any(CancelledError) })
  })

  test('a CancelledError that a join threw enters catch blocks like any error', () => {
    const lines = runToEnd(function* () {
      const lines: string[] = []
      const victim = yield* spawn(suspend())
      yield* cancel(victim)
      try {
        yield* victim
      } catch {
        lines.push('caught')
        yield* sleep(10)
        lines.push('went on')
      }
      return lines
    })
    expect(lines).toEqual(['caught', 'went on'])
  })

  test('owns nothing: the task outlives a joiner that is cancelled', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(timeline.worker('task', 20))
      const joiner = yield* spawn(function* () {
        yield* task
      })
      yield* sleep(10)
      yield* cancel(joiner)
      timeline.note(`joiner ${joiner.status}, task ${task.status}`)
      timeline.note(yield* task)
    })
    expect(timeline.lines).toEqual([
      '0 task starts',
      '10 joiner cancelled, task running',
      '20 task cleans up',
      '20 task ends',
      '20 task',
    ])
  })

  test('owns nothing: the task outlives a joiner that gives up', () => {
    const value = runToEnd(function* () {
      const task = yield* spawn(function* () {
        yield* sleep(50)
        return 'late'
      })
      const first = yield* attempt(() => timeout(10, task))
      return [first.status, yield* task, yield* now()]
    })
    expect(value).toEqual(['failed', 'late', 50])
  })

  test('leaves the other joiners alone when one is cancelled', () => {
    const got = runToEnd(function* () {
      const got: string[] = []
      const task = yield* spawn(function* () {
        yield* sleep(20)
        return 'value'
      })
      const joiners: Task[] = []
      for (const name of ['a', 'b', 'c']) {
        joiners.push(
          yield* spawn(function* () {
            got.push(`${name} ${yield* task}`)
          })
        )
      }
      yield* sleep(10)
      yield* cancel(joiners[1]!)
      yield* task
      yield* joiners[2]!
      return got
    })
    expect(got).toEqual(['a value', 'c value'])
  })

  test('a join that was answered is not lost to a cancellation before the joiner has gone on', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        yield* sleep(10)
        return 'value'
      })
      const joiner = yield* spawn(function* () {
        timeline.note(yield* task)
        yield* sleep(0)
        timeline.note('never')
      })
      yield* task
      // Both joins were answered when the task closed; this one goes on first or second, and neither value is lost.
      void joiner.cancel()
      yield* attempt(joiner)
      timeline.note(joiner.status)
    })
    expect(timeline.lines).toEqual(['10 value', '10 cancelled'])
  })

  test('joining oneself throws instead of hanging', () => {
    const error = runToEnd(function* () {
      const me = yield* self()
      try {
        return yield* me
      } catch (error) {
        yield* sleep(1)
        return error
      }
    })
    expect(error).toBeInstanceOf(JoinCycleError)
    expect((error as JoinCycleError).code).toBe('COPPICE_JOIN_CYCLE')
  })

  test('joining the parent, or the root from far below, throws', () => {
    const error = runToEnd(function* () {
      const errors: unknown[] = []
      const root = yield* self()
      yield* spawn(function* () {
        const parent = yield* self()
        yield* spawn(function* () {
          for (const ancestor of [parent, root]) {
            try {
              yield* ancestor
            } catch (error) {
              errors.push(error)
            }
          }
        })
      })
      yield* sleep(1)
      return errors
    })
    expect(error).toEqual([expect.any(JoinCycleError), expect.any(JoinCycleError)])
  })

  test.each<[string, (task: Task) => Generator<any, unknown, any>]>([
    ['a block', (task) => scopeJoining(task)],
    ['a declared operation', (task) => declaredJoining(task)],
    ['a region', (task) => regionJoining(task)],
    ['a select', (task) => selectJoining(task)],
  ])('joining oneself from within %s throws, too', (_, joining) => {
    const error = runToEnd(function* () {
      const me = yield* self()
      try {
        return yield* joining(me)
      } catch (error) {
        return error
      }
    })
    expect(error).toBeInstanceOf(JoinCycleError)
  })

  function* scopeJoining(task: Task): Generator<any, unknown, any> {
    return yield* scope(() => task)
  }
  function* declaredJoining(task: Task): Generator<any, unknown, any> {
    return yield* operation('joins', function* () {
      return yield* task
    })()
  }
  function* regionJoining(task: Task): Generator<any, unknown, any> {
    return yield* timeout(1000, () => shield(task))
  }
  function* selectJoining(task: Task): Generator<any, unknown, any> {
    return yield* select({ task, late: sleep(10) })
  }

  test('a JoinCycleError that is let through fails the task', () => {
    expect(
      thrownBy(() =>
        runToEnd(function* () {
          const root = yield* self()
          yield* spawn(() => root)
          yield* suspend()
        })
      )
    ).toBeInstanceOf(JoinCycleError)
  })

  test('joining a descendant, a sibling or an uncle is no cycle', () => {
    const value = runToEnd(function* () {
      let grandchild: Task<string> | undefined
      const uncle = yield* spawn(function* () {
        yield* sleep(10)
        return 'uncle'
      })
      yield* spawn(function* () {
        grandchild = yield* spawn(function* () {
          return `${yield* uncle}'s`
        })
      })
      yield* pause()
      return `${yield* grandchild!} nephew`
    })
    expect(value).toBe("uncle's nephew")
  })

  test('a root can be joined from another tree', () => {
    const sim = emptySimulation()
    const other = run(
      function* () {
        yield* sleep(10)
        return 'other'
      },
      { interpreter: sim.interpreter }
    )
    const value = runToEnd(
      function* () {
        return [yield* other, yield* now()]
      },
      {},
      sim
    )
    expect(value).toEqual(['other', 10])
  })
})

describe('T7 what a scope gives', () => {
  test("gives the body's value once everything in it has closed", () => {
    const value = runToEnd(function* () {
      const value = yield* scope(function* () {
        yield* spawn(sleep(10))
        return 'value'
      })
      return [value, yield* now()]
    })
    expect(value).toEqual(['value', 10])
  })

  test('takes an operation as its body', () => {
    const double = operation('double', function* (n: number) {
      yield* sleep(1)
      return 2 * n
    })
    expect(runToEnd(() => scope(double(21)))).toBe(42)
  })

  test('gives the value if it was cancelled while it waited for its children', () => {
    const timeline = new Timeline()
    const value = timeline.simulate(function* () {
      return yield* scope(function* (block) {
        yield* spawn(timeline.worker('child', 1000))
        yield* spawn(function* () {
          yield* sleep(10)
          block.cancel('enough')
        })
        return 'value'
      })
    })
    expect(value).toBe('value')
    expect(timeline.lines).toEqual(['0 child starts', '10 child cleans up', '10 child ends'])
  })

  test('holds for the scope of a task: its body has returned, so a cancellation leaves the value', () => {
    const timeline = new Timeline()
    const outcome = timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        yield* spawn(timeline.worker('child', 1000))
        return 'value'
      })
      yield* sleep(10)
      yield* cancel(task)
      return task.outcome
    })
    expect(outcome).toEqual({ status: 'done', value: 'value' })
    expect(timeline.lines).toEqual(['0 child starts', '10 child cleans up', '10 child ends'])
  })

  test('gives the value if the body cancels it and returns without another wait', () => {
    const timeline = new Timeline()
    const value = timeline.simulate(function* () {
      return yield* scope(function* (block) {
        yield* spawn(timeline.worker('child', 1000))
        yield* pause()
        block.cancel('enough')
        return yield* now()
      })
    })
    expect(value).toBe(0)
    expect(timeline.lines).toEqual(['0 child starts', '0 child cleans up', '0 child ends'])
  })

  test('gives the value if it is cancelled while it tears down', () => {
    const timeline = new Timeline()
    const value = timeline.simulate(function* () {
      let block: Scope | undefined
      yield* spawn(function* () {
        yield* sleep(10)
        block!.cancel('late')
      })
      return yield* scope(function* (opened) {
        block = opened
        yield* ensure(() => sleep(30))
        return 'value'
      })
    })
    expect(value).toBe('value')
    expect(timeline.sim.now).toBe(30)
  })

  test('throws CancelledError with the reason if its own cancellation unwound the body', () => {
    const timeline = new Timeline()
    const error = timeline.simulate(function* () {
      try {
        return yield* scope(function* (block) {
          try {
            block.cancel('enough')
            timeline.note('requested')
            yield* sleep(10)
            timeline.note('never')
          } finally {
            timeline.note('unwound')
          }
        })
      } catch (error) {
        yield* sleep(5)
        timeline.note('goes on')
        return error
      }
    })
    expect(error).toBeInstanceOf(CancelledError)
    expect((error as CancelledError).reason).toBe('enough')
    expect(timeline.lines).toEqual(['0 requested', '0 unwound', '5 goes on'])
  })

  test('throws it when a child cancels the scope whose body waits', () => {
    const error = runToEnd(function* () {
      try {
        return yield* scope(function* (block) {
          yield* spawn(function* () {
            yield* sleep(10)
            block.cancel('child says so')
          })
          yield* suspend()
        })
      } catch (error) {
        return [(error as CancelledError).reason, error instanceof CancelledError, yield* now()]
      }
    })
    expect(error).toEqual(['child says so', true, 10])
  })

  test('keeps the first reason', () => {
    const error = runToEnd(function* () {
      try {
        return yield* scope(function* (block) {
          block.cancel('first')
          block.cancel('second')
          yield* suspend()
        })
      } catch (error) {
        return (error as CancelledError).reason
      }
    })
    expect(error).toBe('first')
  })

  test('cancelling it after it has closed does nothing', () => {
    const value = runToEnd(function* () {
      let closed: Scope | undefined
      const value = yield* scope(function* (block) {
        closed = block
        return 'value'
      })
      closed!.cancel()
      yield* sleep(1)
      return value
    })
    expect(value).toBe('value')
  })

  test('an inner cancellation goes no further than its own block', () => {
    const value = runToEnd(function* () {
      return yield* scope(function* () {
        try {
          yield* scope(function* (inner) {
            inner.cancel()
            yield* suspend()
          })
        } catch {
          yield* sleep(10)
        }
        return 'outer'
      })
    })
    expect(value).toBe('outer')
  })

  test('cancelling an outer block unwinds the inner one without an error', () => {
    const timeline = new Timeline()
    const error = timeline.simulate(function* () {
      try {
        return yield* scope(function* (outer) {
          try {
            yield* scope(function* () {
              outer.cancel('outer')
              yield* suspend()
            })
          } catch {
            timeline.note('caught inside')
          } finally {
            timeline.note('unwound')
          }
        })
      } catch (error) {
        return (error as CancelledError).reason
      }
    })
    expect(error).toBe('outer')
    expect(timeline.lines).toEqual(['0 unwound'])
  })

  test('cancelling the task around it unwinds it and throws nothing', () => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      try {
        yield* scope(function* () {
          yield* suspend()
        })
        timeline.note('left')
      } catch {
        timeline.note('caught')
      } finally {
        timeline.note('unwound')
      }
    })
    timeline.advance()
    void task.cancel('all')
    timeline.advance()
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'all' })
    expect(timeline.lines).toEqual(['0 unwound'])
  })

  test('an unwound body throws only after its children have closed', () => {
    const at = runToEnd(function* () {
      try {
        yield* scope(function* (block) {
          yield* ensure(() => sleep(40))
          block.cancel()
          yield* suspend()
        })
      } catch {
        return yield* now()
      }
    })
    expect(at).toBe(40)
  })

  test('a failure during the unwinding takes the place of the CancelledError', () => {
    const error = new Error('cleanup')
    expect(
      thrownBy(() =>
        runToEnd(() =>
          scope(function* (block) {
            yield* ensure(() => {
              throw error
            })
            block.cancel()
            yield* suspend()
          })
        )
      )
    ).toBe(error)
  })
})
