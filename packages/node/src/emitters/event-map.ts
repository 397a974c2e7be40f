/** What the types of an emitter say of its events. */
import type { EventEmitter } from 'node:events'
import { inspect } from 'node:util'
import { MisuseError } from 'coppice'

/** The events of a typed `EventEmitter<{ … }>`: each name with the arguments of its listeners. */
export type EventsOf<E> =
  E extends EventEmitter<infer M> ? (M extends Record<keyof M, any[]> ? M : never) : never

/** The names under which an emitter has events: any, if its type does not say. */
export type NameOf<E> = [EventsOf<E>] extends [never] ? string | symbol : keyof EventsOf<E>

/** What the listeners for an event are called with. */
export type ArgumentsOf<E, N> = [EventsOf<E>] extends [never]
  ? any[]
  : N extends keyof EventsOf<E>
    ? Extract<EventsOf<E>[N], any[]>
    : any[]

export function checkEmitter(emitter: unknown, by: string): void {
  const { on, off } = (emitter ?? {}) as Partial<EventEmitter>
  if (typeof on === 'function' && typeof off === 'function') return
  throw new MisuseError(
    `${by} takes an EventEmitter; it was given ${inspect(emitter, { depth: 0 })}. For an EventTarget, write events(target, name).`
  )
}
