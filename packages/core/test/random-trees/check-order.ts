/** Teardown goes from the newest to the oldest, and begins when the body has ended. */
import type { BodyHistory, History } from './history.ts'
import { areSideBySide, boundaryOf, causeOf, createdAt, itemsOf, ownerAt, releasedAt } from './ownership.ts'
import type { Statement } from './program.ts'
import type { Violation } from './violation.ts'

export function* checkOrder(history: History): Generator<Violation, void, undefined> {
  const items = itemsOf(history)
  for (const [index, item] of items.entries()) {
    const begins = teardownOf(history, item)
    if (begins === Infinity) continue
    yield* checkBodyFirst(item, begins)
    for (const newer of items.slice(index + 1)) {
      if (
        createdAt(newer) < begins &&
        boundaryOf(newer) === boundaryOf(item) &&
        !areSideBySide(item, newer)
      ) {
        yield* checkPair(item, newer, begins)
      }
    }
    yield* checkForeground(item, begins, items)
  }
  yield* checkTurns(history)
}

/** When the owner began to tear the item down, as far as it was the owner; Infinity if something else ended it. */
function teardownOf(history: History, item: BodyHistory): number {
  if (item.kind === 'ensure') return releasedAt(item)
  const begins = item.kind === 'resource' ? releasedAt(item) : unwoundAt(item)
  return item.wasRequestedBefore(begins) || item.hasErrorBefore(begins) || mayUnwindEarly(history, item)
    ? Infinity
    : begins
}

/** E1: a task that joins a failing neighbour may unwind early if it is waited for, since that might go on for ever. */
function mayUnwindEarly(history: History, item: BodyHistory): boolean {
  const isWaitedFor = [...history.begun()].some(({ statement }) => targetsOf(statement).includes(item.id))
  if (!isWaitedFor) return false
  for (const { statements } of item.within()) {
    for (const { statement, began, received } of statements) {
      if (began === undefined || received !== undefined) continue
      if (targetsOf(statement).some((id) => history.bodies.get(id)?.closed?.outcome.status === 'failed'))
        return true
    }
  }
  return false
}

/** The tasks that a statement waits for. */
function targetsOf(statement: Statement): number[] {
  if (statement.do === 'join' || statement.do === 'cancel') return [statement.target]
  return 'branches' in statement
    ? statement.branches.flatMap((branch) => (branch.on === 'join' ? [branch.target] : []))
    : []
}

function unwoundAt({ wasCancelled, unwinding, how, entered, left }: BodyHistory): number {
  if (!wasCancelled) return Infinity
  return Math.min(unwinding?.at ?? Infinity, (how === 'cancelled' ? entered : left)!.at)
}

function* checkBodyFirst(item: BodyHistory, begins: number): Generator<Violation, void, undefined> {
  const owner = ownerAt(item, begins)
  if (owner.left === undefined || owner.left.at > begins) {
    yield {
      law: 'T4',
      message: `${item} is torn down before the body of its owner ${owner} has ended`,
      at: begins,
    }
  }
}

function* checkPair(
  item: BodyHistory,
  newer: BodyHistory,
  begins: number
): Generator<Violation, void, undefined> {
  const last = newer.lastEntry
  if (last === null) return
  const together = item.kind === 'spawn' && newer.kind === 'spawn'
  if (!together && last.at > begins) {
    yield {
      law: 'T4',
      message: `${item} is torn down before the newer ${newer} has closed (entry ${last.at})`,
      at: begins,
    }
  }
}

/** T3: as long as nobody cancels the owner, only background tasks and resources are torn down, and these at the end. */
function* checkForeground(
  item: BodyHistory,
  begins: number,
  items: BodyHistory[]
): Generator<Violation, void, undefined> {
  const owner = ownerAt(item, begins)
  const { time } = item.entries.find(({ at }) => at === begins)!
  if (causeOf(owner, begins, time) !== null) return
  for (const other of items) {
    if (other.kind !== 'spawn' || other.isBackground || other === item || createdAt(other) > begins) continue
    if (ownerAt(other, begins) === owner && (other.closed?.at ?? Infinity) > begins) {
      yield { law: 'T3', message: `${item} is torn down before the child ${other} has closed`, at: begins }
    }
  }
}

/** S1: in one turn only one task runs. */
function* checkTurns({ bodies, log }: History): Generator<Violation, void, undefined> {
  const ran = new Map<number, BodyHistory>()
  for (const { at, what, body, turn } of log.entries) {
    if (!RUNS.has(what)) continue
    let task = bodies.get(body)!
    while (!task.isTask) task = task.outer!
    const before = ran.get(turn)
    if (before !== undefined && before !== task)
      yield { law: 'S1', message: `${before} and ${task} run in turn ${turn}`, at }
    ran.set(turn, task)
  }
}

const RUNS: ReadonlySet<string> = new Set([
  'opened',
  'began',
  'received',
  'threw',
  'provides',
  'entered',
  'left',
])
