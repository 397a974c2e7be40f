/** Random programs over channels, semaphores and latches, as plain data. */
import type { Overflow } from 'coppice'
import fc from 'fast-check'

export interface Setting {
  channels: readonly { capacity: number; overflow: Overflow }[]
  semaphores: readonly number[]
}

/** What an operation can wait for. Items are numbers that are given when the program runs, each once. */
export type Alternative =
  | { do: 'send'; on: number; item: number }
  | { do: 'receive' | 'next'; on: number }
  | { do: 'acquire'; on: number; n: number; byUse?: true }
  | { do: 'wait' | 'result' | 'change' }
  | { do: 'sleep'; ms: number }

export const NEVER = 1000

/** What takes no time, inside of a task or outside. */
export type Act =
  | { act: 'trySend' | 'tryReceive' | 'tryAcquire' | 'release'; on: number }
  | { act: 'close'; on: number; withError: boolean }
  | { act: 'set' | 'reset' | 'resolve' | 'reject' | 'change' }
  | { act: 'cancel'; task: number }

export type Statement =
  | { select: readonly Alternative[] }
  | { pause: true }
  /** Holds permits by `use` in a scope of its own. */
  | { hold: number; inside: readonly Statement[] }
  | Act

export interface Program {
  setting: Setting
  tasks: readonly (readonly Statement[])[]
  /** Which entry of the queue runs next, and what happens from outside between two steps. */
  schedule: readonly { pick: number; act: Act | null; jump: boolean }[]
}

const CHANNELS = 2
const SEMAPHORES = 2
const TASKS = 5

const channel = fc.nat(CHANNELS - 1)
const semaphore = fc.nat(SEMAPHORES - 1)

const alternative: fc.Arbitrary<Alternative> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('send' as const), on: channel, item: fc.constant(0) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('receive' as const, 'next' as const), on: channel }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('acquire' as const),
      on: semaphore,
      n: fc.integer({ min: 1, max: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('wait' as const, 'result' as const, 'change' as const) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('sleep' as const), ms: fc.constantFrom(0, 1, 2, NEVER) }),
  }
)

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constantFrom(
        'trySend' as const,
        'tryReceive' as const,
        'tryAcquire' as const,
        'release' as const
      ),
      on: fc.nat(1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('close' as const), on: channel, withError: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constantFrom(
        'set' as const,
        'reset' as const,
        'resolve' as const,
        'reject' as const,
        'change' as const
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('cancel' as const), task: fc.nat(TASKS - 1) }) }
)

const { statement } = fc.letrec<{ statement: Statement }>((tie) => ({
  statement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 6, arbitrary: fc.record({ select: fc.array(alternative, { minLength: 1, maxLength: 4 }) }) },
    { weight: 2, arbitrary: act },
    { weight: 1, arbitrary: fc.record({ pause: fc.constant(true as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ hold: semaphore, inside: fc.array(tie('statement'), { maxLength: 2 }) }),
    }
  ),
}))

export const anyProgram: fc.Arbitrary<Program> = fc.record({
  setting: fc.record({
    channels: fc.array(
      fc.record({
        capacity: fc.constantFrom(0, 0, 1, 2, Infinity),
        overflow: fc.constantFrom<Overflow>('wait', 'wait', 'wait', 'drop-oldest', 'drop-newest', 'error'),
      }),
      { minLength: CHANNELS, maxLength: CHANNELS }
    ),
    semaphores: fc.array(fc.integer({ min: 2, max: 3 }), { minLength: SEMAPHORES, maxLength: SEMAPHORES }),
  }),
  tasks: fc.array(fc.array(statement, { maxLength: 5 }), { minLength: 1, maxLength: TASKS }),
  schedule: fc.array(fc.record({ pick: fc.nat(5), act: fc.option(act, { freq: 3 }), jump: fc.boolean() }), {
    maxLength: 40,
  }),
})
