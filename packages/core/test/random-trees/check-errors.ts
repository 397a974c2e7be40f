/** No error is lost, none appears that nobody threw, and each comes out in the shape that the laws give it. */
import { CancelledError, JoinCycleError, MisuseError, type Outcome, ScopeError, TimeoutError } from 'coppice'
import { type BodyHistory, type History, type StatementHistory, errorsIn, outcomesIn } from './history.ts'
import { isExpected, leaves, printError } from './log.ts'
import { causeOf, succeededBefore } from './ownership.ts'
import type { Violation } from './violation.ts'

export function* checkErrors(history: History): Generator<Violation, void, undefined> {
  for (const statement of history.begun()) {
    if (statement.threw === undefined) continue
    yield* checkSource(history, statement)
    yield* checkShape(statement.threw.error, `${statement}`, statement.threw.at)
  }
  for (const task of history.each('root', 'spawn')) {
    const outcome = task.closed?.outcome
    if (outcome?.status === 'failed') yield* checkShape(outcome.error, `${task}`, task.closed!.at)
  }
  yield* checkNoneLost(history)
}

function* checkShape(error: unknown, where: string, at: number): Generator<Violation, void, undefined> {
  for (const leaf of leaves(error)) {
    if (!isExpected(leaf))
      yield {
        law: 'E5',
        message: `${where} throws ${printError(leaf)}, which nobody has thrown: ${stackOf(leaf)}`,
        at,
      }
  }
  if (!(error instanceof ScopeError)) return
  if (error.errors.length < 2 || error.cause !== error.errors[0]) {
    yield { law: 'E2', message: `${where} throws a malformed ${printError(error)}`, at }
  }
  if (new Set(error.errors).size < error.errors.length) {
    yield { law: 'E2', message: `${where} throws ${printError(error)}: one failure twice`, at }
  }
}

const stackOf = (error: unknown) => (error instanceof Error ? error.stack : '')

/** Each statement throws only what it can throw. That also shows that no `catch` sees a cancellation (C4). */
function* checkSource(history: History, place: StatementHistory): Generator<Violation, void, undefined> {
  const { statement, inner } = place
  const { error, at } = place.threw!
  const wrong = (law: string, why: string) => ({
    law,
    message: `${place} throws ${printError(error)}: ${why}`,
    at,
  })
  switch (statement.do) {
    case 'sleep':
    case 'pause':
    case 'suspend':
    case 'cancel':
    case 'ensure':
    case 'request':
    case 'requestScope':
      return yield wrong('C4', 'it never throws')
    case 'spawn':
      if (!(error instanceof MisuseError)) yield wrong('C4', 'it throws only for misuse')
      return
    case 'join':
      return yield* checkJoin(history, place, wrong)
    case 'declared':
      if (inner[0]!.wasCancelled) yield wrong('C4', 'it was told to return')
      return
    case 'scope':
      if (error instanceof CancelledError && inner[0]!.hasReturned && !inner[0]!.hasErrorBefore(at)) {
        yield wrong('T7', 'its body has given a value')
      }
      return
    case 'timeout':
      if (error instanceof TimeoutError && isNew(history, error, at) && !inner[0]!.wasCancelled) {
        yield wrong('E7', 'the deadline did not cancel the operation')
      }
      return
    case 'attempt':
    case 'moveOnAfter':
      return yield wrong('E4', 'it gives errors as values')
  }
}

function isNew(history: History, error: unknown, at: number): boolean {
  return ![...history.begun()].some(
    ({ threw }) => threw !== undefined && threw.at < at && [...leaves(threw.error)].includes(error)
  )
}

function* checkJoin(
  history: History,
  { statement, body, threw }: StatementHistory,
  wrong: (law: string, why: string) => Violation
): Generator<Violation, void, undefined> {
  if (statement.do !== 'join') return
  const { error } = threw!
  const target = history.body(statement.target)
  const isAbove = [...body.lineage()].includes(target)
  if (isAbove !== error instanceof JoinCycleError && !(target.closed?.outcome.status === 'failed')) {
    return yield wrong('T6', `${target} is ${isAbove ? '' : 'not '}above`)
  }
  const outcome = target.closed?.outcome
  if (isAbove) return
  if (outcome === undefined || target.closed!.at > threw!.at)
    return yield wrong('T6', `${target} has not closed`)
  if (outcome.status === 'failed' && outcome.error !== error)
    yield wrong('T6', `${target} failed with ${printError(outcome.error)}`)
  if (
    outcome.status === 'cancelled' &&
    !(error instanceof CancelledError && error.reason === outcome.reason)
  ) {
    yield wrong('T6', `${target} was cancelled`)
  }
  if (outcome.status === 'done') yield wrong('T6', `${target} has given a value`)
}

/** E3. An error is kept where it is caught, given as a value to somebody above, or comes out of the root. */
function* checkNoneLost(history: History): Generator<Violation, void, undefined> {
  const excused = excusedErrors(history)
  const rootOutcome = history.root.closed?.outcome
  const out = new Set(rootOutcome === undefined ? [] : errorsIn(rootOutcome))
  const born = new Map<unknown, StatementHistory>()
  const throwing = [...history.begun()].filter(({ threw }) => threw !== undefined)
  for (const place of throwing.sort((a, b) => a.threw!.at - b.threw!.at)) {
    for (const leaf of leaves(place.threw!.error)) if (!born.has(leaf)) born.set(leaf, place)
  }
  for (const [error, place] of born) {
    if (out.has(error) || excused.has(error) || isKept(error, place)) continue
    yield { law: 'E3', message: `${printError(error)}, thrown by ${place}, is lost`, at: place.threw!.at }
  }
}

/** Caught, or received as a value, by the statement itself or by one around it. */
function isKept(error: unknown, place: StatementHistory): boolean {
  for (let around: StatementHistory | null = place; around !== null; around = around.body.by) {
    const { statement, threw, received } = around
    if (threw?.caught === true && [...leaves(threw.error)].includes(error)) return true
    if (received === undefined) continue
    for (const outcome of outcomesIn(statement, received.value)) {
      if ([...errorsIn(outcome)].includes(error)) return true
    }
  }
  return false
}

/**
 * What JavaScript itself loses: an error under way through a `finally` that is cut short (C12) or that throws another. And what `any` and
 * `allSettled` hold back: an error that is an outcome of theirs is no longer thrown, and goes with them.
 */
function excusedErrors(history: History): Set<unknown> {
  const excused = new Set<unknown>()
  const excuse = (error: unknown) => {
    for (const leaf of leaves(error)) excused.add(leaf)
  }
  for (const { entered, left } of history.each()) {
    if (entered !== undefined && 'error' in entered && left?.how !== 'finished') excuse(entered.error)
  }
  for (const branch of history.each('branch')) {
    const { statement } = branch.by!
    if (statement.do !== 'any' && statement.do !== 'allSettled') continue
    const until = Math.min(branch.by!.over?.at ?? Infinity, ...decidedAt(branch.by!))
    for (const { statements } of branch.within()) {
      for (const { threw } of statements) if (threw !== undefined && threw.at < until) excuse(threw.error)
    }
  }
  return excused
}

/** When `any` had its value: what its other branches throw in their cleanup after that has to come out. */
function* decidedAt({ statement, inner }: StatementHistory): Generator<number, void, undefined> {
  if (statement.do !== 'any') return
  for (const branch of inner) if (succeededBefore(branch, Infinity)) yield branch.left!.at
}

/** C7, C2, T7: a task is done if its body gave a value, cancelled if that was told to return, and failed if anything in it failed. */
export function* checkStatuses(history: History): Generator<Violation, void, undefined> {
  for (const task of history.each('root', 'spawn')) {
    const { closed, how } = task
    if (closed === undefined) continue
    const { outcome, at } = closed
    const wrong = (law: string, why: string): Violation => ({
      law,
      message: `${task} closed as ${outcome.status}: ${why}`,
      at,
    })
    if (history.end.statuses.get(task.id) !== outcome.status)
      yield wrong('C7', `its status is ${history.end.statuses.get(task.id)}`)
    if (outcome.status === 'done') yield* checkDone(task, outcome, wrong)
    if (outcome.status === 'cancelled' && !task.wasCancelled) yield wrong('C2', `its body ${how}`)
    if (outcome.status === 'cancelled' && causeOf(task, at, closed.time) === null)
      yield wrong('C7', 'nobody cancelled it')
    if (outcome.status === 'failed' && !task.hasErrorBefore(at) && !hasJoiningBranch(task)) {
      yield wrong('C7', 'nothing in it has failed')
    }
  }
}

/** What a branch throws that only joins shows in no log if the task is cancelled meanwhile. */
function hasJoiningBranch(task: BodyHistory): boolean {
  for (const { statements } of task.within()) {
    for (const { statement } of statements) {
      if ('branches' in statement && statement.branches.some(({ on }) => on === 'join')) return true
    }
  }
  return false
}

function* checkDone(
  task: BodyHistory,
  outcome: Outcome<unknown> & { status: 'done' },
  wrong: (law: string, why: string) => Violation
): Generator<Violation, void, undefined> {
  if (!task.hasReturned) yield wrong('C7', 'its body gave no value')
  if (outcome.value !== `v${task.id}`) yield wrong('C7', `its value is ${String(outcome.value)}`)
}
