import { noFloatingOperation } from '../../src/rules/no-floating-operation.ts'
import { testRule } from '../tester.ts'

testRule('no-floating-operation', noFloatingOperation, {
  valid: [
    {
      name: 'what is yielded, kept, returned or handed over',
      code: `
        import { all, run, sleep } from 'coppice'
        export function* work() {
          yield* sleep(1)
          const later = sleep(2)
          let other
          other = sleep(3)
          yield* all([later, other])
          return sleep(4)
        }
        run(work)
        run(() => sleep(1))`,
    },
    {
      name: 'tasks, which run by themselves',
      code: `
        import { run, scope, spawn, suspend } from 'coppice'
        run(suspend)
        void run(suspend)
        run(function* () {
          yield* spawn(suspend)
          yield* scope(function* (block) {
            block.spawn(suspend)
            setTimeout(() => block.spawn(suspend), 1)
          })
        })
        export async function main() { await run(suspend) }`,
    },
    {
      name: 'another library whose names are the same',
      code: `
        import { sleep, spawn } from 'effection'
        export function* work() {
          sleep(1)
          void spawn(function* () { yield* sleep(1) })
          setTimeout(() => sleep(1), 1)
        }`,
    },
    {
      name: 'generators of other values',
      code: `
        function* numbers() { yield 1 }
        numbers()
        setTimeout(() => numbers(), 1)`,
    },
    {
      name: 'what comes out of a container or a yield*',
      code: `
        import { type Operation, run, call, sleep } from 'coppice'
        const waiting: Operation<void>[] = [sleep(1)]
        waiting.pop()
        new Map([['a', sleep(1)]]).get('a')
        run(function* () { yield* call((): unknown => sleep(1)) })`,
    },
    {
      name: 'what comes out of a container that somebody has written',
      code: `
        import { type Operation, run, sleep } from 'coppice'
        declare class Queue<T> { shift(): T; last(): T | undefined }
        interface Line<T> { readonly first: () => T; take(): T }
        declare const queue: Queue<Operation<void>>
        declare const line: Line<Operation<void>>
        declare const named: Record<string, () => void>
        queue.shift()
        void queue.shift()
        void queue.last()
        void [sleep(1)].shift()
        line.take()
        line.first()
        run(function* () { yield* sleep(1); void queue.shift() })`,
    },
    {
      name: 'what a function hands back',
      code: `
        import { type Operation, sleep } from 'coppice'
        declare function check<O extends Operation<unknown>>(operation: O, by: string): O
        check(sleep(1), 'main')`,
    },
    {
      name: 'what may be something else',
      code: `
        import { sleep } from 'coppice'
        declare function check<T>(value: T): T
        declare const startable: ReturnType<typeof sleep> | (() => void)
        check(startable)
        check(1 as unknown)`,
    },
    {
      name: 'callbacks whose result is looked at',
      code: `
        import { attempt, ensure, run, sleep } from 'coppice'
        run(function* () {
          yield* ensure(() => sleep(1))
          yield* attempt(() => sleep(1))
          const pauses = [1, 2].map((ms) => sleep(ms))
          yield* pauses[0]!
          for (const ms of [1, 2]) yield* sleep(ms)
          await_(() => sleep(1))
        })
        declare function await_(callback: () => unknown): void`,
    },
  ],
  invalid: [
    {
      name: 'a statement in a task',
      code: `
        import { run, sleep } from 'coppice'
        run(function* () { sleep(10) })`,
      errors: [
        {
          messageId: 'floating',
          line: 3,
          suggestions: [
            {
              messageId: 'addYield',
              output: `
        import { run, sleep } from 'coppice'
        run(function* () { yield* sleep(10) })`,
            },
          ],
        },
      ],
    },
    {
      name: 'spawn, which starts nothing by itself',
      code: `
        import { spawn, suspend } from 'coppice'
        export function* work() { void spawn(suspend) }`,
      errors: [
        {
          messageId: 'floating',
          suggestions: [
            {
              messageId: 'addYield',
              output: `
        import { spawn, suspend } from 'coppice'
        export function* work() { yield* spawn(suspend) }`,
            },
          ],
        },
      ],
    },
    {
      name: 'a declared operation, a generator and a renamed effect',
      code: `
        import { operation, sleep } from 'coppice'
        import { wait } from './renamed.ts'
        const rest = operation('rest', function* () { yield* sleep(1) })
        function* raw() { yield* rest() }
        export const work = operation('work', function* () {
          rest()
          raw()
          wait(1)
        })`,
      errors: ['rest()', 'raw()', 'wait(1)'].map((floating) => ({
        messageId: 'floating' as const,
        suggestions: [
          {
            messageId: 'addYield' as const,
            output: `
        import { operation, sleep } from 'coppice'
        import { wait } from './renamed.ts'
        const rest = operation('rest', function* () { yield* sleep(1) })
        function* raw() { yield* rest() }
        export const work = operation('work', function* () {
          rest()
          raw()
          wait(1)
        })`.replace(`          ${floating}`, `          yield* ${floating}`),
          },
        ],
      })),
    },
    {
      name: 'the parts of an expression that is dropped',
      code: `
        import { sleep } from 'coppice'
        export function* work(late: boolean, rest?: () => ReturnType<typeof sleep>) {
          late && sleep(1)
          late ? sleep(2) : 0
          rest?.()
        }`,
      errors: [
        {
          messageId: 'floating',
          suggestions: [
            {
              messageId: 'addYield',
              output: `
        import { sleep } from 'coppice'
        export function* work(late: boolean, rest?: () => ReturnType<typeof sleep>) {
          late && (yield* sleep(1))
          late ? sleep(2) : 0
          rest?.()
        }`,
            },
          ],
        },
        {
          messageId: 'floating',
          suggestions: [
            {
              messageId: 'addYield',
              output: `
        import { sleep } from 'coppice'
        export function* work(late: boolean, rest?: () => ReturnType<typeof sleep>) {
          late && sleep(1)
          late ? (yield* sleep(2)) : 0
          rest?.()
        }`,
            },
          ],
        },
        { messageId: 'floating', line: 6, suggestions: [] },
      ],
    },
    {
      name: 'loops and sequences',
      code: `
        import { sleep } from 'coppice'
        export function* work() {
          for (let i = 0; i < 2; sleep(1), i++);
          return (sleep(2), 3)
        }`,
      errors: [
        {
          messageId: 'floating',
          line: 4,
          suggestions: [
            {
              messageId: 'addYield',
              output: `
        import { sleep } from 'coppice'
        export function* work() {
          for (let i = 0; i < 2; (yield* sleep(1)), i++);
          return (sleep(2), 3)
        }`,
            },
          ],
        },
        {
          messageId: 'floating',
          line: 5,
          suggestions: [
            {
              messageId: 'addYield',
              output: `
        import { sleep } from 'coppice'
        export function* work() {
          for (let i = 0; i < 2; sleep(1), i++);
          return ((yield* sleep(2)), 3)
        }`,
            },
          ],
        },
      ],
    },
    {
      name: 'outside of a task',
      code: `
        import { sleep } from 'coppice'
        export function main() { sleep(1) }`,
      errors: [
        {
          messageId: 'outside',
          suggestions: [
            {
              messageId: 'addRun',
              output: `
        import { sleep, run } from 'coppice'
        export function main() { run(sleep(1)) }`,
            },
          ],
        },
      ],
    },
    {
      name: 'in an asynchronous function, awaited or not',
      code: `
        import * as coppice from 'coppice'
        export async function main() {
          coppice.sleep(1)
          const nothing = await coppice.sleep(2)
          return nothing
        }`,
      errors: [
        {
          messageId: 'outside',
          suggestions: [
            {
              messageId: 'addRun',
              output: `
        import * as coppice from 'coppice'
        export async function main() {
          await coppice.run(coppice.sleep(1))
          const nothing = await coppice.sleep(2)
          return nothing
        }`,
            },
          ],
        },
        {
          messageId: 'awaited',
          suggestions: [
            {
              messageId: 'addRun',
              output: `
        import * as coppice from 'coppice'
        export async function main() {
          coppice.sleep(1)
          const nothing = await coppice.run(coppice.sleep(2))
          return nothing
        }`,
            },
          ],
        },
      ],
    },
    {
      name: 'what a function makes of what it was handed',
      code: `
        import { type Operation, run, sleep } from 'coppice'
        declare function slower<T>(operation: Operation<T>): Operation<T>
        declare function at<T>(make: () => T): T
        export function* work() {
          slower(sleep(1))
          at(() => sleep(1))
          void run(sleep(2))
        }`,
      errors: ['slower(sleep(1))', 'at(() => sleep(1))'].map((floating) => ({
        messageId: 'floating' as const,
        suggestions: [
          {
            messageId: 'addYield' as const,
            output: `
        import { type Operation, run, sleep } from 'coppice'
        declare function slower<T>(operation: Operation<T>): Operation<T>
        declare function at<T>(make: () => T): T
        export function* work() {
          slower(sleep(1))
          at(() => sleep(1))
          void run(sleep(2))
        }`.replace(`          ${floating}`, `          yield* ${floating}`),
          },
        ],
      })),
    },
    {
      name: 'where run means something else already',
      code: `
        import { sleep } from 'coppice'
        export function main(run: () => void) { run(); sleep(1) }`,
      errors: [{ messageId: 'outside', suggestions: [] }],
    },
    {
      name: 'where run is a global of somebody else',
      code: `
        /* global run */
        import { sleep } from 'coppice'
        sleep(1)`,
      errors: [{ messageId: 'outside', suggestions: [] }],
    },
    {
      name: 'callbacks whose result is dropped',
      code: `
        import { operation, run, sleep, spawn } from 'coppice'
        const rest = operation('rest', function* (ms: number) { yield* sleep(ms) })
        run(function* () {
          ;[1, 2].forEach((ms) => spawn(rest(ms)))
          ;[1, 2].forEach((ms) => { return sleep(ms) })
          ;[1, 2].forEach(rest)
          ;[1, 2].forEach(function* (ms) { yield* sleep(ms) })
          ;[1, 2].forEach((ms) => { sleep(ms) })
        })
        export const button: { onClick: () => void } = { onClick: () => rest(1) }`,
      errors: [
        { messageId: 'callback', line: 5, suggestions: [] },
        { messageId: 'callback', line: 6, suggestions: [] },
        { messageId: 'callback', line: 7, suggestions: [] },
        { messageId: 'callback', line: 8, suggestions: [] },
        { messageId: 'outside', line: 9, suggestions: [] },
        { messageId: 'callback', line: 11, suggestions: [] },
      ],
    },
    {
      name: 'an effect of a class of its own',
      code: `
        import { Effect } from 'coppice'
        class Ring extends Effect<void> {
          readonly name = 'ring'
          constructor() { super() }
          perform() { return this }
        }
        export function* work() { new Ring() }`,
      errors: [
        {
          messageId: 'floating',
          line: 8,
          suggestions: [
            {
              messageId: 'addYield',
              output: `
        import { Effect } from 'coppice'
        class Ring extends Effect<void> {
          readonly name = 'ring'
          constructor() { super() }
          perform() { return this }
        }
        export function* work() { yield* new Ring() }`,
            },
          ],
        },
      ],
    },
    {
      name: 'with no import to add to',
      code: `
        declare const rest: import('coppice').Operation<void>
        rest`,
      errors: [
        {
          messageId: 'outside',
          suggestions: [
            {
              messageId: 'addRun',
              output: `import { run } from 'coppice'

        declare const rest: import('coppice').Operation<void>
        run(rest)`,
            },
          ],
        },
      ],
    },
    {
      name: 'with imports in a style of their own',
      code: `
        import fs from "node:fs";
        declare const rest: import('coppice').Operation<void>
        export { fs }
        void rest`,
      errors: [
        {
          messageId: 'outside',
          suggestions: [
            {
              messageId: 'addRun',
              output: `
        import { run } from "coppice";
import fs from "node:fs";
        declare const rest: import('coppice').Operation<void>
        export { fs }
        run(rest)`,
            },
          ],
        },
      ],
    },
  ],
})
