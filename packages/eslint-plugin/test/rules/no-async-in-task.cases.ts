import { noAsyncInTask } from '../../src/rules/no-async-in-task.ts'
import { testRule } from '../tester.ts'

testRule('no-async-in-task', noAsyncInTask, {
  valid: [
    {
      name: 'generator functions where tasks are meant',
      code: `
        import { operation, run, scope, spawn, sleep } from 'coppice'
        run(function* () {
          yield* spawn(() => sleep(1))
          yield* scope(function* () { yield* sleep(1) })
        })
        export const rest = operation('rest', function* () { yield* sleep(1) })`,
    },
    {
      name: 'asynchronous functions where they are meant',
      code: `
        import { call, createContext, defineEffect, ensure, provide, run } from 'coppice'
        const load = async (id: number) => id
        const fetchUser = defineEffect('fetchUser', load)
        const user = createContext<Promise<number>>('user')
        run(function* () {
          yield* call(load, 1)
          yield* call(async () => {})
          yield* ensure(async () => {})
          yield* user.set(load(1))
          yield* provide([[fetchUser, async (id) => id]], fetchUser(1))
        })
        setTimeout(async () => {}, 1)`,
    },
    {
      name: 'tasks, which are promises, too',
      code: `
        import { all, run, select, spawn, suspend, timeout } from 'coppice'
        run(function* () {
          const task = yield* spawn(suspend)
          yield* timeout(1, task)
          yield* timeout(1, () => task)
          yield* select({ task })
          yield* all([task])
        })`,
    },
    {
      name: 'promises and asynchronous functions of other libraries',
      code: `
        import { main, spawn } from 'effection'
        main(function* () { yield* spawn(function* () {}) })
        export function* saga() { yield Promise.resolve(1) }
        new Promise(async (resolve) => { await 1; resolve(1) })
        Promise.all([Promise.resolve()])`,
    },
    {
      name: 'promises where both are taken',
      code: `
        import { type Operation, run } from 'coppice'
        declare function perform<T>(work: Operation<T> | PromiseLike<T> | T, ...more: (Operation<T> | Promise<T>)[]): void
        declare function later(work: () => Operation<void> | Promise<void>): void
        declare function named(work: { load: Operation<void> | Promise<void> }): void
        perform(Promise.resolve(1), Promise.resolve(2))
        later(async () => {})
        named({ load: Promise.resolve() })
        run(function* () { perform(Promise.resolve(1)) })`,
    },
    {
      name: 'a promise that is waited for',
      code: `
        import { run, until } from 'coppice'
        run(function* () { yield* until(Promise.resolve(1)) })`,
    },
  ],
  invalid: [
    {
      name: 'an asynchronous arrow function',
      code: `
        import { run } from 'coppice'
        run(async () => { await load(1) })
        async function load(id: number) { return id }`,
      errors: [
        {
          messageId: 'asyncFunction',
          line: 3,
          suggestions: [
            {
              messageId: 'useGenerator',
              output: `
        import { run, until } from 'coppice'
        run(function* () { yield* until(load(1)) })
        async function load(id: number) { return id }`,
            },
            {
              messageId: 'useCall',
              output: `
        import { run, call } from 'coppice'
        run(call(async () => { await load(1) }))
        async function load(id: number) { return id }`,
            },
          ],
        },
      ],
    },
    {
      name: 'an asynchronous function, with awaits in every place',
      code: `
        import { spawn } from 'coppice'
        export function* main() {
          yield* spawn(async function work() {
            const a = await one()
            const b = (await one()) + await one()
            let c
            c = await one(await one())
            later(async () => await one())
            return await one(a + b + c)
          })
        }
        declare function one(value?: number): Promise<number>
        declare function later(callback: () => unknown): void`,
      errors: [
        {
          messageId: 'asyncFunction',
          suggestions: [
            {
              messageId: 'useGenerator',
              output: `
        import { spawn, until } from 'coppice'
        export function* main() {
          yield* spawn(function* work() {
            const a = yield* until(one())
            const b = (yield* until(one())) + (yield* until(one()))
            let c
            c = yield* until(one(yield* until(one())))
            later(async () => await one())
            return yield* until(one(a + b + c))
          })
        }
        declare function one(value?: number): Promise<number>
        declare function later(callback: () => unknown): void`,
            },
            {
              messageId: 'useCall',
              output: `
        import { spawn, call } from 'coppice'
        export function* main() {
          yield* spawn(call(async function work() {
            const a = await one()
            const b = (await one()) + await one()
            let c
            c = await one(await one())
            later(async () => await one())
            return await one(a + b + c)
          }))
        }
        declare function one(value?: number): Promise<number>
        declare function later(callback: () => unknown): void`,
            },
          ],
        },
      ],
    },
    {
      name: 'a declared operation',
      code: `
        import { operation } from 'coppice'
        export const load = operation('load', async (id: number) => id)
        export const save = operation('save', async id => id)`,
      errors: [
        {
          messageId: 'asyncFunction',
          suggestions: [
            {
              messageId: 'useGenerator',
              output: `
        import { operation } from 'coppice'
        export const load = operation('load', function* (id: number) { return id })
        export const save = operation('save', async id => id)`,
            },
          ],
        },
        {
          messageId: 'asyncFunction',
          suggestions: [
            {
              messageId: 'useGenerator',
              output: `
        import { operation } from 'coppice'
        export const load = operation('load', async (id: number) => id)
        export const save = operation('save', function* (id) { return id })`,
            },
          ],
        },
      ],
    },
    {
      name: 'a function that is declared elsewhere, by another name of run',
      code: `
        import { run as start } from 'coppice'
        start(load)
        async function load() {}`,
      errors: [
        {
          messageId: 'asyncFunction',
          suggestions: [
            {
              messageId: 'useCall',
              output: `
        import { run as start, call } from 'coppice'
        start(call(load))
        async function load() {}`,
            },
          ],
        },
      ],
    },
    {
      name: 'an asynchronous generator',
      code: `
        import { scope } from 'coppice'
        export const block = scope(async function* () { yield 1; await 2 })`,
      errors: [
        {
          messageId: 'asyncGenerator',
          suggestions: [
            {
              messageId: 'useGenerator',
              output: `
        import { scope, until } from 'coppice'
        export const block = scope(function* () { yield 1; yield* until(2) })`,
            },
          ],
        },
      ],
    },
    {
      name: 'functions that can not be turned into generators as they are',
      code: `
        import { operation } from 'coppice'
        export class Store {
          load = operation(async () => this)
          list = operation(async function* () { for await (const a of [1]) yield a })
          save = operation(async (): Promise<void> => {})
        }`,
      errors: [
        { messageId: 'asyncFunction', suggestions: [] },
        { messageId: 'asyncGenerator', suggestions: [] },
        { messageId: 'asyncFunction', suggestions: [] },
      ],
    },
    {
      name: 'promises that are handed over',
      code: `
        import { run } from 'coppice'
        run(load(1))
        declare function load(id: number): Promise<number>`,
      errors: [
        {
          messageId: 'promise',
          suggestions: [
            {
              messageId: 'useUntil',
              output: `
        import { run, until } from 'coppice'
        run(until(load(1)))
        declare function load(id: number): Promise<number>`,
            },
            {
              messageId: 'useCall',
              output: `
        import { run, call } from 'coppice'
        run(call(load, 1))
        declare function load(id: number): Promise<number>`,
            },
          ],
        },
      ],
    },
    {
      name: 'promises among several operations',
      code: `
        import { all, call, select, sleep, until } from 'coppice'
        export const first = select({ api: api.load(1), late: sleep(1) })
        export const both = all([promise, sleep(1)])
        declare const promise: Promise<number>
        declare const api: { load(id: number): Promise<number> }
        void call
        void until`,
      errors: [
        {
          messageId: 'promise',
          line: 3,
          suggestions: [
            {
              messageId: 'useUntil',
              output: `
        import { all, call, select, sleep, until } from 'coppice'
        export const first = select({ api: until(api.load(1)), late: sleep(1) })
        export const both = all([promise, sleep(1)])
        declare const promise: Promise<number>
        declare const api: { load(id: number): Promise<number> }
        void call
        void until`,
            },
            {
              messageId: 'useCall',
              output: `
        import { all, call, select, sleep, until } from 'coppice'
        export const first = select({ api: call(() => api.load(1)), late: sleep(1) })
        export const both = all([promise, sleep(1)])
        declare const promise: Promise<number>
        declare const api: { load(id: number): Promise<number> }
        void call
        void until`,
            },
          ],
        },
        {
          messageId: 'promise',
          line: 4,
          suggestions: [
            {
              messageId: 'useUntil',
              output: `
        import { all, call, select, sleep, until } from 'coppice'
        export const first = select({ api: api.load(1), late: sleep(1) })
        export const both = all([until(promise), sleep(1)])
        declare const promise: Promise<number>
        declare const api: { load(id: number): Promise<number> }
        void call
        void until`,
            },
          ],
        },
      ],
    },
    {
      name: 'promises that a task yields, with or without the star',
      code: `
        import { sleep } from 'coppice'
        export function* work() {
          yield* sleep(1)
          const page = yield fetch('/')
          return yield* page.load(yield* sleep(2))
        }
        declare function fetch(url: string): Promise<unknown>`,
      errors: [
        {
          messageId: 'yielded',
          line: 5,
          suggestions: [
            {
              messageId: 'useUntil',
              output: `
        import { sleep, until } from 'coppice'
        export function* work() {
          yield* sleep(1)
          const page = yield* until(fetch('/'))
          return yield* page.load(yield* sleep(2))
        }
        declare function fetch(url: string): Promise<unknown>`,
            },
            {
              messageId: 'useCall',
              output: `
        import { sleep, call } from 'coppice'
        export function* work() {
          yield* sleep(1)
          const page = yield* call(fetch, '/')
          return yield* page.load(yield* sleep(2))
        }
        declare function fetch(url: string): Promise<unknown>`,
            },
          ],
        },
      ],
    },
    {
      name: 'a promise in the body of a task that yields nothing else',
      code: `
        import { run, sleep } from 'coppice'
        run(function* () { yield* api.load(yield* sleep(1)) })
        declare const api: { load(value: unknown): Promise<number> }`,
      errors: [
        {
          messageId: 'yielded',
          suggestions: [
            {
              messageId: 'useUntil',
              output: `
        import { run, sleep, until } from 'coppice'
        run(function* () { yield* until(api.load(yield* sleep(1))) })
        declare const api: { load(value: unknown): Promise<number> }`,
            },
          ],
        },
      ],
    },
  ],
})
