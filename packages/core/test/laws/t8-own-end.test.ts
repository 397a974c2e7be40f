/** T8: tasks that wait for what can end only after them. */
import {
  type Operation,
  type Task,
  attempt,
  cancel,
  pause,
  scope,
  select,
  self,
  shield,
  sleep,
  spawn,
  suspend,
} from 'coppice'
import { Timeline } from './timeline.ts'

/** A child that cancels the task above it, and notes when it unwinds. */
function rebel(line: Timeline, name: string, above: Task): Operation<Task<void>> {
  return spawn(function* () {
    try {
      yield* cancel(above, { reason: 'mutiny' })
    } finally {
      line.note(name)
    }
  })
}

/** A child that joins a task, and notes when it unwinds. */
function joiner(line: Timeline, name: string, joined: Task): Operation<Task<void>> {
  return spawn(function* () {
    try {
      yield* joined
    } catch {
      line.note(`${name} catches`)
    } finally {
      line.note(name)
    }
  })
}

describe('T8 a task that waits for its own end', () => {
  test('is unwound in its turn, and so is who waits for it', () => {
    const line = new Timeline()
    line.simulate(() =>
      attempt(
        scope(function* () {
          yield* spawn(function* () {
            const above = yield* self()
            const first = yield* rebel(line, 'rebel', above)
            yield* joiner(line, 'joiner', first)
            try {
              yield* suspend()
            } finally {
              yield* sleep(5)
              line.note('body')
            }
          })
        })
      )
    )
    expect(line.lines).toEqual(['5 body', '5 joiner', '5 rebel'])
  })

  test.each(['before', 'after'])('is unwound at once when a finally waits for it, from %s on', (when) => {
    const line = new Timeline()
    const task = line.start(function* () {
      const root = yield* self()
      const child = yield* rebel(line, 'rebel', root)
      const row = yield* joiner(line, 'joiner', child)
      if (when === 'before') {
        line.note((yield* shield(attempt(row))).status)
        return
      }
      try {
        yield* suspend()
      } finally {
        yield* sleep(5)
        line.note((yield* attempt(row)).status)
        yield* sleep(5)
      }
    })
    line.advance()
    const waits =
      when === 'before' ? ['0 joiner', '0 cancelled', '0 rebel'] : ['5 joiner', '5 cancelled', '10 rebel']
    expect(line.lines).toEqual(waits)
    expect(task.status).toBe(when === 'before' ? 'done' : 'cancelled')
  })

  test('is unwound at once when code outside of the tree waits for it', () => {
    const line = new Timeline()
    let child: Task | undefined
    line.start(function* () {
      child = yield* rebel(line, 'rebel', yield* self())
      child.then(null, () => {})
      try {
        yield* suspend()
      } finally {
        yield* sleep(5)
        line.note('body')
      }
    })
    line.advance()
    expect(line.lines).toEqual(['0 rebel', '5 body'])
    expect(child!.outcome).toEqual({ status: 'cancelled', reason: 'mutiny' })
  })

  test('is unwound in its turn when a task outside of that waits for it', () => {
    const line = new Timeline()
    line.simulate(function* () {
      let child: Task | undefined
      yield* spawn(function* () {
        child = yield* rebel(line, 'rebel', yield* self())
        try {
          yield* suspend()
        } finally {
          yield* sleep(5)
          line.note('body')
        }
      })
      yield* pause()
      line.note((yield* attempt(child!)).status)
    })
    expect(line.lines).toEqual(['5 body', '5 rebel', '5 cancelled'])
  })

  test('in a shield, when that fails with the child it joins, catches nothing', () => {
    const line = new Timeline()
    const broken = new Error('child')
    const outcome = line.simulate(() =>
      attempt(
        shield(function* () {
          const child = yield* spawn(function* () {
            yield* sleep(1)
            throw broken
          })
          yield* joiner(line, 'joiner', child)
          yield* suspend()
        })
      )
    )
    expect(outcome).toEqual({ status: 'failed', error: broken })
    expect(line.lines).toEqual(['1 joiner'])
  })

  test('goes on if what it is inside of has ended with a value, and has passed it on', () => {
    const line = new Timeline()
    line.simulate(function* () {
      const { value: child } = yield* select([
        function* () {
          const branch = yield* self()
          const passedOn = yield* spawn(function* () {
            yield* cancel(branch)
            yield* sleep(5)
            return 'went on'
          })
          // Claimed at once, so that the branch gives its value though it is cancelled meanwhile (C2).
          yield* pause()
          return passedOn
        },
      ])
      line.note(yield* shield(child))
    })
    expect(line.lines).toEqual(['5 went on'])
  })

  test('goes on if nothing comes to it: cancel returns inside a shield', () => {
    const line = new Timeline()
    const task = line.start(function* () {
      const root = yield* self()
      yield* spawn(() =>
        shield(function* () {
          yield* cancel(root)
          line.note('returned')
        })
      )
      yield* suspend()
    })
    line.advance()
    expect(line.lines).toEqual(['0 returned'])
    expect(task.status).toBe('cancelled')
  })

  test('takes those with it who had come before, of whom one that code outside waits for is unwound at once', () => {
    const line = new Timeline()
    let last: Task | undefined
    line.start(function* () {
      const root = yield* self()
      const rebel = yield* spawn(function* () {
        try {
          yield* sleep(1)
          yield* cancel(root)
        } finally {
          line.note('rebel')
        }
      })
      last = yield* joiner(line, 'last', yield* joiner(line, 'first', rebel))
      last.then(null, () => {})
      try {
        yield* suspend()
      } finally {
        yield* sleep(5)
        line.note('body')
      }
    })
    line.advance()
    expect(line.lines).toEqual(['1 last', '6 body', '6 first', '6 rebel'])
    expect(last!.status).toBe('cancelled')
  })

  test('with a row of 20,000 tasks behind it grows no stack', () => {
    const line = new Timeline()
    let last: Task | undefined
    const task = line.start(function* () {
      last = yield* spawn(cancel(yield* self()))
      for (let i = 0; i < 20_000; i++) last = yield* spawn(last)
      try {
        yield* suspend()
      } finally {
        yield* attempt(last)
      }
    })
    line.advance()
    expect(last!.status).toBe('cancelled')
    expect(task.status).toBe('cancelled')
  })
})
