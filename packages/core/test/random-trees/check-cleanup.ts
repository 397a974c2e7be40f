/** Every body that was begun cleans up exactly once, all of it, and nothing outlives what owns it. */
import type { BodyHistory, History } from './history.ts'
import { branchIndex, causeOf, succeededBefore } from './ownership.ts'
import type { Violation } from './violation.ts'

export function* checkCleanup(history: History): Generator<Violation, void, undefined> {
  yield* checkEnd(history)
  for (const entry of history.repeated)
    yield { law: 'C4', message: `#${entry.body} ${entry.what} a second time`, at: entry.at }
  for (const body of history.each()) {
    yield* checkFinally(body)
    yield* checkCause(body)
    yield* checkClosed(body)
  }
  yield* checkStarts(history)
}

function* checkEnd({ end, root }: History): Generator<Violation, void, undefined> {
  if (end.crash !== undefined)
    yield { law: 'S1', message: `the kernel threw ${String((end.crash as Error).stack ?? end.crash)}` }
  if (end.tooLong) yield { law: 'C3', message: 'the program does not end: it runs in a circle' }
  else if (!end.rootClosed) yield { law: 'C3', message: 'the root was cancelled and never closed' }
  if (end.pendingTimers !== 0) yield { law: 'C3', message: `${end.pendingTimers} timers are left at the end` }
  for (const [id, status] of end.statuses) {
    if (status === 'running' || status === 'unwinding')
      yield { law: 'T2', message: `#${id} is ${status} at the end (root #${root.id})` }
  }
}

function* checkFinally(body: BodyHistory): Generator<Violation, void, undefined> {
  const { entered, left } = body
  if (entered === undefined)
    return yield { law: 'C4', message: `the finally of ${body} was never entered`, at: body.opened!.at }
  if (left === undefined)
    return yield { law: 'C5', message: `the finally of ${body} never ended`, at: entered.at }
  if (left.how !== 'cut') return
  if (body.how === 'cancelled')
    yield {
      law: 'C5',
      message: `the finally of ${body}, entered by cancellation, was cut short`,
      at: left.at,
    }
  else if (body.kind === 'ensure' || (body.kind === 'resource' && body.provides !== undefined)) {
    yield { law: 'C12', message: `the cleanup of ${body} was cut short`, at: left.at }
  } else if (causeOf(body, left.at, left.time) === null) {
    yield {
      law: 'C12',
      message: `the finally of ${body} was cut short though nobody cancelled it`,
      at: left.at,
    }
  }
}

function* checkCause(body: BodyHistory): Generator<Violation, void, undefined> {
  const { entered, provides } = body
  if (body.how !== 'cancelled' || entered === undefined) return
  if (causeOf(body, entered.at, entered.time) === null) {
    yield {
      law: 'C5/C10/T3',
      message: `${body} was told to return though nobody cancelled it`,
      at: entered.at,
    }
  }
  if (body.kind === 'ensure')
    yield { law: 'R2', message: `the cleanup ${body} was cancelled`, at: entered.at }
  if (body.kind === 'resource' && provides !== undefined && entered.at < provides.at) {
    yield { law: 'R1', message: `${body} was released before it was provided`, at: entered.at }
  }
}

/** Nothing of a task, a block or a failed region happens after it is over. */
function* checkClosed(body: BodyHistory): Generator<Violation, void, undefined> {
  const over = body.isTask
    ? body.closed
    : body.kind === 'resource' || body.kind === 'ensure'
      ? undefined
      : body.by!.over
  if (body.isTask && over === undefined)
    return yield { law: 'T2', message: `${body} was never closed`, at: body.opened!.at }
  if (over === undefined) return
  const passesOn =
    !body.isOwner || (body.isRegion && (succeededBefore(body, Infinity) || isAllOrNothing(body)))
  for (const inner of body.within()) {
    const last = inner.entries.at(-1)
    if (last === undefined || last.at <= over.at) continue
    if (passesOn && passedOn(inner, body)) continue
    yield { law: 'T2', message: `${inner} went on after ${body} was over (entry ${over.at})`, at: last.at }
  }
}

/** A branch of `all` passes on what it acquired unless `all` threw. */
function isAllOrNothing(body: BodyHistory): boolean {
  return body.by!.statement.do === 'all' && body.by!.received !== undefined && branchIndex(body) >= 0
}

function passedOn(inner: BodyHistory, region: BodyHistory): boolean {
  for (const body of inner.lineage()) {
    if (body === region) return false
    if (body.isItem) return true
  }
  return false
}

/** T5, R2: what was handed over is started; S3: in a turn of its own. */
function* checkStarts(history: History): Generator<Violation, void, undefined> {
  for (const { statement, received, inner, body } of history.begun('spawn', 'ensure')) {
    const started = inner[0]!
    if (received === undefined) continue
    if (started.opened === undefined) {
      yield {
        law: statement.do === 'spawn' ? 'T5' : 'R2',
        message: `${started} of #${body.id} was never started`,
        at: received.at,
      }
    } else if (statement.do === 'spawn' && started.opened.turn === received.turn) {
      yield { law: 'S3', message: `${started} began in the turn of the spawn`, at: started.opened.at }
    }
  }
}
