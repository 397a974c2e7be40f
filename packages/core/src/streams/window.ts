import { checkCount, checkDuration } from '../checks.ts'
import { MisuseError } from '../errors.ts'
import { HandOver } from '../operations/hand-over.ts'
import { now } from '../operations/now.ts'
import { operation } from '../operations/operation.ts'
import { select } from '../operations/select.ts'
import { sleepUntil } from '../operations/sleep.ts'
import { spawn } from '../operations/spawn.ts'
import type { Operation } from '../operation.ts'
import type { Stream } from '../stream.ts'
import type { Task } from '../task.ts'
import { Mailbox } from './mailbox.ts'
import type { Operator } from './operator.ts'
import { type Output, producing } from './produce.ts'
import { type Read, ReadAhead, throwFailure } from './read-ahead.ts'
import { NamedStream, checkStream, checkSubscription } from './subscription.ts'

/**
 * Splits a stream into streams of `count` items each, or fewer if `ms` milliseconds have passed since the first one, or if the source has
 * ended. A window is given with its first item, and reads on as it is read. If the next window is asked for before that, it keeps the rest
 * of its own items. It is opened once.
 *
 * **Cancelled:** the windows end, and the source is released.
 * **Throws:** what the source throws, behind the items before it, also from the window under way; `MisuseError` for a count below 1 or a
 * negative time.
 *
 * @param count how many items at most; `Infinity` if only the time counts
 * @param ms milliseconds. Default: `Infinity`
 *
 * @example
 * ```ts
 * const firsts = pipe(
 *   from([1, 2, 3, 4, 5]),
 *   window(2),
 *   concatMap((items) => pipe(items, take(1)))
 * )
 * console.assert((await run(collect(firsts))).join() === '1,3,5')
 * ```
 */
export function window<T>(count: number, ms = Infinity): Operator<T, Stream<T>> {
  checkCount(count, 1, 'window: count')
  checkDuration(ms, 'window')
  return (stream) => producing('window', readWindows<T>, checkStream(stream, 'window'), count, ms)
}

function* readWindows<T>(out: Output<Stream<T>>, stream: Stream<T>, count: number, ms: number) {
  const ahead = new ReadAhead(checkSubscription(yield* stream))
  yield* out.ready()
  let read: Read<T> | undefined = yield* ahead.next()
  while (read?.end === undefined) {
    const items = new WindowMailbox<T>()
    try {
      // It ends when the next window is asked for.
      const handed = yield* spawn(out.emit(new NamedStream('window', () => openWindow(items))), {
        background: true,
      })
      const deadline = ms === Infinity ? Infinity : (yield* now()) + ms
      for (let size = 0; read !== undefined && read.end === undefined;) {
        items.push(read.item)
        if (++size === count) read = undefined
        else read = (yield* isWanted(items, handed, deadline)) ? yield* ahead.until(deadline) : undefined
      }
      items.close(read?.end?.failure)
      yield* handed
    } finally {
      items.close()
    }
    read ??= yield* ahead.next()
  }
  return throwFailure(read.end)
}

class WindowMailbox<T> extends Mailbox<T> {
  readonly wanted = new HandOver()
  isOpen = false

  protected override asked(): void {
    this.wanted.give()
  }
}

/** Waits until the window or the next one is asked for; false if the time of the window is up before. */
const isWanted = /* @__PURE__ */ operation(
  'isWanted',
  function* (items: WindowMailbox<unknown>, handed: Task<void>, deadline: number) {
    // Whoever reads the window has had no turn since it was given an item: it can't be waiting yet.
    if (handed.status === 'done') return true
    const first = yield* select({ items: items.wanted, handed, late: sleepUntil(deadline) })
    return first.key !== 'late'
  }
) as (items: WindowMailbox<any>, handed: Task<void>, deadline: number) => Operation<boolean>

const openWindow = /* @__PURE__ */ operation('window', function* <T>(items: WindowMailbox<T>) {
  if (items.isOpen) {
    throw new MisuseError(
      'This window was opened already. Write share() behind window(…) inner streams that several read.'
    )
  }
  items.isOpen = true
  return items
})
