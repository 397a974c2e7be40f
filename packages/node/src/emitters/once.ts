/** One event of an emitter as a wait. */
import type { EventEmitter } from 'node:events'
import { type Operation, action } from 'coppice'
import { type ArgumentsOf, type NameOf, checkEmitter } from './event-map.ts'

/**
 * Waits for an event of an emitter, as `once` of `node:events` does, and gives the arguments of its listener.
 *
 * **Cancelled:** the listeners are removed at once.
 * **Throws:** the error, if the emitter says `error` before; unless that is the event that is waited for. `MisuseError` for what is no
 * emitter.
 *
 * @example
 * ```ts
 * import { EventEmitter } from 'node:events'
 *
 * const emitter = new EventEmitter<{ login: [name: string, at: number] }>()
 * const task = run(once(emitter, 'login'))
 * emitter.emit('login', 'ada', 1815)
 * const [name, at] = await task
 * console.assert(name === 'ada' && at === 1815)
 * ```
 */
export function once<E extends EventEmitter<any>, N extends NameOf<E>>(
  emitter: E,
  name: N
): Operation<ArgumentsOf<E, N>> {
  checkEmitter(emitter, 'once')
  const { on, off } = listening(emitter)
  return action<ArgumentsOf<E, N>>(function once(resume, fail) {
    const done = () => {
      off(name, onEvent)
      off('error', onError)
    }
    const onEvent = (...args: unknown[]) => {
      done()
      resume(args as ArgumentsOf<E, N>)
    }
    const onError = (error: unknown) => {
      done()
      fail(error)
    }
    on(name, onEvent)
    if (name !== 'error') on('error', onError)
    return done
  })
}

type Listen = (name: PropertyKey, listener: (...args: any[]) => void) => void

/** `on` and `off` for names of any type. */
export function listening(emitter: EventEmitter<any>): { on: Listen; off: Listen } {
  return {
    on: (name, listener) => void emitter.on(name as string, listener),
    off: (name, listener) => void emitter.off(name as string, listener),
  }
}
