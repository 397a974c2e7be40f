import { shieldAsyncFinally } from '../../src/rules/shield-async-finally.ts'
import { testRule } from '../tester.ts'

testRule('shield-async-finally', shieldAsyncFinally, {
  valid: [
    {
      name: 'cleanup that does not wait',
      code: `
        import { now, sleep } from 'coppice'
        export function* work() {
          try { yield* sleep(1) } finally { log(yield* now()) }
        }
        declare function log(instant: number): void`,
    },
    {
      name: 'effects that never wait',
      code: `
        import { type Channel, type Context, ensure, now, random, self, sleep, spawn, suspend, use } from 'coppice'
        declare const context: Context<number>
        declare const channel: Channel<number>
        declare const timer: { [Symbol.dispose](): void }
        export function* work() {
          try {
            yield* sleep(1)
          } finally {
            yield* random()
            yield* now()
            yield* self()
            yield* spawn(suspend)
            yield* ensure(() => {})
            yield* context.get()
            yield* channel.producer()
            yield* use(timer)
          }
        }`,
    },
    {
      name: 'cleanup under a shield',
      code: `
        import { shield as protect, sleep } from 'coppice'
        export function* work() {
          try { yield* sleep(1) } finally { yield* protect(sleep(1)) }
        }`,
    },
    {
      name: 'functions that are run under a shield',
      code: `
        import { call, ensure, resource, shield, sleep } from 'coppice'
        export const open = () => resource<number>(function* (provide) {
          try { yield* provide(1) } finally { yield* call(close) }
        })
        export function* work() {
          yield* ensure(function* () {
            try { yield* sleep(1) } finally { yield* call(close) }
          })
          yield* shield(function* () {
            try { yield* sleep(1) } finally { yield* call(close) }
          })
        }
        async function close() {}`,
    },
    {
      name: 'what only a cancellation ends',
      code: `
        import { sleep, suspend } from 'coppice'
        export function* work() {
          try { yield* suspend() } finally { yield* sleep(1) }
        }
        export function* tick() {
          try { for (;;) yield* sleep(1) } finally { yield* sleep(1) }
        }
        export function* tock() {
          try { while (true) { yield* sleep(1) } } finally { yield* sleep(1) }
        }`,
    },
    {
      name: 'other generators',
      code: `
        import { sleep } from 'effection'
        export function* work() {
          try { yield* sleep(1) } finally { yield* sleep(1) }
        }
        export function* numbers() { try { yield 1 } finally { yield 2 } }
        export async function main() { try { await 1 } finally { await 2 } }
        try { main() } finally { main() }`,
    },
  ],
  invalid: [
    {
      name: 'one wait',
      code: `
        import { sleep } from 'coppice'
        export function* work() {
          try { yield* sleep(1) } finally { yield* sleep(2) }
        }`,
      errors: [
        {
          messageId: 'unshielded',
          line: 4,
          suggestions: [
            {
              messageId: 'shield',
              output: `
        import { sleep, shield } from 'coppice'
        export function* work() {
          try { yield* sleep(1) } finally { yield* shield(sleep(2)) }
        }`,
            },
          ],
        },
      ],
    },
    {
      name: 'several steps',
      code: `
        import { call, operation, shield, sleep } from 'coppice'
        export const work = operation('work', function* () {
          try {
            return yield* sleep(1)
          } finally {
            yield* call(close)
            log()
          }
        })
        declare function close(): Promise<void>
        declare function log(): void
        void shield`,
      errors: [
        {
          messageId: 'unshielded',
          line: 7,
          suggestions: [
            {
              messageId: 'shield',
              output: `
        import { call, operation, shield, sleep } from 'coppice'
        export const work = operation('work', function* () {
          try {
            return yield* sleep(1)
          } finally { yield* shield(function* () {
            yield* call(close)
            log()
          }) }
        })
        declare function close(): Promise<void>
        declare function log(): void
        void shield`,
            },
          ],
        },
      ],
    },
    {
      name: 'blocks that may end by themselves all the same',
      code: `
        import { sleep, suspend } from 'coppice'
        export function* a(early: boolean) {
          try { if (early) return; yield* suspend() } finally { yield* sleep(1) }
        }
        export function* b(early: boolean) {
          try { for (;;) { if (early) break } } finally { yield* sleep(1) }
        }
        export function* c() {
          try {} finally { yield* sleep(1) }
        }`,
      errors: [
        ['a', 4],
        ['b', 7],
        ['c', 10],
      ].map(([, line]) => ({
        messageId: 'unshielded' as const,
        line: line as number,
        suggestions: [
          {
            messageId: 'shield' as const,
            output: `
        import { sleep, suspend, shield } from 'coppice'
        export function* a(early: boolean) {
          try { if (early) return; yield* suspend() } finally { yield* sleep(1) }
        }
        export function* b(early: boolean) {
          try { for (;;) { if (early) break } } finally { yield* sleep(1) }
        }
        export function* c() {
          try {} finally { yield* sleep(1) }
        }`
              .split('\n')
              .map((text, index) =>
                index + 1 === line ? text.replace('{ yield* sleep(1) }', '{ yield* shield(sleep(1)) }') : text
              )
              .join('\n'),
          },
        ],
      })),
    },
    {
      name: 'cleanup that can not be moved into a function as it is',
      code: `
        import { call, sleep } from 'coppice'
        export class Store {
          *work() {
            try { yield* sleep(1) } finally { yield* call(() => this.close()) }
          }
          *jump() {
            for (;;) try { yield* sleep(1) } finally { yield* sleep(1); if (this.work) break }
          }
          async close() {}
        }`,
      errors: [
        { messageId: 'unshielded', line: 5, suggestions: [] },
        { messageId: 'unshielded', line: 8, suggestions: [] },
      ],
    },
  ],
})
