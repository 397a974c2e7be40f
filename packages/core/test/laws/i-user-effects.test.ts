/** User-defined effects: who answers them, where the answer runs, and how tests answer (I1, I2, X1, R4). */
import {
  type Effect,
  MisuseError,
  type Operation,
  all,
  attempt,
  createContext,
  defineEffect,
  ensure,
  provide,
  resource,
  run,
  scope,
  select,
  sleep,
  spawn,
  suspend,
  timeout,
} from 'coppice'
import { live, returns, simulate } from '@coppice/testing'
import { runAll, runToEnd, start } from '../virtual.ts'
import { Timeline, thrownBy } from './timeline.ts'

const ask = defineEffect('ask', (question: string) => `live ${question}`)
const tell = defineEffect('tell', (text: string) => `told ${text}`)

/** A handler that says its name, and asks on. */
const asking = (name: string) =>
  function* (question: string): Generator<any, string, any> {
    return `${name}(${yield* ask(question)})`
  }

describe('provide nests', () => {
  test('the innermost handler answers, and what it asks is answered further out, at last live', () => {
    const answer = runToEnd(
      provide([[ask, asking('outer')]], () =>
        provide([[ask, asking('middle')]], () => provide([[ask, asking('inner')]], () => ask('why')))
      )
    )
    expect(answer).toBe('inner(middle(outer(live why)))')
  })

  test('effects without a handler inside are answered outside', () => {
    const answers = runToEnd(
      provide([[tell, (text) => `outer ${text}`]], () =>
        provide([[ask, () => 'inner']], () => all([ask('a'), tell('b')]))
      )
    )
    expect(answers).toEqual(['inner', 'outer b'])
  })

  test('a handler sees the handlers around its own provide, not those around the effect', () => {
    const answers = runToEnd(
      provide([[tell, (text) => `far ${text}`]], () =>
        provide([[ask, (question) => tell(question)]], () =>
          provide([[tell, (text) => `near ${text}`]], () => all([ask('a'), tell('b')]))
        )
      )
    )
    expect(answers).toEqual(['far a', 'near b'])
  })

  test('handlers of one provide do not see each other', () => {
    const pair = runToEnd(
      provide(
        [
          [ask, (question) => tell(question)],
          [tell, () => 'provided'],
        ],
        () => all([ask('a'), tell('b')])
      )
    )
    expect(pair).toEqual(['told a', 'provided'])
  })

  test('the handlers end with the operation', () => {
    const answers = runToEnd(function* () {
      const inside = yield* provide([[ask, () => 'inside']], () => ask('a'))
      return [inside, yield* ask('b')]
    })
    expect(answers).toEqual(['inside', 'live b'])
  })

  test('X1 a handler sees the contexts of where it was provided', () => {
    const user = createContext<string>('user')
    const seen = runToEnd(
      user.with('ada', () => provide([[ask, () => user.expect()]], () => user.with('bob', () => ask('who'))))
    )
    expect(seen).toBe('ada')
  })

  test('X1 it answers in tasks, branches, resources and cleanups below, also when they outlive it', () => {
    const seen: string[] = []
    const note = function* (place: string) {
      seen.push(yield* ask(place))
    }
    runToEnd(function* () {
      yield* provide([[ask, (place) => place]], function* () {
        yield* ensure(() => note('cleanup'))
        yield* spawn(function* () {
          yield* sleep(5)
          yield* note('task')
        })
        yield* resource<void>(function* (given) {
          yield* note('resource')
          yield* given()
        })
        yield* select({ branch: () => note('branch') })
        yield* attempt(() =>
          timeout(
            10,
            scope(() => note('scope'))
          )
        )
      })
      seen.push('left')
    })
    expect(seen).toEqual(['resource', 'branch', 'scope', 'left', 'task', 'cleanup'])
  })
})

describe('what a handler does', () => {
  test('R4 what it acquires belongs to whoever performed the effect', () => {
    const at = new Timeline()
    const open = defineEffect('open', (name: string) => name)
    at.simulate(
      provide(
        [
          [
            open,
            function* (name: string) {
              yield* ensure(() => at.note(`closes ${name}`))
              return `${name} opened`
            },
          ],
        ],
        function* () {
          yield* scope(function* () {
            at.note(yield* open('file'))
            yield* sleep(5)
          })
          at.note('left')
        }
      )
    )
    expect(at.lines).toEqual(['0 file opened', '5 closes file', '5 left'])
  })

  test.each<[string, () => never]>([
    [
      'a function',
      () => {
        throw new Error('refused')
      },
    ],
    [
      'an asynchronous function',
      (async () => {
        throw new Error('refused')
      }) as () => never,
    ],
    [
      'a generator function',
      function* () {
        throw new Error('refused')
      } as unknown as () => never,
    ],
  ])('what %s throws, the effect throws', async (_, handler) => {
    await expect(run(provide([[ask, handler]], () => ask('a')))).rejects.toThrow('refused')
  })

  test('it is cancelled with whoever performed the effect, and its cleanup has ended', () => {
    const at = new Timeline()
    const task = at.start(provide([[ask, () => at.worker('handler', 50, 3)()]], () => timeout(5, ask('a'))))
    at.advance()
    expect(task.status).toBe('failed')
    expect(at.lines).toEqual(['0 handler starts', '5 handler cleans up', '8 handler ends'])
  })

  test('of several that perform at once, each has an answer of its own', () => {
    let calls = 0
    const answers = runToEnd(
      provide(
        [
          [
            ask,
            function* (question: string) {
              const call = ++calls
              yield* sleep(10 - call)
              return `${call} ${question}`
            },
          ],
        ],
        () => all([ask('a'), ask('b')])
      )
    )
    expect(answers).toEqual(['1 a', '2 b'])
  })
})

describe('a test answers', () => {
  /** Runs a program with some answers, by name and arguments; the rest is performed. Gives its value, and what was asked. */
  function answered<T>(program: () => Operation<T>, answers: Record<string, unknown>): [T, string[]] {
    const sim = simulate(program, {
      answers: [
        ...Object.entries(answers).map(
          ([printed, value]) => [(effect: Effect) => String(effect) === printed, returns(value)] as const
        ),
        [() => true, live()],
      ],
    })
    const result = sim.runToEnd()
    if (result.status !== 'done') throw new Error(`The program is ${result.status}`)
    return [result.value, sim.effects().map(String)]
  }

  test('I2 by its interpreter, with the program as it is', () => {
    const program = () => all([ask('a'), ask('b'), tell('c')])
    const [value, asked] = answered(program, { 'ask("a")': 'answered' })
    expect(value).toEqual(['answered', 'live b', 'told c'])
    expect(asked).toEqual(['ask("a")', 'ask("b")', 'tell("c")'])
  })

  test('I1 what a handler lets through to the outside is answered, too', () => {
    const program = () => provide([[ask, asking('handler')]], () => ask('why'))
    const [value, asked] = answered(program, { 'ask("why")': 'answered' })
    expect(value).toBe('handler(answered)')
    expect(asked).toEqual(['ask("why")'])
  })

  test('by a provide around the program, which replaces even what never answers', () => {
    const never = defineEffect('never', () => new Promise<string>(() => {}))
    const { task, sim } = start(provide([[never, () => 'answered']], () => never()))
    runAll(sim)
    expect(task.outcome).toEqual({ status: 'done', value: 'answered' })
  })
})

test('E9 a live function that gives an operation is told to be a handler', () => {
  const wrong = defineEffect('wrong', () => suspend())
  const error = thrownBy(() => runToEnd(() => wrong())) as Error
  expect(error).toBeInstanceOf(MisuseError)
  expect(error.message).toBe('wrong: live is a plain or async function. For an operation, provide a handler.')
})
