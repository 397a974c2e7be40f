/** A value that was delivered is received, and it is the right one. */
import type { Outcome } from 'coppice'
import { type BodyHistory, type History, type StatementHistory } from './history.ts'
import { branchIndex, causeOf, ownerAt } from './ownership.ts'
import type { Branch } from './program.ts'
import type { Violation } from './violation.ts'

export function* checkValues(history: History): Generator<Violation, void, undefined> {
  for (const place of history.begun()) {
    if (place.received !== undefined) yield* checkValue(history, place)
    else yield* checkWait(history, place)
    yield* checkFrame(place)
    yield* checkLosers(place)
  }
}

/** A wait that was claimed is not aborted (C2). */
function* checkWait(history: History, place: StatementHistory): Generator<Violation, void, undefined> {
  const { statement, began, over, performed, answered, aborted } = place
  if (began === undefined || over === undefined) return
  const lost = (why: string): Violation => ({
    law: 'C2',
    message: `what ${place} waited for is lost: ${why}`,
    at: over.at,
  })
  if (statement.do === 'sleep' && statement.ms > 0) {
    const due = began.time + statement.ms
    if (over.time > due || (over.time === due && !mayTimerCancel(place, due))) yield lost('its time had come')
  }
  if (statement.do === 'pause' && over.turn > began.turn && !mayHavePending(history, began.at))
    yield lost('a pause is claimed at once')
  if (statement.do === 'callback') {
    if (answered !== undefined && aborted !== undefined) yield lost('it was aborted after the callback')
    if (answered !== undefined && place.threw === undefined) yield lost('the callback was called')
    if (performed !== undefined && answered === undefined && aborted === undefined)
      yield { law: 'C3', message: `${place} was not aborted`, at: over.at }
    if (aborted !== undefined && over.time > aborted.time)
      yield { law: 'C3', message: `${place} unwinds late`, at: over.at }
  }
  if (statement.do === 'join' && place.threw === undefined) {
    const target = history.body(statement.target)
    const { closed } = target
    const isAnswered = closed !== undefined && closed.at > began.at && !failsAround(target, place.body)
    if (isAnswered && over.time > closed.time) yield lost('the task had closed')
    if (over.turn > began.turn && [...place.body.lineage()].includes(target)) {
      yield { law: 'T6', message: `${place} waits for ${target}, which is above it`, at: began.at }
    }
  }
  yield* checkWinner(place, lost)
}

/** E1: who joins a failing task from inside the scope that this fails is not answered. */
function failsAround(task: BodyHistory, joiner: BodyHistory): boolean {
  const { closed } = task
  if (task.kind === 'root' || closed?.outcome.status !== 'failed') return false
  const owner = ownerAt(task, closed.at)
  return [...joiner.lineage()].includes(owner)
}

/** The winner of several is claimed, though its losers have to close first. */
function* checkWinner(
  place: StatementHistory,
  lost: (why: string) => Violation
): Generator<Violation, void, undefined> {
  const { statement, inner, threw, body } = place
  if (statement.do !== 'select' && statement.do !== 'race' && statement.do !== 'any') return
  // A join that fails as it begins shows in no log.
  if (statement.branches.some(({ on }) => on === 'join')) return
  if (threw !== undefined || inner.some((branch) => branch.hasErrorBefore(Infinity))) return
  for (const branch of inner) {
    const { left } = branch
    if (branch.hasReturned && causeOf(body, left!.at, left!.time) === null) yield lost(`${branch} had won`)
  }
}

/** Of two timers that are due at once, the one that was set first may decide a `select` around the other. */
function mayTimerCancel({ body }: StatementHistory, due: number): boolean {
  for (const { by } of body.lineage()) {
    if (by === null || !('branches' in by.statement)) continue
    if (by.statement.branches.some((branch) => by.began!.time + sleepOf(branch) === due)) return true
  }
  return false
}

/** A branch that joins a task which was not spawned yet sleeps instead. */
const sleepOf = (branch: Branch) => (branch.on === 'sleep' ? branch.ms : branch.on === 'join' ? 1 : NaN)

/** Only a request or a failure makes a task stop at its next effect. */
function mayHavePending(history: History, at: number): boolean {
  return history.log.entries.some(
    (entry) =>
      entry.at < at && (entry.what === 'requested' || entry.what === 'threw' || entry.what === 'left')
  )
}

/** The body of a declared operation or of a region gave a value: the statement gives it, in the same turn. */
function* checkFrame(place: StatementHistory): Generator<Violation, void, undefined> {
  const { statement, inner, received, over } = place
  const body = inner[0]
  if (body === undefined || !body.hasReturned) return
  const { left } = body
  if (!['declared', 'native', 'shield', 'attempt', 'timeout', 'moveOnAfter', 'scope'].includes(statement.do))
    return
  if (statement.do !== 'declared' && statement.do !== 'native' && body.hasErrorBefore(over?.at ?? Infinity))
    return
  const why = (law: string, what: string): Violation => ({
    law,
    message: `${body} has given its value, but ${place} ${what}`,
    at: left!.at,
  })
  if (statement.do === 'scope') {
    if (
      received === undefined &&
      place.over !== undefined &&
      causeOf(place.body, place.over.at, place.over.time) === null
    ) {
      yield why('T7', 'does not give it')
    }
  } else if (received === undefined) yield why('C2', 'does not give it')
  else if (received.turn !== left!.turn) yield why('C2', 'gives it late')
}

function* checkValue(history: History, place: StatementHistory): Generator<Violation, void, undefined> {
  const { statement, received, inner } = place
  const { value, at } = received!
  const wrong = (law: string, expected: string): Violation => ({
    law,
    message: `${place} gives ${JSON.stringify(value)} instead of ${expected}`,
    at,
  })
  const only = inner[0]
  switch (statement.do) {
    case 'sleep':
      if (received!.time !== place.began!.time + statement.ms)
        yield wrong('S4', `waking at ${place.began!.time + statement.ms}`)
      return
    case 'callback':
      if (value !== `c${statement.id}`) yield wrong('W3', `c${statement.id}`)
      return
    case 'declared':
    case 'native':
    case 'scope':
    case 'shield':
    case 'timeout':
      if (!only!.hasReturned || value !== valueOf(only!)) yield wrong('C2', valueOf(only!))
      return
    case 'resource':
      if (value !== `r${only!.id}`) yield wrong('R1', `r${only!.id}`)
      return
    case 'join':
      return yield* checkJoined(history, place, wrong)
    case 'cancel':
      return yield* checkCancel(history, place, wrong)
    case 'attempt':
    case 'moveOnAfter':
      if (!isOutcomeOf(value, only!)) yield wrong('E4', `the outcome of ${only!}`)
      return
  }
  if ('branches' in statement) yield* checkBranches(history, place, wrong)
}

const valueOf = (body: BodyHistory) => `v${body.id}`

type Wrong = (law: string, expected: string) => Violation

function* checkJoined(
  history: History,
  place: StatementHistory,
  wrong: Wrong
): Generator<Violation, void, undefined> {
  const { statement, received } = place
  if (statement.do !== 'join' || received!.value === undefined) return
  const target = history.body(statement.target)
  const { closed } = target
  if (closed === undefined || closed.at > received!.at) yield wrong('T6', `waiting for ${target}`)
  else if (closed.outcome.status !== 'done' || closed.outcome.value !== received!.value)
    yield wrong('T6', `its outcome ${closed.outcome.status}`)
}

/** C8: it is done when the task has closed; one that cancels itself or what is above never goes on. */
function* checkCancel(
  history: History,
  place: StatementHistory,
  wrong: Wrong
): Generator<Violation, void, undefined> {
  const { statement, received, body } = place
  if (
    statement.do !== 'cancel' ||
    !history.log.entries.some((entry) => entry.what === 'requested' && entry.by === statement.id)
  )
    return
  const target = history.body(statement.target)
  const isAbove = [...body.lineage()].includes(target)
  if (!isAbove && (target.closed?.at ?? Infinity) > received!.at)
    yield wrong('C8', `waiting for ${target} to close`)
  if (isAbove && statement.grace === 0 && !place.isShelteredFrom(target))
    yield wrong('C8', `unwinding with ${target}`)
}

function isOutcomeOf(value: unknown, body: BodyHistory): boolean {
  const outcome = value as Outcome<unknown>
  if (outcome.status === 'done') return body.hasReturned && outcome.value === valueOf(body)
  if (outcome.status === 'failed') return body.hasErrorBefore(Infinity)
  return body.wasCancelled
}

function* checkBranches(
  history: History,
  place: StatementHistory,
  wrong: Wrong
): Generator<Violation, void, undefined> {
  const { statement, received, inner } = place
  const { value } = received!
  if (!('branches' in statement)) return
  const given = statement.branches.map((branch) => {
    if (branch.on === 'sleep') return [undefined]
    if (branch.on === 'join') return [undefined, `v${branch.target}`]
    const body = history.body(branch.body.id)
    return body.hasReturned ? [valueOf(body)] : []
  })
  if (statement.do === 'select') {
    const { key, value: won } = value as { key: string; value: unknown }
    if (!given[Number(key.slice(1))]?.includes(won as string)) yield wrong('W1', 'what a branch gave')
  } else if (statement.do === 'race' || statement.do === 'any') {
    if (!given.some((values) => values.includes(value as string))) yield wrong('W4', 'what a branch gave')
  } else if (statement.do === 'all') {
    if (!given.every((values, index) => values.includes((value as string[])[index])))
      yield wrong('W4', 'what the branches gave')
  } else {
    for (const branch of inner) {
      const outcome = (value as Outcome<unknown>[])[branchIndex(branch)]
      if (outcome === undefined || !isOutcomeOf(outcome, branch))
        yield wrong('W4', `the outcome of ${branch}`)
    }
  }
}

/** Branches after one that is over already never start (W1). */
function* checkLosers(place: StatementHistory): Generator<Violation, void, undefined> {
  const { statement, inner, began } = place
  if (statement.do !== 'select' && statement.do !== 'race') return
  for (const branch of inner) {
    const before = inner.find(({ left }) => left !== undefined && left.turn === began!.turn)
    if (
      before !== undefined &&
      branchIndex(branch) > branchIndex(before) &&
      branch.opened !== undefined &&
      before.hasReturned
    ) {
      yield { law: 'W1', message: `${branch} was started though ${before} had won`, at: branch.opened.at }
    }
  }
}
