/** The events of an emitter as a stream, kept for a consumer that is busy. */
import type { EventEmitter } from 'node:events'
import { inspect } from 'node:util'
import {
  EventOverflowError,
  MisuseError,
  type Operation,
  type Stream,
  type Subscription,
  ensure,
  operation,
} from 'coppice'
import { Queue } from 'coppice/kernel'
import { PulledSubscription, ended } from '../streams/pulled.ts'
import { stream } from '../streams/stream.ts'
import { type ArgumentsOf, type NameOf, checkEmitter } from './event-map.ts'
import { listening } from './once.ts'

/** What `on` takes. */
export interface OnOptions<N = string | symbol> {
  /** How many events are kept for a consumer that is busy, from 1 on. Default: 1024. */
  capacity?: number | undefined
  /**
   * What happens to an event that finds no place: `'error'` ends the stream with an `EventOverflowError`, behind the events that are kept;
   * `'drop-oldest'` and `'drop-newest'` lose one. Default: `'error'`.
   */
  overflow?: 'error' | 'drop-oldest' | 'drop-newest' | undefined
  /** The events at which the stream ends, behind those that came before: `'close'`, or several. Default: it does not end. */
  until?: N | readonly N[] | undefined
}

/**
 * The events of an emitter from when the stream is opened, as `on` of `node:events` gives them: each item is the arguments of a listener. Since an
 * emitter does not wait, events are kept until the consumer asks for them, up to `capacity`.
 *
 * **Cancelled:** the listeners are removed when the scope that opened the stream is torn down.
 * **Throws:** the error, if the emitter says `error`, behind the events that came before; unless that is the event that is asked for.
 * `EventOverflowError`; `MisuseError` for what is no emitter, and for options that can't work.
 *
 * @example
 * ```ts
 * import { EventEmitter } from 'node:events'
 *
 * const emitter = new EventEmitter<{ line: [text: string]; close: [] }>()
 * const task = run(collect(on(emitter, 'line', { until: 'close' })))
 * emitter.emit('line', 'one')
 * emitter.emit('line', 'two')
 * emitter.emit('close')
 * console.assert((await task).flat().join() === 'one,two')
 * ```
 */
export function on<E extends EventEmitter<any>, N extends NameOf<E>>(
  emitter: E,
  name: N,
  options: OnOptions<NameOf<E>> = {}
): Stream<ArgumentsOf<E, N>> {
  checkEmitter(emitter, 'on')
  const settings = settingsFrom(name, options)
  return stream(() => openOn<ArgumentsOf<E, N>>(emitter, settings))
}

interface Settings {
  readonly name: PropertyKey
  readonly capacity: number
  readonly overflow: 'error' | 'drop-oldest' | 'drop-newest'
  readonly until: readonly PropertyKey[]
}

function settingsFrom(name: PropertyKey, options: OnOptions<any>): Settings {
  const { capacity = 1024, overflow = 'error', until = [] } = options
  if (!(capacity === Infinity || (Number.isInteger(capacity) && capacity >= 1)))
    throw new MisuseError(
      `on: capacity is a whole number from 1 on, or Infinity; it was ${inspect(capacity)}.`
    )
  if (!['error', 'drop-oldest', 'drop-newest'].includes(overflow))
    throw new MisuseError(
      `on: overflow is 'error', 'drop-oldest' or 'drop-newest'; it was ${inspect(overflow)}.`
    )
  return { name, capacity, overflow, until: Array.isArray(until) ? until : [until] }
}

const openOn = operation('on', function* (emitter: EventEmitter<any>, settings: Settings) {
  const kept = new KeptEvents<unknown>(settings)
  const { on, off } = listening(emitter)
  const listeners: [PropertyKey, (...args: unknown[]) => void][] = [
    [settings.name, (...args) => kept.push(args)],
    ...settings.until.map((name): [PropertyKey, () => void] => [name, () => kept.end()]),
  ]
  if (settings.name !== 'error') listeners.push(['error', (error) => kept.end({ error })])
  for (const [name, listener] of listeners) on(name, listener)
  yield* ensure(() => {
    for (const [name, listener] of listeners) off(name, listener)
  })
  return kept
}) as <T>(emitter: EventEmitter<any>, settings: Settings) => Operation<Subscription<T>>

/** Events that have come and were not asked for. */
class KeptEvents<T> extends PulledSubscription<T> {
  readonly #settings: Settings
  readonly #events = new Queue<T>()
  #end: { readonly failure?: { readonly error: unknown } | undefined } | undefined = undefined

  constructor(settings: Settings) {
    super()
    this.#settings = settings
  }

  push(event: T): void {
    if (this.#end !== undefined) return
    const { name, capacity, overflow } = this.#settings
    if (this.#events.length >= capacity) {
      if (overflow === 'drop-newest') return
      if (overflow === 'error') return this.end({ error: new EventOverflowError(String(name), capacity) })
      this.#events.shift()
    }
    this.#events.push(event)
    this.tell()
  }

  /** The end, or an error: the first of them counts. */
  end(failure?: { readonly error: unknown }): void {
    if (this.#end !== undefined) return
    this.#end = { failure }
    this.tell()
  }

  protected override take(): IteratorResult<T, void> | undefined {
    if (this.#events.length > 0) return { done: false, value: this.#events.shift() }
    if (this.#end?.failure !== undefined) throw this.#end.failure.error
    return this.#end === undefined ? undefined : ended
  }
}
