/** What happens at one instant happens in the order that the laws give it. */
import type { Entry } from './log.ts'
import type { BodyHistory, History, StatementHistory } from './history.ts'
import { areSideBySide, createdAt, itemsOf, ownerAt } from './ownership.ts'
import type { Violation } from './violation.ts'

export function* checkTogether(history: History): Generator<Violation, void, undefined> {
  yield* checkNeighbours(history)
  if (history.program.order.kind === 'fifo') yield* checkTimers(history)
}

/** T4: children that stand next to each other unwind together; the newest begins first. */
function* checkNeighbours(history: History): Generator<Violation, void, undefined> {
  const items = itemsOf(history)
  const isFifo = history.program.order.kind === 'fifo'
  for (const newer of items) {
    const begins = tornDown(newer)
    if (begins === undefined) continue
    const owner = ownerAt(newer, begins.at)
    const older = items
      .filter(
        (item) =>
          createdAt(item) < createdAt(newer) &&
          ownerAt(item, begins.at) === owner &&
          isOpenAt(item, begins.at)
      )
      .at(-1)
    if (older?.kind !== 'spawn' || areSideBySide(older, newer)) continue
    // What another branch has left behind may stand between them.
    if (items.some((item) => item.kind !== 'spawn' && areSideBySide(item, older))) continue
    const wrong = (why: string): Violation => ({
      law: 'T4',
      message: `${newer} and its older neighbour ${older} ${why}`,
      at: begins.at,
    })
    const wait = waitAt(older, begins)
    if (wait !== null && (wait.over?.time ?? Infinity) > begins.time) yield wrong('do not unwind together')
    const other = tornDown(older)
    if (
      isFifo &&
      other !== undefined &&
      other.at < begins.at &&
      waitAt(newer, other) !== null &&
      waitAt(older, other) !== null
    )
      yield wrong('unwind in the wrong order')
  }
}

/** When a task was told to unwind by its owner and nothing else. */
function tornDown(item: BodyHistory): Entry | undefined {
  const { kind, unwinding } = item
  if (kind !== 'spawn' || !item.wasCancelled || item.wasRequestedBefore(Infinity)) return undefined
  return unwinding === undefined || item.hasErrorBefore(unwinding.at) ? undefined : unwinding
}

/** What is not a task separates its neighbours even when it has gone. */
function isOpenAt({ kind, closed }: BodyHistory, at: number): boolean {
  return kind !== 'spawn' || closed === undefined || closed.at > at
}

/** The wait at which a task stands, neither claimed nor aborted, outside of cleanup and shields; null if it stands at anything else. */
function waitAt(body: BodyHistory, moment: Entry): StatementHistory | null {
  const { at, time, turn } = moment
  // C3: it was aborted with the request for this inner scope, and its task has its place in the queue since then.
  if (!body.isTask && body.wasRequestedBefore(at)) return null
  const place = body.statements.find(
    ({ began, over }) => began !== undefined && began.at < at && (over?.at ?? Infinity) > at
  )
  if (place === undefined || place.isCleanup || place.began!.turn >= turn) return null
  const { statement, inner, answered } = place
  switch (statement.do) {
    case 'suspend':
      return place
    case 'sleep':
      return place.began!.time + statement.ms > time ? place : null
    case 'callback':
      return answered === undefined ? place : null
    case 'native':
    case 'declared':
    case 'timeout':
    case 'attempt':
    case 'scope':
      return inner[0]!.opened === undefined ? null : waitAt(inner[0]!, moment)
    default:
      return null
  }
}

/** S4: in production's order, what sleeps until the same instant wakes in the order in which it began to sleep. */
function* checkTimers(history: History): Generator<Violation, void, undefined> {
  let before: StatementHistory | null = null
  const woken = [...history.begun('sleep')].filter(({ received }) => received !== undefined)
  for (const sleep of woken.sort((a, b) => a.received!.at - b.received!.at)) {
    if (
      before !== null &&
      before.received!.time === sleep.received!.time &&
      before.began!.at > sleep.began!.at
    ) {
      yield {
        law: 'S4',
        message: `${sleep} began before ${before} and wakes after it`,
        at: sleep.received!.at,
      }
    }
    before = sleep
  }
}
