import {
  type Operation,
  type Outcome,
  type Scope,
  type Task,
  MisuseError,
  ScopeError,
  TimeoutError,
  abortSignal,
  action,
  all,
  any,
  attempt,
  cancel,
  createContext,
  createScope,
  defineEffect,
  ensure,
  map,
  moveOnAfter,
  now,
  operation,
  pause,
  provide,
  race,
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
  use,
} from 'coppice'
import { Timeline, thrownBy } from './timeline.ts'
import { stepNow } from '../virtual.ts'

interface Held {
  readonly name: string
  open: boolean
}

/** Opens in `openMs`, and closes in `closeMs`. */
function open(timeline: Timeline, name: string, openMs = 0, closeMs = 0): Operation<Held> {
  return resource<Held>(function* (give) {
    const held = { name, open: true }
    timeline.note(`${name} opening`)
    try {
      if (openMs > 0) yield* sleep(openMs)
      timeline.note(`${name} open`)
      yield* give(held)
    } finally {
      timeline.note(`${name} closing`)
      if (closeMs > 0) yield* sleep(closeMs)
      held.open = false
      timeline.note(`${name} closed`)
    }
  })
}

/** Until the promises that have settled have been heard. */
async function microtasks(): Promise<void> {
  for (let i = 0; i < 20; i++) await null
}

describe('R1 a resource', () => {
  test('gives its value, stays open while the owner works, and is released at the teardown', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* () {
        const held = yield* open(timeline, 'file', 5, 5)
        timeline.note(`got ${held.name}`)
        yield* sleep(10)
        timeline.note(`still open: ${held.open}`)
      })
      timeline.note('left')
    })
    expect(timeline.lines).toEqual([
      '0 file opening',
      '5 file open',
      '5 got file',
      '15 still open: true',
      '15 file closing',
      '20 file closed',
      '20 left',
    ])
  })

  test('runs as a child of the owner, which has a task of its own', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const owner = yield* self()
      const inside = yield* resource<Task>(function* (give) {
        yield* give(yield* self())
      })
      expect(inside).not.toBe(owner)
      expect(inside.status).toBe('running')
    })
  })

  test('what it spawned lives as long as it does', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* () {
        yield* resource(function* (give) {
          yield* spawn(function* () {
            for (;;) {
              yield* sleep(10)
              timeline.note('tick')
            }
          })
          yield* give(undefined)
        })
        yield* sleep(35)
        timeline.note('body ends')
      })
      timeline.note('left')
      yield* sleep(100)
    })
    expect(timeline.lines).toEqual(['10 tick', '20 tick', '30 tick', '35 body ends', '35 left'])
  })

  test('its body unwinds first, then what it spawned: its finally can still use its children', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* resource(function* (give) {
        yield* spawn(timeline.worker('helper', Infinity, 5))
        try {
          yield* give(undefined)
        } finally {
          timeline.note('release')
          yield* sleep(10)
          timeline.note('released')
        }
      })
      yield* sleep(1)
    })
    expect(timeline.lines).toEqual([
      '0 helper starts',
      '1 release',
      '11 released',
      '11 helper cleans up',
      '16 helper ends',
    ])
  })

  test('is released by return: no catch is entered, and nothing after provide runs', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* resource(function* (give) {
        try {
          yield* give(undefined)
          timeline.note('after provide')
        } catch {
          timeline.note('caught')
        } finally {
          timeline.note('finally')
        }
      })
    })
    expect(timeline.lines).toEqual(['0 finally'])
  })

  test.each(['returns', 'throws', 'is cancelled', 'sees a child fail'])(
    'is released when the owner %s',
    (how) => {
      const timeline = new Timeline()
      const task = timeline.start(function* () {
        yield* attempt(() =>
          scope(function* (block) {
            yield* open(timeline, 'file', 0, 5)
            if (how === 'throws') throw new Error('body')
            if (how === 'is cancelled') block.cancel()
            if (how === 'sees a child fail') {
              yield* spawn(function* () {
                throw new Error('child')
              })
            }
            if (how !== 'returns') yield* suspend()
          })
        )
        timeline.note('left')
      })
      timeline.advance()
      expect(task.status).toBe('done')
      expect(timeline.lines.slice(2)).toEqual(['0 file closing', '5 file closed', '5 left'])
    }
  )

  test('is released once: no cancellation cuts the release short', () => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      yield* open(timeline, 'file', 0, 100)
      yield* sleep(10)
      return 'value'
    })
    timeline.advance(50)
    void task.cancel()
    timeline.advance(60)
    void task.cancel()
    timeline.advance()
    expect(timeline.lines.slice(2)).toEqual(['10 file closing', '110 file closed'])
    expect(task.outcome).toEqual({ status: 'done', value: 'value' })
  })

  test('may be acquired many times; each acquisition stands for itself', () => {
    const timeline = new Timeline()
    let counter = 0
    const counted = resource<number>(function* (give) {
      const mine = ++counter
      try {
        yield* give(mine)
      } finally {
        timeline.note(`released ${mine}`)
      }
    })
    const got = timeline.simulate(function* () {
      const first = yield* counted
      const inner = yield* scope(function* () {
        return yield* counted
      })
      const third = yield* counted
      return [first, inner, third]
    })
    expect(got).toEqual([1, 2, 3])
    expect(timeline.lines).toEqual(['0 released 2', '0 released 3', '0 released 1'])
  })

  test('acquires others, which live as long as it does', () => {
    const timeline = new Timeline()
    const pool = resource<string>(function* (give) {
      const inner = yield* open(timeline, 'inner', 5, 5)
      try {
        yield* give(`pool on ${inner.name}`)
      } finally {
        timeline.note(`pool released, inner open: ${inner.open}`)
      }
    })
    timeline.simulate(function* () {
      timeline.note(yield* pool)
      yield* sleep(10)
    })
    expect(timeline.lines).toEqual([
      '0 inner opening',
      '5 inner open',
      '5 pool on inner',
      '15 pool released, inner open: true',
      '15 inner closing',
      '20 inner closed',
    ])
  })

  test('belongs to the scope, not to the declared operation or the generator that acquired it', () => {
    const timeline = new Timeline()
    const connect = operation('connect', function* () {
      function* raw(): Generator<any, Held, any> {
        return yield* open(timeline, 'socket')
      }
      return yield* raw()
    })
    timeline.simulate(function* () {
      yield* scope(function* () {
        const socket = yield* connect()
        yield* sleep(10)
        timeline.note(`open: ${socket.open}`)
      })
    })
    expect(timeline.lines.slice(2)).toEqual(['10 open: true', '10 socket closing', '10 socket closed'])
  })

  test('sees the context of where it was acquired', () => {
    const timeline = new Timeline()
    const user = createContext('user', 'nobody')
    const seen = timeline.simulate(() =>
      user.with('ada', function* () {
        return yield* resource<string>(function* (give) {
          yield* give(yield* user.expect())
        })
      })
    )
    expect(seen).toBe('ada')
  })

  test('that fails to open throws at the acquirer, who can go on', () => {
    const timeline = new Timeline()
    const error = new Error('refused')
    const value = timeline.simulate(function* () {
      try {
        yield* resource(function* () {
          yield* sleep(5)
          throw error
        })
      } catch (caught) {
        expect(caught).toBe(error)
        yield* sleep(5)
        return yield* now()
      }
    })
    expect(value).toBe(10)
  })

  test('that fails after it was provided fails its owner', () => {
    const timeline = new Timeline()
    const error = new Error('connection lost')
    const outcome = timeline.simulate(function* () {
      return yield* attempt(() =>
        scope(function* () {
          yield* resource(function* (give) {
            yield* spawn(function* () {
              yield* sleep(10)
              throw error
            })
            yield* give(undefined)
          })
          try {
            yield* suspend()
          } finally {
            timeline.note('owner unwinds')
          }
        })
      )
    })
    expect(outcome).toEqual({ status: 'failed', error })
    expect(timeline.lines).toEqual(['10 owner unwinds'])
  })

  test('whose release fails fails its owner, whose other resources are released all the same', () => {
    const timeline = new Timeline()
    const error = new Error('release')
    const fail = () => {
      throw error
    }
    const outcome = timeline.simulate(function* () {
      return yield* attempt(() =>
        scope(function* () {
          yield* open(timeline, 'older')
          yield* resource(function* (give) {
            try {
              yield* give(undefined)
            } finally {
              fail()
            }
          })
          return 'value'
        })
      )
    })
    expect(outcome).toEqual({ status: 'failed', error })
    expect(timeline.lines.slice(2)).toEqual(['0 older closing', '0 older closed'])
  })

  test('that ends without providing is a MisuseError at the acquirer', () => {
    const timeline = new Timeline()
    const error = timeline.simulate(function* () {
      try {
        yield* resource(function* () {
          yield* sleep(5)
        })
      } catch (error) {
        return error
      }
    })
    expect(error).toBeInstanceOf(MisuseError)
  })

  test('waits with its release until everything newer has closed', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* open(timeline, 'file')
      yield* spawn(timeline.worker('writer', Infinity, 20), { background: true })
      yield* sleep(1)
    })
    expect(timeline.lines).toEqual([
      '0 file opening',
      '0 file open',
      '0 writer starts',
      '1 writer cleans up',
      '21 writer ends',
      '21 file closing',
      '21 file closed',
    ])
  })

  test('keeps no scope waiting: it is torn down, not waited for', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* () {
        yield* open(timeline, 'file')
        yield* spawn(sleep(10))
      })
      timeline.note('left')
    })
    expect(timeline.lines.at(-1)).toBe('10 left')
  })
})

describe('R2 ensure and use', () => {
  test('run at the end of the scope, newest first', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* () {
        for (const name of ['first', 'second', 'third']) yield* ensure(() => timeline.note(name))
        yield* sleep(10)
        timeline.note('body ends')
      })
      timeline.note('left')
    })
    expect(timeline.lines).toEqual(['10 body ends', '10 third', '10 second', '10 first', '10 left'])
  })

  test('stand in one order with resources', () => {
    const timeline = new Timeline()
    const disposable = (name: string) => ({ [Symbol.dispose]: () => timeline.note(`${name} disposed`) })
    timeline.simulate(function* () {
      yield* ensure(() => timeline.note('a'))
      yield* use(disposable('b'))
      yield* open(timeline, 'c')
      yield* use(disposable('d'))
      yield* ensure(() => timeline.note('e'))
      timeline.lines.length = 0
    })
    expect(timeline.lines).toEqual([
      '0 e',
      '0 d disposed',
      '0 c closing',
      '0 c closed',
      '0 b disposed',
      '0 a',
    ])
  })

  test.each(['returns', 'throws', 'is cancelled', 'sees a child fail'])('run when the body %s', (how) => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* attempt(() =>
        scope(function* (block) {
          yield* ensure(() => timeline.note('ensured'))
          yield* use({ [Symbol.dispose]: () => timeline.note('disposed') })
          if (how === 'throws') throw new Error('body')
          if (how === 'is cancelled') block.cancel()
          if (how === 'sees a child fail') {
            yield* spawn(function* () {
              throw new Error('child')
            })
          }
          if (how !== 'returns') yield* suspend()
        })
      )
      timeline.note('left')
    })
    expect(timeline.lines).toEqual(['0 disposed', '0 ensured', '0 left'])
  })

  test('each runs even if an earlier one threw; one error keeps its identity', () => {
    const timeline = new Timeline()
    const error = new Error('second')
    const thrown = thrownBy(() =>
      timeline.simulate(function* () {
        yield* ensure(() => timeline.note('first'))
        yield* ensure(() => {
          throw error
        })
        yield* ensure(() => timeline.note('third'))
      })
    )
    expect(thrown).toBe(error)
    expect(timeline.lines).toEqual(['0 third', '0 first'])
  })

  test('several errors become one ScopeError, in order of occurrence', () => {
    const timeline = new Timeline()
    const errors = ['body', 'newest', 'disposed', 'oldest'].map((name) => new Error(name))
    const throwing = (error: unknown) => () => {
      throw error
    }
    const thrown = thrownBy(() =>
      timeline.simulate(function* () {
        yield* ensure(throwing(errors[3]))
        yield* use({ [Symbol.dispose]: throwing(errors[2]) })
        yield* ensure(function* () {
          yield* sleep(5)
          throw errors[1]
        })
        throw errors[0]
      })
    )
    expect(thrown).toBeInstanceOf(ScopeError)
    expect((thrown as ScopeError).errors).toEqual(errors)
    expect((thrown as ScopeError).cause).toBe(errors[0])
  })

  test('a failing cleanup turns a result into a failure', () => {
    const timeline = new Timeline()
    const error = new Error('cleanup')
    const outcome = timeline.simulate(() =>
      attempt(() =>
        scope(function* () {
          yield* ensure(() => {
            throw error
          })
          return 'value'
        })
      )
    )
    expect(outcome).toEqual({ status: 'failed', error })
  })

  test('a failing cleanup turns a cancellation into a failure', () => {
    const timeline = new Timeline()
    const error = new Error('cleanup')
    const task = timeline.start(function* () {
      yield* ensure(() => {
        throw error
      })
      yield* suspend()
    })
    timeline.advance()
    void task.cancel()
    timeline.advance()
    expect(task.outcome).toEqual({ status: 'failed', error })
  })

  const cleanups: [string, (timeline: Timeline) => Parameters<typeof ensure>[0]][] = [
    [
      'a generator function',
      (timeline) =>
        function* () {
          timeline.note('begins')
          yield* sleep(10)
          timeline.note('ends')
        },
    ],
    [
      'a function that gives an operation',
      (timeline) => () =>
        operation('clean up', function* () {
          timeline.note('begins')
          yield* sleep(10)
          timeline.note('ends')
        })(),
    ],
    [
      'an operation',
      (timeline) =>
        operation('clean up', function* () {
          timeline.note('begins')
          yield* sleep(10)
          timeline.note('ends')
        })(),
    ],
  ]

  test.each(cleanups)('ensure takes %s, and waits for it', (_, cleanup) => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* ensure(() => timeline.note('older'))
      yield* ensure(cleanup(timeline))
      yield* sleep(1)
    })
    expect(timeline.lines).toEqual(['1 begins', '11 ends', '11 older'])
  })

  test.each(cleanups)('%s is shielded: a later request does not cut it short', (_, cleanup) => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      yield* ensure(cleanup(timeline))
      return 'value'
    })
    timeline.advance(5)
    void task.cancel()
    timeline.advance()
    expect(timeline.lines).toEqual(['0 begins', '10 ends'])
    expect(task.outcome).toEqual({ status: 'done', value: 'value' })
  })

  test.each(cleanups)('%s runs to its end in a tree that is cancelled', (_, cleanup) => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      yield* spawn(function* () {
        yield* ensure(cleanup(timeline))
        yield* suspend()
      })
      yield* suspend()
    })
    timeline.advance(1)
    void task.cancel()
    timeline.advance(5)
    void task.cancel()
    timeline.advance()
    expect(timeline.lines).toEqual(['1 begins', '11 ends'])
    expect(task.status).toBe('cancelled')
  })

  test('ensure takes an asynchronous function, and waits for it', async () => {
    const timeline = new Timeline()
    let done: (() => void) | undefined
    const task = timeline.start(function* () {
      yield* ensure(() => timeline.note('older'))
      yield* ensure(async () => {
        timeline.note('begins')
        await new Promise<void>((resolve) => (done = resolve))
        timeline.note('ends')
      })
    })
    timeline.advance(10)
    await microtasks()
    expect(task.outcome).toBeUndefined()
    expect(timeline.lines).toEqual(['0 begins'])
    done!()
    await microtasks()
    timeline.advance(20)
    expect(task.status).toBe('done')
    expect(timeline.lines).toEqual(['0 begins', '10 ends', '10 older'])
  })

  test('a rejected asynchronous cleanup fails the scope', async () => {
    const timeline = new Timeline()
    const error = new Error('cleanup')
    const task = timeline.start(function* () {
      yield* ensure(async () => {
        throw error
      })
    })
    timeline.advance()
    await microtasks()
    timeline.advance()
    expect(task.outcome).toEqual({ status: 'failed', error })
  })

  test('use gives the object back and disposes of it with the scope', () => {
    const timeline = new Timeline()
    const lock = {
      held: true,
      [Symbol.dispose]() {
        this.held = false
      },
    }
    timeline.simulate(function* () {
      yield* scope(function* () {
        const used = yield* use(lock)
        expect(used).toBe(lock)
        yield* sleep(1)
        expect(lock.held).toBe(true)
      })
      expect(lock.held).toBe(false)
    })
    expect(lock.held).toBe(false)
  })

  test('use waits for an asynchronous disposal, also in a cancelled scope', async () => {
    const timeline = new Timeline()
    let done: (() => void) | undefined
    const connection = {
      state: 'open',
      async [Symbol.asyncDispose]() {
        this.state = 'closing'
        await new Promise<void>((resolve) => (done = resolve))
        this.state = 'closed'
      },
    }
    const task = timeline.start(function* () {
      yield* use(connection)
      yield* suspend()
    })
    timeline.advance()
    void task.cancel()
    timeline.advance()
    await microtasks()
    timeline.advance()
    expect([connection.state, task.outcome]).toEqual(['closing', undefined])
    void task.cancel()
    timeline.advance()
    expect([connection.state, task.outcome]).toEqual(['closing', undefined])
    done!()
    await microtasks()
    timeline.advance()
    expect([connection.state, task.status]).toEqual(['closed', 'cancelled'])
  })

  test('use acquires a resource', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* () {
        const file = yield* use(open(timeline, 'file', 5, 5))
        timeline.note(`open: ${file.open}`)
      })
      timeline.note('left')
    })
    expect(timeline.lines).toEqual([
      '0 file opening',
      '5 file open',
      '5 open: true',
      '5 file closing',
      '10 file closed',
      '10 left',
    ])
  })

  test('use lets null and undefined pass', () => {
    const timeline = new Timeline()
    const got = timeline.simulate(function* () {
      return [yield* use(null), yield* use(undefined)]
    })
    expect(got).toEqual([null, undefined])
  })

  test('misuse throws where it happens', () => {
    const timeline = new Timeline()
    const errors = timeline.simulate(function* () {
      const errors: unknown[] = []
      for (const misuse of [
        () => use({} as Disposable),
        () => use(5 as unknown as Disposable),
        () => ensure(undefined as unknown as () => void),
        () => ensure({} as () => void),
      ]) {
        try {
          yield* misuse() as Operation<unknown>
        } catch (error) {
          errors.push(error)
        }
      }
      return errors
    })
    expect(errors).toEqual(Array.from({ length: 4 }, () => expect.any(MisuseError)))
  })

  test('ensure is performed before a cancellation that came with the value: what was opened never leaks', () => {
    const timeline = new Timeline()
    let opened: ((name: string) => void) | undefined
    const task = timeline.start(function* () {
      const name = yield* action<string>((resume) => {
        opened = resume
      })
      timeline.note(`${name} opened`)
      yield* ensure(() => timeline.note(`${name} closed`))
      yield* use({ [Symbol.dispose]: () => timeline.note(`${name} disposed`) })
      yield* sleep(0)
      timeline.note('never')
    })
    timeline.advance(1)
    opened!('file')
    void task.cancel()
    timeline.advance()
    expect(timeline.lines).toEqual(['1 file opened', '1 file disposed', '1 file closed'])
    expect(task.status).toBe('cancelled')
  })

  test('registered in a finally, they run after it', () => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      try {
        yield* suspend()
      } finally {
        yield* ensure(function* () {
          yield* sleep(5)
          timeline.note('ensured')
        })
        yield* sleep(5)
        timeline.note('finally')
      }
    })
    timeline.advance(1)
    void task.cancel()
    timeline.advance()
    expect(timeline.lines).toEqual(['6 finally', '11 ensured'])
  })

  test('a cleanup can register, acquire and spawn; all of it is over when the scope is', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* () {
        yield* ensure(() => timeline.note('older'))
        yield* ensure(function* () {
          yield* ensure(() => timeline.note('inner cleanup'))
          yield* open(timeline, 'file')
          yield* spawn(timeline.worker('helper', 5))
          timeline.note('cleanup')
        })
      })
      timeline.note('left')
    })
    expect(timeline.lines.at(-1)).toBe('5 left')
    expect(timeline.lines.at(-2)).toBe('5 older')
    expect(timeline.lines.slice().sort()).toEqual(
      [
        '0 cleanup',
        '0 file open',
        '0 file opening',
        '0 helper starts',
        '5 file closed',
        '5 file closing',
        '5 helper cleans up',
        '5 helper ends',
        '5 inner cleanup',
        '5 left',
        '5 older',
      ].sort()
    )
  })

  test('belong to the innermost scope', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* ensure(() => timeline.note('outer'))
      yield* scope(function* () {
        yield* ensure(() => timeline.note('inner'))
      })
      timeline.note('between')
    })
    expect(timeline.lines).toEqual(['0 inner', '0 between', '0 outer'])
  })

  test('run after the children: what they clean up is still in use by them', () => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      yield* ensure(() => timeline.note('ensured'))
      yield* spawn(timeline.worker('child', Infinity, 10))
    })
    timeline.advance(1)
    void task.cancel()
    timeline.advance()
    expect(timeline.lines).toEqual(['0 child starts', '1 child cleans up', '11 child ends', '11 ensured'])
  })
})

describe('R2 abortSignal lives as long as its scope', () => {
  test('is aborted when the scope is torn down, after its body has ended', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      let signal: AbortSignal | undefined
      yield* scope(function* () {
        signal = yield* abortSignal()
        signal.addEventListener('abort', () => timeline.note('aborted'))
        yield* sleep(10)
        timeline.note(`body ends, aborted: ${signal.aborted}`)
      })
      timeline.note(`left, aborted: ${signal!.aborted}`)
    })
    expect(timeline.lines).toEqual(['10 body ends, aborted: false', '10 aborted', '10 left, aborted: true'])
  })

  test('is aborted by a cancellation once the body has unwound', () => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      const signal = yield* abortSignal()
      signal.addEventListener('abort', () => timeline.note('aborted'))
      try {
        yield* suspend()
      } finally {
        yield* sleep(5)
        timeline.note(`unwound, aborted: ${signal.aborted}`)
      }
    })
    timeline.advance(1)
    void task.cancel()
    timeline.advance()
    expect(timeline.lines).toEqual(['6 unwound, aborted: false', '6 aborted'])
  })

  test('stands in the order of the teardown', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* ensure(() => timeline.note('older'))
      const signal = yield* abortSignal()
      signal.addEventListener('abort', () => timeline.note('aborted'))
      yield* ensure(() => timeline.note('newer'))
    })
    expect(timeline.lines).toEqual(['0 newer', '0 aborted', '0 older'])
  })

  test('that of an inner scope is aborted alone', () => {
    const timeline = new Timeline()
    const seen = timeline.simulate(function* () {
      const outer = yield* abortSignal()
      const inner = yield* scope(() => abortSignal())
      return [outer.aborted, inner.aborted]
    })
    expect(seen).toEqual([false, true])
  })

  test('is given before a cancellation that is under way', () => {
    const timeline = new Timeline()
    let signal: AbortSignal | undefined
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        signal = yield* abortSignal()
        yield* sleep(0)
        timeline.note('never')
      })
      yield* cancel(task)
    })
    expect(signal?.aborted).toBe(true)
    expect(timeline.lines).toEqual([])
  })
})

describe('R2 createScope: a scope for code that is not a task', () => {
  test('owns what runs in it, and close tears it down and waits', async () => {
    const timeline = new Timeline()
    const component = createScope({ interpreter: timeline.sim.interpreter })
    const task = component.run(timeline.worker('task', Infinity, 10))
    timeline.advance(5)
    expect(component.tasks).toEqual([task])
    let closed = false
    const closing = component.close('unmounted').then(() => (closed = true))
    timeline.advance(14)
    await microtasks()
    expect([closed, task.status]).toEqual([false, 'unwinding'])
    timeline.advance(15)
    await closing
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'unmounted' })
    expect(timeline.lines).toEqual(['0 task starts', '5 task cleans up', '15 task ends'])
    expect(component.tasks).toEqual([])
  })

  test('gives values and lets tasks end on their own', async () => {
    const timeline = new Timeline()
    const component = createScope({ interpreter: timeline.sim.interpreter })
    const task = component.run(timeline.worker('task', 10))
    timeline.advance(20)
    expect(await task).toBe('task')
    expect(component.tasks).toEqual([])
    const again = component.run(timeline.worker('again', 10))
    timeline.advance(30)
    expect(await again).toBe('again')
    const closing = component.close()
    timeline.advance()
    await closing
  })

  test('children of one scope unwind together, newest first', async () => {
    const timeline = new Timeline()
    const component = createScope({ interpreter: timeline.sim.interpreter })
    component.run(timeline.worker('old', Infinity, 10))
    component.run(timeline.worker('new', Infinity, 10))
    timeline.advance(1)
    const closing = component.close()
    timeline.advance()
    await closing
    expect(timeline.lines.slice(2)).toEqual([
      '1 new cleans up',
      '1 old cleans up',
      '11 new ends',
      '11 old ends',
    ])
  })

  test('a failure cancels the rest of it, and close rejects with the error', async () => {
    const timeline = new Timeline()
    const error = new Error('task')
    const component = createScope({ interpreter: timeline.sim.interpreter })
    const other = component.run(timeline.worker('other', Infinity, 10))
    component.run(function* () {
      yield* sleep(5)
      throw error
    })
    timeline.advance(20)
    expect(other.status).toBe('cancelled')
    expect(timeline.lines).toEqual(['0 other starts', '5 other cleans up', '15 other ends'])
    await expect(component.close()).rejects.toBe(error)
  })

  test('a cleanup that fails during close rejects it', async () => {
    const timeline = new Timeline()
    const error = new Error('cleanup')
    const component = createScope({ interpreter: timeline.sim.interpreter })
    component.run(function* () {
      yield* ensure(() => {
        throw error
      })
      yield* suspend()
    })
    timeline.advance(1)
    const closing = expect(component.close()).rejects.toBe(error)
    timeline.advance()
    await closing
  })

  test('closing twice does nothing the second time', async () => {
    const timeline = new Timeline()
    const component = createScope({ interpreter: timeline.sim.interpreter })
    const task = component.run(suspend)
    timeline.advance(1)
    const closing = Promise.all([component.close('first'), component.close('second')])
    timeline.advance()
    await closing
    await component.close('third')
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'first' })
  })

  test('runs nothing any more once it is closed', async () => {
    const timeline = new Timeline()
    const component = createScope({ interpreter: timeline.sim.interpreter })
    const closing = component.close()
    timeline.advance()
    await closing
    expect(() => component.run(suspend)).toThrow(MisuseError)
  })

  test('is closed at the end of an await using block', async () => {
    let task: Task | undefined
    const lines: string[] = []
    {
      await using component = createScope()
      task = component.run(function* () {
        try {
          yield* suspend()
        } finally {
          lines.push('unwound')
        }
      })
      lines.push('block ends')
    }
    expect(lines).toEqual(['block ends', 'unwound'])
    expect(task.status).toBe('cancelled')
  })

  test('closes with its signal', async () => {
    const timeline = new Timeline()
    const controller = new AbortController()
    const component = createScope({ interpreter: timeline.sim.interpreter, signal: controller.signal })
    const task = component.run(suspend)
    timeline.advance(1)
    controller.abort('gone')
    timeline.advance()
    expect(task.outcome).toEqual({ status: 'cancelled', reason: 'gone' })
  })
})

describe('R3 an acquisition that is cancelled half way releases what it had acquired', () => {
  /** Acquires a, waits, acquires b, waits, and provides. */
  const halves = (timeline: Timeline): Operation<string> =>
    resource<string>(function* (give) {
      yield* ensure(function* () {
        yield* sleep(5)
        timeline.note('a released')
      })
      timeline.note('a acquired')
      yield* sleep(10)
      const b = yield* open(timeline, 'b', 10, 5)
      yield* sleep(10)
      try {
        yield* give(`a and ${b.name}`)
      } finally {
        timeline.note('released')
      }
    })

  test('while it waits for its first part', () => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      yield* halves(timeline)
      timeline.note('never')
    })
    timeline.advance(5)
    void task.cancel()
    timeline.advance()
    expect(timeline.lines).toEqual(['0 a acquired', '10 a released'])
    expect(task.status).toBe('cancelled')
  })

  test('while it waits for its second part', () => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      yield* halves(timeline)
      timeline.note('never')
    })
    timeline.advance(15)
    void task.cancel()
    timeline.advance()
    expect(timeline.lines).toEqual([
      '0 a acquired',
      '10 b opening',
      '15 b closing',
      '20 b closed',
      '25 a released',
    ])
    expect(task.status).toBe('cancelled')
  })

  test('when it has all its parts', () => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      yield* halves(timeline)
      timeline.note('never')
    })
    timeline.advance(25)
    void task.cancel()
    timeline.advance()
    expect(timeline.lines).toEqual([
      '0 a acquired',
      '10 b opening',
      '20 b open',
      '25 b closing',
      '30 b closed',
      '35 a released',
    ])
    expect(task.status).toBe('cancelled')
  })

  test('at every instant, in every turn: whatever was acquired is released, once', () => {
    for (let steps = 0; steps < 60; steps++) {
      const timeline = new Timeline()
      const task = timeline.start(function* () {
        yield* halves(timeline)
        yield* sleep(5)
      })
      for (let i = 0; i < steps; i++) {
        if (!stepNow(timeline.sim)) timeline.advance(timeline.sim.now + 1)
      }
      void task.cancel()
      timeline.advance()
      expect(task.outcome).toBeDefined()
      const lines = timeline.lines.map((line) => line.replace(/^\d+ /, ''))
      const count = (line: string) => lines.filter((other) => other === line).length
      expect(count('a released')).toBe(count('a acquired'))
      expect(count('b closed')).toBe(count('b opening'))
      expect(count('a acquired')).toBeLessThanOrEqual(1)
      if (count('b closed') > 0) expect(lines.indexOf('b closed')).toBeLessThan(lines.indexOf('a released'))
    }
  })

  test('before its first step: nothing is acquired that is not released', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        yield* open(timeline, 'file', 10)
        timeline.note('never')
      })
      yield* cancel(task)
      expect(task.status).toBe('cancelled')
    })
    const count = (what: string) => timeline.lines.filter((line) => line === `0 file ${what}`).length
    expect(count('opening')).toBe(count('closed'))
    expect(timeline.lines).not.toContain('10 file open')
    expect(timeline.lines).not.toContain('0 never')
  })

  test('in the turn in which it was provided: the value is seen, and released', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        const file = yield* open(timeline, 'file', 10, 5)
        timeline.note(`got ${file.name}`)
        yield* sleep(0)
        timeline.note('never')
      })
      // Due behind the timer of the resource, at the same instant.
      yield* sleep(1)
      yield* sleep(9)
      timeline.note('requested')
      yield* cancel(task)
    })
    expect(timeline.lines).toEqual([
      '0 file opening',
      '10 file open',
      '10 requested',
      '10 got file',
      '10 file closing',
      '15 file closed',
    ])
  })

  test('in the turn in which it would have been provided: what was opened meanwhile is released', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* spawn(function* () {
        // Due before the timer of the resource, at the same instant.
        yield* sleep(10)
        timeline.note('requested')
        yield* cancel(task)
      })
      const task: Task = yield* spawn(function* () {
        yield* open(timeline, 'file', 10, 5)
        timeline.note('never')
      })
    })
    expect(timeline.lines).toEqual([
      '0 file opening',
      '10 requested',
      '10 file open',
      '10 file closing',
      '15 file closed',
    ])
  })

  test('the cancellation is done only when the release is', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        yield* open(timeline, 'file', 100, 30)
      })
      yield* sleep(10)
      yield* cancel(task)
      timeline.note('cancelled')
    })
    expect(timeline.lines).toEqual(['0 file opening', '10 file closing', '40 file closed', '40 cancelled'])
  })

  test('by a deadline', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      try {
        yield* timeout(10, open(timeline, 'file', 100, 30))
      } catch (error) {
        expect(error).toBeInstanceOf(TimeoutError)
        timeline.note('timed out')
      }
    })
    expect(timeline.lines).toEqual(['0 file opening', '10 file closing', '40 file closed', '40 timed out'])
  })

  test('by losing', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const { key } = yield* select({ slow: open(timeline, 'slow', 100, 30), late: sleep(10) })
      timeline.note(key)
    })
    expect(timeline.lines).toEqual(['0 slow opening', '10 slow closing', '40 slow closed', '40 late'])
  })

  test('one that fails half way releases what it had acquired before the acquirer hears of it', () => {
    const timeline = new Timeline()
    const error = new Error('second part')
    timeline.simulate(function* () {
      const outcome = yield* attempt(function* () {
        yield* resource(function* () {
          yield* open(timeline, 'first', 5, 5)
          yield* sleep(5)
          throw error
        })
      })
      expect(outcome).toEqual({ status: 'failed', error })
      timeline.note('failed')
    })
    expect(timeline.lines).toEqual([
      '0 first opening',
      '5 first open',
      '10 first closing',
      '15 first closed',
      '15 failed',
    ])
  })

  test('… also when the acquirer catches the error', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      try {
        yield* resource(function* () {
          yield* open(timeline, 'first', 5, 5)
          throw new Error('second part')
        })
      } catch {
        timeline.note('caught')
      }
      yield* sleep(5)
    })
    expect(timeline.lines).toEqual([
      '0 first opening',
      '5 first open',
      '5 first closing',
      '10 first closed',
      '10 caught',
    ])
  })

  test('what it spawned is torn down, too', () => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      yield* resource(function* (give) {
        yield* spawn(timeline.worker('helper', Infinity, 5))
        yield* sleep(100)
        yield* give(undefined)
      })
    })
    timeline.advance(10)
    void task.cancel()
    timeline.advance()
    expect(timeline.lines).toEqual(['0 helper starts', '10 helper cleans up', '15 helper ends'])
  })

  test('an acquisition under a shield is finished, and released with its owner', () => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      const file = yield* shield(open(timeline, 'file', 10, 5))
      timeline.note(`got ${file.name}`)
      yield* sleep(0)
      timeline.note('never')
    })
    timeline.advance(5)
    void task.cancel()
    timeline.advance()
    expect(timeline.lines).toEqual([
      '0 file opening',
      '10 file open',
      '10 got file',
      '10 file closing',
      '15 file closed',
    ])
  })
})

describe('R4 what an operation acquired belongs to whoever gets its result', () => {
  const effect = defineEffect('effect', () => 1)
  const context = createContext('context', 'none')

  /** Runs a body in a region; gives what the body gave. */
  type Region = (body: () => Generator<any, string, any>) => Operation<string>

  const regions: [string, Region][] = [
    ['timeout', (body) => timeout(1000, body)],
    ['a timeout without a deadline', (body) => timeout(Infinity, body)],
    ['moveOnAfter', (body) => valueOf(moveOnAfter(1000, body))],
    ['attempt', (body) => valueOf(attempt(body))],
    ['shield', (body) => shield(body)],
    ['ctx.with', (body) => context.with('value', body)],
    ['provide', (body) => provide([[effect, () => 2]], body)],
    ['all', (body) => first(all([body, () => later('other')]))],
    ['all, as a record', (body) => first(all({ body, other: () => later('other') }))],
    ['all, one at a time', (body) => first(all([body, () => later('other')], { concurrency: 1 }))],
    ['map', (body) => first(map([0, 1], (i) => (i === 0 ? body() : later('other'))))],
    ['select', (body) => winner(select({ body, never: suspend() }))],
    ['select, as an array', (body) => winner(select([suspend(), body]))],
    ['race', (body) => race([body, suspend()])],
    ['any', (body) => any([suspend(), body])],
    ['one region in another', (body) => timeout(1000, () => shield(() => valueOf(attempt(body))))],
    ['a declared operation in a region', (body) => timeout(1000, operation('inner', body)())],
    ['a region in a declared operation', (body) => operation('outer', () => later0(timeout(1000, body)))()],
  ]

  function* later(value: string): Generator<any, string, any> {
    yield* sleep(1)
    return value
  }
  function* later0(operation: Operation<string>): Generator<any, string, any> {
    return yield* operation
  }

  /** These combine what `all` and `attempt` give, and own nothing themselves. */
  function first(
    operation: Operation<readonly string[] | Readonly<Record<string, string>>>
  ): Operation<string> {
    return declaredFirst(operation)
  }
  const declaredFirst = operation(
    'first',
    function* (of: Operation<readonly string[] | Record<string, string>>) {
      return Object.values(yield* of)[0]!
    }
  )
  const winner = operation('winner', function* (of: Operation<{ key: unknown; value: string }>) {
    return (yield* of).value
  })
  const valueOf = operation('value of', function* (of: Operation<Outcome<string>>) {
    const outcome = yield* of
    if (outcome.status === 'done') return outcome.value
    throw outcome.status === 'failed' ? outcome.error : outcome.reason
  })

  describe.each(regions)('%s', (name, region) => {
    const isShield = name === 'shield'

    test('passes an open resource to the caller, in whose teardown it is released', () => {
      const timeline = new Timeline()
      timeline.simulate(function* () {
        yield* scope(function* () {
          let file: Held | undefined
          const value = yield* region(function* () {
            file = yield* open(timeline, 'file', 5, 5)
            return 'value'
          })
          expect(value).toBe('value')
          expect(file!.open).toBe(true)
          yield* sleep(5000)
          timeline.note(`open: ${file!.open}`)
        })
        timeline.note('left')
      })
      const end = timeline.sim.now
      expect(timeline.lines).toEqual([
        '0 file opening',
        '5 file open',
        `${end - 5} open: true`,
        `${end - 5} file closing`,
        `${end} file closed`,
        `${end} left`,
      ])
      expect(end).toBeGreaterThanOrEqual(5010)
    })

    test('passes everything in order: resources, cleanups, disposables and children', () => {
      const timeline = new Timeline()
      timeline.simulate(function* () {
        yield* scope(function* () {
          yield* ensure(() => timeline.note('older'))
          yield* region(function* () {
            yield* ensure(() => timeline.note('first'))
            yield* open(timeline, 'second')
            yield* spawn(timeline.worker('third'), { background: true })
            yield* use({ [Symbol.dispose]: () => timeline.note('fourth') })
            yield* sleep(1)
            return 'value'
          })
          yield* ensure(() => timeline.note('newer'))
          yield* sleep(10)
          timeline.lines.length = 0
        })
        timeline.note('left')
      })
      expect(timeline.lines.map((line) => line.replace(/^\d+ /, ''))).toEqual([
        'newer',
        'fourth',
        'third cleans up',
        'third ends',
        'second closing',
        'second closed',
        'first',
        'older',
        'left',
      ])
    })

    test("passes children that still run: the caller's scope waits for them, the operation does not", () => {
      const timeline = new Timeline()
      timeline.simulate(function* () {
        yield* scope(function* (block) {
          yield* region(function* () {
            yield* spawn(timeline.worker('child', 3000))
            return 'value'
          })
          expect(timeline.sim.now).toBeLessThanOrEqual(1)
          expect(block.tasks).toHaveLength(1)
        })
        timeline.note('left')
      })
      expect(timeline.lines).toEqual([
        '0 child starts',
        '3000 child cleans up',
        '3000 child ends',
        '3000 left',
      ])
    })

    test('passes an abort signal that is not aborted', () => {
      const timeline = new Timeline()
      timeline.simulate(function* () {
        let signal: AbortSignal | undefined
        yield* scope(function* () {
          yield* region(function* () {
            signal = yield* abortSignal()
            return 'value'
          })
          yield* sleep(5)
          expect(signal!.aborted).toBe(false)
        })
        expect(signal!.aborted).toBe(true)
      })
    })

    test("passes a child whose later failure is one of the caller's scope", () => {
      const timeline = new Timeline()
      const error = new Error('child')
      timeline.simulate(function* () {
        const outcome = yield* attempt(() =>
          scope(function* () {
            yield* region(function* () {
              yield* spawn(function* () {
                yield* sleep(50)
                throw error
              })
              return 'value'
            })
            timeline.note('passed')
            try {
              yield* suspend()
            } finally {
              timeline.note('unwound')
            }
          })
        )
        expect(outcome).toEqual({ status: 'failed', error })
      })
      expect(timeline.lines).toEqual([expect.stringMatching(/^[01] passed$/), '50 unwound'])
    })

    test('tears down what was acquired and spawned when it fails, before it throws', () => {
      const timeline = new Timeline()
      const error = new Error('region')
      timeline.simulate(function* () {
        try {
          // The others of `race` and `any` never settle; a failure of `any` comes with those of all the others.
          yield* name === 'any' ? any([failing]) : region(failing)
        } catch (caught) {
          expect(caught instanceof AggregateError && name === 'any' ? caught.errors[0] : caught).toBe(error)
          timeline.note('caught')
        }
        yield* sleep(10)
        timeline.note('later')
      })
      expect(timeline.lines).toEqual([
        '0 file opening',
        '5 file open',
        '5 child starts',
        '6 child cleans up',
        '11 child ends',
        '11 file closing',
        '16 file closed',
        '16 caught',
        '26 later',
      ])

      function* failing(): Generator<any, string, any> {
        yield* open(timeline, 'file', 5, 5)
        yield* spawn(timeline.worker('child', Infinity, 5))
        yield* sleep(1)
        throw error
      }
    })

    test('tears down what was acquired and spawned when a child in it fails', () => {
      const timeline = new Timeline()
      const error = new Error('child')
      const failing = function* (): Generator<any, string, any> {
        yield* open(timeline, 'file', 0, 5)
        yield* spawn(function* () {
          yield* sleep(5)
          throw error
        })
        try {
          yield* suspend()
          return 'never'
        } finally {
          timeline.note('body unwinds')
        }
      }
      timeline.simulate(function* () {
        try {
          yield* name === 'any' ? any([failing]) : region(failing)
        } catch (caught) {
          expect(caught instanceof AggregateError && name === 'any' ? caught.errors[0] : caught).toBe(error)
          timeline.note('caught')
        }
      })
      expect(timeline.lines.slice(2)).toEqual([
        '5 body unwinds',
        '5 file closing',
        '10 file closed',
        '10 caught',
      ])
    })

    if (!isShield && name !== 'one region in another') {
      test('tears down what was acquired and spawned when it is cancelled', () => {
        const timeline = new Timeline()
        timeline.simulate(function* () {
          const task = yield* spawn(function* () {
            yield* ensure(() => timeline.note('older'))
            try {
              yield* region(function* () {
                yield* open(timeline, 'file', 0, 5)
                yield* spawn(timeline.worker('child', Infinity, 5))
                yield* suspend()
                return 'never'
              })
            } finally {
              timeline.note('caller unwinds')
            }
          })
          yield* sleep(10)
          yield* cancel(task)
          timeline.note('closed')
        })
        expect(timeline.lines).toEqual([
          '0 file opening',
          '0 file open',
          '0 child starts',
          '10 child cleans up',
          '15 child ends',
          '15 file closing',
          '20 file closed',
          '20 caller unwinds',
          '20 older',
          '20 closed',
        ])
      })
    }

    test('loses nothing whenever it is cancelled', () => {
      for (let steps = 0; steps < 30; steps++) {
        const timeline = new Timeline()
        const task = timeline.start(function* () {
          yield* region(function* () {
            yield* open(timeline, 'a', 1, 1)
            yield* spawn(timeline.worker('child', Infinity, 1))
            yield* open(timeline, 'b', 1, 1)
            return 'value'
          })
          yield* sleep(5)
          yield* suspend()
        })
        for (let i = 0; i < steps; i++) {
          if (!stepNow(timeline.sim)) timeline.advance(timeline.sim.now + 1)
        }
        void task.cancel()
        timeline.advance()
        expect(task.status).toBe('cancelled')
        const count = (end: string) => timeline.lines.filter((line) => line.endsWith(end)).length
        expect([steps, count('a closed'), count('b closed'), count('child ends')]).toEqual([
          steps,
          count('a opening'),
          count('b opening'),
          count('child starts'),
        ])
      }
    })
  })

  test('timeout: the deadline no longer holds for what has passed', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* timeout(10, function* () {
        yield* open(timeline, 'socket', 5)
        yield* spawn(timeline.worker('reader', 100))
      })
      yield* sleep(50)
      timeline.note('open still')
    })
    expect(timeline.lines).toEqual([
      '0 socket opening',
      '5 socket open',
      '5 reader starts',
      '55 open still',
      '105 reader cleans up',
      '105 reader ends',
      '105 socket closing',
      '105 socket closed',
    ])
  })

  test('timeout: what was acquired is torn down when the deadline comes, before the error', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const outcome = yield* attempt(
        timeout(10, function* () {
          yield* open(timeline, 'socket', 5, 5)
          yield* suspend()
        })
      )
      expect(outcome).toMatchObject({ status: 'failed', error: expect.any(TimeoutError) })
      timeline.note('timed out')
    })
    expect(timeline.lines.slice(2)).toEqual(['10 socket closing', '15 socket closed', '15 timed out'])
  })

  test('moveOnAfter: what was acquired is torn down when the deadline comes', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const outcome = yield* moveOnAfter(10, function* () {
        yield* open(timeline, 'socket', 5, 5)
        yield* suspend()
      })
      timeline.note(outcome.status)
    })
    expect(timeline.lines.slice(2)).toEqual(['10 socket closing', '15 socket closed', '15 cancelled'])
  })

  test('attempt: an attempt that fails has torn down what it acquired when it gives the outcome', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const outcome = yield* attempt(function* () {
        yield* open(timeline, 'file', 0, 5)
        throw 'no luck'
      })
      timeline.note(outcome.status)
    })
    expect(timeline.lines.slice(2)).toEqual(['0 file closing', '5 file closed', '5 failed'])
  })

  test('ctx.with: a child that passes out keeps the value that it was started with', () => {
    const timeline = new Timeline()
    const seen = timeline.simulate(function* () {
      const child = yield* context.with('inner', () =>
        spawn(function* () {
          yield* sleep(10)
          return yield* context.get()
        })
      )
      return [yield* context.get(), yield* child]
    })
    expect(seen).toEqual(['none', 'inner'])
  })

  test('provide: a child that passes out keeps the handlers that it was started with', () => {
    const timeline = new Timeline()
    const seen = timeline.simulate(function* () {
      const child = yield* provide([[effect, () => 2]], () =>
        spawn(function* () {
          yield* sleep(10)
          return yield* effect()
        })
      )
      return [yield* effect(), yield* child]
    })
    expect(seen).toEqual([1, 2])
  })

  test('shield: what was acquired under a cancellation is released with the caller', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        yield* shield(function* () {
          yield* open(timeline, 'file', 0, 5)
          yield* sleep(20)
        })
        timeline.note('shield left')
        yield* ensure(() => timeline.note('newer'))
        yield* sleep(1)
        timeline.note('never')
      })
      yield* sleep(10)
      yield* cancel(task)
      timeline.note('closed')
    })
    expect(timeline.lines.slice(2)).toEqual([
      '20 shield left',
      '20 newer',
      '20 file closing',
      '25 file closed',
      '25 closed',
    ])
  })

  test('all and map: every branch passes what it acquired', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* () {
        const held = yield* all([open(timeline, 'a', 5), open(timeline, 'b', 10)])
        const mapped = yield* map(['c', 'd', 'e'], (name) => open(timeline, name, 5), { concurrency: 2 })
        yield* sleep(10)
        expect([...held, ...mapped].map(({ name, open }) => [name, open])).toEqual([
          ['a', true],
          ['b', true],
          ['c', true],
          ['d', true],
          ['e', true],
        ])
        timeline.lines.length = 0
      })
    })
    expect(timeline.lines.filter((line) => line.endsWith('closed'))).toHaveLength(5)
  })

  test('all, one at a time: the branches pass what they acquired in order', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* all([open(timeline, 'a', 5), open(timeline, 'b', 5), open(timeline, 'c', 5)], { concurrency: 1 })
      timeline.lines.length = 0
    })
    expect(timeline.lines.filter((line) => line.endsWith('closed'))).toEqual([
      '15 c closed',
      '15 b closed',
      '15 a closed',
    ])
  })

  test.each<[string, (timeline: Timeline) => Operation<unknown>]>([
    ['all', (timeline) => all([open(timeline, 'early', 5, 5), () => failsAt(10)])],
    [
      'all, as a record',
      (timeline) => all({ early: open(timeline, 'early', 5, 5), late: () => failsAt(10) }),
    ],
    [
      'all, one at a time',
      (timeline) => all([open(timeline, 'early', 5, 5), () => failsAt(5)], { concurrency: 1 }),
    ],
    ['map', (timeline) => map([0, 1], (i) => (i === 0 ? open(timeline, 'early', 5, 5) : failsAt(10)))],
  ])(
    '%s: if one branch fails, what the finished ones acquired is torn down before it throws',
    (_, combined) => {
      const timeline = new Timeline()
      timeline.simulate(function* () {
        try {
          yield* combined(timeline)
        } catch (error) {
          timeline.note(String(error))
        }
        yield* sleep(100)
      })
      expect(timeline.lines).toEqual([
        '0 early opening',
        '5 early open',
        '10 early closing',
        '15 early closed',
        '15 branch',
      ])
    }
  )

  function* failsAt(ms: number): Generator<any, Held, any> {
    yield* sleep(ms)
    throw 'branch'
  }

  test('all: if it is cancelled, what the finished branches acquired is torn down', () => {
    const timeline = new Timeline()
    const task = timeline.start(function* () {
      yield* all([open(timeline, 'early', 5, 5), suspend()])
    })
    timeline.advance(10)
    void task.cancel()
    timeline.advance()
    expect(timeline.lines.slice(2)).toEqual(['10 early closing', '15 early closed'])
    expect(task.status).toBe('cancelled')
  })

  test.each<[string, (timeline: Timeline) => Operation<unknown>]>([
    [
      'select',
      (timeline) => select({ loser: () => losing(timeline), winner: open(timeline, 'winner', 10, 5) }),
    ],
    ['race', (timeline) => race([() => losing(timeline), open(timeline, 'winner', 10, 5)])],
    ['any', (timeline) => any([() => losing(timeline), open(timeline, 'winner', 10, 5)])],
  ])('%s: the winner passes what it acquired; that of the losers is torn down first', (_, combined) => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      yield* scope(function* () {
        yield* combined(timeline)
        timeline.note('settled')
        yield* sleep(10)
      })
      timeline.note('left')
    })
    const opened = ['0 child of loser starts', '0 loser open', '0 loser opening', '0 winner opening']
    expect(timeline.lines.slice(0, 4).sort()).toEqual(opened)
    expect(timeline.lines.slice(4)).toEqual([
      '10 winner open',
      '10 child of loser cleans up',
      '15 child of loser ends',
      '15 loser closing',
      '20 loser closed',
      '20 settled',
      '30 winner closing',
      '35 winner closed',
      '35 left',
    ])
  })

  function* losing(timeline: Timeline): Generator<any, Held, any> {
    const held = yield* open(timeline, 'loser', 0, 5)
    yield* spawn(timeline.worker('child of loser', Infinity, 5))
    yield* sleep(1000)
    return held
  }

  test('any: what a failed branch acquired is torn down; the winner passes its own', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const held = yield* any([
        function* (): Generator<any, Held, any> {
          yield* open(timeline, 'failed', 0, 5)
          throw 'refused'
        },
        open(timeline, 'winner', 20, 5),
      ])
      timeline.note(held.name)
    })
    expect(timeline.lines).toEqual([
      '0 failed opening',
      '0 failed open',
      '0 winner opening',
      '0 failed closing',
      '5 failed closed',
      '20 winner open',
      '20 winner',
      '20 winner closing',
      '25 winner closed',
    ])
  })

  test('any: if all fail, what each acquired is torn down before it throws', () => {
    const timeline = new Timeline()
    const failing = (name: string) =>
      function* (): Generator<any, Held, any> {
        yield* open(timeline, name, 0, 5)
        throw name
      }
    timeline.simulate(function* () {
      try {
        yield* any([failing('a'), failing('b')])
      } catch (error) {
        timeline.note((error as AggregateError).errors.join(' and '))
      }
    })
    expect(timeline.lines.filter((line) => line.endsWith('closed')).sort()).toEqual([
      '5 a closed',
      '5 b closed',
    ])
    expect(timeline.lines.at(-1)).toBe('5 a and b')
  })

  test('select: a task among the branches keeps what it acquired', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      const task = yield* spawn(function* () {
        const held = yield* open(timeline, 'file', 0, 5)
        yield* sleep(20)
        return held
      })
      yield* select({ task, late: sleep(10) })
      timeline.note('late')
      const { value } = yield* select({ task })
      timeline.note(`open: ${value.open}`)
    })
    expect(timeline.lines.slice(2)).toEqual([
      '10 late',
      '20 file closing',
      '25 file closed',
      '25 open: false',
    ])
  })

  describe('nothing passes out of', () => {
    const boundaries: [
      string,
      (timeline: Timeline, body: () => Generator<any, Held, any>) => Operation<Held>,
    ][] = [
      ['a scope', (_, body) => scope(body)],
      [
        'a spawned task',
        (_, body) =>
          operation('join', function* () {
            return yield* yield* spawn(body)
          })(),
      ],
      [
        'a task of another tree',
        (timeline, body) =>
          operation('join root', function* () {
            return yield* run(body, { interpreter: timeline.sim.interpreter })
          })(),
      ],
      ['a scope in a region', (_, body) => timeout(1000, () => scope(body))],
      ['a scope around a region', (_, body) => scope(() => timeout(1000, body))],
      [
        'a task in a region',
        (_, body) =>
          timeout(1000, function* () {
            return yield* yield* spawn(body)
          }),
      ],
    ]

    test.each(boundaries)('%s: what was acquired in it has closed when it gives its value', (_, boundary) => {
      const timeline = new Timeline()
      timeline.simulate(function* () {
        const held = yield* boundary(timeline, function* () {
          yield* spawn(timeline.worker('child', 5, 5))
          return yield* open(timeline, 'file', 0, 5)
        })
        timeline.note(`open: ${held.open}`)
      })
      expect(timeline.lines.filter((line) => !/start|opening/.test(line))).toEqual([
        '0 file open',
        '5 child cleans up',
        '10 child ends',
        '10 file closing',
        '15 file closed',
        '15 open: false',
      ])
    })

    test('a resource: what its body acquired stays with it, and goes with it', () => {
      const timeline = new Timeline()
      timeline.simulate(function* () {
        yield* scope(function* (block) {
          const inner = yield* resource<Held>(function* (give) {
            const held = yield* timeout(1000, open(timeline, 'inner'))
            yield* spawn(timeline.worker('helper'))
            try {
              yield* give(held)
            } finally {
              timeline.note(`outer released, inner open: ${held.open}`)
            }
          })
          yield* ensure(() => timeline.note(`newer, inner open: ${inner.open}`))
          yield* sleep(5)
          // One entry of the owner: the resource itself. Its helper is no child of the owner.
          expect(block.tasks.map(({ name }) => name)).not.toContain('helper')
        })
      })
      expect(timeline.lines.slice(3)).toEqual([
        '5 newer, inner open: true',
        '5 outer released, inner open: true',
        '5 helper cleans up',
        '5 helper ends',
        '5 inner closing',
        '5 inner closed',
      ])
    })

    test('run: a root has closed everything when its task has', () => {
      const timeline = new Timeline()
      const task = timeline.start(function* () {
        return yield* timeout(1000, open(timeline, 'file', 0, 5))
      })
      timeline.advance(4)
      expect(task.outcome).toBeUndefined()
      timeline.advance(5)
      expect(task.outcome).toMatchObject({ status: 'done', value: { open: false } })
    })
  })

  test('what scope.spawn gave to another scope is not what a region acquired', () => {
    const timeline = new Timeline()
    let outer: Scope | undefined
    timeline.simulate(function* () {
      yield* scope(function* (block) {
        outer = block
        yield* scope(function* () {
          yield* timeout(1000, function* () {
            outer!.spawn(timeline.worker('child', 20))
            yield* open(timeline, 'file')
          })
        })
        timeline.note('inner left')
      })
      timeline.note('outer left')
    })
    expect(timeline.lines.filter((line) => !/start|open/.test(line))).toEqual([
      '0 file closing',
      '0 file closed',
      '0 inner left',
      '20 child cleans up',
      '20 child ends',
      '20 outer left',
    ])
  })

  test('passing in a loop accumulates, and everything is torn down newest first', () => {
    const timeline = new Timeline()
    timeline.simulate(function* () {
      for (let i = 0; i < 5; i++) yield* timeout(1000, open(timeline, `file ${i}`))
      yield* pause()
      timeline.lines.length = 0
    })
    expect(timeline.lines.filter((line) => line.endsWith('closed'))).toEqual(
      [4, 3, 2, 1, 0].map((i) => `0 file ${i} closed`)
    )
  })
})
