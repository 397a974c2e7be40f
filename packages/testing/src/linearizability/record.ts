/** Fills a history from a running program. */
import { type Operation, MisuseError, operation } from 'coppice'
import { Effect, isResultOperation, isThenable, printed, runningTask } from 'coppice/kernel'
import { History } from './history.ts'

type Method = (...args: unknown[]) => unknown

/**
 * Wraps an object so that a history has every call of its methods: those that give operations, which are calls from the first step to the
 * last, and plain ones, which are over at once. What is no method passes through. Write `yield*` before the calls: a branch of `select` has to be
 * the effect itself.
 *
 * **Cancelled:** the history has the call as cancelled, once its cleanup has ended.
 * **Throws:** what the method throws, which the history has, too; `MisuseError` for what is no object, and for an asynchronous method.
 *
 * @param task what the caller is called in the history. Default: the task that runs, `worker#2`
 *
 * @example
 * ```ts
 * let history = new History()
 * const program = function* () {
 *   history = new History()
 *   const permits = record(createSemaphore(1), history)
 *   yield* permits.acquire()
 *   permits.release()
 * }
 * console.assert(simulate(program).runToEnd().status === 'done')
 * console.assert(history.calls.map(({ name }) => name).join() === 'acquire,release')
 * ```
 */
export function record<O extends object>(object: O, history: History, task?: string): O {
  if (typeof object !== 'object' || object === null || !(history instanceof History))
    throw new MisuseError(
      `record takes an object and a history, record(createSemaphore(1), history); it was given ${printed(object)} and ${printed(history)}.`
    )
  const methods = new Map<unknown, Method>()
  return new Proxy(object, {
    get(target, key) {
      // Private fields are found on the object itself only.
      const member: unknown = Reflect.get(target, key, target)
      if (typeof member !== 'function' || typeof key === 'symbol') return member
      let method = methods.get(member)
      if (method === undefined) {
        method = recorded(key, (...args) => Reflect.apply(member, target, args), { history, task })
        methods.set(member, method)
      }
      return method
    },
  })
}

interface Recording {
  readonly history: History
  readonly task: string | undefined
}

function recorded(name: string, method: Method, { history, task }: Recording): Method {
  const caller = (): string => task ?? runningTask()?.label ?? 'outside'
  const running = operation(name, function* (result: Operation<unknown>, args: readonly unknown[]) {
    const call = history.begin(caller(), name, args)
    let hasEnded = false
    try {
      const value = yield* isGenerator(result) ? asFrame(result) : result
      hasEnded = true
      call.done(value)
      return value
    } catch (error) {
      hasEnded = true
      call.failed(error)
      throw error
    } finally {
      if (!hasEnded) call.cancelled()
    }
  })
  return (...args) => {
    const from = history.nextEvent()
    let result: unknown
    try {
      result = method(...args)
    } catch (error) {
      history.beginAt(from, caller(), name, args).failed(error)
      throw error
    }
    if (isResultOperation(result)) return running(result, args)
    if (isThenable(result))
      throw new MisuseError(
        `${name} gave a promise. record takes objects whose methods give operations or plain values: wait for promises with until(…) or call(…) in them.`
      )
    history.beginAt(from, caller(), name, args).done(result)
    return result
  }
}

function isGenerator(result: Operation<unknown>): boolean {
  return typeof (result as Partial<Generator>).throw === 'function' && !(result instanceof Effect)
}

/** The kernel drives it, so that its cleanup may wait (C11). */
const asFrame = operation('body', (body: Operation<unknown>) => body)
