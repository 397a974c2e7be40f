/** What is asked to cancel stops: it begins nothing new at a later instant. */
import type { BodyHistory, History, StatementHistory } from './history.ts'
import type { Action } from './program.ts'
import { areSideBySide, boundaryOf, createdAt, itemsOf, ownerAt } from './ownership.ts'
import type { Entry } from './log.ts'
import type { Violation } from './violation.ts'

export function* checkPromptness(history: History): Generator<Violation, void, undefined> {
  for (const body of history.each()) {
    for (const { at, time, grace, by } of body.requests) {
      if (grace === 0 && (by === undefined || wasPerformed(history.statements.get(by)!)))
        yield* checkStops(body, at, time, 'C2', `it was asked to cancel (entry ${at})`)
    }
    const statement = body.by?.statement
    if (statement?.do === 'timeout' || statement?.do === 'moveOnAfter') {
      yield* checkStops(body, body.opened!.at, body.opened!.time + statement.ms, 'E7', 'its time was up')
    }
    if (body.kind === 'spawn' && body.closed?.outcome.status === 'failed') {
      const { at, time } = body.closed
      yield* checkStops(ownerAt(body, at), at, time, 'E1', `its child ${body} had failed (entry ${at})`)
    }
    if (body.kind === 'branch') yield* checkBranch(body)
    if (body.isBackground) yield* checkBackground(history, body)
  }
}

/** A `cancel` at which another request is delivered does nothing. */
function wasPerformed({ began, received, over }: StatementHistory): boolean {
  return received !== undefined || over?.turn !== began!.turn
}

function* checkBranch(winner: BodyHistory): Generator<Violation, void, undefined> {
  const { by, left, how } = winner
  const { statement, inner } = by!
  if (left === undefined || how === 'cancelled') return
  const succeeds = winner.hasReturned && !winner.hasErrorBefore(Infinity)
  const isFirst = statement.do === 'select' || statement.do === 'race'
  const decides =
    isFirst || (statement.do === 'any' && succeeds) || (statement.do === 'all' && !winner.hasReturned)
  if (left.how === 'cut' || !decides) return
  // What fails has settled when all of it is torn down.
  const settled = succeeds ? left : winner.lastEntry!
  for (const other of inner) {
    if (other === winner || other.opened === undefined) continue
    yield* checkStops(other, settled.at, settled.time, 'W2', `${winner} had settled (entry ${settled.at})`)
  }
}

/** T3: a background task is torn down when all that its owner waits for has ended, and what is newer has been released. */
function* checkBackground(history: History, task: BodyHistory): Generator<Violation, void, undefined> {
  if (task.closed === undefined) return
  const owner = ownerAt(task, task.closed.at)
  if (owner.isRegion) return
  const before: (Entry | null | undefined)[] = [owner.left]
  for (const item of itemsOf(history)) {
    if (item === task || (item.closed === undefined && item.kind === 'spawn')) continue
    const mayBeNewer = createdAt(item) > createdAt(task) || areSideBySide(item, task)
    const isNewer = mayBeNewer && item.kind !== 'spawn'
    const isWaitedFor = item.kind === 'spawn' && !item.isBackground
    if ((isNewer || isWaitedFor) && boundaryOf(item) === boundaryOf(task)) before.push(item.lastEntry)
  }
  if (before.some((entry) => entry === null || entry === undefined)) return
  const at = Math.max(...before.map((entry) => entry!.at))
  const time = Math.max(...before.map((entry) => entry!.time))
  yield* checkStops(task, at, time, 'T3', 'all that its owner waited for had ended')
}

function* checkStops(
  body: BodyHistory,
  at: number,
  time: number,
  law: string,
  why: string
): Generator<Violation, void, undefined> {
  if (isProtected(body)) return
  for (const frame of framesOf(body, body)) {
    for (const { began, over, received, isCleanup, statement } of frame.statements) {
      if (began === undefined || began.at <= at || began.time <= time || !WAITS.has(statement.do)) continue
      // It is at this very wait that the request is delivered (C2).
      if (received === undefined && over?.turn === began.turn) continue
      if (
        isCleanup &&
        (frame.how === 'cancelled' || (frame.kind === 'resource' && frame.provides !== undefined))
      )
        continue
      yield { law, message: `${frame} goes on in ${body} though ${why}`, at: began.at }
    }
  }
}

const WAITS: ReadonlySet<Action['do']> = new Set<Action['do']>([
  'sleep',
  'pause',
  'suspend',
  'callback',
  'join',
  'resource',
  'select',
  'race',
  'any',
  'all',
  'allSettled',
])

/** In cleanup and under a shield, a request may have to wait. */
function isProtected(body: BodyHistory): boolean {
  for (const around of body.lineage()) {
    if (around.isTask) return false
    if (around.kind === 'shield' || around.kind === 'ensure' || around.kind === 'resource') return true
    if (around.by?.isCleanup === true) return true
  }
  return false
}

/** The bodies that a request to `top` stops at once: all that run in it, save what it owns and what is shielded. */
function* framesOf(body: BodyHistory, top: BodyHistory): Generator<BodyHistory, void, undefined> {
  if (body !== top) {
    if (body.isItem || body.kind === 'shield') return
    if (body.by!.isCleanup && body.outer!.how === 'cancelled') return
  }
  yield body
  for (const inner of body.inner) yield* framesOf(inner, top)
}
