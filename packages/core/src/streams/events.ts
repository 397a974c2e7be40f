import { checkCount, checkOptions, misfit } from '../checks.ts'
import type { Complete } from '../checks.ts'
import { CoppiceError } from '../errors.ts'
import { ensure } from '../operations/ensure.ts'
import { operation } from '../operations/operation.ts'
import type { Stream } from '../stream.ts'
import { Mailbox } from './mailbox.ts'
import { NamedStream } from './subscription.ts'

/** What the library needs of an `EventTarget`, of whichever host. */
export interface EventTargetLike {
  /** Adds a listener, which gets each event. */
  addEventListener(name: string, listener: (event: any) => void): void
  /** Removes that listener. */
  removeEventListener(name: string, listener: (event: any) => void): void
}

/** What the library needs of a Node.js `EventEmitter`. */
export interface EventEmitterLike {
  /** Adds a listener, which gets the arguments of each event. */
  on(name: any, listener: (...args: any[]) => void): unknown
  /** Removes that listener. */
  off(name: any, listener: (...args: any[]) => void): unknown
}

/** What `events` keeps for a consumer that is busy, and when the stream ends. */
export interface EventsOptions<T> {
  /** How many events are kept for a consumer that is busy, from 1 on. Default: 1024. */
  capacity?: number | undefined
  /**
   * What happens to an event that finds no place: `'error'` ends the stream with an `EventOverflowError`, behind the events that are kept;
   * `'drop-oldest'` and `'drop-newest'` lose one. Default: `'error'`.
   */
  overflow?: 'error' | 'drop-oldest' | 'drop-newest' | undefined
  /** Makes the item of what the listener is called with. Default: the first argument. */
  item?: ((...args: any[]) => T) | undefined
}

/** Thrown by a stream of events whose consumer was too slow, if its `overflow` is `'error'`. */
export class EventOverflowError extends CoppiceError {
  override readonly name = 'EventOverflowError'
  readonly code = 'COPPICE_EVENT_OVERFLOW'

  constructor(event: string, capacity: number) {
    super(
      `${capacity} events ${event} wait for a consumer that is slower than they come. Write events(target, name, { overflow: ` +
        "'drop-oldest' }) if some may be lost, or a larger capacity."
    )
  }
}

const DEFAULT_CAPACITY = 1024

/**
 * The events of an `EventTarget` or an `EventEmitter`, from when the stream is opened; it never ends. Since the target does not wait,
 * events are kept until the consumer asks for them, up to `capacity`.
 *
 * **Cancelled:** the listener is removed when the scope that opened the stream is torn down.
 * **Throws:** `MisuseError` for what has no events; `EventOverflowError`.
 *
 * @example
 * ```ts
 * const target = new EventTarget()
 * const task = run(collect(pipe(events<Event>(target, 'ping'), take(2))))
 * target.dispatchEvent(new Event('ping'))
 * target.dispatchEvent(new Event('ping'))
 * console.assert((await task).length === 2)
 * ```
 */
export function events<T = unknown>(
  target: EventTargetLike | EventEmitterLike,
  name: string | symbol,
  options?: EventsOptions<T>
): Stream<T> {
  const { capacity = DEFAULT_CAPACITY, overflow = 'error', item = first } = checkOptions(options, 'events')
  checkCount(capacity, 1, 'events: capacity')
  if (overflow !== 'error' && overflow !== 'drop-oldest' && overflow !== 'drop-newest') {
    throw misfit(`events: overflow is 'error', 'drop-oldest' or 'drop-newest'`, overflow)
  }
  if (typeof item !== 'function') throw misfit('events: item is a function', item)
  const [add, remove] = methodsOf(target)
  // An EventTarget has no events that a symbol names.
  const isNamed = typeof name === 'string' || (typeof name === 'symbol' && !('addEventListener' in target))
  if (!isNamed) throw misfit('events takes the name of an event', name)
  return new NamedStream('events', () => open(target, add, remove, name, { capacity, overflow, item }))
}

function first(argument: any): any {
  return argument
}

type Method = (this: unknown, name: any, listener: (...args: any[]) => void) => void

function methodsOf(target: Partial<EventTargetLike & EventEmitterLike> | null | undefined): [Method, Method] {
  const found = [
    [target?.addEventListener, target?.removeEventListener],
    [target?.on, target?.off],
  ].find(([add, remove]) => typeof add === 'function' && typeof remove === 'function')
  if (found !== undefined) return found as [Method, Method]
  throw misfit(`events takes an EventTarget or an EventEmitter, and the name of an event`, target)
}

type Settings<T> = Complete<EventsOptions<T>>

const open = /* @__PURE__ */ operation('events', function* <
  T,
>(target: object, add: Method, remove: Method, name: string | symbol, settings: Settings<T>) {
  const mailbox = new Mailbox<T>()
  const listener = (...args: unknown[]): void => receive(mailbox, args, name, settings)
  add.call(target, name, listener)
  yield* ensure(() => remove.call(target, name, listener))
  return mailbox
})

function receive<T>(
  mailbox: Mailbox<T>,
  args: unknown[],
  name: string | symbol,
  settings: Settings<T>
): void {
  const { capacity, overflow } = settings
  if (mailbox.entries.length < capacity) return pushItem(mailbox, settings.item, args)
  if (overflow === 'error') return mailbox.close({ error: new EventOverflowError(String(name), capacity) })
  if (overflow === 'drop-newest') return
  mailbox.entries.shift()
  pushItem(mailbox, settings.item, args)
}

/** What `item` throws is the stream's, and not that of whoever emits the event. */
function pushItem<T>(mailbox: Mailbox<T>, item: (...args: any[]) => T, args: unknown[]): void {
  try {
    mailbox.push(item(...args))
  } catch (error) {
    mailbox.close({ error })
  }
}
