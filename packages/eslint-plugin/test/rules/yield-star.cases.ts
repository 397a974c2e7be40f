import { yieldStar } from '../../src/rules/yield-star.ts'
import { testRule } from '../tester.ts'

testRule('yield-star', yieldStar, {
  valid: [
    {
      name: 'a yield with its star',
      code: `
        import { run, sleep } from 'coppice'
        run(function* () { yield* sleep(1) })`,
    },
    {
      name: 'another library whose names are the same',
      code: `
        import { type Operation, sleep } from 'effection'
        export function* main(): Generator<Operation<void>, void> { yield sleep(1) }`,
    },
    {
      name: 'an effect of redux-saga',
      code: `
        import { call } from 'redux-saga/effects'
        export function* saga() { yield call(() => 1) }`,
    },
    {
      name: 'a generator of other values',
      code: `export function* numbers() { yield 1; yield; yield [1, 2]; yield Promise.resolve() }`,
    },
    {
      name: 'a generator that is declared as one of operations',
      code: `
        import { type Operation, sleep } from 'coppice'
        export function* pauses(): Iterable<Operation<void>> { yield sleep(1) }`,
    },
    {
      name: 'a generator where one of operations is expected',
      code: `
        import { type Operation, sleep } from 'coppice'
        export const pauses: () => Iterable<Operation<void>> = function* () { yield sleep(1) }`,
    },
    {
      name: 'an asynchronous generator of operations',
      code: `
        import { sleep } from 'coppice'
        export async function* pauses() { yield sleep(1) }`,
    },
    {
      name: 'what may be anything',
      code: `export function* give(value: any) { yield value }`,
    },
    {
      name: 'operations side by side',
      code: `
        import { all, run, sleep } from 'coppice'
        run(function* () { yield* all([sleep(1), sleep(2)]) })`,
    },
  ],
  invalid: [
    {
      name: 'an effect',
      code: `
        import { run, sleep } from 'coppice'
        run(function* () { yield sleep(1) })`,
      errors: [{ messageId: 'star', line: 3 }],
      output: `
        import { run, sleep } from 'coppice'
        run(function* () { yield* sleep(1) })`,
    },
    {
      name: 'a task',
      code: `
        import { run, spawn, suspend } from 'coppice'
        run(function* () {
          const task = yield* spawn(suspend)
          const value = yield task
          return value
        })`,
      errors: [{ messageId: 'star', line: 5 }],
      output: `
        import { run, spawn, suspend } from 'coppice'
        run(function* () {
          const task = yield* spawn(suspend)
          const value = yield* task
          return value
        })`,
    },
    {
      name: 'a declared operation, in a declared operation',
      code: `
        import { operation, sleep } from 'coppice'
        const rest = operation('rest', function* () { yield* sleep(1) })
        export const work = operation('work', function* () { yield /* here */ rest() })`,
      errors: [{ messageId: 'star', line: 4 }],
      output: `
        import { operation, sleep } from 'coppice'
        const rest = operation('rest', function* () { yield* sleep(1) })
        export const work = operation('work', function* () { yield* /* here */ rest() })`,
    },
    {
      name: 'by another name, from another module, and from a wrapper',
      code: `
        import { sleep as rest } from 'coppice'
        import * as coppice from 'coppice'
        import { wait } from './renamed.ts'
        const nap = (minutes: number) => rest(minutes * 60_000)
        export function* work() { yield rest(1); yield wait(1); yield nap(1); yield coppice.sleep(1) }`,
      errors: [{ messageId: 'star' }, { messageId: 'star' }, { messageId: 'star' }, { messageId: 'star' }],
      output: `
        import { sleep as rest } from 'coppice'
        import * as coppice from 'coppice'
        import { wait } from './renamed.ts'
        const nap = (minutes: number) => rest(minutes * 60_000)
        export function* work() { yield* rest(1); yield* wait(1); yield* nap(1); yield* coppice.sleep(1) }`,
    },
    {
      name: 'a generator of effects, and a type parameter',
      code: `
        import { type Operation, sleep } from 'coppice'
        function* inner() { yield* sleep(1) }
        export function* outer<O extends Operation<number>>(operation: O) { yield inner(); yield operation }`,
      errors: [{ messageId: 'star' }, { messageId: 'star' }],
      output: `
        import { type Operation, sleep } from 'coppice'
        function* inner() { yield* sleep(1) }
        export function* outer<O extends Operation<number>>(operation: O) { yield* inner(); yield* operation }`,
    },
    {
      name: 'an effect of a class of its own',
      code: `
        import { Effect } from 'coppice'
        class Ring extends Effect<void> {
          readonly name = 'ring'
          perform() { return this }
        }
        export function* work() { yield new Ring() }`,
      errors: [{ messageId: 'star' }],
      output: `
        import { Effect } from 'coppice'
        class Ring extends Effect<void> {
          readonly name = 'ring'
          perform() { return this }
        }
        export function* work() { yield* new Ring() }`,
    },
    {
      name: 'an array of operations',
      code: `
        import { run, sleep } from 'coppice'
        run(function* () { yield [sleep(1), sleep(2)] })`,
      errors: [
        {
          messageId: 'array',
          suggestions: [
            {
              messageId: 'useAll',
              output: `
        import { run, sleep, all } from 'coppice'
        run(function* () { yield* all([sleep(1), sleep(2)]) })`,
            },
          ],
        },
      ],
    },
    {
      name: 'an array of operations, with the star',
      code: `
        import { all, run, sleep } from 'coppice'
        const both = [sleep(1), sleep(2)] as const
        run(function* () { yield* both })`,
      errors: [
        {
          messageId: 'array',
          suggestions: [
            {
              messageId: 'useAll',
              output: `
        import { all, run, sleep } from 'coppice'
        const both = [sleep(1), sleep(2)] as const
        run(function* () { yield* all(both) })`,
            },
          ],
        },
      ],
    },
  ],
})
