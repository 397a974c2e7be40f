import { noGeneratorClosureInLoop } from '../../src/rules/no-generator-closure-in-loop.ts'
import { testRule } from '../tester.ts'

testRule('no-generator-closure-in-loop', noGeneratorClosureInLoop, {
  valid: [
    {
      name: 'a function that is made once',
      code: `
        import { operation, run, sleep, spawn } from 'coppice'
        const work = operation('work', function* (ms: number) { yield* sleep(ms) })
        run(function* () {
          for (const ms of [1, 2]) yield* spawn(work(ms))
          for (const ms of [1, 2]) yield* spawn(() => work(ms))
          ;[1, 2].map((ms) => work(ms))
          once(() => function* () { yield* sleep(1) })
        })
        declare function once(callback: () => unknown): void`,
    },
    {
      name: 'what a loop evaluates once',
      code: `
        import { run, sleep } from 'coppice'
        run(function* () {
          for (let task = run(function* () { yield* sleep(1) }); task.status === 'running'; ) yield* sleep(1)
          for (const task of [run(function* () { yield* sleep(1) })]) yield* task
        })`,
    },
    {
      name: 'a function in a loop that makes one when it is called',
      code: `
        import { run, sleep } from 'coppice'
        const starts: (() => void)[] = []
        for (const ms of [1, 2]) starts.push(() => run(function* () { yield* sleep(ms) }))`,
    },
    {
      name: 'other generators',
      code: `
        import { run, sleep } from 'effection'
        for (const ms of [1, 2]) {
          run(function* () { yield* sleep(ms) })
          Array.from((function* () { yield ms })())
        }`,
    },
    {
      name: 'other methods of the same name',
      code: `
        import { run, sleep } from 'coppice'
        declare const promise: { map(callback: () => unknown): void }
        promise.map(() => run(function* () { yield* sleep(1) }))`,
    },
  ],
  invalid: [
    {
      name: 'in each kind of loop',
      code: `
        import { run, sleep } from 'coppice'
        run(function* () {
          for (const ms of [1, 2]) run(function* () { yield* sleep(ms) })
          for (const key in {}) run(function* () { yield* sleep(key.length) })
          for (let i = 0; i < 2; i++) run(function* () { yield* sleep(i) })
          while (yes(function* () { yield* sleep(1) })) { const ms = 1; run(function* () { yield* sleep(ms) }) }
          do { const ms = 1; run(function* () { yield* sleep(ms) }) } while (false)
          for (let i = 0; i < 2; i++) { function* work() { yield* sleep(i) } run(work) }
        })
        declare function yes(value: unknown): boolean`,
      errors: [
        { messageId: 'loop', line: 4, suggestions: [] },
        { messageId: 'loop', line: 5, suggestions: [] },
        { messageId: 'loop', line: 6, suggestions: [] },
        {
          messageId: 'loop',
          line: 7,
          suggestions: [
            {
              messageId: 'hoist',
              output: `
        import { run, sleep } from 'coppice'
        run(function* () {
          for (const ms of [1, 2]) run(function* () { yield* sleep(ms) })
          for (const key in {}) run(function* () { yield* sleep(key.length) })
          for (let i = 0; i < 2; i++) run(function* () { yield* sleep(i) })
          const work = function* () { yield* sleep(1) }
          while (yes(work)) { const ms = 1; run(function* () { yield* sleep(ms) }) }
          do { const ms = 1; run(function* () { yield* sleep(ms) }) } while (false)
          for (let i = 0; i < 2; i++) { function* work() { yield* sleep(i) } run(work) }
        })
        declare function yes(value: unknown): boolean`,
            },
          ],
        },
        { messageId: 'loop', line: 7, suggestions: [] },
        { messageId: 'loop', line: 8, suggestions: [] },
        { messageId: 'loop', line: 9, suggestions: [] },
      ],
    },
    {
      name: 'in the callback of an array',
      code: `
        import { operation, sleep } from 'coppice'
        export const works = [1, 2].map((ms) => operation(function* () { yield* sleep(ms) }))
        export const others = Array.from([1, 2], (ms) => ({ *work() { yield* sleep(ms) } }))`,
      errors: [
        { messageId: 'loop', line: 3, suggestions: [] },
        { messageId: 'loop', line: 4, suggestions: [] },
      ],
    },
    {
      name: 'with a name of its own, and with one that is taken',
      code: `
        import { run, sleep } from 'coppice'
        export function main(ms: number) {
          for (;;) {
            run(function* rest() { yield* sleep(ms) })
          }
        }
        export function other(work: number) {
          for (;;) run(function* () { yield* sleep(work) })
        }
        export function third(yes: boolean, work: number) {
          if (yes) for (;;) run(function* () { yield* sleep(work) })
        }`,
      errors: [
        {
          messageId: 'loop',
          line: 5,
          suggestions: [
            {
              messageId: 'hoist',
              output: `
        import { run, sleep } from 'coppice'
        export function main(ms: number) {
          const rest = function* rest() { yield* sleep(ms) }
          for (;;) {
            run(rest)
          }
        }
        export function other(work: number) {
          for (;;) run(function* () { yield* sleep(work) })
        }
        export function third(yes: boolean, work: number) {
          if (yes) for (;;) run(function* () { yield* sleep(work) })
        }`,
            },
          ],
        },
        { messageId: 'loop', line: 9, suggestions: [] },
        { messageId: 'loop', line: 12, suggestions: [] },
      ],
    },
  ],
})
