/** Random programs. Simple things stand first in each choice: it is towards these that fast-check shrinks. */
import fc from 'fast-check'
import type { Action, Body, Branch, BranchingKind, Order, Program, Request, Statement } from './program.ts'

interface Ties {
  body: Body
  statement: Statement
  branch: Branch
}

const ms = fc.nat({ max: 5 })
/** The nearest targets are the interesting ones. */
const back = fc.oneof(fc.nat({ max: 2 }), fc.nat({ max: 12 }))

const statementOf = (action: fc.Arbitrary<Action>, caught: fc.Arbitrary<boolean> = fc.constant(false)) =>
  fc.tuple(action, caught).map(([made, isCaught]): Statement => ({ id: 0, caught: isCaught, ...made }))

const sometimes = fc.nat({ max: 3 }).map((roll) => roll === 3)

const simple = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('sleep' as const), ms }) },
  { weight: 4, arbitrary: fc.constant<Action>({ do: 'pause' }) },
  { weight: 2, arbitrary: fc.constant<Action>({ do: 'throw' }) },
  { weight: 1, arbitrary: fc.constant<Action>({ do: 'suspend' }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('callback' as const),
      after: fc.nat({ max: 8 }),
      fails: sometimes,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('join' as const), back, target: fc.constant(0) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('cancel' as const),
      back,
      target: fc.constant(0),
      grace: fc.constantFrom(0, 0, 0, 2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('request' as const), back, target: fc.constant(0) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('requestScope' as const), back, target: fc.constant(0) }),
  }
) as fc.Arbitrary<Action>

const { body } = fc.letrec<Ties>((tie: fc.LetrecTypedTie<Ties>) => {
  const inner = tie('body')
  const kinds = <const K extends string>(...names: K[]) => fc.constantFrom(...names)
  const wrapped = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('spawn' as const), background: sometimes, body: inner }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: kinds('scope', 'declared', 'native', 'shield', 'attempt'), body: inner }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('resource' as const), body: inner }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('ensure' as const),
        form: kinds('operation', 'function', 'disposable'),
        body: inner,
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: kinds('timeout', 'moveOnAfter'), ms, body: inner }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: kinds<BranchingKind>('select', 'race', 'any', 'all', 'allSettled'),
        branches: fc.array(tie('branch'), { minLength: 1, maxLength: 3, size: 'max' }),
      }),
    }
  ) as fc.Arbitrary<Action>
  return {
    branch: fc.oneof(
      { weight: 1, arbitrary: fc.record({ on: fc.constant('sleep' as const), ms }) },
      { weight: 1, arbitrary: fc.record({ on: fc.constant('join' as const), back, target: fc.constant(0) }) },
      { weight: 4, arbitrary: fc.record({ on: fc.constant('body' as const), body: inner }) }
    ) as fc.Arbitrary<Branch>,
    statement: fc.oneof(
      { maxDepth: 6, depthSize: 6, withCrossShrink: true },
      { weight: 3, arbitrary: statementOf(simple, sometimes) },
      { weight: 3, arbitrary: statementOf(wrapped, sometimes) }
    ),
    body: fc.record({
      id: fc.constant(0),
      statements: fc.array(tie('statement'), { maxLength: 4, size: 'max' }),
      cleanup: fc.array(tie('statement'), { maxLength: 2, size: 'max' }),
    }),
  }
})

const request: fc.Arbitrary<Request> = fc.record({
  when: fc.oneof(fc.record({ turn: fc.nat({ max: 40 }) }), fc.record({ instant: fc.nat({ max: 12 }) })),
  of: fc.constantFrom('root', 'task', 'scope'),
  index: fc.nat({ max: 6 }),
})

const order: fc.Arbitrary<Order> = fc.oneof(
  fc.constant<Order>({ kind: 'fifo' }),
  fc.record({ kind: fc.constant('random' as const), seed: fc.nat() })
)

/** To be `normalised` before it is run. */
export const anyProgram: fc.Arbitrary<Program> = fc.record({
  root: body,
  requests: fc.array(request, { maxLength: 3 }),
  order,
})
