import { cleanupInRawGenerator } from '../../src/rules/cleanup-in-raw-generator.ts'
import { testRule } from '../tester.ts'

const data = (name: string, line: number) => ({ name, line: String(line) })

testRule('cleanup-in-raw-generator', cleanupInRawGenerator, {
  valid: [
    {
      name: 'a declared operation',
      code: `
        import { operation, sleep, suspend } from 'coppice'
        const hold = operation('hold', function* () {
          try { yield* suspend() } finally { yield* sleep(1) }
        })
        export function* work() { yield* hold() }`,
    },
    {
      name: 'a plain generator that is handed over, and driven by the runtime',
      code: `
        import { run, scope, sleep, spawn, suspend, timeout } from 'coppice'
        function* hold() {
          try { yield* suspend() } finally { yield* sleep(1) }
        }
        run(hold)
        export function* work() {
          yield* spawn(hold)
          yield* timeout(1, hold())
          yield* scope(() => hold())
        }`,
    },
    {
      name: 'a finally that does not wait',
      code: `
        import { createContext, ensure, now, operation, self, sleep, spawn, suspend } from 'coppice'
        const log: unknown[] = []
        const user = createContext<string>('user')
        function* hold() {
          try {
            yield* suspend()
          } finally {
            log.push(yield* now(), (yield* self()).id)
            yield* spawn(suspend, { background: true })
            yield* ensure(() => {})
            log.push(yield* user.get(), (yield* (user.expect())).length)
            yield* user.set('ada')
            log.push(function* () { yield* sleep(1) })
          }
        }
        function* other() {
          try { log.push(operation(function* () { try {} finally { yield* sleep(1) } })) } catch { yield* sleep(1) }
        }
        export function* work() { yield* hold(); yield* other() }`,
    },
    {
      name: 'other generators',
      code: `
        import { sleep, suspend } from 'effection'
        function* hold() {
          try { yield* suspend() } finally { yield* sleep(1) }
        }
        function* numbers() {
          try { yield 1 } finally { yield 2 }
        }
        export function* work() { yield* hold(); yield* numbers() }`,
    },
    {
      name: 'what can not be seen',
      code: `
        import { type Operation, sleep } from 'coppice'
        declare function hold(): Operation<void>
        const pauses = [sleep(1)]
        export function* work(operation: Operation<void>) {
          yield* hold()
          yield* operation
          yield* pauses[0]!
        }`,
    },
  ],
  invalid: [
    {
      name: 'a function declaration',
      code: `
        import { sleep, suspend } from 'coppice'
        function* hold<T>(value: T) {
          try {
            yield* suspend()
          } finally {
            yield* sleep(1)
          }
          return value
        }
        export function* work() { yield* hold(1) }`,
      errors: [
        {
          messageId: 'raw',
          data: data('hold', 7),
          line: 11,
          suggestions: [
            {
              messageId: 'declare',
              data: { name: 'hold' },
              output: `
        import { sleep, suspend, operation } from 'coppice'
        const hold = operation('hold', function* <T>(value: T) {
          try {
            yield* suspend()
          } finally {
            yield* sleep(1)
          }
          return value
        })
        export function* work() { yield* hold(1) }`,
            },
          ],
        },
      ],
    },
    {
      name: 'an exported declaration, in the body of a declared operation',
      code: `
        import { call, operation, suspend } from 'coppice'
        export function* hold() {
          try { yield* suspend() } finally { if (close) yield* call(close) }
        }
        declare const close: undefined | (() => Promise<void>)
        export const work = operation('work', function* () { return yield* hold() })`,
      errors: [
        {
          messageId: 'raw',
          data: data('hold', 4),
          line: 7,
          suggestions: [
            {
              messageId: 'declare',
              data: { name: 'hold' },
              output: `
        import { call, operation, suspend } from 'coppice'
        export const hold = operation('hold', function* () {
          try { yield* suspend() } finally { if (close) yield* call(close) }
        })
        declare const close: undefined | (() => Promise<void>)
        export const work = operation('work', function* () { return yield* hold() })`,
            },
          ],
        },
      ],
    },
    {
      name: 'a function expression that is called before',
      code: `
        import { operation, sleep, suspend } from 'coppice'
        const hold = function* named() {
          try { yield* suspend() } finally { yield* sleep(1) }
        }
        export function* work() {
          const held = hold()
          yield* held
        }
        void operation`,
      errors: [
        {
          messageId: 'raw',
          data: data('hold', 4),
          line: 8,
          suggestions: [
            {
              messageId: 'declare',
              data: { name: 'hold' },
              output: `
        import { operation, sleep, suspend } from 'coppice'
        const hold = operation('hold', function* () {
          try { yield* suspend() } finally { yield* sleep(1) }
        })
        export function* work() {
          const held = hold()
          yield* held
        }
        void operation`,
            },
          ],
        },
      ],
    },
    {
      name: 'methods, default exports, and what stands in another file',
      code: `
        import { sleep, suspend } from 'coppice'
        import { hold } from './helpers.ts'
        class Store {
          *close() { try { yield* suspend() } finally { yield* sleep(1) } }
        }
        export default function* main() {
          try { yield* suspend() } finally { yield* sleep(1) }
        }
        function* bound(this: Store) {
          try { yield* suspend() } finally { yield* this.close() }
        }
        export function* work(store: Store) {
          yield* store.close()
          yield* hold()
          yield* main()
          yield* bound.call(store)
          yield* (function* () { try { yield* suspend() } finally { yield* sleep(1) } })()
        }`,
      errors: [
        { messageId: 'raw', data: data('close', 5), line: 11, suggestions: [] },
        { messageId: 'raw', data: data('close', 5), line: 14, suggestions: [] },
        { messageId: 'raw', data: data('hold', 8), line: 15, suggestions: [] },
        { messageId: 'raw', data: data('main', 8), line: 16, suggestions: [] },
        { messageId: 'raw', data: data('This', 18), line: 18, suggestions: [] },
      ],
    },
    {
      name: 'cleanup that itself delegates, and is nested',
      code: `
        import { operation, sleep } from 'coppice'
        const rest = operation('rest', function* () { yield* sleep(1) })
        export function* work() {
          yield* hold()
        }
        function* hold() {
          for (;;) {
            try { yield* sleep(1) } catch { return } finally { try { log() } finally { yield* rest() } }
          }
        }
        declare function log(): void`,
      errors: [
        {
          messageId: 'raw',
          data: data('hold', 9),
          suggestions: [
            {
              messageId: 'declare',
              data: { name: 'hold' },
              output: `
        import { operation, sleep } from 'coppice'
        const rest = operation('rest', function* () { yield* sleep(1) })
        export function* work() {
          yield* hold()
        }
        const hold = operation('hold', function* () {
          for (;;) {
            try { yield* sleep(1) } catch { return } finally { try { log() } finally { yield* rest() } }
          }
        })
        declare function log(): void`,
            },
          ],
        },
      ],
    },
  ],
})
