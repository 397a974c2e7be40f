/** Histories that are written down, and the verdict on them. */
import * as fc from 'fast-check'
import { MisuseError } from 'coppice'
import {
  History,
  LimitError,
  LinearizabilityError,
  type SequentialModel,
  linearizable,
  wouldBlock,
} from '@coppice/testing'
import { bruteForce, counter, queue, register, stack, written } from './written.ts'

const RUNS = Number(process.env.COPPICE_RUNS ?? 1500)
const SEED = Number(process.env.COPPICE_SEED ?? 1)

describe('a history is linearizable', () => {
  test.each<[string, SequentialModel<any>, string]>([
    ['if it is empty', register, ''],
    [
      'if a read overlaps a write and sees the old value',
      register,
      `a: [write(1)       ]
       b:    [read()=0   ]`,
    ],
    [
      'if reads see two overlapping writes one after the other',
      register,
      `a: [write(1)                                     ]
       b: [write(2)                                     ]
       c:            [read()=2]  [read()=1]  [read()=1] `,
    ],
    [
      'if what was pushed by a call under way is shifted already',
      queue,
      `a: [push(1)                ]
       b:          [shift()=1]`,
    ],
    [
      'if two pushes overlap and what began later comes out first',
      queue,
      `a: [push(1)     ]
       b:     [push(2)     ]
       c:                    [shift()=2] [shift()=1]`,
    ],
    [
      'if a pending call has taken effect',
      register,
      `a: [write(1)
       b:               [read()=0] [read()=1]`,
    ],
    [
      'if a pending call has not',
      register,
      `a: [write(1)
       b:               [read()=0] [read()=0]`,
    ],
    [
      'if a cancelled call has taken effect before its end',
      register,
      `a: [write(1)!           ]
       b:     [read()=1]           [read()=1]`,
    ],
    [
      'if a cancelled call has not',
      register,
      `a: [write(1)!           ]
       b:     [read()=0]           [read()=0]`,
    ],
    [
      'if a stack gives what was pushed last',
      stack,
      `a: [push(1)] [push(2)    ]
       b:                     [pop()=2] [pop()=1] [pop()=null]`,
    ],
  ])('%s', (_title, model, text) => {
    const found = linearizable(written(text), model)
    expect(String(found)).toContain('can have taken effect in this order')
    expect(found.holds).toBe(true)
    expect(bruteForce(written(text).calls, model)).toBe(true)
    expect(() => found.mustHold()).not.toThrow()
  })
})

describe('a history is not linearizable', () => {
  test.each<[string, SequentialModel<any>, string]>([
    [
      'if a read misses a write that ended before',
      register,
      `a: [write(1)]
       b:              [read()=0]`,
    ],
    [
      'if a new value is seen, and then the old one again',
      register,
      `a: [write(1)                              ]
       b:            [read()=1] [read()=0]`,
    ],
    [
      'if two readers see two writes in opposite orders',
      register,
      `a: [write(1)                                ]
       b: [write(2)                                ]
       c:            [read()=1   ]  [read()=2    ]
       d:            [read()=2   ]  [read()=1    ]
       e:                                            [read()=1] [read()=2]`,
    ],
    [
      'if an update is lost',
      counter,
      `a: [increment()=1      ]
       b:     [increment()=1      ]`,
    ],
    [
      'if what was pushed first comes out last',
      queue,
      `a: [push(1)] [push(2)]
       b:                      [shift()=2] [shift()=1]`,
    ],
    [
      'if an item comes out twice',
      queue,
      `a: [push(1)]
       b:            [shift()=1   ]
       c:            [shift()=1   ]`,
    ],
    [
      'if an item comes from nowhere',
      queue,
      `a: [push(1)]
       b:            [shift()=7]`,
    ],
    [
      'if it is empty after a push that ended, and nobody took the item',
      queue,
      `a: [push(1)]
       b:            [tryShift()=null] [tryShift()=1]`,
    ],
    [
      'if what the model lets wait came to an end',
      queue,
      `a: [shift()=1]
       b:               [push(1)]`,
    ],
    [
      'if a cancelled call takes effect after its end',
      register,
      `a: [write(1)!]
       b:              [read()=0] [read()=1]`,
    ],
  ])('%s', (_title, model, text) => {
    const found = linearizable(written(text), model)
    expect(found.holds).toBe(false)
    expect(bruteForce(written(text).calls, model)).toBe(false)
    expect(() => found.mustHold()).toThrow(LinearizabilityError)
  })
})

describe('the verdict', () => {
  test('is that of brute force, on any history', () => {
    const operations = {
      register: ['write', 'read'],
      queue: ['push', 'shift', 'tryShift'],
      stack: ['push', 'pop'],
    }
    const models = { register, queue, stack } as Record<string, SequentialModel<any>>
    const seen = { true: 0, false: 0 }
    const step = fc.record({
      task: fc.nat(2),
      call: fc.nat(2),
      value: fc.nat(2),
      end: fc.constantFrom('done', 'done', 'done', 'cancelled', 'pending'),
    })
    fc.assert(
      fc.property(
        fc.constantFrom('register' as const, 'queue' as const, 'stack' as const),
        fc.array(step, { maxLength: 14 }),
        (kind, steps) => {
          const history = new History()
          const open: (((value: unknown) => void) | undefined)[] = []
          let calls = 0
          for (const { task, call, value, end } of steps) {
            if (open[task] !== undefined) {
              open[task](value)
              open[task] = undefined
            } else if (calls < 6) {
              calls++
              const name = operations[kind][call % operations[kind].length]!
              const isWrite = name === 'write' || name === 'push'
              const begun = history.begin(`t${task}`, name, isWrite ? [value] : [])
              open[task] = (given) => {
                if (end === 'done')
                  begun.done(isWrite ? undefined : given === 0 && name !== 'read' ? null : given)
                else if (end === 'cancelled') begun.cancelled()
              }
            }
          }
          const { holds, order } = linearizable(history, models[kind]!)
          expect(holds).toBe(bruteForce(history.calls, models[kind]!))
          if (holds) mustBeOrder(history, order)
          seen[`${holds}`]++
        }
      ),
      { numRuns: RUNS, seed: SEED }
    )
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(RUNS / 10)
  })

  test('is the same with and without a partition, and its order is one of the whole', () => {
    const registers: SequentialModel<Readonly<Record<string, number>>> = {
      initial: {},
      operations: {
        write: (values, key: string, value: number) => ({ state: { ...values, [key]: value } }),
        read: (values, key: string) => ({ value: values[key] ?? 0 }),
      },
    }
    const parts: SequentialModel<number> = {
      initial: 0,
      operations: {
        write: (_, _key: string, value: number) => ({ state: value }),
        read: (value) => ({ value }),
      },
      partition: (_name, key: string) => key,
    }
    const step = fc.record({
      task: fc.nat(2),
      isWrite: fc.boolean(),
      key: fc.constantFrom('x', 'y'),
      value: fc.nat(2),
    })
    let held = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
        const history = new History()
        const open: ((() => void) | undefined)[] = []
        for (const { task, isWrite, key, value } of steps) {
          if (open[task] === undefined) {
            const call = isWrite
              ? history.begin(`t${task}`, 'write', [key, value])
              : history.begin(`t${task}`, 'read', [key])
            open[task] = () => call.done(isWrite ? undefined : value)
          } else {
            open[task]()
            open[task] = undefined
          }
        }
        const whole = linearizable(history, registers)
        const byPart = linearizable(history, parts)
        expect(byPart.holds).toBe(whole.holds)
        if (!byPart.holds) return
        held++
        mustBeOrder(history, byPart.order)
        let state: Readonly<Record<string, number>> = {}
        for (const { name, args, outcome } of byPart.order) {
          if (name === 'write') state = { ...state, [args[0] as string]: args[1] as number }
          else if (outcome?.status === 'done') expect(state[args[0] as string] ?? 0).toBe(outcome.value)
        }
      }),
      { numRuns: RUNS / 3, seed: SEED }
    )
    expect(held).toBeGreaterThan(50)
  })

  test('says with a partition which part it is', () => {
    const parts: SequentialModel<number> = { ...counter, partition: (_name, which) => which }
    const history = written(`a: [increment("x")=1 ] [increment("y")=1 ]
       b:  [increment("x")=2 ] [increment("y")=1 ]`)
    const found = linearizable(history, parts)
    expect(found.holds).toBe(false)
    expect(String(found)).not.toContain('"x"')
  })

  /** No call comes twice, and none before one that ended before it began. */
  function mustBeOrder(history: History, order: readonly { from: number; to: number }[]): void {
    expect(new Set(order).size).toBe(order.length)
    order.forEach((call, i) =>
      order.slice(i + 1).forEach((later) => expect(later.to).toBeGreaterThan(call.from))
    )
    const ended = history.calls.filter(({ outcome }) => outcome?.status === 'done')
    expect(order).toEqual(expect.arrayContaining(ended))
  }
})

describe('a model', () => {
  test('may give several possibilities', () => {
    const bag: SequentialModel<readonly number[]> = {
      initial: [1, 2],
      operations: {
        take: (items) => items.map((item) => ({ state: items.filter((each) => each !== item), value: item })),
      },
    }
    expect(linearizable(written('a: [take()=2] [take()=1]'), bag).holds).toBe(true)
    expect(linearizable(written('a: [take()=2] [take()=2]'), bag).holds).toBe(false)
  })

  test('may say which error is thrown', () => {
    const model = (error: any): SequentialModel<number> => ({
      initial: 0,
      operations: { fail: () => ({ error }) },
    })
    const history = written('a: [fail()=throws:closed]')
    for (const error of [Error, 'clos', /^closed$/, new Error('closed'), { message: 'closed' }])
      expect(linearizable(history, model(error)).holds).toBe(true)
    for (const error of [TypeError, 'open', /^c$/, new Error('open'), { message: 'open' }])
      expect(linearizable(history, model(error)).holds).toBe(false)
    expect(linearizable(written('a: [fail()=1]'), model(Error)).holds).toBe(false)
    expect(linearizable(history, { initial: 0, operations: { fail: () => ({}) } }).holds).toBe(false)
  })

  test('may say that whoever is cancelled has changed nothing', () => {
    const history = written(`a: [write(1)!           ]
       b:     [read()=1]`)
    expect(linearizable(history, { ...register, cancelled: 'nothing' }).holds).toBe(false)
    expect(linearizable(history, { ...register, cancelled: 'anything' }).holds).toBe(true)
  })

  test('compares states by what they hold', () => {
    const sets: SequentialModel<ReadonlySet<number>> = {
      initial: new Set(),
      operations: {
        add: (set, item: number) => ({ state: new Set([...set, item].sort()), value: { size: set.size } }),
      },
    }
    const history = written(`a: [add(1)={"size":0}     ] [add(3)={"size":2} ]
       b:   [add(2)={"size":1}     ]`)
    expect(linearizable(history, sets).holds).toBe(true)
  })

  test.each<[string, any, RegExp]>([
    ['is not there', undefined, /takes a sequential model/],
    ['has no state', { operations: {} }, /takes a sequential model/],
    ['has something else', { initial: 0, operations: {}, final: 1 }, /a model has no final; it has initial/],
    [
      'has an operation that is no function',
      { initial: 0, operations: { read: 1 } },
      /operation read of a model is a function/,
    ],
    [
      'has a partition that is none',
      { initial: 0, operations: {}, partition: 'key' },
      /partition is a function/,
    ],
    [
      'says something else about cancelled calls',
      { initial: 0, operations: {}, cancelled: 'none' },
      /'anything' or 'nothing'/,
    ],
    [
      'lacks an operation',
      { initial: 0, operations: { toRead: () => ({}) } },
      /has no operation read.*it has toRead/,
    ],
    [
      'lacks one that every object inherits',
      { initial: 0, operations: Object.create({ read: () => ({}) }) },
      /has no operation read/,
    ],
    [
      'gives a bare value',
      { initial: 0, operations: { read: () => 0 } },
      /gave 0. It has to give { state, value }/,
    ],
    [
      'changes its state in place',
      {
        initial: [],
        operations: {
          read(items: number[]) {
            items.push(1)
            return { value: 0 }
          },
        },
      },
      /\(read\) has changed its state in place/,
    ],
  ])('is rejected if it %s', (_title, model, message) => {
    const act = () => linearizable(written('a: [read()=0]'), model)
    expect(act).toThrow(MisuseError)
    expect(act).toThrow(message)
  })
})

describe('pending calls', () => {
  const history = written(`a: [shift()
     b:  [push(1)]`)

  test('may wait, unless it is asked that they must', () => {
    expect(linearizable(history, queue).holds).toBe(true)
    const found = linearizable(history, queue, { pending: 'must-wait' })
    expect(found.holds).toBe(false)
    expect(String(found)).toContain(
      'push(1) of b; the state is then [1]\n  shift() of a waits for ever, where it gives 1'
    )
  })

  test.each([
    ['a: [shift()', true],
    ['a: [shift()\n b: [push(1)] [shift()=1]', true],
    ['a: [shift()\n b: [push(1)] [shift()=1]\n c: [shift()', true],
    ['a: [shift()\n b: [push(1)] [push(2)] [shift()=1]', false],
    ['a: [push(1)', false],
    // What was cancelled may have taken the item.
    ['a: [shift()\n b: [push(1)]\n c: [shift()!]', true],
  ])('must be such as the model lets wait in the end: %j', (text, holds) => {
    expect(linearizable(written(text), queue, { pending: 'must-wait' }).holds).toBe(holds)
  })

  test('may wait where the model leaves it open', () => {
    const lazy: SequentialModel<number> = { initial: 0, operations: { ask: () => [{}, wouldBlock] } }
    expect(linearizable(written('a: [ask()'), lazy, { pending: 'must-wait' }).holds).toBe(true)
    const never: SequentialModel<number> = { initial: 0, operations: { ask: () => [] } }
    const found = linearizable(written('a: [ask()'), never, { pending: 'must-wait' })
    expect(String(found)).toContain('ask() of a waits for ever, where it can do nothing')
  })
})

describe('the report', () => {
  test('draws the history, and says how far the model can follow', () => {
    const history = written(`a: [push(1)      ]  [shift()=2]
       b:     [push(2)     ]  [shift()=2
       c:                        [push(3)!  ]
       d:                                     [tryShift()=throws:no]`)
    expect(
      String(linearizable(history, queue))
        .split('\n')
        .map((line) => line.trimEnd())
    ).toMatchInlineSnapshot(`
      [
        "No order of these calls gives what they gave:",
        "",
        "a           b           c                     d",
        "┌ push(1)",
        "│           ┌ push(2)",
        "└ done      │",
        "┌ shift()   │",
        "│           └ done",
        "└ 2",
        "            ┌ shift()",
        "            │           push(3) → cancelled",
        "            │                                 tryShift() → throws Error: no",
        "            ┊",
        "",
        "As far as the model can follow:",
        "  push(2) of b, push(1) of a, shift() of a; the state is then [1]",
        "  tryShift() of d throws Error: no, where it gives 1",
        "Or:",
        "  push(2) of b, push(1) of a, shift() of a, push(3) of c; the state is then [1, 3]",
        "  tryShift() of d throws Error: no, where it gives 1",
        "Or:",
        "  push(2) of b, push(1) of a, shift() of a, push(3) of c, shift() of b; the state is then [3]",
        "  tryShift() of d throws Error: no, where it gives 3",
        "Or:",
        "  push(2) of b, push(1) of a, shift() of a, shift() of b; the state is then []",
        "  tryShift() of d throws Error: no, where it gives null",
      ]
    `)
  })

  test('draws calls of one task side by side if several are under way', () => {
    const history = new History()
    const [first, second] = [history.begin('a', 'get'), history.begin('a', 'get')]
    history.begin('a', 'get').done(0)
    first.done(0)
    second.done(0)
    expect(String(linearizable(history, counter)).split('\n')).toMatchInlineSnapshot(`
      [
        "a",
        "┌ get()",
        "│┌ get()",
        "││get() → 0",
        "│└ 0",
        "└ 0",
        "",
        "These calls can have taken effect in this order: get() of a, get() of a, get() of a.",
      ]
    `)
  })
})

describe('the search', () => {
  test('ends with an error that says what to do if it takes too long', () => {
    const history = new History()
    const calls = Array.from({ length: 12 }, (_, i) => history.begin(`t${i}`, 'push', [i]))
    calls.forEach((call) => call.done(undefined))
    history.begin('a', 'shift').done(99)
    const act = () => linearizable(history, queue, { maxStates: 1000 })
    expect(act).toThrow(LimitError)
    expect(act).toThrow(/No verdict on 13 calls after 1000 states.*Let fewer tasks call at the same time/)
  })

  test('takes time in proportion to a long history of few calls at a time', () => {
    const history = new History()
    for (let i = 1; i <= 10_000; i++) history.begin('a', 'increment').done(i)
    expect(linearizable(history, counter, { maxStates: 10_001 }).holds).toBe(true)
  })

  test('goes straight to the order of a queue with 50 calls of 5 tasks', () => {
    const history = new History()
    const pushes = Array.from({ length: 25 }, (_, i) => i)
    for (let i = 0; i < 25; i += 5) {
      const calls = pushes.slice(i, i + 5).map((item) => history.begin(`t${item % 5}`, 'push', [item]))
      calls.forEach((call) => call.done(undefined))
    }
    for (let i = 0; i < 25; i += 5) {
      const calls = pushes
        .slice(i, i + 5)
        .map((item) => ({ item, call: history.begin(`t${item % 5}`, 'shift') }))
      calls.forEach(({ item, call }) => call.done(Math.floor(item / 5) * 5 + (4 - (item % 5))))
    }
    expect(linearizable(history, queue, { maxStates: 500 }).holds).toBe(true)
  })
})

describe('misuse', () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      'of linearizable without a history',
      () => linearizable([] as never, counter),
      /takes a history and a model/,
    ],
    ['of an option', () => linearizable(new History(), counter, { max: 1 } as never), /has no option max/],
    [
      'of maxStates',
      () => linearizable(new History(), counter, { maxStates: 0 }),
      /maxStates takes a whole number from 1 on/,
    ],
    [
      'of pending',
      () => linearizable(new History(), counter, { pending: 'no' as never }),
      /pending is 'may-wait' or 'must-wait'/,
    ],
    ['of begin', () => new History().begin('a', 1 as never), /begin takes a task, a name and arguments/],
  ])('%s is told', (_title, act, message) => {
    expect(act).toThrow(MisuseError)
    expect(act).toThrow(message)
  })

  test('of a call that ends twice is told', () => {
    const call = new History().begin('a', 'get')
    call.done(1)
    expect(() => call.cancelled()).toThrow(new MisuseError('get of a has ended already: a call ends once.'))
  })

  test('a history that is closed hears of nothing', () => {
    const history = new History()
    const call = history.begin('a', 'get')
    history.close()
    call.done(1)
    history.begin('b', 'get').cancelled()
    expect(history.calls).toEqual([
      { task: 'a', name: 'get', args: [], from: 0, to: Infinity, outcome: undefined },
    ])
  })
})
